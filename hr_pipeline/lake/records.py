"""Files of JSON objects that other programs read and write: a JSON array, or an object a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from hr_pipeline.lake.errors import InputError

FORMS = ("json", "jsonl")
NOTICE = "Notice"  # key of a row that says what must be known of it
_AROUND = {"json": ("[\n", ",\n", "\n]\n"), "jsonl": ("", "\n", "\n")}


def write_records(
    out: Path, form: str, records: Iterable[tuple[str, Mapping[str, Any]]], notice: str = ""
) -> int:
    """Write (file's stem, object) pairs into the folder `out`, a file for each stem, and give their
    number. No file is there half written: all get their names when the last row is written.

    `form`: "json" for one array a file, "jsonl" for an object a line. A notice goes into each
    object.
    """
    said = {NOTICE: notice} if notice else {}
    head, between, end = _AROUND[form]
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, TextIO] = {}
    written = 0
    try:
        with ExitStack() as stack:
            for stem, record in records:
                line = json.dumps({**record, **said}, ensure_ascii=False)
                if stem in files:
                    files[stem].write(between + line)
                else:
                    file = open(out / f"{stem}.{form}.part", "w", encoding="utf-8")  # noqa: SIM115
                    files[stem] = stack.enter_context(file)
                    file.write(head + line)
                written += 1
            for part in files.values():
                part.write(end)
    except BaseException:
        for part in files.values():
            Path(part.name).unlink(missing_ok=True)
        raise
    for part in files.values():
        Path(part.name).replace(part.name.removesuffix(".part"))
    return written


def read_records(path: Path, mend: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """("file, row n" or "file, line n", object) of a file that is one array, or has an object a
    line. Raises InputError, with `mend`."""
    text = _text(path, mend)
    if not text.lstrip().startswith("["):
        yield from _lines(text, path, mend)
        return
    for number, value in enumerate(_loaded(text, str(path), mend), 1):
        yield _object(value, f"{path}, row {number}", mend)


def read_lines(path: Path, mend: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """("file, line n", object) of every line that is not blank. Raises InputError, with `mend`."""
    yield from _lines(_text(path, mend), path, mend)


def notice_in(path: Path, mend: str) -> str:
    """What the rows of a file say under "Notice": the first of them that says anything."""
    rows = (row.get(NOTICE) for _, row in read_records(path, mend))
    return next((str(said) for said in rows if said), "")


def _lines(text: str, path: Path, mend: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{path}, line {number}"
            yield _object(_loaded(line, where, mend), where, mend)


def _text(path: Path, mend: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", str(path), "check the path"
        ) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", str(path), mend) from None


def _loaded(text: str, where: str, mend: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("is not JSON", where, mend) from None


def _object(value: Any, where: str, mend: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(value, dict):
        raise InputError("is not a JSON object", where, mend)
    return where, value
