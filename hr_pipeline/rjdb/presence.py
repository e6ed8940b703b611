"""How much of a plan stands in the documents: the counts that statistics and reports show."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, context_from_row
from hr_pipeline.rjdb.gate import experience_problems, is_reserved, required_experience
from hr_pipeline.rjdb.pages import (
    JD_SKILL_SECTIONS,
    RESUME_SKILL_SECTIONS,
    Facts,
    Page,
    facts,
    page_of,
    present,
)
from hr_pipeline.rjdb.person import emails


@dataclass(frozen=True, slots=True)
class DocumentPresence:
    """Counts for one document.

    Of `planned` skills, `verbatim` stand somewhere in the document as displayed but for case,
    `found` are present as longest matches in the sections that count. Of `removed` ones,
    `left_verbatim` and `left` still are. `spans` planned, `span_errors` not found. `words` stand
    between blanks.
    """

    words: int
    planned: int
    verbatim: int
    found: int
    removed: int
    left_verbatim: int
    left: int
    addresses: int
    addresses_off: int
    spans: int
    span_errors: int


def presence(context: Context, documents: Mapping[str, str]) -> dict[str, DocumentPresence]:
    """Counts per document that is there.

    The rule of `verbatim`, case folded and the whole document, is the one that gives the 60.6% of
    job descriptions and 53.0% of matched resumes with every skill in the released data; with case
    kept it would be 38% and 35%.
    """
    return {
        key: _counts(facts(context), page_of(key, text), text) for key, text in documents.items()
    }


def presence_rows(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of rjdb/presence, a document each, of one row of rjdb/triples."""
    documents = {key: row[key] for key in DOCUMENTS if row[key] is not None}
    whose = {"triple_id": row["triple_id"], "split": row["split"]}
    found = presence(context_from_row(row), documents)
    return [
        whose | {"document": key} | {name: getattr(counts, name) for name in _COUNTS}
        for key, counts in found.items()
    ]


_COUNTS = tuple(field.name for field in fields(DocumentPresence))


def _counts(known: Facts, page: Page, text: str) -> DocumentPresence:
    context, folded = known.context, text.casefold()
    resume = page.kind == "resume"
    plan = context.plan(page.document.plan)
    planned, removed = plan.skills, tuple[str, ...]()
    if plan.kind == "unmatched":
        removed = context.removed_skills
    elif plan.kind == "swapped":
        removed = tuple(swap.removed for swap in context.swaps)
    parts = RESUME_SKILL_SECTIONS if resume else JD_SKILL_SECTIONS
    section = "experience" if resume else "required_experience"
    rule = experience_problems if resume else required_experience
    codes = ("experience_missing", "experience_span", "experience_years")
    wrong = sum(p.code in codes for p in rule(known, page, section))
    addresses = emails(text)
    return DocumentPresence(
        words=len(text.split()),
        planned=len(planned),
        verbatim=sum(name.strip().casefold() in folded for name in planned),
        found=len(present(known, page, planned, parts)),
        removed=len(removed),
        left_verbatim=sum(name.strip().casefold() in folded for name in removed),
        left=len(present(known, page, removed, parts)),
        addresses=len(addresses),
        addresses_off=sum(not is_reserved(address) for address in addresses),
        spans=len(plan.experiences),
        span_errors=wrong,
    )
