"""An event loop whose clock jumps to the next timer: minutes of waiting take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Jumping(selectors.SelectSelector):
    """Sleeps by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will happen")
        self.now += max(timeout, 0.0)
        return super().select(0)


class VirtualTime:
    """`monotonic` stands in for that of the time module; a new loop goes on at its time."""

    def __init__(self) -> None:
        self._selector = _Jumping()

    def monotonic(self) -> float:
        return self._selector.now

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        began, self._selector = self._selector.now, _Jumping()
        self._selector.now = began
        with asyncio.Runner(loop_factory=self._loop) as runner:
            return runner.run(work)

    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(self._selector)
        loop.time = self.monotonic  # type: ignore[method-assign]
        return loop
