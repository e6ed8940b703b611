"""Any user's table as text: CSV, TSV, TXT or XLSX; every cell is a string exactly as written."""

import codecs
import csv
import datetime
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from hr_pipeline.lake.errors import InputError

EXTENSIONS = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
HEAD_ROWS = 25
HEAD_BYTES = 1 << 18
DELIMITERS = ",\t;|"
END = "\x1e<end of table>"
AGAIN = "get the file again or take it out of the folder"
CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]")
NOT_WESTERN = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that cp1252 does not know
csv.field_size_limit(1 << 27)  # of a cell; the module's own limit is below long descriptions


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

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the names that no column has."""
        there = set(map(fold, self.columns))
        return [name for name in names if fold(name) not in there]


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
        text = _head(path, shown)
        sheets = [Sheet("", _first_records(text, _delimiter(text)))]
    if not any(cell.strip() for sheet in sheets for row in sheet.rows for cell in row):
        raise InputError("the file is empty", shown, AGAIN)
    return sheets


def read_table(path: Path, header_row: int = 0, sheet: str = "", shown: str = "") -> TextTable:
    """The whole table under the header (row counted from 0); blank rows are left out.

    InputError: empty, binary or damaged file, no row under the header, a row that has more cells
    than the header, a quote that is never closed.
    """
    columns, rows = _table(path, header_row, sheet, shown or str(path))
    return TextTable(columns, list(rows))


def read_cells(
    path: Path, names: Sequence[str], header_row: int = 0, sheet: str = "", shown: str = ""
) -> Iterator[tuple[str, ...]]:
    """The cells of some columns, row by row; of a column that is not there, "". Memory holds one
    row of a text file. Errors as `read_table`, when their row comes."""
    columns, rows = _table(path, header_row, sheet, shown or str(path))
    folded = [fold(column) for column in columns]
    places = [folded.index(name) if name in folded else None for name in map(fold, names)]
    for row in rows:
        yield tuple("" if place is None else row[place] for place in places)


def count_rows(path: Path, header_row: int = 0, sheet: str = "", shown: str = "") -> int:
    """How many rows `read_table` would give, with the same errors, without holding them."""
    _, rows = _table(path, header_row, sheet, shown or str(path))
    return sum(1 for _ in rows)


def _table(
    path: Path, header_row: int, sheet: str, shown: str
) -> tuple[list[str], Iterator[list[str]]]:
    """The columns, and the rows under them, one at a time."""
    if is_workbook(path):
        sheets = _workbook(path, shown, sheet or None, None)
        columns, body = _cut(sheets[0].rows if sheets else [], header_row)
    else:
        columns, body = _cut(_rows(_opened(path, shown), header_row), header_row)
    return columns, _some(columns, body, shown)


def _some(columns: list[str], rows: Iterator[list[str]], shown: str) -> Iterator[list[str]]:
    """The rows; InputError where there are none."""
    first = next(rows, None)
    if first is None:
        mend = "fill it in or take it out of the folder"
        what = "has a header but no rows" if any(columns) else "the file is empty"
        raise InputError(what, shown, mend)
    yield from chain([first], rows)


def _cut(rows: Iterable[list[str]], header_row: int) -> tuple[list[str], Iterator[list[str]]]:
    """The columns, and the rows under them that are not blank, one at a time."""
    rest = iter(rows)
    columns = next(islice(rest, header_row, None), [])
    while columns and not columns[-1].strip():
        columns = columns[:-1]
    width = len(columns)
    body = (row[:width] + [""] * (width - len(row)) for row in rest)
    return columns, (row for row in body if any(cell.strip() for cell in row))


@dataclass(frozen=True)
class _Text:
    """A text file, its encoding and its separator."""

    path: Path
    shown: str
    encoding: str
    mark: str

    def lines(self) -> Iterator[str]:
        """Lines as they are, the last one with its end too; broken letters become U+FFFD."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            for line in file:
                yield line if line.endswith(("\n", "\r")) else line + "\n"


def _blocks(path: Path, shown: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(HEAD_BYTES):
                yield block
    except OSError as error:
        reason = error.strerror or "error"
        raise InputError(f"cannot be read ({reason.lower()})", shown, AGAIN) from error


def _head(path: Path, shown: str) -> str:
    """The text that a file starts with. InputError: empty, binary or damaged."""
    raw = next(_blocks(path, shown), b"")
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError("the file is empty", shown, AGAIN)
    whole = len(raw) < HEAD_BYTES
    encoding = _encoding([raw], whole)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(raw, whole) if encoding else ""
    if text and len(CONTROLS.findall(text)) * 50 <= len(text):
        return text
    raise _binary(path, shown)


def _opened(path: Path, shown: str) -> _Text:
    head = _head(path, shown)
    encoding = _encoding(_blocks(path, shown), whole=True)
    if not encoding:
        raise _binary(path, shown)
    return _Text(path, shown, encoding, _delimiter(head))


def _binary(path: Path, shown: str) -> InputError:
    what = f"is a binary or damaged file, not a text table, in spite of its name ({path.suffix})"
    return InputError(what, shown, "save it as UTF-8 text or take it out of the folder")


def _encoding(blocks: Iterable[bytes], whole: bool) -> str:
    """UTF-16 with its mark, UTF-8 (a few letters may be broken) or cp1252; else ""."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    broken = strange = 0
    western = True
    for number, block in enumerate(blocks):
        if not number and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in block:
            return ""
        text = decoder.decode(block)
        broken += text.count("\ufffd")
        strange += len(text) - len(text.encode("ascii", "ignore"))
        western = western and not NOT_WESTERN.search(block)
    if whole and decoder.decode(b"", True):
        broken, strange = broken + 1, strange + 1
    if broken * 10 <= strange:
        return "utf-8-sig"
    return "cp1252" if western else ""


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


def _rows(text: _Text, header_row: int) -> Iterator[list[str]]:
    """Header, what stands above it, and rows. Quotes are honoured; a tab-separated file whose
    quotes do not pair is read without them."""
    if text.mark == "\t":
        try:
            for _ in _quoted(text, csv.QUOTE_MINIMAL, header_row):
                pass
        except InputError:
            return _quoted(text, csv.QUOTE_NONE, header_row)
    return _quoted(text, csv.QUOTE_MINIMAL, header_row)


def _quoted(text: _Text, quoting: int, header_row: int) -> Iterator[list[str]]:
    """Header, what stands above it, and rows; none of them has more cells than the header."""
    width = 0
    lines = chain(text.lines(), [END])
    for number, (line, row) in enumerate(_records(lines, text.mark, quoting, text.shown)):
        if number <= header_row:
            width = len(row)
        elif any(cell.strip() for cell in row[width:]):
            what = f"the row that ends on line {line} has {len(row)} cells but the header has"
            mend = "put quotes around cells that hold the separator or a line break"
            raise InputError(f"{what} {width}", text.shown, mend)
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
    if not next(_blocks(path, shown), b""):
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
