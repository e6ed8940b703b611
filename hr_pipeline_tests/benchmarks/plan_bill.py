"""The plan against the bill: `python -m hr_pipeline_tests.benchmarks.plan_bill`.

The endpoint answers with the template teacher's replies and counts tokens in a way that the plan
does not know (words x 1.4), with a heavy tail on the tokens of a reply; a share of first replies is
cut in half, so that it is asked for again. Per seed: a plan with a calibration of 50 calls, a plan
from a recorded run of a fifth of the size, and the bill of the build. Then many calibrations are
drawn from what the builds recorded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.estimate import Conversation, conversations, estimate, shares
from hr_pipeline.llm.plan import Plan, TaskPlan
from hr_pipeline.llm.prices import load_prices
from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply, Request, read_completion
from hr_pipeline.llm.survey import Asked
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.endpoint import Endpoint

MODEL, CALLS, REASKS = "gpt-4o", 50, 2
DRAWN = (50, 100, 250)  # calls: one calibration, two, five
RAW = str(SAMPLE.parent)


@dataclass(frozen=True)
class Compared:
    """Dollars."""

    planned: float
    low: float
    high: float
    billed: float

    @property
    def error(self) -> float:
        return self.planned / self.billed - 1

    @property
    def is_inside(self) -> bool:
        return self.low <= self.billed <= self.high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triples", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tail", type=float, default=0.5, help="sigma of the lognormal factor")
    parser.add_argument("--reask-rate", type=float, default=0.3)
    parser.add_argument("--draws", type=int, default=1_000, help="calibrations drawn per seed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hr_pipeline_plan_bill_") as folder:
        work = Path(folder)
        for size in (arguments.triples, arguments.triples // 5):
            hr_pipeline("build", "rjdb", work / "template", *sized(size))
        replies = work / "replies.sqlite"
        keep_last_replies(Lake(work / "template").recording_path, replies)
        print(f"{arguments.triples:,} triples, tail {arguments.tail:g}\n")
        print("| Seed | Rests on | Plan $ | 95 of 100 within | Bill $ | Plan / bill |")
        print("|---|---|---|---|---|---|")
        drawn: dict[int, list[Compared]] = {calls: [] for calls in DRAWN}
        for seed in range(arguments.seeds):
            with Endpoint(
                replies=str(replies),
                tokenizer="words-1.4",
                tail=arguments.tail,
                latency_ms=5,
                seed=seed,
            ) as endpoint:
                compare(work, arguments.triples, endpoint, arguments.reask_rate, seed)
            held = recorded(work / str(seed) / "built")
            for calls in DRAWN:
                drawn[calls] += draw_again(held, calls, arguments.draws, seed)
    print(f"\n{distribution(drawn)}")


def sized(triples: int) -> tuple[str, ...]:
    """Settings of a build of so many triples."""
    sizes = {"train": triples - 2 * (triples // 10), "dev": triples // 10, "test": triples // 10}
    return tuple(
        part for name, n in sizes.items() for part in ("--set", f"rjdb/contexts.{name}={n}")
    )


def keep_last_replies(source: Path, target: Path) -> None:
    """A recording in which each question has the reply that was usable at last."""
    last: dict[str, tuple[str, Reply]] = {}
    with closing(Recording(source)) as recording:
        for call in recording.calls():
            question = json.loads(call.request)["messages"][0]["content"]
            last[question] = call.task, read_completion(call.response)
    requests = {question: Request("any", (("user", question),)) for question in last}
    with closing(Recording(target)) as recording:
        recording.put_many(
            [Recorded(requests[q].key(), t, requests[q], r) for q, (t, r) in last.items()]
        )


def compare(work: Path, triples: int, endpoint: Endpoint, reask_rate: float, seed: int) -> None:
    """Both plans of one seed beside their bills, as rows of the table."""
    asked = ("--teacher", "openai", "--model", MODEL, "--base-url", endpoint.url)
    order = (*sized(triples), *asked)
    folder = work / str(seed)
    endpoint.set(reask_rate=reask_rate)
    planned = plan_of(folder / "calibrated", *order, "--calibrate", str(CALLS))
    build(folder / "built", endpoint, reask_rate, *order)
    show(seed, f"{planned['calibration']} calls", planned, bill(folder / "built", 0))
    recorded = folder / "recorded"
    build(recorded, endpoint, reask_rate, *sized(triples // 5), *asked)
    planned = plan_of(recorded, *order)
    build(recorded, endpoint, reask_rate, *order)
    show(seed, f"a run of {triples // 5}", planned, bill(recorded, planned["made"]))


def plan_of(lake: Path, *order: str) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(hr_pipeline("plan", "rjdb", lake, *order))
    return held


def build(lake: Path, endpoint: Endpoint, reask_rate: float, *order: str) -> None:
    """The endpoint knows only what follows from whole replies; half a list of skills is a list, so
    replies are cut where the gate tells: in the triples."""
    endpoint.set(reask_rate=0.0)
    hr_pipeline("build", "rjdb/contexts", lake, *order)
    endpoint.set(reask_rate=reask_rate)
    hr_pipeline("build", "rjdb", lake, *order)


def show(seed: int, rests_on: str, planned: dict[str, Any], billed: float) -> None:
    low, high = planned["totals"]["between"]
    result = Compared(planned["totals"]["dollars"], low, high, billed)
    print(
        f"| {seed} | {rests_on} | {result.planned:.2f} | {low:.2f} to {high:.2f} | "
        f"{billed:.2f} | {1 + result.error:.3f} |",
        flush=True,
    )


def hr_pipeline(command: str, target: str, lake: Path, *more: str) -> str:
    """The command line in a process of its own. Returns what it prints."""
    lake.parent.mkdir(exist_ok=True)
    line = [sys.executable, "-m", "hr_pipeline.cli", command, target, "--raw", RAW, "--json"]
    environment = os.environ | {"DAGSTER_HOME": str(lake) + ".home", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [*line, "--lake", str(lake), *more], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(line)}: {done.returncode}\n{done.stderr[-3000:]}")
    return done.stdout


def bill(lake: Path, since: float) -> float:
    known = load_prices().of(MODEL)
    assert known is not None
    with closing(Recording(Lake(lake).recording_path)) as recording:
        return sum(known.price.of(p, c) for _, _, p, c in recording.spent(MODEL, since))


# -- many calibrations of the same runs --------------------------------------------------------


def draw_again(
    held: dict[str, list[Conversation]], calls: int, draws: int, seed: int
) -> Iterator[Compared]:
    """Calibrations drawn from a recorded build, as the plan would have made them."""
    known, generator = load_prices().of(MODEL), np.random.default_rng(seed)
    assert known is not None
    asked = {
        task: Asked(questions=len(every), question_characters=sum(c.characters for c in every))
        for task, every in held.items()
    }
    cost = {task: sum(dollars(c, known.price) for c in every) for task, every in held.items()}
    order = shares(cost, {}, calls)
    for _ in range(draws):
        shuffled = {task: iter(generator.permutation(len(every))) for task, every in held.items()}
        seen: dict[str, list[Conversation]] = {task: [] for task in held}
        left = calls
        for task in order:
            if left > REASKS:
                seen[task].append(held[task][next(shuffled[task])])
                left -= seen[task][-1].calls
        tasks = (TaskPlan.of(task, asked[task], estimate(asked[task], seen[task])) for task in held)
        plan = Plan(MODEL, 0, {}, tuple(tasks), known.price)
        total, between = plan.dollars(), plan.interval()
        assert total and between
        yield Compared(total, *between, sum(cost.values()))


def recorded(lake: Path) -> dict[str, list[Conversation]]:
    """All conversations of a build by task."""
    with closing(Recording(Lake(lake).recording_path)) as recording:
        tasks = [task for task, *_ in recording.counts()]
        return {t: conversations(recording.samples(t, MODEL, 10**6), None, {}) for t in tasks}


def dollars(conversation: Conversation, price: Any) -> float:
    return float(price.of(conversation.prompt_tokens, conversation.completion_tokens))


def distribution(drawn: dict[int, list[Compared]]) -> str:
    """Of the errors of drawn calibrations, by their calls, as a table."""
    lines = [
        "| Calls | Drawn | Mean error | Half within | 90% within | 95% within | Within 10% | "
        "Interval held the bill |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for calls, every in drawn.items():
        errors = np.array([one.error for one in every])
        cells = [f"{np.quantile(np.abs(errors), share):.1%}" for share in (0.5, 0.9, 0.95)]
        inside = np.mean([one.is_inside for one in every])
        lines.append(
            f"| {calls} | {len(every):,} | {errors.mean():+.1%} | {' | '.join(cells)} | "
            f"{np.mean(np.abs(errors) <= 0.1):.0%} | {inside:.0%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
