"""The annotators' sheets, CSV and XLSX, and the scores that come back in them.

No cell can be taken for a formula: in CSV such a text gets an apostrophe in front, in XLSX every
text is typed as one.
"""

import csv
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.text import well_formed
from hr_pipeline.quality.study.chosen import ADVERTISED, GENERATED, Document
from hr_pipeline.sources.tabular import read_table

CRITERIA = ("realism", "consistency")
COLUMNS = ("item_id", "text", *CRITERIA)
KEY_COLUMNS = ("item_id", "kind", "source_id", "title", "similarity", "written_by")
KEY = "key.csv"
LEAST, MOST = 1, 100
MOST_CHARACTERS = 32_767  # of a cell, in units of UTF-16, as spreadsheets count
CUT = " [cut: longer than a cell may be]"
# Excel and LibreOffice skip blanks and quotes before these; the full-width ones count as well.
_FORMULA = re.compile(r"""^[\s'"\u00a0\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r]""")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def cell(text: str) -> str:
    """A text that any spreadsheet can hold: no control characters, not longer than a cell."""
    text = _CONTROLS.sub(" ", well_formed(text))
    units = text.encode("utf-16-le")
    if len(units) // 2 <= MOST_CHARACTERS - 1:  # one is kept for an apostrophe
        return text
    kept = units[: 2 * (MOST_CHARACTERS - 1 - len(CUT))]
    return kept.decode("utf-16-le", "ignore") + CUT


def harmless(text: str) -> str:
    """The text as a cell of a CSV file, which no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """UTF-8 with its mark, by which spreadsheets know it."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow(
                ["" if v is None else harmless(cell(v)) if isinstance(v, str) else v for v in row]
            )


def instructions(notice: str) -> str:
    """What annotators are told; `notice` says where the documents are no benchmark."""
    told = (files("hr_pipeline.quality.study") / "instructions.md").read_text(encoding="utf-8")
    return told + (f"\nA trial run: half of the documents are {notice}.\n" if notice else "")


def write_sheet(folder: Path, annotator: int, documents: Sequence[Document], notice: str) -> None:
    """`annotator-<n>.csv` and `.xlsx`: item id, text and two empty columns."""
    path = folder / f"annotator-{annotator}.csv"
    write_csv(path, COLUMNS, [(d.item_id, d.text, None, None) for d in documents])
    _write_workbook(path.with_suffix(".xlsx"), documents, notice)


def _write_workbook(path: Path, documents: Sequence[Document], notice: str) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    page: Any = book.active
    page.title = "documents"
    page.append(COLUMNS)
    for at, document in enumerate(documents, 2):
        for column, text in enumerate((document.item_id, cell(document.text)), 1):
            held = page.cell(at, column)
            held.value, held.data_type, held.quotePrefix = text, "s", True
            held.alignment = Alignment(wrap_text=True, vertical="top")
    page.freeze_panes, page.column_dimensions["B"].width = "A2", 100
    for held in page[1]:
        held.font = Font(bold=True)
    whole = DataValidation("whole", operator="between", formula1=str(LEAST), formula2=str(MOST))
    whole.error, whole.showErrorMessage = f"a whole number from {LEAST} to {MOST}", True
    whole.add(f"C2:D{len(documents) + 1}")
    page.add_data_validation(whole)
    told = book.create_sheet("instructions")
    for line in instructions(notice).splitlines():
        told.append([line])
        told.cell(told.max_row, 1).data_type = "s"
    told.column_dimensions["A"].width = 120
    book.save(path)


def write_key(folder: Path, documents: Sequence[Document]) -> None:
    """What the items are: not for annotators."""
    rows = [[getattr(document, name) for name in KEY_COLUMNS] for document in documents]
    write_csv(folder / KEY, KEY_COLUMNS, rows)


# -- what comes back -------------------------------------------------------------------------

Scores = dict[str, dict[str, float]]  # item -> criterion -> score

_SCORE = re.compile(r"'?(?P<score>\d+(?:[.,]\d+)?)\s*(?:%|/\s*100)?")


def read_score(text: str, where: str) -> float | None:
    """A score as spreadsheets and people write it ("75", "75.0", "75,0", "75 %", "75/100"); None
    for an empty cell. Raises InputError."""
    bare = text.replace("\u00a0", " ").strip()
    if not bare:
        return None
    found = _SCORE.fullmatch(bare)
    score = float(found["score"].replace(",", ".")) if found else None
    if score is None or not LEAST <= score <= MOST:
        raise InputError(
            f"{bare[:40]!r} is no score", where, f"write a number from {LEAST} to {MOST}"
        )
    return score


def read_sheet(path: Path, known: set[str]) -> Scores:
    """The scores of one filled sheet, of items that have one; `known` are the items of the key.
    Raises InputError for an unknown item, one that stands twice, a cell that is no score."""
    table = read_table(path)
    wanted = ("item_id", *CRITERIA)
    if missing := table.missing(wanted):
        mend = "keep the first row of the sheet as it was"
        raise InputError(f"there is no column {', '.join(missing)}", str(path), mend)
    columns = {name: table.column(name) for name in wanted}
    scores: Scores = {}
    for at, item in enumerate(map(_item, columns["item_id"])):
        values = {name: columns[name][at] for name in CRITERIA}
        if not item and not any(value.strip() for value in values.values()):
            continue
        if item not in known:
            mend = "the ids must be those of the sheet that was handed out"
            raise InputError(f"there is no item {item!r}", str(path), mend)
        if item in scores:
            raise InputError(f"the item {item} stands twice", str(path), "remove one of the rows")
        read = {c: read_score(text, f"{path}, {item}, {c}") for c, text in values.items()}
        scores[item] = {c: score for c, score in read.items() if score is not None}
    return {item: found for item, found in scores.items() if found}


def _item(text: str) -> str:
    return text.strip().lstrip("'").strip()


def read_filled(folder: Path, known: set[str]) -> dict[str, Scores]:
    """Scores by annotator, from the CSV or the XLSX file, whichever is filled in. Raises InputError
    where both are and differ, where a sheet is of another form, and where no sheet is there."""
    found: dict[str, Scores] = {}
    for path in sorted(folder.iterdir()):
        if not path.name.lower().startswith("annotator-"):
            continue
        if path.suffix.lower() not in (".csv", ".xlsx"):
            mend = "save it as CSV or XLSX, or take it out of the folder"
            raise InputError("this form of a sheet is not read", str(path), mend)
        scores, before = read_sheet(path, known), found.get(path.stem.lower(), {})
        if scores and before and scores != before:
            where, mend = str(folder / path.stem), "keep one of the two files"
            raise InputError("the CSV and the XLSX file are filled in differently", where, mend)
        found[path.stem.lower()] = scores or before
    if not found:
        raise InputError(
            "there is no annotator's sheet", str(folder), "make them: hr-pipeline study make"
        )
    if not any(found.values()):
        mend = "fill in the columns realism and consistency"
        raise InputError("no sheet holds a score", str(folder), mend)
    return dict(sorted(found.items(), key=lambda held: (len(held[0]), held[0])))


def read_key(folder: Path) -> dict[str, dict[str, str]]:
    """The rows of the key by item id. Raises InputError: no key, no column item_id or kind, a kind
    that is neither of the two, an item that stands twice."""
    path = folder / KEY
    if not path.is_file():
        raise InputError("there is no key of a study", str(path), "name the folder of study make")
    table = read_table(path)
    rows = {name: table.column(name) for name in KEY_COLUMNS}
    key: dict[str, dict[str, str]] = {}
    for at, item in enumerate(map(_item, rows["item_id"])):
        row = {name: column[at].lstrip("'") for name, column in rows.items()}
        if not item or item in key or row["kind"] not in (ADVERTISED, GENERATED):
            what = f"row {at + 1} has no item, one that stands twice, or another kind than "
            mend = "put back the key that was made with the sheets"
            raise InputError(f"{what}{ADVERTISED} or {GENERATED}", str(path), mend)
        key[item] = row
    return key
