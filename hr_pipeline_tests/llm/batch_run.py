"""A small build in the batch lane: words are said to the endpoint. Also a program that dies."""

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hr_pipeline.llm.batch import BatchLimits, BatchTeacher, RequestsOpen, committed
from hr_pipeline.llm.batch_rounds import poll
from hr_pipeline.llm.batch_store import BatchStore
from hr_pipeline.llm.bill import Bill, Price
from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.providers import Provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.task import Prompt, ReplyError, Task

WORDS = 20  # of a whole reply
PRICE = Price(100.0, 200.0)  # dollars per million tokens, live
BATCH_PRICE = Price(50.0, 100.0)


def parse(text: str, question: str) -> str:
    if len(text.split()) < WORDS:
        raise ReplyError("The reply is cut; write all of it.")
    return text


SPEAK: Task[str, str] = Task(
    name="speak",
    prompt=Prompt("speak", "say $word", "hash"),
    fields=lambda question: {"word": question},
    parse=parse,
    template=lambda question, rng: question,
)


@dataclass
class Build:
    """The settings of a build; `run` is one attempt at it."""

    where: Path | str
    url: str
    words: int = 12
    last_round: str = "batch"
    limits: BatchLimits = field(default_factory=lambda: BatchLimits(requests=5))
    cap: float | None = None
    key: str = ""
    key_variable: str = "HR_TEST_KEY"
    order: dict[str, Any] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def recording(self) -> Recording:
        return Recording(self.where)

    def provider(self) -> Provider:
        return Provider(base_url=self.url, key=self.key or "none")

    def run(self) -> list[str]:
        """Every word's answer, or "lost: why". Raises RequestsOpen and so on."""
        recording = self.recording()
        poll(recording)
        spent = sum(PRICE.of(p, c) for _, _, p, c in recording.spent("m", 0.0))
        bill = Bill(PRICE, self.cap, spent + committed(recording, "m", 0.0, PRICE))
        teacher = BatchTeacher(
            HttpTeacher("m", self.provider()),
            recording,
            key_variable=self.key_variable,
            price=BATCH_PRICE,
            last_round=self.last_round,
            limits=self.limits,
            order=self.order,
        )
        with Engine(teacher, recording, concurrency=8, bill=bill) as engine:

            async def ask(word: str) -> str:
                try:
                    return (await engine.ask(SPEAK, word)).value
                except Unanswered as failure:
                    return f"lost: {failure.reason}"

            self.counts = engine.counts
            return list(engine.in_order(ask, [f"w{i}" for i in range(self.words)]))

    def finish(self, rounds: int = 20) -> list[str]:
        """Build until all is answered."""
        for _ in range(rounds):
            try:
                return self.run()
            except RequestsOpen:
                self.wait()
        raise AssertionError(f"open after {rounds} rounds")

    def wait(self) -> None:
        """Until no batch is under way."""
        recording = self.recording()
        try:
            while poll(recording).under_way:
                pass
        finally:
            recording.close()

    def dies(self, moment: str, after: int = 0) -> None:
        """A run, or for "fetching" a poll, in a process that ends by SIGKILL at a moment: before a
        file's id is noted ("file_id"), before a batch's ("batch_id"), before its replies are
        recorded ("fetching") or when they are ("fetched"); `after` so many of such moments."""
        command = [sys.executable, __file__, str(self.where), self.url, moment, str(after)]
        done = subprocess.run(command, env=dict(os.environ), capture_output=True, timeout=60)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-3000:]


def die_at(moment: str, after: int) -> None:
    """Let the process kill itself there."""
    left = [after]

    def pass_by() -> None:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    def before(owner: type, name: str, concerns: Any) -> None:
        real = getattr(owner, name)

        def method(*values: Any, **named: Any) -> Any:
            if concerns(named):
                pass_by()
            return real(*values, **named)

        setattr(owner, name, method)

    if moment in ("file_id", "batch_id"):
        before(BatchStore, "note_sent", lambda named: moment in named)
    elif moment == "fetching":
        before(Recording, "add", lambda named: True)
    elif moment == "fetched":
        before(BatchStore, "answered", lambda named: True)


if __name__ == "__main__":
    build = Build(Path(sys.argv[1]) if "://" not in sys.argv[1] else sys.argv[1], sys.argv[2])
    die_at(sys.argv[3], int(sys.argv[4]))
    if sys.argv[3].startswith("fetch"):
        build.wait()
    build.run()
