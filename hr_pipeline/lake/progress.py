"""Progress of long work: a bar in a terminal, a line in the log now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0


def progress(
    items: Iterable[Item], what: str, total: int, log: Callable[[str], object]
) -> Iterator[Item]:
    """Yield the items; every ten seconds `log` gets "what: done of total, rate, time left"."""
    from tqdm import tqdm

    started = last = time.monotonic()
    with tqdm(total=total, desc=what, unit="row", disable=not sys.stderr.isatty()) as bar:
        for done, item in enumerate(items, 1):
            yield item
            bar.update()
            now = time.monotonic()
            if now - last >= SECONDS_BETWEEN_LINES:
                last, rate = now, done / (now - started)
                left = max(0, total - done) / rate
                log(f"{what}: {done:,} of {total:,}, {rate:,.0f} a second, {left:,.0f} s left")
