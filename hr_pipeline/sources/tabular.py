"""Any user's table as text: CSV, TSV, TXT or XLSX; every cell is a string exactly as written."""

import codecs
import csv
import datetime
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from hr_pipeline.lake.errors import InputError

EXTENSIONS = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
HEAD_ROWS = 25
HEAD_BYTES = 1 << 18
DELIMITERS = ",\t;|"
END = "\x1e<end of table>"
AGAIN = "get the file again or take it out of the folder"
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]")
Taken = TypeVar("Taken", list[list[str]], int)


@dataclass(frozen=True)
class Sheet:
    """The first rows of one sheet; a text file is one sheet without a name."""

    name: str
    rows: list[list[str]]


@dataclass(frozen=True)
class TextTable:
    """Column names as written and rows of as many strings."""

    columns: list[str]
    rows: list[list[str]]

    def column(self, *names: str) -> list[str]:
        """The cells of the first of these columns that exists; empty strings if none does."""
        folded = [fold(column) for column in self.columns]
        for name in map(fold, names):
            if name in folded:
                at = folded.index(name)
                return [row[at] for row in self.rows]
        return [""] * len(self.rows)


def fold(name: str) -> str:
    """A column name as it is compared: spaces squeezed, no case, straight apostrophes."""
    return " ".join(name.replace("\ufeff", "").replace("\u2019", "'").split()).casefold()


def is_workbook(path: Path) -> bool:
    return path.suffix.lower() in WORKBOOKS


def read_heads(path: Path, shown: str = "") -> list[Sheet]:
    """The first 25 rows of every sheet, cheaply. InputError: empty, binary or damaged file."""
    shown = shown or str(path)
    if is_workbook(path):
        sheets = _workbook(path, shown, None, HEAD_ROWS)
    else:
        text = _text(path, shown, HEAD_BYTES)
        sheets = [Sheet("", _first_records(text, _delimiter(text)))]
    if not any(cell.strip() for sheet in sheets for row in sheet.rows for cell in row):
        raise InputError("the file is empty", shown, AGAIN)
    return sheets


def read_table(path: Path, header_row: int = 0, sheet: str = "", shown: str = "") -> TextTable:
    """The whole table under the header (row counted from 0); blank rows are left out.

    InputError: empty, binary or damaged file, no row under the header, a row that has more cells
    than the header, a quote that is never closed.
    """
    return TextTable(*_table(path, header_row, sheet, shown or str(path), list))


def count_rows(path: Path, header_row: int = 0, sheet: str = "", shown: str = "") -> int:
    """How many rows `read_table` would give, with the same errors, without holding them."""
    _, rows = _table(path, header_row, sheet, shown or str(path), _count)
    return rows


def _count(rows: Iterable[list[str]]) -> int:
    return sum(1 for _ in rows)


def _table(
    path: Path,
    header_row: int,
    sheet: str,
    shown: str,
    take: Callable[[Iterable[list[str]]], Taken],
) -> tuple[list[str], Taken]:
    """The columns, and what `take` makes of the rows."""
    if is_workbook(path):
        sheets = _workbook(path, shown, sheet or None, None)
        columns, body = _cut(sheets[0].rows if sheets else [], header_row)
        taken = take(body)
    else:
        columns, taken = _parse(_text(path, shown, None), header_row, shown, take)
    if not taken:
        mend = "fill it in or take it out of the folder"
        what = "has a header but no rows" if any(columns) else "the file is empty"
        raise InputError(what, shown, mend)
    return columns, taken


def _cut(rows: Iterable[list[str]], header_row: int) -> tuple[list[str], Iterator[list[str]]]:
    """The columns, and the rows under them that are not blank, one at a time."""
    rest = iter(rows)
    columns = next(islice(rest, header_row, None), [])
    while columns and not columns[-1].strip():
        columns = columns[:-1]
    width = len(columns)
    body = (row[:width] + [""] * (width - len(row)) for row in rest)
    return columns, (row for row in body if any(cell.strip() for cell in row))


def _bytes(path: Path, shown: str, limit: int | None) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(-1 if limit is None else limit)
    except OSError as error:
        reason = error.strerror or "error"
        raise InputError(f"cannot be read ({reason.lower()})", shown, AGAIN) from error


def _text(path: Path, shown: str, limit: int | None) -> str:
    raw = _bytes(path, shown, limit)
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError("the file is empty", shown, AGAIN)
    text = _decoded(raw, limit is None or len(raw) < limit)
    controls = len(CONTROLS.findall(text, 0, HEAD_BYTES))
    if text and controls * 50 <= min(len(text), HEAD_BYTES):
        return text
    what = f"is a binary or damaged file, not a text table, in spite of its name ({path.suffix})"
    raise InputError(what, shown, "save it as UTF-8 text or take it out of the folder")


def _decoded(raw: bytes, final: bool) -> str:
    """UTF-16 with its mark, UTF-8 (a few broken letters become U+FFFD) or cp1252; else ""."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace").decode(raw, final)
    if b"\0" in raw:
        return ""
    text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(raw, final)
    broken = text.count("\ufffd")
    if not broken or broken * 10 <= sum(len(run) for run in NOT_ASCII.findall(text)):
        return text
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return ""


def _delimiter(text: str) -> str:
    """The separator that cuts the first line that has one into the most cells."""
    for line in islice(io.StringIO(text, newline=""), HEAD_ROWS):
        counts = {mark: _width(line, mark) for mark in DELIMITERS}
        best = max(counts, key=lambda mark: counts[mark])
        if counts[best] > 1:
            return best
    return ","


def _width(line: str, mark: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=mark), []))
    except csv.Error:
        return 0


def _first_records(text: str, mark: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        rows.extend(islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), HEAD_ROWS))
    except csv.Error:
        return rows
    return rows


def _parse(
    text: str, header_row: int, shown: str, take: Callable[[Iterable[list[str]]], Taken]
) -> tuple[list[str], Taken]:
    """Quotes are honoured; a tab-separated file whose quotes do not pair is read without them."""
    mark = _delimiter(text)

    def parse_as(quoting: int) -> tuple[list[str], Taken]:
        columns, body = _cut(_rows(text, mark, quoting, header_row, shown), header_row)
        return columns, take(body)

    try:
        return parse_as(csv.QUOTE_MINIMAL)
    except InputError:
        if mark != "\t":
            raise
        return parse_as(csv.QUOTE_NONE)


def _rows(text: str, mark: str, quoting: int, header_row: int, shown: str) -> Iterator[list[str]]:
    """Header, what stands above it, and rows; none of them has more cells than the header."""
    lines = io.StringIO(text if text.endswith(("\n", "\r")) else text + "\n", newline="")
    width = 0
    for number, (line, row) in enumerate(_records(chain(lines, [END]), mark, quoting, shown)):
        if number <= header_row:
            width = len(row)
        elif any(cell.strip() for cell in row[width:]):
            what = f"the row that ends on line {line} has {len(row)} cells but the header has"
            mend = "put quotes around cells that hold the separator or a line break"
            raise InputError(f"{what} {width}", shown, mend)
        yield row


def _records(
    lines: Iterator[str], mark: str, quoting: int, shown: str
) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells); the mark after the last line shows whether a quote is still open."""
    if quoting == csv.QUOTE_NONE:
        reader = csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=mark)
    open_quote = InputError(
        "a quote is opened and never closed, so the rows after it run together",
        shown,
        "close the quote, or get the file again if it was cut off",
    )
    try:
        for row in reader:
            if row == [END]:
                return
            yield reader.line_num, row
    except csv.Error as error:
        raise open_quote from error
    raise open_quote


def _workbook(path: Path, shown: str, sheet: str | None, limit: int | None) -> list[Sheet]:
    if not _bytes(path, shown, 1):
        raise InputError("the file is empty", shown, AGAIN)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                pages = [page for page in book.worksheets if sheet in (None, page.title)]
                return [Sheet(page.title, _page_rows(page, limit)) for page in pages]
            finally:
                book.close()
    except Exception as error:
        what = "cannot be opened as a workbook: it is cut off, damaged or of another kind"
        raise InputError(what, shown, AGAIN) from error


def _page_rows(page: object, limit: int | None) -> list[list[str]]:
    """Rows of a read-only sheet; the size that the file claims is not trusted."""
    page.reset_dimensions()  # type: ignore[attr-defined]
    rows = page.iter_rows(values_only=True)  # type: ignore[attr-defined]
    return [[_cell(value) for value in row] for row in islice(rows, limit)]


def _cell(value: object) -> str:
    """A cell as text: whole numbers without '.0', dates as ISO, empty as ''."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)
