"""The `plan` command: what a build would ask of its teacher, and what that costs, before it runs.

A dry run counts what is asked (dry_runs.py). Nothing is sent, but for a calibration that the user
orders.
"""

import json
import sys
import time
from contextlib import closing, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hr_pipeline.building import ASKED, STOPPED_AT_BUDGET, Order
from hr_pipeline.dry_runs import Dry, Surveyed, dry_runs, recording_of, survey
from hr_pipeline.lake.errors import InputError
from hr_pipeline.resources import TEMPLATE

if TYPE_CHECKING:
    from hr_pipeline.embedding.survey import Unseen
    from hr_pipeline.llm.plan import Limits, Plan, TaskPlan
    from hr_pipeline.llm.prices import ModelPrice

MOST_CALLS = 50  # of a calibration
MOST_SAMPLES = 5_000  # recorded replies of a task that are looked at
ROUGH_PRICES = (1.0, 4.0)  # of a prompt's and a reply's token to each other, where none is to pay


def plan(order: Order, calibrate: int = 0, as_json: bool = False) -> int:
    """Print and keep the plan of a build. Returns the exit code."""
    from hr_pipeline.embedding.survey import Surveyor, unseen
    from hr_pipeline.llm.bill import BudgetReached
    from hr_pipeline.llm.client import TeacherUnavailable

    if not 0 <= calibrate <= MOST_CALLS:
        raise InputError(f"0 to {MOST_CALLS} calls can be made", "--calibrate")
    runs, made = dry_runs(order), time.time()
    embedder, lake = runs[0].embedder, runs[0].lake
    embedded = Surveyor(embedder.model)
    surveys = survey(runs, embedded)
    if surveys is None:
        return 1
    plans = []
    for dry, surveyed in zip(runs, surveys, strict=True):
        if dry.resource != ASKED[0] and not surveyed.survey.asked:
            continue
        try:
            calls, latency_s = _calibrate(dry, surveyed, calibrate)
        except (BudgetReached, TeacherUnavailable) as error:
            print(f"hr-pipeline: {error}", file=sys.stderr)
            return STOPPED_AT_BUDGET if isinstance(error, BudgetReached) else 1
        planned = _plan(dry, surveyed, made, calls, latency_s)
        dry.lake.write_plan(planned.to_json())
        plans.append((dry.resource, planned))
    _print(plans, unseen(embedded, lake.vectors_path, embedder.query_prompt), runs[0], as_json)
    return 0


def _print(
    plans: "list[tuple[str, Plan]]", embedding: "list[Unseen]", dry: Dry, as_json: bool
) -> None:
    from hr_pipeline.llm.plan import plan_text
    from hr_pipeline.llm.prices import load_prices

    if as_json:
        (_, first), *others = plans
        held = json.loads(first.to_json()) | {n: json.loads(p.to_json()) for n, p in others}
        held |= {"embedding": [asdict(one) for one in embedding]} if embedding else {}
        print(json.dumps(held, indent=1))
        return
    if len(plans) == 1:
        print(plan_text(plans[0][1]))
    else:
        print("\n\n".join(f"{name} ({p.model})\n{plan_text(p)}" for name, p in plans))
    for one in embedding:
        price = load_prices(dry.teacher.prices or None).of(one.model)
        print(one.said(price.price.prompt if price else None))


# -- what the model says ---------------------------------------------------------------------


def _calibrate(dry: Dry, surveyed: Surveyed, most: int) -> tuple[int, float]:
    """Ask some of the questions. Returns calls made, and seconds that each took."""
    from hr_pipeline.llm.calibration import calibrate

    if not most or dry.teacher.kind == TEMPLATE:
        return 0, 0.0
    done = 0, 0.0
    try:
        with dry.teacher.engine(dry.lake, dry.seed, "plan") as engine:
            done = calibrate(engine, _chosen(dry, surveyed, most), most, _say)
            raise _AccountStaysOpen
    except _AccountStaysOpen:
        return done


class _AccountStaysOpen(Exception):
    """Leaves the engine without closing the account: a calibration finishes nothing, and a budget
    holds for what it has cost as well."""


def _say(calls: int) -> None:
    print(f"calibrating: {calls} calls made", file=sys.stderr)


def _chosen(dry: Dry, surveyed: Surveyed, most: int) -> list[tuple[Any, Any]]:
    """Tasks and questions of a calibration, those first that it needs most."""
    from hr_pipeline.llm.estimate import shares

    rough, price = _tasks(dry, surveyed), dry.price.price if dry.price else None
    rates = (price.prompt, price.completion) if price else ROUGH_PRICES
    rates = rates if any(rates) else ROUGH_PRICES
    weights = {t.task: t.prompt_tokens * rates[0] + t.completion_tokens * rates[1] for t in rough}
    order = shares(weights, {t.task: t.conversations for t in rough}, most)
    questions = {task: iter(surveyed.survey.questions(task)) for task in weights}
    pairs = ((surveyed.survey.tasks[task], next(questions[task], None)) for task in order)
    return [(task, question) for task, question in pairs if question is not None]


# -- the plan --------------------------------------------------------------------------------


def _tasks(dry: Dry, surveyed: Surveyed) -> "list[TaskPlan]":
    """The estimate of every task, from what is recorded of the model by now."""
    from hr_pipeline.llm.estimate import conversations, estimate
    from hr_pipeline.llm.plan import TaskPlan

    survey, tasks = surveyed.survey, []
    recording = recording_of(dry)
    with closing(recording) if recording else nullcontext():
        for name, total in surveyed.by_task().items():
            samples = recording.samples(name, survey.model, MOST_SAMPLES) if recording else []
            task = survey.tasks[name]
            parameters = dict(task.with_own(survey.parameters))
            seen = conversations(samples, task.prompt, parameters)
            tasks.append(TaskPlan.of(name, total, estimate(total, seen)))
    return tasks


def _plan(dry: Dry, surveyed: Surveyed, made: float, calls: int, latency_s: float) -> "Plan":
    from hr_pipeline.llm.bill import Price
    from hr_pipeline.llm.plan import Plan, order_of

    known, free = dry.price, Price(0, 0) if dry.teacher.kind == TEMPLATE else None
    return Plan(
        model=surveyed.survey.model,
        made=made,
        order=order_of(dry.order.targets, dry.config),
        tasks=tuple(_tasks(dry, surveyed)),
        price=known.price if known else free,
        batch_price=known.batch_price if known else free,
        priced=_priced(known) if known else "the template teacher costs nothing",
        limits=_limits(dry, latency_s),
        calibration=calls,
    )


def _priced(known: "ModelPrice") -> str:
    """Where and when the prices were read."""
    return ", ".join(filter(None, (known.source, known.as_of)))


def _limits(dry: Dry, latency_s: float) -> "Limits":
    """The account's: as the settings say, else as the price file does."""
    from hr_pipeline.llm.plan import Limits

    teacher, known = dry.teacher, dry.price
    if teacher.rpm or teacher.tpm or not (known and (known.rpm or known.tpm)):
        return Limits(teacher.rpm, teacher.tpm, teacher.concurrency, latency_s)
    usual = "of a first account, by the file of prices; give --rpm and --tpm of yours"
    return Limits(known.rpm or 0, known.tpm or 0, teacher.concurrency, latency_s, usual)
