"""The published RJDB file (JSON lines) as our rows, and our rows as that file.

Source: the RJDB paper's release, one triple a line, 1,000 test rows. What it does not say (cluster,
name group, gender, swaps, split) is None. Titles stand there with " - " for commas.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.records import read_lines
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.rjdb.contexts import DOCUMENTS, documents_of
from hr_pipeline.rjdb.documents import heads_of, sections
from hr_pipeline.rjdb.items import experience, items
from hr_pipeline.rjdb.person import full_name

Row = dict[str, Any]

TEACHER = "gpt-4 (released)"
_YEAR_KEYS = ("Experiences-years", "Experience-years")  # the file's key, and its README's
_SPANNED = re.compile(r"(?P<title>.*) \((?P<start>\d{4}) - (?P<end>\d{4})\)", re.S)
_INSTEAD = re.compile(r'instead of "(?P<before>.*)" use "(?P<after>.*)"', re.S)
_WITHOUT = re.compile(r'without including "(?P<before>.*)"', re.S)
_SAME = "the same job experience as before"
_MEND = "give the RJDB release as it was published, one JSON object a line"


def read_released(path: Path | str) -> tuple[list[Row], Ledger]:
    """Whole rows (columns of context and triple) of a released file, all of them, and the ledger.

    The ledger names, by triple id, the sections that a document lacks (step "section") and the
    resume sections whose number of items is not that of the file's own list (step "item_count").
    Raises `InputError` naming file, line and key where the file is not such a release.
    """
    rows: list[Row] = []
    ledger = Ledger()
    seen: Counter[str] = Counter()
    for where, raw in read_lines(Path(path), _MEND):
        row = _row(raw, where, seen)
        rows.append(row)
        _note(ledger, row)
    if not rows:
        raise InputError("the file is empty", str(path), _MEND)
    return rows, ledger


def _field(raw: Row, key: str, kind: type, where: str) -> Any:
    if key not in raw:
        raise InputError(f"the key '{key}' is missing", where, _MEND)
    if not isinstance(raw[key], kind):
        raise InputError(f"'{key}' is not a {_JSON_NAMES[kind]}", where, _MEND)
    return raw[key]


_JSON_NAMES: dict[type, str] = {str: "string", list: "list", dict: "JSON object"}


def _texts(raw: Row, key: str, where: str) -> list[str]:
    values = _field(raw, key, list, where)
    if not all(isinstance(value, str) for value in values):
        raise InputError(f"'{key}' is not a list of strings", where, _MEND)
    return [value.strip() for value in values]


def _removed(filtered: Row, where: str) -> list[str]:
    """The skills taken out; some released rows give them as an object of skill -> 1."""
    if isinstance(filtered.get("Skills"), dict):
        return [skill.strip() for skill in filtered["Skills"]]
    return _texts(filtered, "Skills", where)


def _row(raw: Row, where: str, seen: Counter[str]) -> Row:
    documents = [
        _field(raw, key, str, where)
        for key in ("Job-Description", "Resume-matched", "Resume-unmatched")
    ]
    filtered = _field(raw, "Filtered-information", dict, where)
    jobs = _experiences(raw, where)
    skills = _texts(raw, "Skills", where)
    _field(raw, "Experiences", list, where)
    name = short_hash("released", *documents, json.dumps(skills))
    seen[name] += 1
    identity = "released-" + name + (f"-{seen[name]}" if seen[name] > 1 else "")
    person = full_name(sections(documents[1], "resume").get("personal_information", ""))
    return {
        "triple_id": identity,
        "context_id": identity,
        "cluster_id": None,
        "occupation": jobs[0]["title"],
        "category": None,
        "skills": skills,
        "experiences": jobs,
        "first_name": person.split()[0] if person else None,
        "gender": None,
        "name_group": None,
        "removed_skills": _removed(filtered, f"{where}, Filtered-information"),
        "swaps": None,
        "shortened": _shortened(_field(filtered, "Experience", str, where), jobs[0]),
        "split": None,
        **dict(zip(documents_of(swapped=False), documents, strict=True)),
        "resume_swapped": None,
        "teacher": TEMPLATE if "Notice" in raw else TEACHER,
        "writing_mode": None,
        "prompt_hash": None,
        "request_ids": [],
        "lost_request_ids": [],
        "reasks": None,
        "replaced": None,
    }


def _experiences(raw: Row, where: str) -> list[Row]:
    """Jobs, latest first, from [[durations, spans], last year, [years]]."""
    key = next((key for key in _YEAR_KEYS if key in raw), _YEAR_KEYS[0])
    value = _field(raw, key, list, where)
    try:
        found = [_SPANNED.fullmatch(text) for text in value[0][1]]
        jobs = [
            {"title": m["title"], "years": int(m["end"]) - int(m["start"])}
            | {"start": int(m["start"]), "end": int(m["end"])}
            for m in found
            if m
        ]
    except (IndexError, TypeError, KeyError):
        jobs = []
    if not jobs or len(jobs) != len(found):
        shape = '[["4 years as a X", ...], ["X (2019 - 2023)", ...]], 2023, [4, ...]]'
        raise InputError(f"'{key}' is not [{shape}", where, _MEND)
    return jobs


def _shortened(text: str, latest: Row) -> Row | None:
    """The job that the unmatched resume shortens, with its years; None if the text is unclear."""
    if text == _SAME:
        return _short(latest["title"], latest["years"], latest["years"])
    if instead := _INSTEAD.fullmatch(text):
        before, after = (_SPANNED.fullmatch(instead[part]) for part in ("before", "after"))
        if before and after:
            return _short(before["title"], _length(before), _length(after))
    if (without := _WITHOUT.fullmatch(text)) and (before := _SPANNED.fullmatch(without["before"])):
        return _short(before["title"], _length(before), 0)
    return None


def _short(title: str, before: int, after: int) -> Row:
    return {"title": title, "years_before": before, "years_after": after}


def _length(span: re.Match[str]) -> int:
    return int(span["end"]) - int(span["start"])


def _note(ledger: Ledger, row: Row) -> None:
    """What cannot be read from the documents of one row, which stays."""
    key = row["triple_id"]
    if row["shortened"] is None:
        ledger.add("shortened", key, "free text not understood")
    for document in documents_of(swapped=False):
        parts = sections(row[document], DOCUMENTS[document].kind)
        for section, head in heads_of(document).items():
            if section not in parts:
                ledger.add("section", key, f"{document} without {section}", f"no head '{head}'")
        if document == "resume_matched":
            _note_counts(ledger, row, parts)


def _note_counts(ledger: Ledger, row: Row, parts: Mapping[str, str]) -> None:
    """Whether the matched resume lists as many skills and jobs as the file's own lists."""
    skills, jobs = parts.get("skills", ""), parts.get("experience", "")
    counts = {
        "skills": (len(items(skills)), len(row["skills"]), skills),
        "experiences": (
            sum(map(bool, map(experience, items(jobs)))),
            len(row["experiences"]),
            jobs,
        ),
    }
    for name, (found, planned, raw) in counts.items():
        if found != planned:
            cause = f"{name} of resume_matched"
            ledger.add(
                "item_count", row["triple_id"], cause, f"{found} items, {planned} planned", raw
            )


def released_layout(row: Mapping[str, Any]) -> Row:
    """A triple in the layout of the release. Swaps and the swapped resume have no place in it."""
    jobs = row["experiences"]
    return {
        "Job-Description": row["job_description"],
        "Resume-matched": row["resume_matched"],
        "Resume-unmatched": row["resume_unmatched"],
        "Skills": list(row["skills"]),
        "Experiences": [job["title"] for job in jobs],
        "Experiences-years": [
            [
                [f"{job['years']} years as a {job['title']}" for job in jobs],
                [_span(job["title"], job["start"], job["end"]) for job in jobs],
            ],
            jobs[0]["end"],
            [job["years"] for job in jobs],
        ],
        "Filtered-information": {
            "Skills": list(row["removed_skills"]),
            "Experience": _change(row["shortened"], jobs[0]),
        },
    }


def _span(title: str, start: int, end: int) -> str:
    return f"{title} ({start} - {end})"


def _change(shortened: Mapping[str, Any] | None, latest: Mapping[str, Any]) -> str:
    if shortened is None or shortened["years_after"] == shortened["years_before"]:
        return _SAME
    start, title = latest["start"], shortened["title"]
    before = _span(title, start, start + shortened["years_before"])
    if shortened["years_after"] == 0:
        return f'without including "{before}"'
    return f'instead of "{before}" use "{_span(title, start, start + shortened["years_after"])}"'
