"""Group commit: what is put is durable when it is said to be, together with what came with it."""

import asyncio
import gc
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.llm.durable import GroupedRecording
from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply, Request


class Watched(Recording):
    """A recording that notes the sizes of its groups, and may be slow or fail."""

    def __init__(self, where: Path) -> None:
        super().__init__(where)
        self.written: list[int] = []
        self.read: list[int] = []
        self.slow_s = 0.0
        self.failure: Exception | None = None

    def put_many(self, rows: Sequence[Recorded]) -> dict[str, Reply]:
        time.sleep(self.slow_s)
        if self.failure:
            raise self.failure
        self.written.append(len(rows))
        return super().put_many(rows)

    def get_many(self, keys: Sequence[str]) -> dict[str, Reply]:
        self.read.append(len(keys))
        return super().get_many(keys)


def row(i: int, text: str = "") -> Recorded:
    request = Request("m", (("user", f"q{i}"),))
    return Recorded(request.key(), "t", request, Reply(text or f"a{i}"))


def run_with(recording: Recording, eager: int, work: Any) -> Any:
    """`work(grouped)` in a loop, then close."""

    async def run() -> Any:
        grouped = GroupedRecording(recording, eager)
        result: Coroutine[Any, Any, Any] = work(grouped)
        try:
            return await result
        finally:
            await grouped.close()

    return asyncio.run(run())


@pytest.fixture
def recording(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "r.sqlite")


def test_a_reply_is_durable_when_it_comes_back(recording: Watched, tmp_path: Path) -> None:
    other = Recording(tmp_path / "r.sqlite")

    async def work(grouped: GroupedRecording) -> None:
        for i in range(5):
            assert (await grouped.put(row(i))).text == f"a{i}"
            found = other.get(row(i).key)
            assert found is not None and found.text == f"a{i}"

    run_with(recording, 4, work)


def test_replies_that_come_together_share_a_commit(recording: Watched) -> None:
    recording.slow_s = 0.02

    async def work(grouped: GroupedRecording) -> None:
        await asyncio.gather(*(grouped.put(row(i)) for i in range(100)))

    run_with(recording, 32, work)
    assert sum(recording.written) == 100 and len(recording.written) <= 3


def test_a_lone_reply_waits_for_some_milliseconds_only(recording: Watched) -> None:
    async def work(grouped: GroupedRecording) -> float:
        started = time.monotonic()
        await grouped.put(row(1))
        return time.monotonic() - started

    assert run_with(recording, 32, work) < 0.5


def test_reads_find_what_is_there_and_what_is_being_put(recording: Watched) -> None:
    recording.put_many([row(1)])

    async def work(grouped: GroupedRecording) -> list[Reply | None]:
        put = grouped.put(row(2))
        found = await asyncio.gather(*(grouped.get(row(i).key) for i in range(3)))
        await put
        return found

    found = run_with(recording, 32, work)
    assert [reply.text if reply else None for reply in found] == [None, "a1", "a2"]
    assert recording.read == [3]


def test_the_reply_that_was_first_is_given_back(recording: Watched) -> None:
    recording.put_many([row(1, "first")])

    async def work(grouped: GroupedRecording) -> list[str]:
        replies = await asyncio.gather(grouped.put(row(1, "late")), grouped.put(row(2)))
        return [reply.text for reply in replies]

    assert run_with(recording, 8, work) == ["first", "a2"]


def test_a_failure_reaches_everybody_of_the_group_and_the_next_group_goes_on(
    recording: Watched,
) -> None:
    async def work(grouped: GroupedRecording) -> list[Any]:
        recording.failure = OSError("disk full")
        writes = [grouped.put(row(i)) for i in range(3)]
        ended = await asyncio.gather(*writes, grouped.get("x"), return_exceptions=True)
        recording.failure = None
        assert (await grouped.put(row(9))).text == "a9"
        return ended

    assert [str(end) for end in run_with(recording, 8, work)] == ["disk full"] * 4
    assert recording.keys() == [row(9).key]


def test_who_is_cancelled_loses_nothing_that_was_put(
    recording: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    recording.slow_s = 0.05

    async def work(grouped: GroupedRecording) -> None:
        async def put_and_read(i: int) -> None:
            await grouped.put(row(i))
            await grouped.get(row(i).key)

        tasks = [asyncio.create_task(put_and_read(i)) for i in range(10)]
        await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run_with(recording, 32, work)
    assert len(recording.keys()) == 10
    gc.collect()
    assert not caplog.records  # no exception that nobody took


def test_closing_waits_for_all_that_is_under_way(
    recording: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(grouped: GroupedRecording) -> None:
        grouped.put(row(1))
        grouped.get(row(2).key).cancel()

    run_with(recording, 32, work)
    assert recording.keys() == [row(1).key]
    gc.collect()
    assert not caplog.records
