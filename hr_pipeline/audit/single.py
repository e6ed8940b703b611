"""Datasets whose rows are made one by one, each from a row of an input."""

from collections.abc import Callable
from typing import Any

from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.rows import Found
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording

Row = dict[str, Any]


def _answer(lake: Lake, found: Found, recording: Recording | None) -> Row:
    from hr_pipeline.audit.tm_eval_story import item_of
    from hr_pipeline.tm_eval.answering import answers

    with Replay(found.build, recording).engine() as engine:
        (row,) = answers(engine, [item_of(lake, found).row], Ledger())
    if row is None:
        raise InputError("its item got no reply again", found.row_id)
    return row


ALONE: dict[str, Callable[[Lake, Found, Recording | None], Row]] = {
    "tm_eval/answers": _answer,
}
