"""The crew: order, bounds, and the ways a run ends: by itself, by an error, by the caller."""

import asyncio
import gc
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.llm import crew as crew_module
from hr_pipeline.llm.crew import Crew, Stopped


class Watched:
    """A crew whose beginning and end are noted."""

    def __init__(
        self,
        work: Callable[[Any], Awaitable[Any]],
        rows: Iterable[Any],
        size: int = 4,
        window: int = 16,
    ) -> None:
        self.stopped: list[BaseException] = []
        self.finished = 0
        self.crew = Crew(
            work,
            rows,
            size=size,
            window=window,
            start=lambda: None,
            stop=self.stopped.append,
            finish=self.finish,
        )

    async def finish(self) -> None:
        self.finished += 1


def crews() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "crew"]


@pytest.fixture(autouse=True)
def nothing_stays(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No thread, and no exception that nobody took."""
    yield
    gc.collect()
    assert crews() == []
    assert [record.getMessage() for record in caplog.records] == []


async def double(row: int) -> int:
    await asyncio.sleep(0)
    return 2 * row


# -- order and bounds --------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    delays=st.lists(st.sampled_from([0.0, 0.0, 0.0005, 0.002]), max_size=60),
    size=st.integers(1, 8),
    window=st.integers(1, 20),
    slow_caller=st.booleans(),
)
def test_every_result_comes_once_and_in_order(
    delays: list[float], size: int, window: int, slow_caller: bool
) -> None:
    at_work = most = drawn = 0

    def rows() -> Iterator[int]:
        nonlocal drawn
        for drawn in range(1, len(delays) + 1):
            yield drawn - 1

    async def work(row: int) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(delays[row])
        at_work -= 1
        return row

    got = []
    for result in Watched(work, rows(), size, window).crew.results():
        got.append(result)
        assert drawn <= len(got) + window
        if slow_caller:
            time.sleep(0.0005)
    assert got == list(range(len(delays))) and most <= size


class Hesitating(dict[int, int]):
    """Looks, and answers a little later."""

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        time.sleep(0.003)
        return found


def test_no_result_is_lost_that_is_done_while_the_caller_looks() -> None:
    for n in range(1, 20):
        crew = Watched(double, range(n % 4), size=3, window=3).crew
        crew._done = Hesitating()
        assert list(crew.results()) == [2 * row for row in range(n % 4)]


def test_results_are_made_while_the_caller_is_busy() -> None:
    made: list[int] = []

    async def work(row: int) -> int:
        await asyncio.sleep(0.001)
        made.append(row)
        return row

    results = Watched(work, range(100)).crew.results()
    next(results)
    time.sleep(0.2)
    assert len(made) >= 16
    assert len(list(results)) == 99


def test_it_works_inside_a_running_loop() -> None:
    async def notebook() -> list[int]:
        return list(Watched(double, range(5)).crew.results())

    assert asyncio.run(notebook()) == [0, 2, 4, 6, 8]


# -- errors ------------------------------------------------------------------------------------


def test_the_first_error_ends_the_run_after_the_results_before_it() -> None:
    ended: list[int] = []

    async def work(row: int) -> int:
        if row == 10:
            await asyncio.sleep(0.05)
            raise KeyError(row)
        await asyncio.sleep(0.1 if row > 10 else 0)
        ended.append(row)
        return row

    watched = Watched(work, iter(range(1000)))
    got = []
    with pytest.raises(KeyError):
        for result in watched.crew.results():
            got.append(result)
    assert got == list(range(10))
    assert sorted(ended) == list(range(10)) + [11, 12, 13]  # at work; no further row was drawn
    assert [type(reason) for reason in watched.stopped] == [Stopped] and watched.finished == 1


def test_of_many_errors_the_first_is_raised() -> None:
    async def work(row: int) -> None:
        await asyncio.sleep(0.02 * row)
        raise KeyError(row)

    with pytest.raises(KeyError, match="0"):
        list(Watched(work, range(4)).crew.results())


def test_an_error_of_the_rows_surfaces_after_their_results() -> None:
    def rows() -> Iterator[int]:
        yield from range(5)
        raise RuntimeError("no more rows")

    got = []
    with pytest.raises(RuntimeError, match="no more rows"):
        for result in Watched(double, rows()).crew.results():
            got.append(result)
    assert got == [0, 2, 4, 6, 8]


def test_an_error_of_the_beginning_or_the_end_surfaces() -> None:
    async def wrong_end() -> None:
        raise RuntimeError("end")

    def wrong_start() -> None:
        raise RuntimeError("start")

    def crew_of(**given: Any) -> Crew:
        async def finish() -> None:
            pass

        usual = {"start": lambda: None, "stop": lambda _: None, "finish": finish}
        return Crew(double, range(3), size=2, window=4, **(usual | given))

    with pytest.raises(RuntimeError, match="end"):
        list(crew_of(finish=wrong_end).results())
    with pytest.raises(RuntimeError, match="start"):
        list(crew_of(start=wrong_start).results())


# -- the caller goes ---------------------------------------------------------------------------


@pytest.mark.parametrize("leaves", [KeyboardInterrupt, ValueError, GeneratorExit])
def test_when_the_caller_goes_work_under_way_ends_by_itself(leaves: type[BaseException]) -> None:
    ended: list[int] = []

    async def work(row: int) -> int:
        await asyncio.sleep(0.05 if row else 0)
        ended.append(row)
        return row

    watched = Watched(work, iter(range(1000)))
    results = watched.crew.results()
    assert next(results) == 0
    time.sleep(0.01)
    if leaves is GeneratorExit:
        results.close()
    else:
        with pytest.raises(leaves):
            results.throw(leaves())
    assert ended == [0, 1, 2, 3, 4] and watched.finished == 1


def test_an_interrupt_while_the_caller_waits_ends_the_run() -> None:
    import _thread

    async def work(row: int) -> int:
        await asyncio.sleep(0.3)
        return row

    watched = Watched(work, range(100))
    threading.Timer(0.1, _thread.interrupt_main).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(watched.crew.results())
    assert time.monotonic() - started < 1 and watched.finished == 1


def test_what_takes_longer_than_the_grace_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "GRACE_S", 0.1)
    cut: list[int] = []

    async def work(row: int) -> int:
        try:
            await asyncio.sleep(60 if row else 0)
        except asyncio.CancelledError:
            cut.append(row)
            raise
        return row

    watched = Watched(work, iter(range(1000)))
    results = watched.crew.results()
    next(results)
    time.sleep(0.02)
    started = time.monotonic()
    results.close()
    assert 0.1 <= time.monotonic() - started < 1
    assert sorted(cut) == [1, 2, 3, 4] and watched.finished == 1


def test_it_can_be_left_at_any_moment() -> None:
    """Also before the thread has begun, and when it has just ended."""
    chance = random.Random(1)
    for _ in range(100):
        results = Watched(double, range(20), size=3, window=4).crew.results()
        for _ in range(chance.randrange(22)):
            next(results, None)
        time.sleep(chance.choice([0, 0, 0.001]))
        results.close()


def test_a_run_that_was_never_begun_leaves_nothing() -> None:
    watched = Watched(double, range(3))
    watched.crew.results().close()
    assert watched.finished == 0


def test_an_endless_source_whose_rows_never_wait_can_be_left() -> None:
    async def at_once(row: int) -> int:
        return row

    results = Watched(at_once, iter(int, 1)).crew.results()
    assert [next(results) for _ in range(100)] == [0] * 100
    results.close()
