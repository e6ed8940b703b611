"""LinkedIn postings: all files of all releases that are there, each posting once.

A release is one file of postings, with the codes of their job functions in files beside it, or up
to three files that name a posting by its link: titles, skills, descriptions. Whatever stands beside
a posting belongs to it by its number, whichever release it came with. Long texts wait in a
temporary database on disk; memory holds a number for each posting.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePath

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.forms import (
    LINKEDIN_CODES,
    LINKEDIN_FUNCTIONS,
    LINKEDIN_JOBS,
    LINKEDIN_POSTINGS,
    LINKEDIN_SKILLS,
    LINKEDIN_SUMMARIES,
    LINKEDIN_UNDESCRIBED,
    Form,
)
from hr_pipeline.sources.linkedin_text import (
    clean_description,
    listed_skills,
    posting_key,
    posting_number,
    title_of_link,
)
from hr_pipeline.sources.recognise import Candidate, Found
from hr_pipeline.sources.source_table import squeeze

SKILLS, SUMMARY = "job_skills", "job_summary"
BESIDE = {LINKEDIN_SKILLS: SKILLS, LINKEDIN_SUMMARIES: SUMMARY}
COLUMNS: Mapping[Form, tuple[str, str, str, str]] = {
    LINKEDIN_POSTINGS: ("job_id", "title", "description", ""),
    LINKEDIN_JOBS: ("job_link", "job_title", SUMMARY, SKILLS),
    LINKEDIN_UNDESCRIBED: ("job_id", "title", "", ""),
    LINKEDIN_SKILLS: ("job_link", "", "", ""),
    LINKEDIN_SUMMARIES: ("job_link", "", "", ""),
}  # name, title, text, skills of a posting; the last two forms tell those that no other file has


@dataclass(frozen=True)
class _Row:
    """A row of a file, as a posting; `name` is its identifier or link as written."""

    file: Candidate
    key: str
    name: str
    title: str
    text: str
    skills: str


class LinkedinPostings:
    """The postings of the files found. When `rows()` has given them all, `ledger`, `rows_in` and
    `codes_without_posting` are whole.

    Ledger, step "row": empty_title; repeated_posting (of the rows of one number the first with a
    description is kept, else the first: in the order of COLUMNS, then of paths). Other steps: id
    (malformed_id: a hash names the posting), skill (causes of `why_no_ability`), job_skills and
    job_summary (repeated_row), function (malformed_id, repeated_row, unknown_code).
    """

    def __init__(self, found: Found) -> None:
        self.ledger = Ledger()
        self.rows_in = self.codes_without_posting = 0
        self._files = sorted(found.files, key=lambda file: file.shown)

    def rows(self) -> Iterator[dict[str, object]]:
        """Rows of sources/linkedin_postings."""
        skills, summaries = self._texts(LINKEDIN_SKILLS), self._texts(LINKEDIN_SUMMARIES)
        functions, kept = self._functions(), self._kept()
        for place, row in enumerate(self._read()):
            if row.file.form in BESIDE and kept.get(row.key, place) != place:
                continue  # it stands beside its posting
            self.rows_in += 1
            if not row.title:
                self.ledger.add("row", row.key, "empty_title", row.file.shown, row.text)
            elif kept[row.key] != place:
                self.ledger.add("row", row.key, "repeated_posting", row.file.shown, row.title)
            else:
                if not posting_number(row.name):
                    self.ledger.add("id", row.key, "malformed_id", row.file.shown, row.name)
                yield {
                    "posting_id": row.key,
                    "source": row.file.form.name,
                    "title": row.title,
                    "description": clean_description(row.text or summaries.get(row.key)) or None,
                    "skills": listed_skills(
                        row.skills or skills.get(row.key), row.key, self.ledger
                    ),
                    "functions": list(functions.get(row.key, ())),
                }
        self.codes_without_posting = sum(len(functions[key]) for key in functions.keys() - kept)

    def _of(self, form: Form) -> Iterator[Candidate]:
        return (file for file in self._files if file.form == form)

    def _read(self) -> Iterator[_Row]:
        """Every row of a file that may be a posting, always in the same order."""
        for form, columns in COLUMNS.items():
            for file in self._of(form):
                for name, title, text, skills in file.cells(*columns):
                    title = squeeze(title) or title_of_link(name)
                    yield _Row(file, posting_key(name, title, text), name, title, text, skills)

    def _kept(self) -> dict[str, int]:
        """Posting -> the number of the row that is kept for it."""
        kept: dict[str, int] = {}
        bare: set[str] = set()
        for place, row in enumerate(self._read()):
            described = bool(row.text.strip())
            if row.title and (row.key not in kept or (described and row.key in bare)):
                kept[row.key] = place
                (bare.discard if described else bare.add)(row.key)
        return kept

    def _texts(self, form: Form) -> "_Texts":
        """What the files of a form hold beside postings."""
        texts, step = _Texts(), BESIDE[form]
        for file in self._of(form):
            for link, text in file.cells("job_link", step):
                key = posting_key(link)
                if not texts.add(key, text):
                    self.ledger.add(step, key, "repeated_row", file.shown, text)
        return texts

    def _functions(self) -> dict[str, dict[str, None]]:
        """Posting -> names of its job functions, in the order of the files."""
        maps = {file.shown: _names(file) for file in self._of(LINKEDIN_FUNCTIONS)}
        functions: dict[str, dict[str, None]] = {}
        for file in self._of(LINKEDIN_CODES):
            names = maps[nearest(file.shown, maps)] if maps else {}
            for name, code in file.cells("job_id", "skill_abr"):
                key, function = posting_key(name, code), names.get(squeeze(code).upper(), "")
                cause = "" if posting_number(name) else "malformed_id"
                cause = cause or ("" if function else "unknown_code")
                known = functions.setdefault(key, {})
                if cause or function in known:
                    self.ledger.add("function", key, cause or "repeated_row", file.shown, code)
                else:
                    known[function] = None
        return functions


class _Texts:
    """Text by posting in a database on disk, which is gone when nobody holds it any more."""

    def __init__(self) -> None:
        self._empty = True
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
            "CREATE TABLE texts (posting TEXT PRIMARY KEY, text TEXT)"
        )

    def add(self, posting: str, text: str) -> bool:
        """Whether it is the posting's first text: only that is kept."""
        self._empty = False
        done = self._base.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", (posting, text))
        return done.rowcount == 1

    def get(self, posting: str) -> str:
        if self._empty:
            return ""
        found = self._base.execute("SELECT text FROM texts WHERE posting = ?", (posting,))
        return next((text for (text,) in found), "")


def _names(file: Candidate) -> dict[str, str]:
    """Code -> name of a job function, the first of several."""
    names: dict[str, str] = {}
    for code, name in file.cells("skill_abr", "skill_name"):
        names.setdefault(squeeze(code).upper(), squeeze(name))
    return names


def nearest(file: str, others: Iterable[str]) -> str:
    """The file that shares most folders with this one; else the fewest folders deep, the first by
    path."""
    folders = PurePath(file).parent.parts

    def distance(other: str) -> tuple[int, int, str]:
        there = PurePath(other).parent.parts
        pairs = zip(folders, there, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return -shared, len(there), other

    return min(others, key=distance)
