"""Work shared by processes, for passes over many rows that keep one processor busy."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
AHEAD = 2  # items that each process has before it, so that it never waits for the next


def mapped(
    work: Callable[[Item], Result], items: Iterable[Item], processes: int
) -> Iterator[Result]:
    """`work` of each item, in the items' order; with one process, in this one.

    `work` is a function of a module, and items and results can be pickled: the processes are
    started anew and share nothing. At most `AHEAD` items a process are held, and they end with the
    caller, however it ends. What `work` raises is raised here.
    """
    if processes < 2:
        yield from map(work, items)
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_end_with_the_caller
    )
    under_way: deque[Future[Result]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) > AHEAD * processes:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_the_caller() -> None:
    """Ctrl-C is the caller's to handle; and no process outlives a caller that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave, daemon=True).start()


def _leave() -> None:
    caller = multiprocessing.parent_process()
    if caller is not None:
        caller.join()
        os._exit(1)
