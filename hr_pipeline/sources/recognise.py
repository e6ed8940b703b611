"""Finds the input files in a folder by their columns and says which one is used, and why.

Where several files serve one need: a file outside any folder named `sample` beats one inside; then
the order of the forms (forms.FORMS); then the most rows; then the path.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.forms import FORMS, NEEDS, NOT_USED, Form, forms_of
from hr_pipeline.sources.tabular import (
    EXTENSIONS,
    Sheet,
    TextTable,
    fold,
    is_workbook,
    read_heads,
    read_table,
)

REASONS = ("not in a folder named sample", "preferred form", "most rows", "first by path")


@dataclass(frozen=True)
class Candidate:
    """A recognised file. `shown` is its name for people; `header_row` counts from 0."""

    form: Form
    path: Path
    shown: str
    sheet: str
    header_row: int
    rows: int

    def rank(self) -> tuple[bool, int, int, str]:
        folders = Path(self.shown).parts[:-1]
        sample = any(folder.casefold() == "sample" for folder in folders)
        return sample, FORMS.index(self.form), -self.rows, self.shown


@dataclass(frozen=True)
class Found:
    """The file used for a need, with every candidate, the best first."""

    need: str
    form: Form
    path: Path
    rows: int
    sha256: str
    candidates: list[Candidate]
    reason: str

    @property
    def shown(self) -> str:
        return self.candidates[0].shown

    def line(self) -> str:
        """File, rows, form and why it was chosen."""
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        return f"{self.shown} ({rows}; {self.form.label}; {self.reason})"

    def read(self) -> TextTable:
        """The whole table as text."""
        best = self.candidates[0]
        return read_table(best.path, best.header_row, best.sheet, best.shown)


@dataclass(frozen=True)
class Inputs:
    """The file found for each need: inputs["dice"], inputs["occupations"], inputs["names"]."""

    raw: Path
    found: dict[str, Found]

    def __getitem__(self, need: str) -> Found:
        return self.found[need]

    def lines(self) -> list[str]:
        """One line for each need: file, rows and why it was chosen."""
        return [f"{need}: {found.line()}" for need, found in self.found.items()]


def find_inputs(
    raw: Path,
    overrides: Mapping[str, Path] | None = None,
    without: Collection[str] = frozenset(),
) -> Inputs:
    """The files for dice, occupations and names, less the needs in `without`.

    `overrides` names the file for a need. InputError: a table that is empty, binary, damaged,
    without rows or without a required column; a need that no file serves; an unknown need.
    """
    overrides = dict(overrides or {})
    _known_needs([*overrides, *without])
    needs = [need for need in NEEDS if need not in without]
    searched = [need for need in needs if need not in overrides]
    candidates = _scan(raw, searched) if searched else []
    found = {
        need: _named(need, overrides[need], raw)
        if need in overrides
        else _best(need, [c for c in candidates if c.form.need == need], raw)
        for need in needs
    }
    return Inputs(raw, found)


def _known_needs(names: Collection[str]) -> None:
    for name in sorted(set(names) - set(NEEDS)):
        raise InputError(f"no input is called {name!r}", mend=f"use one of {', '.join(NEEDS)}")


def _scan(raw: Path, needs: Collection[str]) -> list[Candidate]:
    if not raw.is_dir():
        raise InputError("the folder does not exist", str(raw), "create it and put the files there")
    made = (_candidate(path, path.relative_to(raw).as_posix(), needs) for path in _tables(raw))
    return [candidate for candidate in made if candidate]


def _tables(raw: Path) -> Iterator[Path]:
    """Files with a table's extension, in the order of their paths; hidden ones are skipped."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(raw, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in EXTENSIONS:
                yield Path(folder, name)


def _candidate(path: Path, shown: str, needs: Collection[str]) -> Candidate | None:
    heads = read_heads(path, shown)
    kind = "workbook" if is_workbook(path) else "text"
    match = _match(heads, kind, FORMS)
    if match is None:
        if _match(heads, kind, NOT_USED) is None:
            _refuse_faulty(heads, kind, shown, needs)
        return None
    form, sheet, row = match
    if form.need not in needs:
        return None
    rows = len(read_table(path, row, sheet, shown).rows)
    return Candidate(form, path, shown, sheet, row, rows)


def _match(heads: list[Sheet], kind: str, forms: Collection[Form]) -> tuple[Form, str, int] | None:
    """The form with the place of its header: the first sheet and row where one fits."""
    for sheet in heads:
        for number, row in enumerate(sheet.rows):
            columns = {fold(cell) for cell in row}
            for form in forms:
                if form.matches(columns, kind):
                    return form, sheet.name, number
    return None


def _header_guess(rows: list[list[str]]) -> set[str]:
    """The first row with two filled cells, else the first row that has one."""
    filled = [{fold(cell) for cell in row} - {""} for row in rows]
    wide = (cells for cells in filled if len(cells) > 1)
    return next(wide, next((cells for cells in filled if cells), set()))


def _refuse_faulty(heads: list[Sheet], kind: str, shown: str, needs: Collection[str]) -> None:
    for sheet in heads:
        columns = _header_guess(sheet.rows)
        near = [f for f in FORMS if f.need in needs and f.resembles(columns, kind)]
        if near:
            form = min(near, key=lambda form: len(form.missing(columns)))
            raise _lacks(form, form.missing(columns), shown)


def _lacks(form: Form, missing: list[str], shown: str) -> InputError:
    names = ", ".join(f"'{name}'" for name in missing)
    columns = "column" if len(missing) == 1 else "columns"
    what = f"looks like {form.label} but lacks the {columns} {names}"
    return InputError(what, shown, f"add or rename the {columns}, or take the file out")


def _best(need: str, candidates: list[Candidate], raw: Path) -> Found:
    if not candidates:
        looked = " or ".join(_wanted(form) for form in forms_of(need))
        what = f"found no file for {need}; looked for a table with the columns {looked}"
        raise InputError(what, str(raw), f"put such a file there, or name one for {need}")
    ranked = sorted(candidates, key=lambda candidate: candidate.rank())
    return _found(need, ranked, _reason(ranked))


def _wanted(form: Form) -> str:
    return f"{', '.join(names[0] for names in form.required)} ({form.label})"


def _reason(ranked: list[Candidate]) -> str:
    if len(ranked) == 1:
        return "the only candidate"
    pairs = zip(ranked[0].rank(), ranked[1].rank(), REASONS, strict=True)
    why = next(reason for first, second, reason in pairs if first != second)
    return f"chosen from {len(ranked)} candidates: {why}"


def _named(need: str, path: Path, raw: Path) -> Found:
    """The file that the user named for a need; it must have one of the need's forms."""
    shown = path.relative_to(raw).as_posix() if path.is_relative_to(raw) else str(path)
    if not path.is_file():
        raise InputError(f"the file named for {need} does not exist", shown, "check the path")
    heads = read_heads(path, shown)
    kind = "workbook" if is_workbook(path) else "text"
    match = _match(heads, kind, forms_of(need))
    if match is None:
        forms = [form for form in forms_of(need) if form.kind in ("", kind)]
        columns = _header_guess(heads[0].rows)
        nearest = min(forms, key=lambda form: len(form.missing(columns)))
        missing = nearest.missing(columns)
        if missing:
            raise _lacks(nearest, missing, shown)
        wanted = " or ".join(_wanted(form) for form in forms)
        raise InputError(f"is no file for {need}", shown, f"name one with the columns {wanted}")
    form, sheet, row = match
    rows = len(read_table(path, row, sheet, shown).rows)
    return _found(need, [Candidate(form, path, shown, sheet, row, rows)], "named by the user")


def _found(need: str, ranked: list[Candidate], reason: str) -> Found:
    best = ranked[0]
    with best.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Found(need, best.form, best.path, best.rows, digest, ranked, reason)
