"""What depends on all rows before: settled in the rows' order, while other rows are worked on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.llm.crew import Crew
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import RequestOpen, Task
from hr_pipeline.rjdb.questions import COUNT_SKILLS
from hr_pipeline_tests.graph.teachers import Moody


def crew(
    work: Callable[[int], Awaitable[Any]],
    rows: int,
    settle: Callable[[Any], Awaitable[Any]],
    size: int = 4,
    window: int = 16,
) -> Crew[int, Any]:
    async def finish() -> None:
        """Nothing is held."""

    return Crew(
        work,
        range(rows),
        size=size,
        window=window,
        start=lambda: None,
        stop=lambda _: None,
        finish=finish,
        settle=settle,
    )


async def same(row: int) -> int:
    await asyncio.sleep(0)
    return row


@settings(max_examples=40, deadline=None)
@given(
    delays=st.lists(st.tuples(*[st.sampled_from([0.0, 0.0, 0.001])] * 2), max_size=40),
    size=st.integers(1, 8),
    window=st.integers(1, 20),
)
def test_results_are_settled_one_at_a_time_in_order(
    delays: list[tuple[float, float]], size: int, window: int
) -> None:
    open_now, order = [0], list[int]()

    async def work(row: int) -> int:
        await asyncio.sleep(delays[row][0])
        return row

    async def settle(row: int) -> int:
        open_now[0] += 1
        assert open_now[0] == 1
        await asyncio.sleep(delays[row][1])
        order.append(row)
        open_now[0] -= 1
        return -row

    got = list(crew(work, len(delays), settle, size, window).results())
    assert order == list(range(len(delays))) and got == [-row for row in order]


def test_other_rows_are_worked_on_while_one_is_settled() -> None:
    worked, seen = list[int](), list[int]()

    async def work(row: int) -> int:
        worked.append(row)
        return await same(row)

    async def settle(row: int) -> int:
        if row == 0:
            while len(worked) < 16:
                await asyncio.sleep(0)
        seen.append(len(worked))
        return row

    results = crew(work, 40, settle, size=2).results()
    assert next(results) == 0 and seen[0] == 16
    assert list(results) == list(range(1, 40))


def test_an_error_in_settling_ends_the_run_after_the_rows_before() -> None:
    async def settle(row: int) -> int:
        if row == 5:
            raise ValueError("settled wrongly")
        return row

    got: list[int] = []
    with pytest.raises(ValueError, match="settled wrongly"):
        for row in crew(same, 40, settle).results():
            got.append(row)
    assert got == [0, 1, 2, 3, 4]


class Waiting(Moody):
    """Requests of some titles wait for a batch; `submitted` counts the rounds that were sent."""

    submitted = 0

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        if str(question).startswith("wait"):
            raise RequestOpen
        return await super().reply(task, question, request, key)

    def submit(self, _: object) -> None:
        self.submitted += 1


def test_a_row_that_waits_for_a_batch_in_settling_holds_back_what_follows() -> None:
    """All rows are gone through still, so that whatever can be asked now is."""
    teacher, settled = Waiting(), list[str]()

    async def ask(title: str) -> str:
        await engine.ask(COUNT_SKILLS, title)
        return title

    async def settle(title: str) -> str:
        settled.append(title)
        return await ask(f"wait {title}") if title == "b" else title

    with Engine(teacher, None, concurrency=1) as engine:
        results = list(engine.in_order(ask, ["a", "b", "wait c", "d"], settle))
    assert results in ([], ["a"])  # what is ready may be left too, once a row waits
    assert settled == ["a", "b", "d"] and teacher.submitted == 1
