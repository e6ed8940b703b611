"""Job ads in the Dice form. Columns out: posting_id, source, title, skills, description."""

import json
import re
from collections import Counter

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.sources.recognise import Found
from hr_pipeline.sources.skills import PHONE, split_skills, why_no_skill
from hr_pipeline.sources.source_table import SourceTable, squeeze
from hr_pipeline.sources.tabular import TextTable

ADDRESS = r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}"
CONTACT = re.compile(rf"{ADDRESS}|https?://\S+|www\.\S+|{PHONE.pattern}", re.I)


def read_postings(found: Found) -> SourceTable:
    """One row per ad, in file order; the same ad in several towns stays as several rows.

    Ledger: step "row" with empty_title or no_skills; step "skill" for each token left
    out, step "title" for each title that held an address or a phone number.
    """
    return clean_postings(found.read())


def clean_postings(raw: TextTable) -> SourceTable:
    """The ads of a table that has at least the columns jobtitle and skills."""
    ledger = Ledger()
    rows = []
    cells = zip(
        posting_ids(raw),
        raw.column("jobtitle"),
        raw.column("skills"),
        raw.column("jobdescription"),
        raw.rows,
        strict=True,
    )
    for key, title, skills, description, row in cells:
        title = _title(key, squeeze(title), ledger)
        kept, detail = _skills(key, skills, ledger) if title else ([], "")
        if title and kept:
            rows.append(
                {
                    "posting_id": key,
                    "source": "dice",
                    "title": title,
                    "skills": kept,
                    "description": squeeze(description) or None,
                }
            )
        else:
            ledger.add("row", key, _lost(title), detail, _as_json(raw.columns, row))
    return SourceTable(CONTRACTS["sources/postings"].table(rows), ledger, len(raw.rows))


def _title(key: str, title: str, ledger: Ledger) -> str:
    """The title without e-mail addresses, web addresses and phone numbers of real people."""
    cleaned = CONTACT.sub(" ", title)
    if cleaned == title:
        return title
    ledger.add("title", key, "contact_details", raw=title)
    return squeeze(cleaned).strip(" -,;:|/(@*")


def posting_ids(raw: TextTable) -> list[str]:
    """ "dice-" and the uniq_id where it occurs once, else a hash of the row and its occurrence."""
    given = [squeeze(cell) for cell in raw.column("uniq_id")]
    times = Counter(given)
    used = {f"dice-{name}" for name in given if name and times[name] == 1}
    seen: Counter[str] = Counter()
    keys = []
    for name, row in zip(given, raw.rows, strict=True):
        key = f"dice-{name}"
        if not name or times[name] > 1:
            key = _hashed(row, seen)
            while key in used:
                key = _hashed(row, seen)
            used.add(key)
        keys.append(key)
    return keys


def _hashed(row: list[str], seen: Counter[str]) -> str:
    content = "\x1f".join(row)
    seen[content] += 1
    return f"dice-{short_hash(content, seen[content])}"


def _skills(key: str, cell: str, ledger: Ledger) -> tuple[list[str], str]:
    """(skills without repeats, the causes of the tokens left out)."""
    kept: dict[str, str] = {}
    causes = set()
    for token in split_skills(cell):
        cause = why_no_skill(token)
        if cause:
            causes.add(cause)
            ledger.add("skill", key, cause, raw=token)
        else:
            kept.setdefault(token.casefold(), token)
    return list(kept.values()), ", ".join(sorted(causes)) or "empty"


def _lost(title: str) -> str:
    return "no_skills" if title else "empty_title"


def _as_json(columns: list[str], row: list[str]) -> str:
    return json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
