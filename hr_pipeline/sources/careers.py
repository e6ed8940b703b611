"""Career histories in the documented shape (docs/careers.md), or made up where there is no file.

A file is known by what its first object holds: the keys career and projects. Both JSON Lines and
one JSON array are read; titles may be texts or objects with title and start, projects lists of APIs
or objects with apis and start. Where all titles (or all projects) tell a start, they are put in
order of time; else they stay as they are, without years.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import file_sha256
from hr_pipeline.sources.folders import files_below, of_the_sample, shown_in
from hr_pipeline.sources.licences import SAMPLES
from hr_pipeline.sources.made_up_careers import NOTICE, made_up_careers
from hr_pipeline.sources.source_table import SourceTable, squeeze

EXTENSIONS = frozenset({".json", ".jsonl", ".ndjson"})
HEAD = 1 << 20  # characters in which the first whole object must end
FIRST = 20  # elements or lines among which a person must be
MADE_UP, FORM = "made_up", "careers"
START = re.compile(r"((?:19|20)\d\d)(?:-(\d\d)(?:-(\d\d)\S*)?)?")
MEND = "see docs/careers.md for the shape"
Entry = tuple[Any, tuple[int, int, int] | None]  # what it is, and when it began


@dataclass(frozen=True)
class CareerFile:
    """A recognised file. `shown` is its name for people."""

    path: Path
    shown: str
    sha256: str

    def people(self) -> Iterator[tuple[object, str]]:
        """Each person as parsed JSON, with its text; None for a line that is no JSON.

        InputError: not UTF-8; an array that cannot be read to its end.
        """
        try:
            text = self.path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text", self.shown, "save it as UTF-8") from error
        if text.lstrip().startswith("["):
            try:
                people = json.loads(text)
            except ValueError as error:
                raise InputError(f"is no whole JSON array ({error})", self.shown, MEND) from error
            yield from ((person, json.dumps(person, ensure_ascii=False)) for person in people)
        else:
            yield from ((_parsed(line), line) for line in text.split("\n") if line.strip())


def find_career_files(raw: Path, file: str) -> list[CareerFile]:
    """The file that the user names, else all below `raw` by path; those of a folder named `sample`
    only where no other is there. InputError: the named one is missing or holds no careers."""
    if file:
        path = Path(file)
        shown = shown_in(raw, path)
        if not path.is_file():
            raise InputError("the file named for careers does not exist", shown, "check the path")
        if not _holds_careers(path):
            raise InputError("holds no career with projects", shown, MEND)
        return [CareerFile(path, shown, file_sha256(path))]
    below = files_below(raw, EXTENSIONS) if raw.is_dir() else ()
    found = [
        CareerFile(path, shown_in(raw, path), file_sha256(path))
        for path in below
        if _holds_careers(path)
    ]
    return [entry for entry in found if not of_the_sample(entry.shown)] or found


def career_hashes(files: Sequence[CareerFile]) -> dict[str, str]:
    """What decides the rows: "careers: careers" -> SHA-256; further files are numbered as they are
    read, for people without an id are called by their row."""
    return {
        f"careers{'' if number == 1 else f' {number}'}: {FORM}": entry.sha256
        for number, entry in enumerate(files, 1)
    }


def notice_of(files: Sequence[CareerFile]) -> str:
    """What must be said of the rows; empty where all are of somebody's own files."""
    made_up = not files or any(entry.sha256 in SAMPLES for entry in files)
    return NOTICE if made_up else ""


def read_careers(files: Sequence[CareerFile], made_up: int, seed: int) -> tuple[str, SourceTable]:
    """Where the people are from, and one row for each, by id: of the files, or `made_up` people
    where there are none.

    Ledger, step "row": malformed_json, malformed_person, no_career, no_projects, repeated_person;
    of rows that stay, steps "title" (empty_title, malformed_title), "api" (empty_api,
    malformed_api, repeated_api), "project" (no_apis, malformed_project), "year" (partly_told,
    malformed_year), "order" (sorted_by_year). InputError: no usable person.
    """
    if files:
        told = "careers: " + ", ".join(entry.shown for entry in files)
        source = careers_table([person for entry in files for person in entry.people()], FORM)
    else:
        told = f"careers: no file is there, {made_up} are made up"
        made = [(person, json.dumps(person)) for person in made_up_careers(made_up, seed)]
        source = careers_table(made, MADE_UP)
    if not source.table.num_rows:
        what = f"no career of {source.rows_in} is usable"
        raise InputError(what, told, f"put a file with careers into the raw folder; {MEND}")
    return told, source


def careers_table(people: Sequence[tuple[object, str]], form: str) -> SourceTable:
    """The people (parsed JSON and its text) as rows of sources/careers."""
    ledger = Ledger()
    rows: dict[str, dict[str, Any]] = {}
    for number, (person, raw) in enumerate(people, 1):
        key = _name_of(person) or f"row-{number}"
        parts = Ledger()
        row = _row(person, key, parts)
        cause = row if isinstance(row, str) else "repeated_person" if key in rows else ""
        if cause:
            ledger.add("row", key, cause, f"row {number}", raw)
        elif isinstance(row, dict):
            rows[key] = row | {"person_id": f"careers-{key}", "source": form}
            ledger.rows += parts.rows
    table = CONTRACTS["sources/careers"].table([rows[key] for key in sorted(rows)])
    return SourceTable(table, ledger, len(people))


def _row(person: object, key: str, ledger: Ledger) -> dict[str, Any] | str:
    """Titles and projects in order with their years, or the cause why there is no row."""
    if person is None:
        return "malformed_json"
    if not isinstance(person, dict):
        return "malformed_person"
    career, projects = person.get("career") or [], person.get("projects") or []
    if not isinstance(career, list) or not isinstance(projects, list):
        return "malformed_person"
    jobs = [job for item in career if (job := _entry(item, "title", _title, key, ledger))]
    if not jobs:
        return "no_career"
    done = [done for item in projects if (done := _entry(item, "apis", _apis, key, ledger))]
    if not done:
        return "no_projects"
    titles, title_years = _in_order(jobs, "titles", key, ledger)
    sets, project_years = _in_order(done, "projects", key, ledger)
    return {
        "titles": titles,
        "title_years": title_years,
        "projects": sets,
        "project_years": project_years,
    }


def _entry(
    item: object, name: str, read: Callable[[object, str, Ledger], Any], key: str, ledger: Ledger
) -> Entry | None:
    """What a job or project is, and when it began; None (and a line in the ledger) for none."""
    told = item if isinstance(item, dict) else {name: item}
    value, start = read(told.get(name), key, ledger), told.get("start")
    return (value, _start(start, key, ledger)) if value else None


def _title(item: object, key: str, ledger: Ledger) -> str:
    title = squeeze(item) if isinstance(item, str) else ""
    if not title:
        empty = item is None or isinstance(item, str)
        ledger.add("title", key, "empty_title" if empty else "malformed_title", raw=str(item))
    return title


def _apis(item: object, key: str, ledger: Ledger) -> list[str]:
    """The APIs of a project, each once, in their order."""
    if not isinstance(item, list):
        cause = "no_apis" if item is None else "malformed_project"
        ledger.add("project", key, cause, raw=str(item))
        return []
    apis: dict[str, None] = {}
    for written in item:
        api = squeeze(written) if isinstance(written, str) else ""
        cause = "repeated_api" if api in apis else ""
        if not api:
            empty = written is None or isinstance(written, str)
            cause = "empty_api" if empty else "malformed_api"
        if cause:
            ledger.add("api", key, cause, raw=str(written))
        else:
            apis[api] = None
    if not apis:
        ledger.add("project", key, "no_apis", raw=str(item))
    return list(apis)


def _start(written: object, key: str, ledger: Ledger) -> tuple[int, int, int] | None:
    """Year, month, day; 0 for a month or day that is not told."""
    if written is None or written == "":
        return None
    told = START.fullmatch(str(written).strip()) if isinstance(written, str | int) else None
    if told is None:
        ledger.add("year", key, "malformed_year", raw=str(written))
        return None
    year, month, day = (int(part or 0) for part in told.groups())
    return year, month, day


def _in_order(
    entries: list[Entry], what: str, key: str, ledger: Ledger
) -> tuple[list[Any], list[int]]:
    """Values and years, the first first; no years where one is not told."""
    starts = [start for _, start in entries if start]
    if len(starts) < len(entries):
        if starts:
            detail = f"{len(starts)} of {len(entries)} {what} tell their start: none is used"
            ledger.add("year", key, "partly_told", detail)
        return [value for value, _ in entries], []
    order = sorted(range(len(entries)), key=lambda at: starts[at])
    if order != list(range(len(entries))):
        ledger.add("order", key, "sorted_by_year", what, str([start[0] for start in starts]))
    return [entries[at][0] for at in order], [starts[at][0] for at in order]


def _name_of(person: object) -> str:
    name = person.get("person") if isinstance(person, dict) else None
    return squeeze(str(name)) if isinstance(name, str | int) else ""


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _holds_careers(path: Path) -> bool:
    """Whether one of the first objects of a file has a career and projects."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = _first(file.read(HEAD).lstrip())
        return any(isinstance(one, dict) and {"career", "projects"} <= one.keys() for one in first)


def _first(text: str) -> Iterator[object]:
    """The first elements of an array that is perhaps cut off, or else the first lines."""
    if not text.startswith("["):
        yield from map(_parsed, text.split("\n")[:FIRST])
        return
    decoder, rest = json.JSONDecoder(), text[1:]
    for _ in range(FIRST):
        rest = rest.lstrip(", \t\r\n")
        try:
            element, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return
        yield element
        rest = rest[end:]
