"""Client processes under measurement: CPU and memory of their whole process group, from /proc."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
_BETWEEN_SAMPLES_S = 0.1


@dataclass(frozen=True)
class Finished:
    """How a client ended: exit code (negative: the signal), and whether it took too long."""

    code: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    was_stopped: bool


@dataclass(frozen=True)
class Member:
    """A live process of a group."""

    pid: int
    cpu_s: float  # with children that have ended
    memory: int  # bytes, resident


class Client:
    """A command in a process group of its own; what it prints goes to `log`."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.started = time.monotonic()
        with open(log, "ab") as file:
            self._process = subprocess.Popen(
                command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._cpu_s = self._memory = 0.0
        self._sampled = 0.0
        self._finished: Finished | None = None

    def finished(self, was_stopped: bool = False) -> Finished | None:
        """How it ended; None while it runs."""
        if self._finished is None:
            self._sample()
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                code = self._process.returncode = os.waitstatus_to_exitcode(status)
                wall_s = time.monotonic() - self.started
                cpu_s = max(self._cpu_s, usage.ru_utime + usage.ru_stime)
                # ru_maxrss would hold what this process had when it forked
                self._finished = Finished(code, wall_s, cpu_s, self._memory / 2**20, was_stopped)
        return self._finished

    def _sample(self) -> None:
        if time.monotonic() - self._sampled >= _BETWEEN_SAMPLES_S:
            self._sampled = time.monotonic()
            found = members(self._process.pid)
            self._cpu_s = max(self._cpu_s, sum(member.cpu_s for member in found))
            self._memory = max(self._memory, sum(member.memory for member in found))

    def wait(self, limit_s: float) -> Finished:
        """Until it ends; it is killed after `limit_s`."""
        was_stopped = False
        while (end := self.finished(was_stopped)) is None:
            if not was_stopped and time.monotonic() - self.started > limit_s:
                was_stopped = True
                self.kill()
            time.sleep(0.01)
        self.kill()  # what is left of its group
        return end

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        for member in members(self._process.pid):
            try:
                os.kill(member.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def members(group: int) -> list[Member]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                text = Path(entry.path, "stat").read_text()
            except OSError:
                continue  # ended meanwhile
            fields = text.rpartition(")")[2].split()
            if int(fields[2]) == group:
                cpu_s = sum(map(int, fields[11:15])) / _TICKS
                found.append(Member(int(entry.name), cpu_s, int(fields[21]) * _PAGE))
    return found


def rows_in(path: Path) -> tuple[int, int]:
    """How many rows a client wrote, and how many different ones."""
    if not path.exists():
        return 0, 0
    with open(path, "rb") as file:
        numbers = [orjson.loads(line)["id"] for line in file]
    return len(numbers), len(set(numbers))
