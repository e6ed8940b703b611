"""The recording as a file, JSON lines or Parquet: a run can be replayed elsewhere without a key."""

import base64
import gzip
import json
import math
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.progress import progress
from hr_pipeline.llm.database import groups
from hr_pipeline.llm.recording import Call, Recording, call_of
from hr_pipeline.llm.request import key_of, read_completion

FORMATS = (".jsonl", ".jsonl.gz", ".parquet")
_GROUP = 500  # rows written at once
_BYTES = "base64:"  # before a response that is not UTF-8; all others begin with "{" or a blank
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("key", "task", "model", "request", "response"), (str,)),
    **dict.fromkeys(("prompt_tokens", "completion_tokens"), (int,)),
    "recorded": (int, float),
}


def export_recording(
    recording: Recording,
    path: Path,
    task: str = "",
    model: str = "",
    log: Callable[[str], object] = print,
) -> int:
    """Write all replies, or those of a task or a model, in the order of recording.

    Request and response are the exact texts, as JSON strings (`jq '.response | fromjson'`). The
    file is there when it is whole. Returns the number of rows.
    """
    form = _format(path)
    counts = [(t, m, n) for t, m, n, *_ in recording.counts()]
    total = sum(n for t, m, n in counts if task in ("", t) and model in ("", m))
    if not total:
        held = ", ".join(f"{t} by {m}" for t, m, _ in counts) or "nothing"
        raise InputError("no such reply is recorded", recording.database.where, f"it holds {held}")
    calls = progress(recording.calls(task, model), "export", total, log)
    write = _write_parquet if form == ".parquet" else _write_lines
    with _whole(path) as file:
        return write(file, map(_row, calls), form)


def import_recording(
    recording: Recording, path: Path, log: Callable[[str], object] = print
) -> tuple[int, int]:
    """Record what a file holds; replies that are there stay. Returns (rows, rows that are new).

    The whole file is checked before anything is recorded. InputError names the first bad row.
    """
    _format(path)
    rows = sum(1 for _ in _calls(path))
    new = 0
    calls = progress(_calls(path), "import", rows, log)
    for group in groups(calls, _GROUP):
        new += recording.add(group)
    return rows, new


def _format(path: Path) -> str:
    for form in FORMATS:
        if path.name.endswith(form):
            return form
    mend = f"name a file that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
    raise InputError("the format is not known", str(path), mend)


# -- writing --------------------------------------------------------------------------------


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place when it is complete and on the disk."""
    if path.is_dir():
        raise InputError("is a folder", str(path), "name a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _row(call: Call) -> dict[str, Any]:
    try:
        response = call.response.decode()
    except UnicodeDecodeError:
        response = _BYTES + base64.b64encode(call.response).decode()
    return call._asdict() | {"response": response}


def _write_lines(file: IO[bytes], rows: Iterable[dict[str, Any]], form: str) -> int:
    if form == ".jsonl.gz":  # no name, no time: equal recordings give equal files
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            return _write_lines(packed, rows, ".jsonl")  # type: ignore[arg-type]
    written = 0
    for written, row in enumerate(rows, 1):  # noqa: B007
        file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return written


def _write_parquet(file: IO[bytes], rows: Iterable[dict[str, Any]], form: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, types[kinds[-1]]) for name, kinds in _KINDS.items()])
    written = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in groups(rows, _GROUP):
            writer.write_table(pa.Table.from_pylist(group, schema))
            written += len(group)
    return written


# -- reading --------------------------------------------------------------------------------


def _calls(path: Path) -> Iterator[Call]:
    read = _read_parquet if _format(path) == ".parquet" else _read_lines
    good = 0
    try:
        for row in read(path):
            yield _call(row)
            good += 1
    except ValueError as error:
        where = f"{path}, row {good + 1}"
        mend = "nothing was recorded; export it again, or remove this row"
        raise InputError(str(error), where, mend) from error


def _read_lines(path: Path) -> Iterator[Any]:
    """Row by row, as many as there are lines; ValueError where one cannot be read."""
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rb") as file:
        try:
            for line in file:
                yield orjson.loads(line)
        except orjson.JSONDecodeError:
            raise ValueError("the line is no JSON") from None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"the packed file is damaged ({error})") from error


def _read_parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open(path, "rb") as file:
        try:
            for batch in pq.ParquetFile(file).iter_batches(_GROUP):
                yield from batch.to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"no Parquet that can be read ({error})") from error


def _call(row: Any) -> Call:
    """ValueError says what is wrong with a row. Tokens are counted anew from the response."""
    if not isinstance(row, dict):
        raise ValueError("no object with fields")
    for name, kinds in _KINDS.items():
        if not isinstance(row.get(name), kinds):
            raise ValueError(f"the field {name!r} is missing or of another type")
    if row["key"] != key_of(row["request"]):
        raise ValueError("the key is not that of the request, which was changed")
    if not _is_of(row["request"], row["model"]):
        raise ValueError("the request is not one to the model that is named")
    if not (math.isfinite(row["recorded"]) and row["recorded"] > 0):
        raise ValueError("the field 'recorded' is no time (Unix seconds)")
    try:
        reply = read_completion(_response(row["response"]))
    except ValueError:
        raise ValueError("the response is no chat completion") from None
    return call_of(
        row["key"], row["task"], row["model"], row["request"], reply, float(row["recorded"])
    )


def _is_of(request: str, model: str) -> bool:
    try:
        body = json.loads(request)  # which, unlike orjson, reads half characters
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("model") == model


def _response(text: str) -> bytes:
    if text.startswith(_BYTES):
        return base64.b64decode(text.removeprefix(_BYTES), validate=True)
    return text.encode()
