"""The dry run of a plan: the assets that ask a teacher are made by the template teacher, in a lake
that is thrown away, and what they ask is counted. Nothing is sent."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg
from pydantic import PrivateAttr, ValidationError

from hr_pipeline.building import ASKED, Order, load_profile, report_failure, what_runs
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.resources import TEMPLATE, Embedder, Judge, Run, Teacher, one_line_logger
from hr_pipeline.training.launcher import LocalLauncher

if TYPE_CHECKING:
    from hr_pipeline.embedding.survey import Surveyor as Embedded
    from hr_pipeline.llm.engine import Engine
    from hr_pipeline.llm.prices import ModelPrice
    from hr_pipeline.llm.recording import Recording
    from hr_pipeline.llm.survey import Asked, Survey

Resource = TypeVar("Resource", bound=dg.ConfigurableResource)
SAMPLE = 1_000  # rows gone through where rows are many and alike
IMPORTED = ("rjdb_released/contexts", "rjdb_released/triples", "tm_eval_released/items")
SAMPLED = {"rjdb__triples": "rjdb/contexts"}  # an operation with `sample`, and the rows it is of


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
    def embedder(self) -> Embedder:
        """As set; its settings checked."""
        return _as_set(Embedder, "embedder", _settings(self.config, "embedder"))

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


class SurveyedEmbedder(Embedder):
    """Stands in for the embedder of a dry run: what it opens compares by n-grams."""

    _opened: Any = PrivateAttr(default=None)

    def open(self, lake: Lake, log: Any = None) -> "Embedded":
        return self._opened


def dry_runs(order: Order) -> list[Dry]:
    """The run that is planned, for each of the resources that answer tasks; settings checked."""
    from hr_pipeline.llm.prices import load_prices

    selected, config = what_runs(order, load_profile(order.profile))
    names = [key.to_user_string() for key in selected]
    found = []
    for name in ASKED:
        teacher = _teacher(name, _settings(config, name))
        price = load_prices(teacher.prices or None).of(teacher.name)
        found.append(Dry(order, config, names, name, teacher, price))
    return found


def _settings(config: dict[str, Any], resource: str) -> dict[str, Any]:
    return (config["resources"].get(resource) or {}).get("config") or {}


def _teacher(name: str, settings: dict[str, Any]) -> Teacher:
    """Live, whatever lane the build takes."""
    kind = Judge if name == Judge.role else Teacher
    teacher = _as_set(kind, name, settings | {"lane": "live"})
    teacher.check()
    return teacher


def _as_set(kind: type[Resource], name: str, settings: dict[str, Any]) -> Resource:
    """A resource with these settings. Raises InputError."""
    where, mend = f"settings of the {name}", "see docs/settings.md"
    if unknown := ", ".join(sorted(set(settings) - set(kind.model_fields))):
        raise InputError(f"there is no {unknown}", where, mend)
    try:
        return kind(**settings)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(said, where, mend) from error


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


def survey(runs: list[Dry], embedded: "Embedded") -> list[Surveyed] | None:
    """Make the datasets in a scratch lake, and count what each resource is asked, and the embedder
    (`embedded`) given; None (said) where they cannot be made."""
    from hr_pipeline.definitions import ASSETS, CHECKS
    from hr_pipeline.llm.survey import Survey

    print("dry run: nothing is sent, your lake stays as it is", file=sys.stderr)
    dry, surveys = runs[0], [Survey(*_identity(dry)) for dry in runs]
    if not (asking := _asking(dry.names)):
        return [Surveyed(survey, {}) for survey in surveys]
    recordings = [recording_of(dry) for dry in runs]
    embedder = SurveyedEmbedder()
    embedder._opened = embedded
    resources: dict[str, Any] = {
        "run": Run(),
        "embedder": dg.ResourceDefinition.hardcoded_resource(embedder),
        "launcher": LocalLauncher(),
    }
    for one, survey, recording in zip(runs, surveys, recordings, strict=True):
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


def recording_of(dry: Dry) -> "Recording | None":
    """What is recorded so far; None where nothing is."""
    from hr_pipeline.llm.recording import Recording, is_there

    where = dry.teacher.where(dry.lake)
    return Recording(where) if is_there(where) else None
