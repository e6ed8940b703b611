"""Every trainer with tiny models, on a CPU and in minutes: is everything wired?

    hr-pipeline train demo [--lake DIR] [--out FILE]

Trains and publishes the five models, then has every kind of trainer prove that it learns, and ends
in two tables: what the models are worth beside floors and published figures, and the proofs. Ends
with 1 where a proof fails. What is unchanged is not made again, neither models nor proofs; a demo
that was broken off goes on where it was.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.lake.synced import write_synced
from hr_pipeline.training.examples import Example
from hr_pipeline.training.measures import results
from hr_pipeline.training.program import (
    LAKE,
    Training,
    TrainingStopped,
    guarded,
    pinned_builds,
    require_extra,
    run,
)
from hr_pipeline.training.reporting import Reporter, curve_of
from hr_pipeline.training.settings import TINY, load_profile, settings_of
from hr_pipeline.training.students.tasks import STUDENTS
from hr_pipeline.training.studies.degrees import degree_task
from hr_pipeline.training.studies.kinds import programs, proofs_of_kinds
from hr_pipeline.training.studies.proofs import Proof, as_markdown, as_text, fallen_to

PROG = "hr-pipeline train demo"
TRIPLES, PAIRS = "rjdb/triples", "jaqa/pairs"
PROOFS = ".proofs"  # below the models' folder
CODE_VERSION = "1"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=PROG, description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lake", default=LAKE, help=f"the lake's folder (default {LAKE})")
    parser.add_argument("--profile", default=TINY, help="tiny (the default) or a YAML file")
    parser.add_argument("--seed", type=int, default=1, help="of every draw (default 1)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables, as Markdown")
    parser.add_argument("--force", action="store_true", help="make again what is unchanged")
    arguments = parser.parse_args(argv)
    return guarded(PROG, lambda report: demonstrate(arguments, report))


def demonstrate(arguments: argparse.Namespace, report: Reporter) -> None:
    """Train, prove, show. Raises InputError; TrainingStopped where a proof fails."""
    require_extra()
    lake = Lake(arguments.lake)
    lake.require(TRIPLES)
    for name in programs():
        run(programs()[name], _order(arguments, name), report)
    store = ModelStore(lake)
    proofs = proofs_of(lake, arguments, report)
    rows = results.result_rows(store, programs())
    notices = results.notices_of(store, programs())
    print(f"{results.as_text(rows, notices)}\n\n{as_text(proofs)}")
    if arguments.out:
        page = [results.as_markdown(rows, notices), as_markdown(proofs)]
        arguments.out.write_text("\n\n".join(page) + "\n", encoding="utf-8")
        report.say(f"{arguments.out}: written")
    if failed := [f"{p.trainer}, {p.task} ({', '.join(p.failed())})" for p in proofs if p.failed()]:
        raise TrainingStopped(f"not shown: {'; '.join(failed)}")


def _order(arguments: argparse.Namespace, name: str) -> argparse.Namespace:
    """What `program.run` is told of one of them."""
    told = {"set": [], "data": [], "name": name, "json": False}
    return argparse.Namespace(**(vars(arguments) | told))


# -- proofs --------------------------------------------------------------------------------


def proofs_of(lake: Lake, arguments: argparse.Namespace, report: Reporter) -> list[Proof]:
    """Of the trainings of the current models their losses; then of every kind of trainer its
    proofs, unless the very same were made before."""
    recipe = _recipe(lake, arguments)
    folder = ModelStore(lake).root / PROOFS / recipe.digest()
    kept = folder / "proofs.json"
    if kept.exists() and not arguments.force:
        report.say("proofs: unchanged, nothing to do")
        return [Proof(**proof) for proof in json.loads(kept.read_text("utf-8"))]
    if arguments.force:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    proofs = list(_proved(lake, arguments, report, folder))
    write_synced(kept, json.dumps([asdict(proof) for proof in proofs], indent=1) + "\n")
    for workspace in filter(Path.is_dir, folder.iterdir()):
        shutil.rmtree(workspace)
    return proofs


def _recipe(lake: Lake, arguments: argparse.Namespace) -> Recipe:
    """All that decides what the proofs show: the recipes of the models are part of it."""
    models = {name: ModelStore(lake).require(name).recipe_digest for name in programs()}
    return Recipe(
        code_version=CODE_VERSION,
        inputs=models | {TRIPLES: lake.require(TRIPLES).version},
        settings={"profile": load_profile(arguments.profile)},
        seed=arguments.seed,
    )


def _proved(
    lake: Lake, arguments: argparse.Namespace, report: Reporter, folder: Path
) -> Iterator[Proof]:
    """A row each."""
    store = ModelStore(lake)
    for name in programs():
        still = len(store.require(name).facts["tensors_that_did_not_move"])
        yield Proof(name, "train split", fallen_to(curve_of(store.path(name))), still=still)
    trainings = {name: _training(lake, name, arguments, report, folder) for name in programs()}
    examples = {name: examples_of(training) for name, training in trainings.items()}
    degrees = degree_task(lake.rows(TRIPLES))
    yield from proofs_of_kinds(trainings, examples, degrees, load_profile(arguments.profile))


def _training(
    lake: Lake, name: str, arguments: argparse.Namespace, report: Reporter, folder: Path
) -> Training:
    program = programs()[name]
    return Training(
        name=name,
        settings=settings_of(program.settings, name, arguments.profile, []),
        seed=arguments.seed,
        lake=lake,
        pinned=pinned_builds(lake, program, []),
        workspace=folder,
        report=report,
    )


def examples_of(training: Training) -> list[Example]:
    """What a program learns from."""
    if training.name not in STUDENTS:
        pairs = training.rows(PAIRS, "train")
        return [Example(pair["pair_id"], pair["question"], pair["answer"]) for pair in pairs]
    student = STUDENTS[training.name]
    rows = training.rows(student.dataset, "train")
    return [student.example(row) for row in rows if student.learns(row)]


if __name__ == "__main__":
    sys.exit(main())
