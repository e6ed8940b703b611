"""A crew: workers in an event loop of their own thread, whose results come out in order."""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Generic, TypeVar

Row = TypeVar("Row")
Result = TypeVar("Result")
GRACE_S = 5.0  # for calls in flight, when the run is stopped from outside


class Stopped(Exception):
    """The run ends: this row is not worked on any more."""


class Crew(Generic[Row, Result]):
    """`size` workers draw rows as they need them and call `work` on each; at most `window` rows are
    drawn before the oldest one's result is taken, so memory does not grow with the rows.

    The loop runs in a thread of its own, so that answers are received while the caller writes the
    results, and so that the caller may live in a loop itself (a notebook). When `work` raises, no
    new row is drawn; the rows at work end by themselves (`stop` gets what to raise in those that
    wait), and the error is raised. `finish` runs in the loop at the end.

    `settle` gets each result in the rows' order, one at a time, and gives the one that comes out:
    the place for what depends on all rows before. While it waits, other rows are worked on.
    """

    def __init__(
        self,
        work: Callable[[Row], Awaitable[Result]],
        rows: Iterable[Row],
        *,
        size: int,
        window: int,
        start: Callable[[], None],
        stop: Callable[[BaseException], None],
        finish: Callable[[], Awaitable[None]],
        settle: Callable[[Result], Awaitable[Result]] | None = None,
    ) -> None:
        self._work, self._rows, self._settle = work, iter(rows), settle
        self._size, self._window = size, window
        self._start, self._stop, self._finish = start, stop, finish
        self._arrived: dict[int, Result] = {}
        self._done: dict[int, Result] = {}
        self._drawn = self._settled = self._taken = 0
        self._is_settling = False
        self._has_ended = False
        self._failure: BaseException | None = None
        self._ready, self._is_up = threading.Event(), threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room: asyncio.Event | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def results(self) -> Generator[Result, None, None]:
        """The results in the rows' order; those before the first row that failed come out too."""
        thread = threading.Thread(target=self._live, name="crew", daemon=True)
        try:
            thread.start()
            while self._wait_for_next():
                result = self._done.pop(self._taken)
                self._taken += 1
                self._make_room()
                yield result
        except BaseException:
            self._leave(thread)
            raise
        thread.join()
        if self._failure is not None:
            raise self._failure

    def _wait_for_next(self) -> bool:
        """Whether there is a next result. The end is looked at before the results: what was done
        between the two looks is not overlooked."""
        while self._taken not in self._done:
            self._ready.clear()
            has_ended = self._has_ended
            if self._taken in self._done:
                break
            if has_ended:
                return False
            self._ready.wait()
        return True

    def _leave(self, thread: threading.Thread) -> None:
        """The caller goes (an error, Ctrl-C, enough rows): what is in flight gets some seconds."""
        if thread.ident is None:
            return
        self._is_up.wait()
        self._call(lambda: self._fail(Stopped()))
        thread.join(GRACE_S)
        self._call(lambda: [task.cancel() for task in self._tasks])
        thread.join()

    def _call(self, function: Callable[[], object]) -> None:
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(function)
        except RuntimeError:
            return  # the loop has ended meanwhile

    def _make_room(self) -> None:
        if self._room is not None and self._taken % max(1, self._window // 8) == 0:
            self._call(self._room.set)

    def _live(self) -> None:
        factory = None
        if sys.platform != "win32":
            import uvloop

            factory = uvloop.new_event_loop
        try:
            with asyncio.Runner(loop_factory=factory) as runner:
                runner.run(self._main())
        except BaseException as error:
            self._failure = self._failure or error
        finally:
            self._has_ended = True
            self._is_up.set()
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._room = asyncio.get_running_loop(), asyncio.Event()
        self._start()
        self._tasks = [self._loop.create_task(self._worker()) for _ in range(self._size)]
        self._is_up.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._finish()

    async def _worker(self) -> None:
        assert self._room is not None
        while self._failure is None:
            if self._drawn - self._taken >= self._window:
                self._room.clear()
                if self._drawn - self._taken >= self._window:
                    await self._room.wait()
                continue
            try:
                index, row = self._drawn, next(self._rows)
                self._drawn += 1
            except StopIteration:
                return
            except BaseException as error:
                self._fail(error)
                return
            try:
                self._arrived[index] = await self._work(row)
                await self._settle_arrived()
            except BaseException as error:
                self._fail(error)
                return

    async def _settle_arrived(self) -> None:
        """Settle what has its turn; where a worker is at it already, that one goes on with it."""
        while not self._is_settling and self._settled in self._arrived:
            result = self._arrived.pop(self._settled)
            if self._settle is not None:
                self._is_settling = True
                try:
                    result = await self._settle(result)
                finally:
                    self._is_settling = False
            self._done[self._settled] = result
            self._settled += 1
            if self._settled - 1 == self._taken:
                self._ready.set()

    def _fail(self, error: BaseException) -> None:
        """The first error counts; workers that wait for room are let go."""
        if self._failure is None:
            self._failure = error
            self._stop(Stopped())
        if self._room is not None:
            self._room.set()
