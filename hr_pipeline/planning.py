"""The `plan` command: what a build would ask of its teacher, and what that costs, before it runs.

The same assets are made by the template teacher in a scratch lake that is thrown away; what is
asked is counted. Nothing is sent, but for a calibration that the user orders.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import PrivateAttr, ValidationError

from hr_pipeline.building import (
    ASKED,
    STOPPED_AT_BUDGET,
    Order,
    load_profile,
    report_failure,
    what_runs,
)
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.resources import TEMPLATE, Embedder, Judge, Run, Teacher, one_line_logger

if TYPE_CHECKING:
    from hr_pipeline.llm.engine import Engine
    from hr_pipeline.llm.plan import Limits, Plan, TaskPlan
    from hr_pipeline.llm.prices import ModelPrice
    from hr_pipeline.llm.recording import Recording
    from hr_pipeline.llm.survey import Asked, Survey

MOST_CALLS = 50  # of a calibration
SAMPLE = 1_000  # rows gone through where rows are many and alike
IMPORTED = ("rjdb_released/contexts", "rjdb_released/triples", "tm_eval_released/items")
SAMPLED = {"rjdb__triples": "rjdb/contexts"}  # an operation with `sample`, and the rows it is of
MOST_SAMPLES = 5_000  # recorded replies of a task that are looked at
ROUGH_PRICES = (1.0, 4.0)  # of a prompt's and a reply's token to each other, where none is known


@dataclass(frozen=True)
class Dry:
    """What is planned of one of the resources that answer tasks: the operations' settings, the
    teacher (or the judge), and the lake that is not touched."""

    order: Order
    config: dict[str, Any]
    names: list[str]  # the datasets that are asked for, and what they need
    resource: str
    teacher: Teacher
    price: "ModelPrice | None"

    @property
    def lake(self) -> Lake:
        return Lake(self.config["resources"]["run"]["config"]["lake_root"])

    @property
    def seed(self) -> int:
        return int(self.config["resources"]["run"]["config"].get("seed", 1))


class SurveyedTeacher(Teacher):
    """Stands in for the teacher of a dry run."""

    _survey: Any = PrivateAttr(default=None)
    _recording: Any = PrivateAttr(default=None)

    @contextmanager
    def engine(
        self, lake: Lake, seed: int, run_id: str, order: dict[str, Any] | None = None
    ) -> "Iterator[Engine]":
        from hr_pipeline.llm.engine import Engine
        from hr_pipeline.llm.survey import Surveyor

        place = dg.AssetExecutionContext.get().op_execution_context.op_def.name
        surveyor = Surveyor(seed, self._survey, place, self._recording)
        with Engine(surveyor, None, max_reasks=self.max_reasks) as engine:
            yield engine


def plan(order: Order, calibrate: int = 0, as_json: bool = False) -> int:
    """Print and keep the plan of a build. Returns the exit code."""
    from hr_pipeline.llm.bill import BudgetReached
    from hr_pipeline.llm.client import TeacherUnavailable
    from hr_pipeline.llm.plan import plan_text

    if not 0 <= calibrate <= MOST_CALLS:
        raise InputError(f"0 to {MOST_CALLS} calls can be made", "--calibrate")
    dry_runs, made = _dry(order), time.time()
    surveys = _survey(dry_runs)
    if surveys is None:
        return 1
    plans = []
    for dry, surveyed in zip(dry_runs, surveys, strict=True):
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
    if as_json:
        (_, first), *others = plans
        held = json.loads(first.to_json()) | {n: json.loads(p.to_json()) for n, p in others}
        print(json.dumps(held, indent=1))
    elif len(plans) == 1:
        print(plan_text(plans[0][1]))
    else:
        print("\n\n".join(f"{name} ({p.model})\n{plan_text(p)}" for name, p in plans))
    return 0


def _dry(order: Order) -> list[Dry]:
    """The run that is planned, for each of the resources that answer tasks; settings checked."""
    from hr_pipeline.llm.prices import load_prices

    selected, config = what_runs(order, load_profile(order.profile))
    names = [key.to_user_string() for key in selected]
    dry_runs = []
    for name in ASKED:
        teacher = _teacher(name, (config["resources"].get(name) or {}).get("config") or {})
        price = load_prices(teacher.prices or None).of(teacher.name)
        dry_runs.append(Dry(order, config, names, name, teacher, price))
    return dry_runs


def _teacher(name: str, settings: dict[str, Any]) -> Teacher:
    """Live, whatever lane the build takes."""
    where, mend = f"settings of the {name}", "see docs/settings.md"
    if unknown := ", ".join(sorted(set(settings) - set(Teacher.model_fields))):
        raise InputError(f"there is no {unknown}", where, mend)
    try:
        teacher = (Judge if name == Judge.role else Teacher)(**settings | {"lane": "live"})
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(said, where, mend) from error
    teacher.check()
    return teacher


# -- the dry run -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Surveyed:
    """What was asked, and how many times as much the whole run asks, by operation."""

    survey: "Survey"
    times: dict[str, float]

    def by_task(self) -> "dict[str, Asked]":
        """In the order in which the tasks came up."""
        from hr_pipeline.llm.survey import Asked

        found: dict[str, Asked] = {}
        for (place, task), asked in self.survey.asked.items():
            found[task] = found.get(task, Asked()) + asked.times(self.times.get(place, 1.0))
        return found


def _survey(dry_runs: list[Dry]) -> list[Surveyed] | None:
    """Make the datasets in a scratch lake, and count what each resource is asked; None (said) where
    they cannot be made."""
    from hr_pipeline.definitions import ASSETS, CHECKS
    from hr_pipeline.llm.survey import Survey

    print("dry run: nothing is sent, your lake stays as it is", file=sys.stderr)
    dry, surveys = dry_runs[0], [Survey(*_identity(dry)) for dry in dry_runs]
    if not (asking := _asking(dry.names)):
        return [Surveyed(survey, {}) for survey in surveys]
    recordings = [_recording(dry) for dry in dry_runs]
    resources: dict[str, Any] = {"run": Run(), "embedder": Embedder()}  # lexical, whatever is set
    for one, survey, recording in zip(dry_runs, surveys, recordings, strict=True):
        teacher = SurveyedTeacher(max_reasks=one.teacher.max_reasks)
        teacher._survey, teacher._recording = survey, recording
        resources[one.resource] = dg.ResourceDefinition.hardcoded_resource(teacher)
    job = dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        resources=resources,
        loggers={"console": one_line_logger},
    ).resolve_implicit_global_asset_job_def()
    with TemporaryDirectory(prefix="hr_pipeline_plan_") as scratch:
        _lend_imports(dry.lake, Lake(scratch))
        try:
            with dg.DagsterInstance.ephemeral() as instance:
                result = job.execute_in_process(
                    instance=instance,
                    run_config=_scratch_config(dry, scratch),
                    asset_selection=asking,
                    raise_on_error=False,
                )
        except dg.DagsterInvalidConfigError as error:
            reason = "; ".join(e.message for e in error.errors)
            raise InputError(reason, "settings", "see docs/settings.md") from error
        finally:
            for recording in filter(None, recordings):
                recording.close()
        if not result.success:
            report_failure(result)
            return None
        times = _times(dry, Lake(scratch))
        return [Surveyed(survey, times) for survey in surveys]


def _lend_imports(lake: Lake, scratch: Lake) -> None:
    """What was imported is asked about, too, and no dry run makes it."""
    for dataset in IMPORTED:
        if build := lake.current(dataset):
            table = lake.table(dataset, build.version)
            scratch.write(dataset, [table], build.recipe, notice=build.notice)


def _asking(names: list[str]) -> list[dg.AssetKey]:
    """Of the datasets those that are asked for, and what they need."""
    from hr_pipeline.definitions import defs

    keys = [dg.AssetKey(name.split("/")) for name in names]
    asking = [k for k in keys if defs.resolve_assets_def(k).required_resource_keys & {*ASKED}]
    selection = dg.AssetSelection.assets(*asking).upstream().required_multi_asset_neighbors()
    return sorted(selection.resolve(defs.resolve_asset_graph()))


def _scratch_config(dry: Dry, scratch: str) -> dict[str, Any]:
    from hr_pipeline.definitions import defs

    ops = dict(dry.config["ops"])
    for name in SAMPLED:
        held = (ops.get(name) or {}).get("config") or {}
        ops[name] = {"config": held | {"sample": min(held.get("sample") or SAMPLE, SAMPLE)}}
    made = {defs.resolve_assets_def(key).op.name for key in _asking(dry.names)}
    run = dry.config["resources"]["run"]["config"] | {"lake_root": scratch}
    return dry.config | {
        "ops": {name: held for name, held in ops.items() if name in made},
        "resources": {"run": {"config": run}},
    }


def _times(dry: Dry, scratch: Lake) -> dict[str, float]:
    """How many times as many rows the run goes through as the dry run did."""
    found = {}
    for name, dataset in SAMPLED.items():
        if build := scratch.current(dataset):
            own = ((dry.config["ops"].get(name) or {}).get("config") or {}).get("sample") or 0
            ordered = min(own, build.rows) if own else build.rows
            found[name] = ordered / min(ordered, SAMPLE)
    return found


def _identity(dry: Dry) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The model and the parameters that requests will carry."""
    from hr_pipeline.llm.template import TemplateTeacher

    if dry.teacher.kind == TEMPLATE:
        template = TemplateTeacher(dry.seed)
        return template.model, template.parameters
    return dry.teacher.name, tuple(sorted(dry.teacher.parameters.items()))


def _recording(dry: Dry) -> "Recording | None":
    """What is recorded so far; None where nothing is."""
    from hr_pipeline.llm.recording import Recording, is_there

    where = dry.teacher.where(dry.lake)
    return Recording(where) if is_there(where) else None


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

    rough, known = _tasks(dry, surveyed), dry.price
    rates = (known.price.prompt, known.price.completion) if known else ROUGH_PRICES
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
    recording = _recording(dry)
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
