"""Work shared by processes: order, errors, how much is drawn ahead, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hr_pipeline.lake.processes import AHEAD, mapped

SCRIPT = """
import os, time
from hr_pipeline.lake.processes import mapped

def work(number):
    time.sleep(0.05)
    return os.getpid()

if __name__ == "__main__":
    for pid in mapped(work, range(10_000), 2):
        print(pid, flush=True)
"""


def slow_first(number: int) -> tuple[int, int]:
    """The number and who worked on it; the first one takes longest, so that others overtake it."""
    if number == 0:
        time.sleep(0.3)
    if number == 7:
        raise ValueError("seven")
    return number, os.getpid()


def test_results_come_in_order_from_other_processes() -> None:
    found = list(mapped(slow_first, range(6), 2))
    assert [number for number, _ in found] == list(range(6))
    workers = {pid for _, pid in found}
    assert os.getpid() not in workers and len(workers) <= 2
    assert {pid for _, pid in mapped(slow_first, range(3), 1)} == {os.getpid()}


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_raised_after_the_results_before_it(processes: int) -> None:
    found = []
    with pytest.raises(ValueError, match="seven"):
        for number, _ in mapped(slow_first, range(100), processes):
            found.append(number)
    assert found == list(range(7))


def test_few_items_are_drawn_ahead() -> None:
    drawn = []

    def items() -> Iterator[int]:
        for number in (1, 2, 3, 4, 5, 6) * 10:
            drawn.append(number)
            yield number

    results = mapped(slow_first, items(), 2)
    for taken in range(1, 10):
        next(results)
        assert len(drawn) <= taken + 2 * AHEAD
    results.close()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be looked at does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_its_caller(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    caller = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert caller.stdout is not None
    workers = {int(caller.stdout.readline()) for _ in range(6)}
    assert caller.pid not in workers and all(map(is_alive, workers))
    caller.send_signal(how)
    caller.stdout.close()
    caller.wait(timeout=60)
    deadline = time.monotonic() + 60
    while any(map(is_alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
