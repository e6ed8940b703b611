"""Runs of the writer on a made-up labour market, for the tests of what comes of them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import Context, documents_of
from hr_pipeline.rjdb.drawing import ContextDrawer, draw_contexts
from hr_pipeline.rjdb.sampling import plan_slots
from hr_pipeline.rjdb.writing import (
    TripleWriter,
    WritingSettings,
    Written,
    slot_of,
    write_triples,
)
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.graph.worlds import world

WORLD = world()
WHOLE, SECTIONS = WritingSettings(), WritingSettings("sections")
Run = tuple[list[Written], Ledger, Engine]


@cache
def contexts() -> tuple[Context, ...]:
    with Engine(Moody(), None) as engine:
        drawn = draw_contexts(ContextDrawer(WORLD, engine), plan_slots(WORLD)[::6], Ledger())
        return tuple(one.context for one in drawn if one.context)


def write(
    teacher: Moody,
    settings: WritingSettings = WHOLE,
    planned: tuple[Context, ...] = (),
    concurrency: int = 16,
    recording: Recording | None = None,
) -> Run:
    ledger = Ledger()
    with Engine(teacher, recording, concurrency=concurrency) as engine:
        writer = TripleWriter(engine, ContextDrawer(WORLD, engine), settings)
        return list(write_triples(writer, iter(planned or contexts()), ledger)), ledger, engine


def rows(run: Run) -> list[dict[str, Any]]:
    return [one.row for one in run[0] if one.row]


def is_accounted_for(run: Run) -> bool:
    return sum(one.tried for one in run[0]) == len(rows(run)) + run[1].lost_rows()


def documents(row: dict[str, Any]) -> dict[str, str]:
    return {name: row[name] for name in documents_of(row["resume_swapped"] is not None)}


def refuses(broken: Callable[[Context], bool]) -> Moody:
    """A teacher that never writes about some contexts."""

    def instead(task: str, question: Any) -> str | None:
        if task in ("write_triple", "write_section") and broken(question.context):
            return f"I cannot write about {question.context.context_id}."
        return None

    return Moody(instead)


def attempt_of(context: Context) -> int:
    return slot_of(context)[1]
