"""What all training programs do alike: read the command line, pin the data, train, publish.

Exit codes: 0 done; 2 the user's input is wrong; 1 anything else, told in one line where its reason
is known. Whatever ends a program, the lake shows the model as it was before, or the new one whole.
"""

import argparse
import json
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.models import ModelBuild, ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.weights import base_of, name_of
from hr_pipeline.training.command import PROGRAMS
from hr_pipeline.training.reporting import Reporter, open_reporter
from hr_pipeline.training.runs.card import Described
from hr_pipeline.training.runs.curves import seen
from hr_pipeline.training.runs.fitness import require_fit
from hr_pipeline.training.runs.processes import (
    WorkIsOver,
    ended_by_sigterm,
    fail,
    is_worker,
    launch,
    processes,
)
from hr_pipeline.training.settings import (
    AUTO,
    TINY,
    UNTUNED,
    DistillationSettings,
    Settings,
    settings_of,
)

LAKE = "data_lake"
PROFILE = "paper"


class TrainingStopped(Exception):
    """A training could not go on; the message says in one line why, and what may help."""


@dataclass(frozen=True)
class Training:
    """One training: its settings, its pinned data, and where it works.

    `workspace` outlives a kill: checkpoints and the curve are kept there, by the recipe.
    """

    name: str
    settings: Any
    seed: int
    lake: Lake
    pinned: dict[str, Build]
    workspace: Path
    report: Reporter
    notice: str = ""
    teacher: str = ""

    def rows(
        self, dataset: str, split: str = "", columns: list[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Rows of the pinned version, in order; of one split where it is named."""
        for row in self.lake.rows(dataset, self.pinned[dataset].version, columns):
            if not split or row["split"] == split:
                yield row


@dataclass(frozen=True)
class Made:
    """What a training leaves: the folder of its final files, and what it measured, as rows of
    models/results without the columns that tell which model. `facts` are for the card."""

    folder: Path
    metrics: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """A trainer as data: `reads` are datasets that it needs, `may_read` those that it uses where
    they are there."""

    name: str
    about: str
    reads: tuple[str, ...]
    settings: type[Settings]
    train: Callable[[Training], Made]
    code_version: str
    may_read: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """What every trainer is told."""
    parser.add_argument("--lake", default=LAKE, help=f"the lake's folder (default {LAKE})")
    parser.add_argument("--profile", default=PROFILE, help="paper (default), tiny, or a YAML file")
    parser.add_argument("--seed", type=int, default=1, help="of every draw (default 1)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. batch=16"
    )
    parser.add_argument(
        "--data", action="append", default=[], metavar="DATASET=VERSION",
        help="read this snapshot (default: the current one)",
    )  # fmt: skip
    parser.add_argument("--name", default=name, help=f"of the model in the lake (default {name})")
    parser.add_argument("--force", action="store_true", help="train again what is unchanged")
    parser.add_argument("--json", action="store_true", help="the metrics as JSON on stdout")
    parser.add_argument(
        "--processes",
        type=at_least_one,
        default=1,
        metavar="N",
        help="train with N GPUs (default 1)",
    )


def at_least_one(text: str) -> int:
    """A number from 1. Raises ValueError, which argparse tells."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def main(program: Program, argv: Sequence[str] | None = None) -> int:
    """Run a training program; returns the exit code."""
    prog = f"hr-pipeline train {program.name}"
    parser = argparse.ArgumentParser(prog=prog, description=program.about)
    add_arguments(parser, program.name)
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser.parse_args(given)
    if arguments.processes > 1 and not is_worker():
        return launch(f"hr_pipeline.training.{program.name}", given, arguments.processes)

    def train(report: Reporter) -> None:
        build = run(program, arguments, report)
        if arguments.json:
            print(json.dumps(build.metrics, indent=1))

    return guarded(prog, train)


def guarded(prog: str, work: Callable[[Reporter], None]) -> int:
    """The exit code of `work`, which is given a reporter; what ended it is told in one line."""
    try:
        with ended_by_sigterm(), open_reporter() as report:
            work(report)
    except WorkIsOver:
        return 0
    except InputError as error:
        fail(f"{prog}: {error}")
        return 2
    except TrainingStopped as error:
        fail(f"{prog}: {error}")
        return 1
    except OSError as error:
        fail(f"{prog}: {error.filename or 'a file'}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        fail(f"{prog}: stopped; the same command goes on")
        return 1
    except Exception:
        if not is_worker():
            raise
        fail(traceback.format_exc())
        return 1
    return 0


def run(program: Program, arguments: argparse.Namespace, report: Reporter) -> ModelBuild:
    """Train, unless this very recipe has made the current model, and publish."""
    started = time.monotonic()
    settings = settings_of(program.settings, program.name, arguments.profile, arguments.set)
    if arguments.name in PROGRAMS and arguments.name != program.name:
        where, mend = f"--name {arguments.name}", "use another name"
        raise InputError("this is the name of another trainer's model", where, mend)
    lake = Lake(arguments.lake)
    store = ModelStore(lake)
    pinned = pinned_builds(lake, program, arguments.data)
    require_extra()
    require_device(settings)
    teacher, bases = base_models(settings, store)
    recipe = Recipe(
        code_version=f"{program.code_version}-{version('hr-pipeline')}",
        inputs={name: build.version for name, build in pinned.items()} | bases,
        settings={"config": settings.facts(), **_together()},
        seed=arguments.seed,
    )
    known = None if arguments.force else store.unchanged(arguments.name, recipe)
    if known:
        report.say(f"models/{known.name}: unchanged, nothing to do")
        folder = store.path(known.name, known.version)
        report.published(known.version, lambda: seen(known, folder) | {"unchanged": True})
        return known
    notices = [one for build in pinned.values() for one in build.notice.split("; ") if one]
    with nullcontext() if report.silent else store.lock(arguments.name):
        if not report.silent:
            require_fit(lake, pinned, report.say)
        workspace = store.workspace(arguments.name, recipe)
        _tell_left_over(store, arguments.name, workspace, report)
        training = Training(
            name=arguments.name,
            settings=settings,
            seed=arguments.seed,
            lake=lake,
            pinned=pinned,
            workspace=workspace,
            report=report,
            notice="; ".join(dict.fromkeys(notices)),
            teacher=teacher,
        )
        with _limits_told(settings):
            made = program.train(training)
            Described(
                name=training.name,
                about=program.about,
                notice=training.notice,
                recipe=recipe,
                folder=made.folder,
                metrics=made.metrics,
                rows=made.facts,
            ).write(training.workspace)
        build = store.publish(
            arguments.name,
            made.folder,
            recipe,
            metrics=made.metrics,
            run_id=report.run_id,
            notice=training.notice,
            seconds=time.monotonic() - started,
            facts=made.facts,
        )
    path = store.path(build.name, build.version)
    report.say(f"models/{build.name}: version {build.version}, {build.seconds:.1f} s, {path}")
    report.published(build.version, lambda: seen(build, path))
    return build


def _together() -> dict[str, int]:
    """Of a recipe: how many processes share a step, where it is more than one."""
    return {"processes": processes()} if processes() > 1 else {}


def _tell_left_over(store: ModelStore, name: str, own: Path, report: Reporter) -> None:
    for other in store.workspaces(name):
        if other != own:
            mend = "hr-pipeline gc removes it once a later training is published"
            report.say(f"{other}: left by a training with other data or settings; {mend}")


@contextmanager
def _limits_told(settings: Settings) -> Iterator[None]:
    """Memory or disk at its end, in words that tell what helps. Raises TrainingStopped."""
    from safetensors import SafetensorError
    from torch import OutOfMemoryError

    try:
        yield
    except (RuntimeError, MemoryError) as error:
        scarce = isinstance(error, OutOfMemoryError | MemoryError)
        if not scarce and "can't allocate memory" not in str(error):  # so PyTorch says on a CPU
            raise
        raise TrainingStopped(
            f"out of memory; lower batch (now {settings.batch}) and raise accumulation (now "
            f"{settings.accumulation}) alike, set gradient_checkpointing=true (now "
            f"{str(settings.gradient_checkpointing).lower()}), or lower max_prompt (now "
            f"{settings.max_prompt})"
        ) from error
    except SafetensorError as error:
        raise TrainingStopped(f"weights cannot be written or read ({error})") from error


def pinned_builds(lake: Lake, program: Program, given: Sequence[str]) -> dict[str, Build]:
    """The build of each dataset that is read: as `given`, else the current one. Raises InputError
    where a version is not there."""
    asked: dict[str, str] = {}
    for pin in given:
        dataset, _, wanted = pin.partition("=")
        if dataset not in (*program.reads, *program.may_read) or not wanted:
            known = ", ".join((*program.reads, *program.may_read))
            raise InputError("cannot read this", f"--data {pin}", f"DATASET=VERSION of {known}")
        asked[dataset] = wanted
    found = {}
    for dataset in (*program.reads, *program.may_read):
        if dataset in program.may_read and dataset not in asked and not lake.current(dataset):
            continue
        build = lake.require(dataset)
        if dataset in asked and build.version != asked[dataset]:
            builds = [b for b in lake.builds(dataset) if b.version == asked[dataset]]
            if not builds:
                where = f"{dataset} {asked[dataset]}"
                mend = "leave --data out to read the current one"
                raise InputError("there is no such version in the lake", where, mend)
            build = builds[-1]
        lake.parts(dataset, build.version)
        found[dataset] = build
    return found


def base_models(settings: Settings, store: ModelStore) -> tuple[str, dict[str, str]]:
    """The folder or name of the teacher to distil from ("" where none is needed), and the models
    that the training stands on, by what is in their files."""
    bases = {} if settings.model == TINY else {f"base {settings.model}": name_of(settings.model)}
    if not isinstance(settings, DistillationSettings) or not settings.taught:
        return "", bases
    if settings.teacher == TINY:
        return TINY, bases
    if settings.teacher and settings.teacher != UNTUNED:
        return settings.teacher, bases | {f"teacher {settings.teacher}": name_of(settings.teacher)}
    build = store.require("teacher")
    folder = store.path("teacher", build.version)
    if not settings.teacher:
        return str(folder), bases | {"models/teacher": build.version}
    if not (base := base_of(folder)):
        raise InputError("models/teacher is no adapter: it has no base", f"teacher={UNTUNED}")
    return base, bases | {f"teacher {UNTUNED}": name_of(base)}


def require_extra() -> None:
    """Raises InputError where the libraries of trainers are missing; does not import them."""
    from importlib.util import find_spec

    needed = ("torch", "transformers", "peft", "accelerate", "trl", "sentence_transformers")
    if missing := [name for name in needed if find_spec(name) is None]:
        mend = "run: pip install 'hr-pipeline[train]'"
        raise InputError(f"{', '.join(missing)} not installed", "training", mend)


def require_device(settings: Settings) -> None:
    """Raises InputError where a published model would be trained without a GPU unasked."""
    if settings.device == "cpu" or (settings.model == TINY and settings.device == AUTO):
        return
    import torch

    if torch.accelerator.is_available():
        return
    where, mend = "device", "use auto or cpu"
    if settings.device == AUTO:
        where = settings.model
        mend = "add --profile tiny for minutes on a CPU, or --set device=cpu to insist"
    raise InputError("there is no GPU on this machine", where, mend)


def fresh_folder(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
