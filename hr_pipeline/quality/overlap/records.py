"""The texts of any file that the user names, to be looked for in documents."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import file_sha256
from hr_pipeline.quality.overlap.contamination import Sought
from hr_pipeline.sources.tabular import read_table
from hr_pipeline.text.phrases import tokens

Record = tuple[str, str]  # where in the file, text
_MEND = "name a text file, JSON, JSON lines, CSV, TSV or Parquet"


def file_hashes(files: Iterable[str]) -> dict[str, str]:
    """File as named -> SHA-256; InputError where one is not there."""
    try:
        return {name: file_sha256(Path(name)) for name in files}
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise InputError(what, str(error.filename), "check quality__contamination.files") from error


def sought_in(files: Iterable[str]) -> Iterator[Sought]:
    """The records of all files by their words; InputError where a file has none."""
    for name in dict.fromkeys(files):
        found = [Sought(name, where, tuple(tokens(text))) for where, text in records(Path(name))]
        if not found:
            raise InputError("holds no text", name, "name a file that does, or none")
        yield from found


def records(path: Path) -> Iterator[Record]:
    """("line 3", text) of every record, in order; blank ones are left out.

    A record is a line of a text file, a cell of a table, or a string inside a JSON object or a row
    of Parquet ("line 3: skills"). A list of strings is one record (SkillSpan's tokens), a list of
    other things one each. Raises InputError naming the file.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise InputError(f"is no kind of file that can be read ({path.suffix})", str(path), _MEND)
    try:
        for where, text in read(path):
            if text.strip():
                yield where, text
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(path), "check it") from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", str(path), "save it as UTF-8") from error


def _lines(path: Path) -> Iterator[Record]:
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            yield f"line {number}", line


def _json_lines(path: Path) -> Iterator[Record]:
    for where, line in _lines(path):
        if line.strip():
            yield from _strings(_parsed(line, path, where), where)


def _json(path: Path) -> Iterator[Record]:
    """One JSON value; or JSON lines under the name of one, as SkillSpan's files are."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield from _json_lines(path)
        return
    listed = value if isinstance(value, list) else [value]
    for number, item in enumerate(listed, 1):
        yield from _strings(item, f"record {number}")


def _parsed(line: str, path: Path, where: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise InputError("is not JSON", f"{path}, {where}", _MEND) from None


def _strings(value: Any, where: str) -> Iterator[Record]:
    """The texts inside a JSON value, each with its path from `where`."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        joint = ": " if ":" not in where else "."
        for key, inner in value.items():
            yield from _strings(inner, f"{where}{joint}{key}")
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield where, " ".join(value)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _strings(item, f"{where}[{number}]")


def _table(path: Path) -> Iterator[Record]:
    table = read_table(path)
    for number, row in enumerate(table.rows, 1):
        for column, cell in zip(table.columns, row, strict=True):
            yield f"row {number}: {column}", cell


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        number = 0
        for batch in pq.ParquetFile(path).iter_batches(1_024):
            for row in batch.to_pylist():
                number += 1
                yield from _strings(row, f"row {number}")
    except pa.ArrowInvalid:
        raise InputError("is no Parquet file", str(path), "get it again") from None


_READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".txt": _lines,
    ".md": _lines,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _parquet,
}
