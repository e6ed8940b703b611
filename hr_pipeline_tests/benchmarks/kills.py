"""`python -m hr_pipeline_tests.benchmarks.kills`: a job, killed at random moments, started again.

SIGKILL hits the client's whole process group, one time in five while it starts. The endpoint's own
counters and the recording say what the kills have cost. Exit code 1 where a limit is broken.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.benchmarks.clients import Client, rows_in
from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.endpoint import Endpoint

RUNNER = Path(__file__).with_name("engine_run.py")
SHARE_AT_START = 0.2
START_S = 1.0  # kills while it starts come within so many seconds
MOST_BEYOND_CONCURRENCY = 20  # calls paid again a kill
MOST_START_S = 1.5  # until the first call
LIMIT_S = 300.0  # of a run that is not killed


@dataclass(frozen=True)
class Job:
    """`span_s`: kills come within so many seconds after the first call."""

    rows: int = 20_000
    concurrency: int = 256
    latency_ms: float = 200
    span_s: float = 0.6
    seed: int = 0


@dataclass
class Outcome:
    """What the kills have cost."""

    kills: int = 0
    asked_again: int = 0  # although recorded at a kill
    lost: int = 0
    doubled: int = 0
    differs: bool = False  # the output, from that of an undisturbed run
    paid_again: list[int] = field(default_factory=list)  # calls, a kill
    paid_twice: int = 0  # calls, in all
    starts_s: list[float] = field(default_factory=list)

    def figures(self, job: Job) -> list[tuple[str, float, float]]:
        """(what, figure, the most it may be)."""
        again = job.concurrency + MOST_BEYOND_CONCURRENCY
        return [
            ("recorded replies asked for again", self.asked_again, 0),
            ("rows lost", self.lost, 0),
            ("rows doubled", self.doubled, 0),
            ("outputs that differ from an undisturbed run's", self.differs, 0),
            ("calls paid again, the most at one kill", max(self.paid_again, default=0), again),
            ("seconds from start to first call, the most", max(self.starts_s), MOST_START_S),
        ]

    def broken(self, job: Job) -> list[str]:
        return [what for what, figure, most in self.figures(job) if figure > most]


class Ordeal:
    """One job in one folder against one endpoint."""

    def __init__(self, job: Job, endpoint: Endpoint, folder: Path) -> None:
        self._job, self._endpoint, self._folder = job, endpoint, folder
        self._rng = Random(job.seed)
        self._paid: Counter[str] = Counter()
        self._recorded: dict[str, int] = {}  # key -> times paid when it was first seen recorded
        self.outcome = Outcome()

    def run(self, kills: int) -> Outcome:
        expected = self._undisturbed()
        self._endpoint.reset()
        for _ in range(kills):
            self._live_and_die()
        self._finish(expected)
        return self.outcome

    def _start(self, name: str) -> Client:
        job = self._job
        return Client(
            [
                *(sys.executable, str(RUNNER), "--base-url", self._endpoint.url),
                *("--n", str(job.rows), "--concurrency", str(job.concurrency)),
                *("--out", str(self._folder / f"{name}.jsonl")),
            ],
            self._folder / f"{name}.log",
        )

    def _undisturbed(self) -> bytes:
        finished = self._start("undisturbed").wait(LIMIT_S)
        if finished.code:
            raise SystemExit((self._folder / "undisturbed.log").read_text())
        return (self._folder / "undisturbed.jsonl").read_bytes()

    def _live_and_die(self) -> None:
        client = self._start("killed")
        if self._rng.random() < SHARE_AT_START:
            time.sleep(self._rng.uniform(0, START_S))
        else:
            self._await_first_call(client)
            time.sleep(self._rng.uniform(0, self._job.span_s))
        if client.finished():
            raise SystemExit(
                f"the job ended after {self.outcome.kills} kills; give it more rows (see also "
                f"{self._folder / 'killed.log'})"
            )
        client.kill()
        client.wait(LIMIT_S)
        self.outcome.kills += 1
        self._take_stock()

    def _await_first_call(self, client: Client) -> None:
        before = self._endpoint.stats()["requests"]
        while self._endpoint.stats()["requests"] == before and not client.finished():
            time.sleep(0.01)
        self.outcome.starts_s.append(time.monotonic() - client.started)

    def _take_stock(self) -> None:
        """Once the endpoint is at rest: which calls were paid and not recorded in this life."""
        self._await_rest()
        paid, new = self._endpoint.paid(), 0
        for key in self._keys():
            assert paid[key], "the endpoint and the recording know a request by one key"
            new += key not in self._recorded
            self._recorded.setdefault(key, paid[key])
        self.outcome.paid_again.append(paid.total() - self._paid.total() - new)
        self._paid = paid

    def _await_rest(self) -> None:
        """What the dead client had sent is read and answered."""
        seen = -1
        while (stats := self._endpoint.stats())["in_flight"] or stats["requests"] != seen:
            seen = stats["requests"]
            time.sleep(0.03)

    def _keys(self) -> list[str]:
        path = self._folder / "killed.jsonl.cache" / "recording.sqlite"
        if not path.exists():
            return []
        recording = Recording(path)
        try:
            return recording.keys()
        finally:
            recording.close()

    def _finish(self, expected: bytes) -> None:
        client, out, outcome = self._start("killed"), self._folder / "killed.jsonl", self.outcome
        self._await_first_call(client)
        client.wait(LIMIT_S)
        paid = self._endpoint.paid()
        outcome.asked_again = sum(paid[key] - times for key, times in self._recorded.items())
        outcome.paid_twice = paid.total() - len(paid)
        written, different = rows_in(out)
        outcome.lost, outcome.doubled = self._job.rows - different, written - different
        outcome.differs = not out.exists() or out.read_bytes() != expected


def kill_often(job: Job, kills: int) -> Outcome:
    """Run the job with so many kills."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Endpoint(latency_ms=job.latency_ms) as endpoint,
    ):
        return Ordeal(job, endpoint, Path(folder)).run(kills)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m hr_pipeline_tests.benchmarks.kills",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=Job.rows)
    parser.add_argument("--concurrency", type=int, default=Job.concurrency)
    parser.add_argument("--latency-ms", type=float, default=Job.latency_ms)
    parser.add_argument(
        "--span-s", type=float, default=Job.span_s, help="kills come so soon after the first call"
    )
    parser.add_argument("--seed", type=int, default=Job.seed)
    given = vars(parser.parse_args())
    kills = given.pop("kills")
    job = Job(**given)
    started, outcome = time.monotonic(), kill_often(job, kills)
    report = Report()
    report.add(
        "the job",
        f"{job.rows:,} rows, {job.concurrency} at once, {job.latency_ms:g} ms; "
        f"{outcome.kills} kills in {time.monotonic() - started:.0f} s",
    )
    for what, figure, most in outcome.figures(job):
        report.add(what, f"{figure:.2f}" if isinstance(figure, float) else f"{figure:d}", f"{most}")
    mean = sum(outcome.paid_again) / max(len(outcome.paid_again), 1)
    report.add("calls paid again, on average at one kill", f"{mean:.0f}")
    report.add("calls paid again, in all", f"{outcome.paid_twice}")
    report.add("seconds from start to first call, the median", f"{median(outcome.starts_s):.2f}")
    print(report.text())
    sys.exit(1 if outcome.broken(job) else 0)


if __name__ == "__main__":
    main()
