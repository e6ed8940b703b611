"""Studies: one trainer with several settings, each result a model of its own in the lake.

Every training goes through `program.run`: what is unchanged is not trained again, and a study that
was broken off goes on where it was.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.models import ModelBuild, ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.training.causal.after_training import ITEMS
from hr_pipeline.training.distilled import PROGRAM
from hr_pipeline.training.program import (
    TrainingStopped,
    add_arguments,
    base_models,
    guarded,
    pinned_builds,
    require_device,
    require_extra,
    run,
)
from hr_pipeline.training.reporting import Reporter
from hr_pipeline.training.runs.processes import is_worker, launch
from hr_pipeline.training.settings import settings_of
from hr_pipeline.training.studies.study_tables import Outcome

TEACHER = "models/teacher"


@dataclass(frozen=True)
class Variant:
    """One training of a study: its name in the lake, what is set beside what was given, and what
    tables call it, a cell a column."""

    name: str
    settings: tuple[str, ...]
    labels: tuple[str, ...]


def study_parser(prog: str, about: str, name: str) -> argparse.ArgumentParser:
    """What a trainer is told, and where tables go; the names of all models begin with --name."""
    parser = argparse.ArgumentParser(prog=prog, description=about)
    add_arguments(parser, name)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="of the tables (default LAKE/studies/NAME)"
    )
    return parser


def run_study(
    prog: str,
    arguments: argparse.Namespace,
    variants_of: Callable[[], Sequence[Variant]],
    outcome_of: Callable[[Sequence[Variant], Sequence[ModelBuild]], Outcome],
) -> int:
    """Train the variants, print what came out of them and write it; returns the exit code."""

    def study(report: Reporter) -> None:
        variants = variants_of()
        builds = train_all(variants, arguments, report)
        outcome = outcome_of(variants, builds)
        folder = arguments.out or Path(arguments.lake) / "studies" / arguments.name
        for path in outcome.write(folder):
            report.say(f"{path}: written")
        print(json.dumps(outcome.rows, indent=1) if arguments.json else outcome.text())

    return guarded(prog, study)


def train_all(
    variants: Sequence[Variant], arguments: argparse.Namespace, report: Reporter
) -> list[ModelBuild]:
    """Train them one after the other, all on the data and with the settings that are current now.
    What is wrong with any is told before the first one starts. Raises InputError, TrainingStopped.
    """
    if is_worker():
        raise InputError("a study starts the processes of each training", "RANK", "use --processes")
    lake = Lake(arguments.lake)
    store = ModelStore(lake)
    lake.require(ITEMS)
    pinned = pinned_builds(lake, PROGRAM, arguments.data)
    require_extra()
    orders = []
    for variant in variants:
        order = copy(arguments)
        order.name = variant.name
        given = [*arguments.set, *variant.settings]
        settings = settings_of(PROGRAM.settings, PROGRAM.name, order.profile, given)
        store.current(variant.name)
        require_device(settings)
        base_models(settings, store)
        order.set = [f"{name}={json.dumps(value)}" for name, value in asdict(settings).items()]
        order.data = [f"{dataset}={build.version}" for dataset, build in pinned.items()]
        orders.append(order)
    builds = []
    for number, (variant, order) in enumerate(zip(variants, orders, strict=True), 1):
        told = ", ".join(variant.settings) or "as given"
        report.say(f"{number} of {len(variants)}: models/{variant.name} ({told})")
        if arguments.processes == 1:
            builds.append(run(PROGRAM, order, report))
            continue
        module = f"hr_pipeline.training.{PROGRAM.name}"
        if launch(module, _arguments(order), arguments.processes):
            raise TrainingStopped(f"models/{variant.name} was not trained")
        builds.append(store.require(variant.name))
    if len({build.recipe.inputs.get(TEACHER) for build in builds} - {None}) > 1:
        raise InputError("was trained again meanwhile", TEACHER, "run the same command again")
    return builds


def _arguments(order: argparse.Namespace) -> list[str]:
    """The command line of one training, for processes of its own."""
    given = ["--lake", order.lake, "--profile", order.profile, "--seed", str(order.seed)]
    given += [part for one in order.set for part in ("--set", one)]
    given += [part for one in order.data for part in ("--data", one)]
    return [*given, "--name", order.name, *["--force"] * order.force]
