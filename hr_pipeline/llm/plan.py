"""The plan of a run: calls, tokens, dollars and hours by task, and its comparison with the bill."""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from math import exp, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hr_pipeline.lake.text import columns
from hr_pipeline.llm.bill import Price

if TYPE_CHECKING:
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.llm.estimate import Estimate
    from hr_pipeline.llm.survey import Asked

WITHIN_95 = 2.0  # standard errors


@dataclass(frozen=True)
class TaskPlan:
    """What a task will take beyond the questions that are `found` in the recording; the rest is as
    in Estimate."""

    task: str
    found: float
    questions: float
    calls: float
    prompt_tokens: float
    completion_tokens: float
    conversations: int
    spread: tuple[float, float, float] | None

    @classmethod
    def of(cls, task: str, asked: "Asked", estimate: "Estimate") -> "TaskPlan":
        return cls(task, asked.found, asked.questions, **asdict(estimate))


@dataclass(frozen=True)
class Limits:
    """Of the account: requests and tokens a minute (0: not known); requests in flight; seconds that
    a call takes (0: not known)."""

    rpm: float = 0
    tpm: float = 0
    concurrency: int = 1
    latency_s: float = 0
    source: str = ""

    def hours(self, calls: float, tokens: float) -> tuple[float, str] | None:
        """Hours at the slowest limit, and which it is; None where none is known."""
        known = {
            f"{self.rpm:,.0f} requests a minute": calls / self.rpm / 60 if self.rpm else 0,
            f"{self.tpm:,.0f} tokens a minute": tokens / self.tpm / 60 if self.tpm else 0,
            f"{self.concurrency} in flight, {self.latency_s:.1f} s each": (
                calls * self.latency_s / self.concurrency / 3600
            ),
        }
        slowest = max(known, key=lambda name: known[name])
        return (known[slowest], slowest) if known[slowest] else None


@dataclass(frozen=True)
class Plan:
    """`made`: Unix seconds, from which the bill counts; `order`: what tells whether a run is the
    one that was planned; `calibration`: calls made for this plan, which are part of it."""

    model: str
    made: float
    order: dict[str, Any]
    tasks: tuple[TaskPlan, ...]
    price: Price | None = None
    batch_price: Price | None = None
    priced: str = ""  # when and where the prices were read
    limits: Limits = field(default_factory=Limits)
    calibration: int = 0

    def total(self, name: str) -> float:
        return sum(getattr(task, name) for task in self.tasks)

    def dollars(self, batch: bool = False) -> float | None:
        price = self.batch_price if batch else self.price
        if price is None:
            return None
        return price.of(self.total("prompt_tokens"), self.total("completion_tokens"))

    def interval(self) -> tuple[float, float] | None:
        """Dollars that the live bill lies between in 95 of 100 runs; None where it is not known.

        Cost is skewed to the right, so the interval is even in its logarithm.
        """
        dollars = self.dollars()
        variances = [_variance(task, self.price) for task in self.tasks]
        if not dollars or None in variances:
            return None
        factor = exp(WITHIN_95 * sqrt(sum(v for v in variances if v)) / dollars)
        return dollars / factor, dollars * factor

    def hours(self) -> tuple[float, str] | None:
        tokens = self.total("prompt_tokens") + self.total("completion_tokens")
        return self.limits.hours(self.total("calls"), tokens)

    def to_json(self) -> str:
        """With the totals worked out, for whoever reads the file."""
        hours, between = self.hours(), self.interval()
        worked_out = {
            "calls": self.total("calls"),
            "dollars": self.dollars(),
            "batch_dollars": self.dollars(batch=True),
            "between": list(between) if between else None,
            "hours": hours[0] if hours else None,
        }
        return json.dumps(asdict(self) | {"totals": worked_out}, indent=1) + "\n"


def plan_from_json(text: str) -> Plan:
    held = json.loads(text)
    held.pop("totals")
    held["tasks"] = tuple(
        TaskPlan(**task | {"spread": task["spread"] and tuple(task["spread"])})
        for task in held["tasks"]
    )
    for name in ("price", "batch_price"):
        held[name] = Price(**held[name]) if held[name] else None
    held["limits"] = Limits(**held["limits"])
    return Plan(**held)


def _variance(task: TaskPlan, price: Price | None) -> float | None:
    if task.spread is None or price is None:
        return None
    prompt, both, completion = task.spread
    squares = price.prompt**2 * prompt + price.completion**2 * completion
    return (squares + 2 * price.prompt * price.completion * both) / 1e12


# -- in words --------------------------------------------------------------------------------


def plan_text(plan: Plan) -> str:
    """The table by task, and what a reader must know to judge it."""
    if not plan.tasks:
        return "Nothing of this asks a teacher."
    header = ("task", "calls", "re-asks", "found", "prompt tokens", "completion tokens")
    rows: list[tuple[str, ...]] = [(*header, "live $", "batch $", "rests on")]
    rows += [_row(task.task, [task], plan, _rests_on(task)) for task in plan.tasks]
    rows.append(_row("total", plan.tasks, plan, ""))
    table = columns(rows, left=(0, len(rows[0]) - 1))
    return "\n".join([*table, "", *_money(plan), *_time(plan), *_basis(plan)])


def _row(name: str, tasks: Sequence[TaskPlan], plan: Plan, rests_on: str) -> tuple[str, ...]:
    def total(field: str) -> float:
        return sum(getattr(task, field) for task in tasks)

    tokens = total("prompt_tokens"), total("completion_tokens")
    reasks = total("calls") - total("questions")
    counts = (total("calls"), reasks, total("found"), *tokens)
    prices = (plan.price, plan.batch_price)
    dollars = (f"{price.of(*tokens):,.2f}" if price else "?" for price in prices)
    return (name, *(f"{count:,.0f}" for count in counts), *dollars, rests_on)


def _rests_on(task: TaskPlan) -> str:
    if not task.questions:
        return "all recorded"
    return f"{task.conversations:,} recorded" if task.conversations else "template: rough"


def _money(plan: Plan) -> list[str]:
    if plan.price is None:
        said = f"No price is known for {plan.model!r}: give one in a YAML file, --prices FILE"
        return [f"{said} (docs/plan.md)."]
    dollars, batch, between = plan.dollars(), plan.dollars(batch=True), plan.interval()
    line = f"${dollars:,.2f} live, ${batch:,.2f} in the batch lane"
    if between:
        line += f"; 95 of 100 such runs cost ${between[0]:,.2f} to ${between[1]:,.2f} live"
    return [f"{line}.", f"Prices: {plan.priced}."]


def _time(plan: Plan) -> list[str]:
    hours, limits, calls = plan.hours(), plan.limits, plan.total("calls")
    if not calls:
        return []
    if hours is None:
        return ["Hours are not known: give --rpm and --tpm of your account, or --calibrate."]
    source = f" ({limits.source})" if limits.source else ""
    line = f"{hours[0]:,.1f} hours live, at {hours[1]}{source}"
    if not limits.latency_s:
        shortest = hours[0] * 3600 * limits.concurrency / calls
        line += f"; more where a call takes over {shortest:.1f} s, {limits.concurrency} in flight"
    return [f"{line}. A batch takes up to 24 hours."]


def _basis(plan: Plan) -> list[str]:
    lines = []
    if plan.calibration:
        lines.append(f"{plan.calibration} calls were made for this plan; their replies are kept.")
    if any(task.questions and not task.conversations for task in plan.tasks):
        lines.append(
            "Rough: tokens are a quarter of the characters that the template teacher wrote. "
            "--calibrate 50 asks the model itself."
        )
    elif between := plan.interval():
        wide = sqrt(between[1] / between[0]) - 1
        lines.append(f"Within {wide:.0%}; another calibration, or a part of the run, narrows it.")
    return lines


# -- beside the bill -------------------------------------------------------------------------


def order_of(targets: Iterable[str], config: dict[str, Any]) -> dict[str, Any]:
    """What tells one order from another, of a build's targets and run configuration."""
    held = config["resources"]["run"]["config"]
    run = {name: held.get(name) for name in ("raw", "seed")}
    return {"targets": sorted(targets), "run": run, "ops": config["ops"]}


def plan_and_bill(
    lake: "Lake", where: Path | str, model: str, targets: Iterable[str], config: dict[str, Any]
) -> str:
    """The newest plan of this very build beside what was recorded (`where`) since; "" where there
    is no such plan."""
    from hr_pipeline.llm.recording import Recording

    order = json.loads(json.dumps(order_of(targets, config)))
    for plan in map(plan_from_json, lake.plans()):
        if (plan.model, plan.order) == (model, order):
            with closing(Recording(where)) as recording:
                return compare_with_bill(plan, recording.spent(model, plan.made))
    return ""


Counted = tuple[float, float, float]  # calls, prompt tokens, completion tokens


def compare_with_bill(plan: Plan, spent: Iterable[tuple[str, int, int, int]]) -> str:
    """The plan beside the bill, by task: `spent` is (task, calls, prompt tokens, completion tokens)
    as recorded since the plan was made. The ratio is of the dollars, else of the tokens."""
    planned: dict[str, Counted] = {
        t.task: (t.calls, t.prompt_tokens, t.completion_tokens) for t in plan.tasks
    }
    billed: dict[str, Counted] = {task: (calls, p, c) for task, calls, p, c in spent}
    zero: Counted = (0.0, 0.0, 0.0)
    pairs = [
        (name, planned.get(name, zero), billed.get(name, zero)) for name in {**planned, **billed}
    ]
    pairs.append(("total", _sum(planned.values()), _sum(billed.values())))
    rows: list[tuple[str, ...]] = [
        ("task", "calls", "billed", "tokens", "billed", "dollars", "billed", "ratio")
    ]
    rows += [_compared(name, ours, theirs, plan.price) for name, ours, theirs in pairs]
    return "\n".join(["plan and bill", *columns(rows, left=(0, len(rows[0]) - 1))])


def _sum(counted: Iterable[Counted]) -> Counted:
    calls, prompt, completion = map(sum, zip((0.0, 0.0, 0.0), *counted, strict=True))
    return calls, prompt, completion


def _compared(name: str, ours: Counted, theirs: Counted, price: Price | None) -> tuple[str, ...]:
    cells = [name]
    for a, b in ((ours[0], theirs[0]), (sum(ours[1:]), sum(theirs[1:]))):
        cells += [f"{a:,.0f}", f"{b:,.0f}"]
    left, right = (price.of(*side[1:]) if price else sum(side[1:]) for side in (ours, theirs))
    cells += [f"{left:,.2f}", f"{right:,.2f}"] if price else ["?", "?"]
    return (*cells, f"{left / right:.2f}" if right else "-")
