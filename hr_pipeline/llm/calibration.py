"""A calibration: some of the questions of a run are asked ahead, for what they cost."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.task import Task


def calibrate(
    engine: Engine,
    questions: Iterable[tuple[Task, Any]],
    most: int,
    say: Callable[[int], object] = lambda calls: None,
) -> tuple[int, float]:
    """Ask until `most` calls are made or could be passed; replies go to the recording. Returns
    calls made, and seconds that each took.

    Re-asks are calls too, so each round is so small that all its re-asks would have room; and never
    larger than the concurrency, so that no call waits for another.
    """
    waiting, worst = deque(questions), 1 + engine.max_reasks
    made, seconds = 0, 0.0
    while waiting and most - made >= worst:
        size = min(len(waiting), (most - made) // worst, engine.concurrency)
        some = [waiting.popleft() for _ in range(size)]
        for calls, took in engine.in_order(lambda one: _ask(engine, *one), some):
            made, seconds = made + calls, seconds + took
        say(made)
    return made, seconds / max(made, 1)


async def _ask(engine: Engine, task: Task, question: Any) -> tuple[int, float]:
    """Calls, and seconds that they took."""
    started = time.monotonic()
    try:
        request_ids = (await engine.ask(task, question)).request_ids
    except Unanswered as failure:
        request_ids = failure.request_ids
    return len(request_ids), time.monotonic() - started
