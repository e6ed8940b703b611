"""Editing (RJDB 4): an unmatched resume, what it lacks, and the section that has it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.rjdb.contexts import Context, context_from_row
from hr_pipeline.rjdb.documents import sections

EDITED = ("skills", "experience")


def edits(rows: Iterable[Mapping[str, Any]], ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Rows of rjdb/editing from rows of rjdb/triples: one for each section of `EDITED`. Where the
    matched resume has no such section that can be read, the item goes to the ledger."""
    for row in rows:
        context = context_from_row(row)
        bodies = sections(row["resume_matched"], "resume")
        signals = {"skills": list(context.removed_skills), "experience": _shortened(context)}
        for section in EDITED:
            item = f"{row['triple_id']}-{section}"
            if section not in bodies:
                cause = "no such section"
                ledger.add("row", item, cause, f"resume_matched: {section}", row["resume_matched"])
                continue
            yield {
                "item_id": item,
                "triple_id": row["triple_id"],
                "split": row["split"],
                "section": section,
                "resume_unmatched": row["resume_unmatched"],
                "signal": signals[section],
                "target": bodies[section],
            }


def _shortened(context: Context) -> list[str]:
    """The experiences, with their whole spans, that the unmatched resume tells of in part or not
    at all."""
    kept = context.plan("unmatched").experiences
    return [f"{job.title} ({job.span})" for job in context.experiences if job not in kept]
