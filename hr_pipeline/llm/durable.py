"""Group commit: replies are recorded together, and each is used only when its group is durable."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply

SPREAD_S = 0.005  # for so long a reply may wait for others


class GroupedRecording:
    """The recording as an event loop sees it: reads and writes are gathered for some milliseconds
    and done together in one thread, so that a commit is shared and the loop never waits.

    `eager`: with so many waiting, nobody else is waited for.
    """

    def __init__(self, recording: Recording, eager: int) -> None:
        self._recording, self._eager = recording, max(1, eager)
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "recording")
        self._reads: list[tuple[str, asyncio.Future[Reply | None]]] = []
        self._writes: list[tuple[Recorded, asyncio.Future[Reply]]] = []
        self._timer: asyncio.Handle | None = None
        self._busy = False

    def get(self, key: str) -> "asyncio.Future[Reply | None]":
        """The recorded reply, or None."""
        found = self._loop.create_future()
        self._reads.append((key, found))
        self._arrange()
        return found

    def put(self, recorded: Recorded) -> "asyncio.Future[Reply]":
        """Durable when done; gives the reply that stands (another process may have been first)."""
        done = self._loop.create_future()
        self._writes.append((recorded, done))
        self._arrange()
        return done

    def _arrange(self) -> None:
        if self._busy:
            return
        waiting = len(self._reads) + len(self._writes)
        if waiting == self._eager:
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_soon(self._start)
        elif self._timer is None:
            self._timer = self._loop.call_later(SPREAD_S, self._start)

    def _start(self) -> None:
        self._timer, self._busy = None, True
        reads, self._reads = self._reads, []
        writes, self._writes = self._writes, []
        work = self._loop.run_in_executor(
            self._thread, self._do, [key for key, _ in reads], [row for row, _ in writes]
        )
        work.add_done_callback(lambda done: self._finish(done, reads, writes))

    def _do(
        self, keys: list[str], rows: list[Recorded]
    ) -> tuple[dict[str, Reply], dict[str, Reply]]:
        standing = self._recording.put_many(rows) if rows else {}
        return (self._recording.get_many(keys) if keys else {}), standing

    def _finish(
        self,
        work: "asyncio.Future[tuple[dict[str, Reply], dict[str, Reply]]]",
        reads: list[tuple[str, "asyncio.Future[Reply | None]"]],
        writes: list[tuple[Recorded, "asyncio.Future[Reply]"]],
    ) -> None:
        self._busy = False
        error = work.exception()
        found, standing = ({}, {}) if error else work.result()
        for key, reading in reads:
            if not reading.done():
                reading.set_exception(error) if error else reading.set_result(found.get(key))
        for row, writing in writes:
            if not writing.done():
                reply = standing.get(row.key, row.reply)
                writing.set_exception(error) if error else writing.set_result(reply)
        if self._reads or self._writes:
            self._start()

    async def close(self) -> None:
        """All that was put is durable, and nothing is under way."""
        while self._busy or self._timer:
            await asyncio.sleep(0.001)
        self._thread.shutdown()
