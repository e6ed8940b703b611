"""Progress of long work: a bar in a terminal, a line in the log now and then elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_LOOKS = 1.0


def progress(
    items: Iterable[Item],
    what: str,
    total: int,
    log: Callable[[str], object],
    facts: Callable[[], str] = lambda: "",
) -> Iterator[Item]:
    """Yield the items; every ten seconds `log` gets "what: done of total, rate, time left", and
    `facts()` after it. It is told also while an item keeps everybody waiting."""
    from tqdm import tqdm

    started, done, over = time.monotonic(), 0, threading.Event()

    def tell() -> None:
        last = started
        while not over.wait(SECONDS_BETWEEN_LOOKS):
            if not bar.disable:
                bar.set_postfix_str(facts())
            now = time.monotonic()
            if now - last >= SECONDS_BETWEEN_LINES:
                last, rate = now, done / (now - started)
                left = (
                    f"{max(0, total - done) / rate:,.0f} s left" if rate else "time left not known"
                )
                line = f"{what}: {done:,} of {total:,}, {rate:,.1f} a second, {left}"
                log(", ".join(filter(None, (line, facts()))))

    with tqdm(total=total, desc=what, unit="row", disable=not sys.stderr.isatty()) as bar:
        teller = threading.Thread(target=tell, name="progress", daemon=True)
        teller.start()
        try:
            for done, item in enumerate(items, 1):  # noqa: B007 (told by the other thread)
                yield item
                bar.update()
        finally:
            over.set()
            teller.join()
