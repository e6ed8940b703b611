"""Finds the input files in a folder by their columns and says which one is used, and why.

Where several files serve one need: a file outside any folder named `sample` beats one inside; then
the order of the forms (forms.FORMS); then the most rows; then the path. Of an optional need (the
taxonomies; all needs of JA-QA) a file in a folder named `sample` is used only where what was found
before it is of the sample too: made-up concepts say nothing about real titles.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import file_sha256
from hr_pipeline.sources.folders import files_below, of_the_sample, shown_in
from hr_pipeline.sources.forms import (
    FORMS,
    NEEDS,
    NOT_USED,
    OPTIONAL_NEEDS,
    USED_TOGETHER,
    Form,
    forms_of,
)
from hr_pipeline.sources.tabular import (
    EXTENSIONS,
    Sheet,
    TextTable,
    count_rows,
    fold,
    is_workbook,
    read_cells,
    read_heads,
    read_table,
)

REASONS = ("not in a folder named sample", "preferred form", "most rows", "first by path")
Place = tuple[Form, str, int]  # a form with the sheet and the row of its header


@dataclass(frozen=True)
class Candidate:
    """A recognised file. `shown` is its name for people; `header_row` counts from 0."""

    form: Form
    path: Path
    shown: str
    sheet: str
    header_row: int
    rows: int

    @property
    def of_the_sample(self) -> bool:
        return of_the_sample(self.shown)

    def line(self, reason: str) -> str:
        """File, rows, form and why it is used."""
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        return f"{self.shown} ({rows}; {self.form.label}; {reason})"

    def rank(self) -> tuple[bool, int, int, str]:
        return self.of_the_sample, FORMS.index(self.form), -self.rows, self.shown

    def read(self) -> TextTable:
        """The whole table as text."""
        return read_table(self.path, self.header_row, self.sheet, self.shown)

    def cells(self, *columns: str) -> Iterator[tuple[str, ...]]:
        """These cells of every row, one row at a time; of a column that is not there, ""."""
        return read_cells(self.path, columns, self.header_row, self.sheet, self.shown)


@dataclass(frozen=True)
class Found:
    """Every candidate for a need, the best first, and why that one is used."""

    candidates: list[Candidate]
    reason: str
    sha256: str  # of the best

    @property
    def best(self) -> Candidate:
        return self.candidates[0]

    @property
    def files(self) -> list[Candidate]:
        """Those that are used: the best, or all where the need takes all."""
        return self.candidates if self.best.form.need in USED_TOGETHER else [self.best]

    def lines(self) -> list[str]:
        """File, rows, form and why it was chosen; a line for each file."""
        return [file.line(self.reason) for file in self.files]

    def read(self) -> TextTable:
        """The whole table as text."""
        return self.best.read()


@dataclass(frozen=True)
class Inputs:
    """The files found for each need: inputs["dice"], inputs["occupations"], inputs["names"], and of
    the optional needs those that are there. `passed_over`: known files that nothing is read of."""

    found: dict[str, Found]
    passed_over: tuple[Candidate, ...] = ()

    def __getitem__(self, need: str) -> Found:
        return self.found[need]

    def lines(self) -> list[str]:
        """One line for each file: its need, rows and why it was chosen."""
        return [f"{need}: {line}" for need, found in self.found.items() for line in found.lines()]

    def absent(self) -> str:
        """One line that names the taxonomies which are not there; empty when all are."""
        absent = [need for need in OPTIONAL_NEEDS if need not in self.found]
        return f"no links from {', '.join(absent)}: not among the input files" if absent else ""


def find_inputs(
    raw: Path,
    overrides: Mapping[str, Path] | None = None,
    without: Collection[str] = frozenset(),
    required: tuple[str, ...] = NEEDS,
    optional: tuple[str, ...] = OPTIONAL_NEEDS,
) -> Inputs:
    """The files for the required needs and for those optional ones that are there, less the needs
    in `without`.

    `overrides` names the file for a need, or a folder with its files. InputError: a table that is
    empty, binary, damaged, without rows or without a required column; a required need that no file
    serves; an unknown need.
    """
    overrides = dict(overrides or {})
    _known_needs([*overrides, *without], (*required, *optional))
    needs = [need for need in (*required, *optional) if need not in without]
    searched = [need for need in needs if need not in overrides]
    wanted = not set(required).isdisjoint(searched) or raw.is_dir()
    candidates = _scan(raw, searched, raw) if searched and wanted else []
    found: dict[str, Found] = {}
    for need in needs:
        if need in overrides:
            ranked, reason = _named(need, overrides[need], raw), "named by the user"
        elif need in required:
            ranked = _ranked(need, candidates, raw)
            reason = _reason(ranked)
        elif ranked := _optional(need, candidates, found.values()):
            reason = _reason(ranked)
        else:
            continue
        found[need] = Found(ranked, reason, file_sha256(ranked[0].path))
    return Inputs(found, tuple(c for c in candidates if not c.form.need))


def _known_needs(names: Collection[str], known: Collection[str]) -> None:
    for name in sorted(set(names) - set(known)):
        raise InputError(f"no input is called {name!r}", mend=f"use one of {', '.join(known)}")


def _scan(folder: Path, needs: Collection[str], raw: Path) -> list[Candidate]:
    """The files below a folder that serve one of the needs, and known ones that serve none."""
    if not folder.is_dir():
        mend = "create it and put the files there"
        raise InputError("the folder does not exist", str(folder), mend)
    paths = files_below(folder, EXTENSIONS)
    made = (_searched(path, shown_in(raw, path), needs) for path in paths)
    return [candidate for candidate in made if candidate]


class _Opening:
    """The first rows of a file, by which its form is recognised."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path, self.shown = path, shown
        self.sheets: list[Sheet] = read_heads(path, shown)
        self.kind = "workbook" if is_workbook(path) else "text"

    def match(self, forms: Collection[Form]) -> Place | None:
        """The first sheet and row where a form fits."""
        for sheet in self.sheets:
            for number, row in enumerate(sheet.rows):
                columns = {fold(cell) for cell in row}
                for form in forms:
                    if form.matches(columns, self.kind):
                        return form, sheet.name, number
        return None

    def candidate(self, place: Place) -> Candidate:
        """Its rows are counted where its form is used."""
        form, sheet, row = place
        rows = count_rows(self.path, row, sheet, self.shown) if form.need else 0
        return Candidate(form, self.path, self.shown, sheet, row, rows)


def _searched(path: Path, shown: str, needs: Collection[str]) -> Candidate | None:
    """A file of the folder, where it serves one of the needs or is known to serve none."""
    opening = _Opening(path, shown)
    place = opening.match(FORMS) or opening.match(NOT_USED)
    if place is None:
        _refuse_faulty(opening, needs)
        return None
    return opening.candidate(place) if place[0].need in ("", *needs) else None


def _named(need: str, path: Path, raw: Path) -> list[Candidate]:
    """The file that the user named for a need, or those of a folder; each has one of its forms."""
    if path.is_dir():
        return _ranked(need, _scan(path, [need], raw), path)
    shown = shown_in(raw, path)
    if not path.is_file():
        raise InputError(f"the file named for {need} does not exist", shown, "check the path")
    opening = _Opening(path, shown)
    place = opening.match(forms_of(need))
    if place is None:
        raise _of_no_form(need, opening)
    return [opening.candidate(place)]


def _header_guess(rows: list[list[str]]) -> set[str]:
    """The first row with two filled cells, else the first row that has one."""
    filled = [{fold(cell) for cell in row} - {""} for row in rows]
    wide = (cells for cells in filled if len(cells) > 1)
    return next(wide, next((cells for cells in filled if cells), set()))


def _refuse_faulty(opening: _Opening, needs: Collection[str]) -> None:
    for sheet in opening.sheets:
        columns = _header_guess(sheet.rows)
        near = [f for f in FORMS if f.need in needs and f.resembles(columns, opening.kind)]
        if near:
            form = min(near, key=lambda form: len(form.missing(columns)))
            raise _lacks(form, form.missing(columns), opening.shown)


def _of_no_form(need: str, opening: _Opening) -> InputError:
    forms = [form for form in forms_of(need) if form.kind in ("", opening.kind)]
    columns = _header_guess(opening.sheets[0].rows)
    nearest = min(forms, key=lambda form: len(form.missing(columns)))
    missing = nearest.missing(columns)
    if missing:
        return _lacks(nearest, missing, opening.shown)
    wanted = " or ".join(_wanted(form) for form in forms)
    what, mend = f"is no file for {need}", f"name one with the columns {wanted}"
    return InputError(what, opening.shown, mend)


def _lacks(form: Form, missing: list[str], shown: str) -> InputError:
    names = ", ".join(f"'{name}'" for name in missing)
    columns = "column" if len(missing) == 1 else "columns"
    what = f"looks like {form.label} but lacks the {columns} {names}"
    return InputError(what, shown, f"add or rename the {columns}, or take the file out")


def _best_first(need: str, candidates: list[Candidate]) -> list[Candidate]:
    return sorted((c for c in candidates if c.form.need == need), key=Candidate.rank)


def _optional(need: str, candidates: list[Candidate], chosen: Iterable[Found]) -> list[Candidate]:
    """The files of an optional need; those of the sample only where neither they nor what was
    chosen before stand beside others."""
    ranked = _best_first(need, candidates)
    others = [candidate for candidate in ranked if not candidate.of_the_sample]
    sample = not others and all(found.best.of_the_sample for found in chosen)
    return ranked if sample else others


def _ranked(need: str, candidates: list[Candidate], raw: Path) -> list[Candidate]:
    ranked = _best_first(need, candidates)
    if not ranked:
        looked = " or ".join(_wanted(form) for form in forms_of(need))
        what = f"found no file for {need}; looked for a table with the columns {looked}"
        raise InputError(what, str(raw), f"put such a file there, or name one for {need}")
    return ranked


def _wanted(form: Form) -> str:
    return f"{', '.join(names[0] for names in form.required)} ({form.label})"


def _reason(ranked: list[Candidate]) -> str:
    if ranked[0].form.need in USED_TOGETHER:
        return "all such files are used"
    if len(ranked) == 1:
        return "the only candidate"
    pairs = zip(ranked[0].rank(), ranked[1].rank(), REASONS, strict=True)
    why = next(reason for first, second, reason in pairs if first != second)
    return f"chosen from {len(ranked)} candidates: {why}"
