"""The commands about the recording: what it holds, and taking it elsewhere."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.text import columns

if TYPE_CHECKING:
    from hr_pipeline.llm.recording import Recording

_COLUMNS = ("task", "model", "replies", "prompt_tokens", "completion_tokens")


def add_recording_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`recording show`, `recording export` and `recording import`."""
    recording = commands.add_parser("recording", help="the replies that are kept: show, move")
    inner = recording.add_subparsers(required=True, metavar="COMMAND")

    show = inner.add_parser("show", help="print replies and tokens by task and model")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(command=_show)

    export = inner.add_parser("export", help="write the replies into a file")
    export.add_argument("--out", required=True, type=Path, help=".jsonl, .jsonl.gz or .parquet")
    export.add_argument("--task", default="", help="of this task only")
    export.add_argument("--model", default="", help="of this model only")
    export.set_defaults(command=_export)

    imports = inner.add_parser("import", help="record the replies of such a file")
    imports.add_argument("file", type=Path)
    imports.set_defaults(command=_import)

    for command in (show, export, imports):
        add_place(command)


def add_place(command: argparse.ArgumentParser) -> None:
    """The options that say which recording is meant; `opened` reads them."""
    command.add_argument("--lake", default="data_lake", help="the lake's folder")
    command.add_argument(
        "--recording", metavar="WHERE", help="a file or postgresql:// URL (default: the lake's)"
    )


def _show(arguments: argparse.Namespace) -> None:
    with opened(arguments) as recording:
        rows = list(recording.counts())
    if arguments.json:
        for row in rows:
            print(json.dumps(dict(zip(_COLUMNS, row, strict=True)), ensure_ascii=False))
        return
    cells = [_COLUMNS, *((row[0], row[1], *(f"{count:,}" for count in row[2:])) for row in rows)]
    for line in columns(cells, left=(0, 1)):
        print(line)


def _export(arguments: argparse.Namespace) -> None:
    from hr_pipeline.llm.portable import export_recording

    with opened(arguments) as recording:
        rows = export_recording(
            recording, arguments.out, arguments.task, arguments.model, log=_to_stderr
        )
    _to_stderr(f"{rows:,} replies written")
    print(arguments.out)


def _import(arguments: argparse.Namespace) -> None:
    from hr_pipeline.llm.portable import import_recording

    with opened(arguments, to_be_made=True) as recording:
        rows, new = import_recording(recording, arguments.file, log=_to_stderr)
    _to_stderr(f"{rows:,} replies read, {new:,} of them new")


@contextmanager
def opened(arguments: argparse.Namespace, to_be_made: bool = False) -> "Iterator[Recording]":
    """The recording that --recording, $HR_PIPELINE_RECORDING or --lake name. Raises InputError."""
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.llm.recording import Recording, is_there, place_of

    where = place_of(arguments.recording, Lake(arguments.lake))
    if not (to_be_made or is_there(where)):
        mend = "name another one: --lake, --recording"
        raise InputError("there is no recording", str(where), mend)
    recording = Recording(where)
    try:
        yield recording
    finally:
        recording.close()


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
