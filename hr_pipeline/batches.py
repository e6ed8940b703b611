"""The commands about the batch lane: what is under way, fetching it, calling it off."""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from hr_pipeline.lake.text import columns
from hr_pipeline.recordings import add_place, opened

if TYPE_CHECKING:
    from hr_pipeline.llm.batch_store import Batch
    from hr_pipeline.llm.recording import Recording

ALL = ""
_COLUMNS = ("tag", "batch", "model", "requests", "answered", "state", "age", "dollars", "said")
_WORDS = ("tag", "batch", "model", "state", "said")  # the others are figures


def add_batches_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`batches`, and what can be done about them."""
    batches = commands.add_parser("batches", help="the batch lane: list, fetch, cancel")
    what = batches.add_mutually_exclusive_group()
    what.add_argument("--poll", action="store_true", help="fetch what has come")
    what.add_argument("--wait", action="store_true", help="fetch until nothing is under way")
    what.add_argument(
        "--cancel", nargs="?", const=ALL, metavar="TAG", help="cancel all, or one by tag or id"
    )
    what.add_argument(
        "--forget", metavar="TAG", help="give up one that its endpoint does not know any more"
    )
    what.add_argument(
        "--again", action="store_true", help="send failed and refused requests with the next build"
    )
    batches.add_argument("--every", type=float, default=30.0, metavar="S", help="seconds (--wait)")
    add_place(batches)
    batches.set_defaults(command=_batches)


def _batches(arguments: argparse.Namespace) -> int:
    """Returns the exit code."""
    from hr_pipeline.llm.client import TeacherUnavailable

    try:
        _do(arguments)
    except TeacherUnavailable as error:
        _tell(f"hr-pipeline: {error}")
        return 1
    return 0


def _do(arguments: argparse.Namespace) -> None:
    from hr_pipeline.llm.batch_rounds import cancel, forget
    from hr_pipeline.llm.batch_store import BatchStore

    with opened(arguments) as recording:
        store = BatchStore(recording)
        if arguments.poll:
            _poll(recording)
        elif arguments.wait:
            _wait(recording, max(arguments.every, 0.1))
        elif arguments.cancel is not None:
            chosen = cancel(recording, arguments.cancel)
            _tell(f"batches called off: {len(chosen):,}; --poll fetches what they have answered")
        elif arguments.forget is not None:
            for batch in forget(recording, arguments.forget):
                _tell(f"{batch.tag}: forgotten; what it has not answered is open again")
        elif arguments.again:
            _tell(f"requests to be sent again by the next build: {store.forgive():,}")
        print(table(store.batches()))


def _poll(recording: "Recording") -> bool:
    """Returns whether nothing is under way any more."""
    from hr_pipeline.llm.batch_rounds import poll

    polled = poll(recording)
    if polled.is_busy:
        _tell("another process is at work on the batches")
        return False
    _tell(
        f"replies fetched: {polled.replies:,}; batches ended: {len(polled.closed):,}, "
        f"under way: {polled.under_way:,}"
    )
    return not polled.under_way


def _wait(recording: "Recording", every_s: float) -> None:
    from hr_pipeline.llm.client import TeacherUnavailable

    while True:
        try:
            if _poll(recording):
                return
        except TeacherUnavailable as error:
            _tell(str(error))
        time.sleep(every_s)


def table(batches: "list[Batch]") -> str:
    """A line for each batch, the oldest first."""
    if not batches:
        return "no batches"
    rows = [_COLUMNS, *map(_cells, batches)]
    return "\n".join(columns(rows, [_COLUMNS.index(name) for name in _WORDS]))


def _cells(batch: "Batch") -> tuple[str, ...]:
    age_h = ((batch.closed or time.time()) - batch.created) / 3600
    dollars = f"{batch.dollars:.4f}" if batch.closed else f"<{batch.estimate:.4f}"
    priced = batch.prompt_price or batch.completion_price
    counts = (f"{batch.requests:,}", f"{batch.done:,}" if batch.closed else "")
    names = (batch.tag, batch.batch_id, batch.model)
    said = batch.said if len(batch.said) <= 100 else batch.said[:97] + "..."
    return (*names, *counts, batch.state, f"{age_h:.1f} h", dollars if priced else "?", said)


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
