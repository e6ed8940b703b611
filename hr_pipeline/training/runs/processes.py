"""Several processes for one training, one a GPU: what `--processes` starts, and how they end.

Each is the same program with the same arguments, told its place by the variables that `accelerate
launch` and torchrun set too (RANK, WORLD_SIZE, ...), so that those can start it as well, also on
several machines. The first process alone speaks and publishes; the others leave when the training
is over. The first failure ends all, and it alone is told.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread

FAILURE = "HR_PIPELINE_FAILURE"  # where the first process that fails writes why
PLACE = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
SECONDS_BETWEEN_LOOKS = 0.05
PATIENCE = 10.0  # seconds that a process gets to end by itself


class WorkIsOver(Exception):
    """The training is over for a process that is not the first."""


def is_worker() -> bool:
    """Whether somebody has started this process as one of several."""
    return "RANK" in os.environ or FAILURE in os.environ


def processes() -> int:
    """How many train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def alone() -> None:
    """From here on this process knows of no others: they have left."""
    for name in PLACE:
        os.environ.pop(name, None)


def fail(line: str) -> None:
    """Tell why this process ends: on stderr, or to the one that has started it and its likes."""
    where = os.environ.get(FAILURE)
    if not where:
        print(line, file=sys.stderr)
        return
    with suppress(FileExistsError), open(where, "x", encoding="utf-8") as file:
        file.write(line)


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the program as Ctrl-C does."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def launch(module: str, argv: Sequence[str], count: int) -> int:
    """Run `python -m MODULE ARGV` in `count` processes; gives 0, or the exit code of the first that
    failed, whose reason is told."""
    with ended_by_sigterm(), TemporaryDirectory(prefix="hr-pipeline-") as folder:
        failure = Path(folder) / "failure"
        environment = os.environ | {
            "WORLD_SIZE": str(count),
            "LOCAL_WORLD_SIZE": str(count),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(_free_port()),
            FAILURE: str(failure),
        }
        cores = (os.cpu_count() or 1) // count
        environment.setdefault("OMP_NUM_THREADS", str(max(1, cores)))
        environment.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        workers: list[subprocess.Popen[bytes]] = []
        try:
            for rank in range(count):
                place = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
                quiet = None if rank == 0 else subprocess.DEVNULL
                # -P: without modules of the working folder
                command = [sys.executable, "-P", "-m", module, *argv]
                workers.append(
                    subprocess.Popen(command, env=environment | place, stdout=quiet, stderr=quiet)
                )
            code, unsaid = _first_failure(workers), ""
        except KeyboardInterrupt:
            code, unsaid = 1, "stopped; the same command goes on"
        finally:
            _end(workers)
        if code:
            if code > 0 and failure.exists():
                unsaid = failure.read_text("utf-8")
            print(unsaid or _unsaid(code), file=sys.stderr)
        return 1 if code < 0 else code


def _first_failure(workers: Sequence["subprocess.Popen[bytes]"]) -> int:
    """Waits until all have ended well (0), or the first did not: its code."""
    while True:
        codes = [worker.poll() for worker in workers]
        if failed := [code for code in codes if code]:
            return min(failed)  # one that was killed before those that miss it
        if None not in codes:
            return 0
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _end(workers: Sequence["subprocess.Popen[bytes]"]) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        try:
            worker.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _unsaid(code: int) -> str:
    if code < 0:
        return f"a process was ended by {signal.Signals(-code).name}; the same command goes on"
    return f"a process ended with exit code {code}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
