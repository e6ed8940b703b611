"""What a dataset was made from, down to the raw files: a walk over the recipes of builds."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake


@dataclass(frozen=True)
class Lineage:
    """`builds`: all datasets that took part, by name; `files`: raw file, as its recipe names it
    ("need: form"), -> SHA-256, and what else a recipe tells of files ("need: release")."""

    builds: dict[str, Build]
    files: dict[str, str]


def walk(
    builds: Iterable[Build], made_by: Callable[[Build, str, str], Build | None]
) -> Iterator[Build]:
    """These builds and all that they were made from, nearest first, each version once.

    `made_by` gives the build of an input (of a build, its dataset, its version), None where its
    line ends.
    """
    waiting = deque({(build.dataset, build.version): build for build in builds}.values())
    seen = {(build.dataset, build.version) for build in waiting}
    while waiting:
        build = waiting.popleft()
        yield build
        for name, version in build.recipe.inputs.items():
            if name in CONTRACTS and (name, version) not in seen:
                seen.add((name, version))
                if made := made_by(build, name, version):
                    waiting.append(made)


def raw_files(build: Build) -> dict[str, str]:
    """The raw files that a build read itself: name -> SHA-256."""
    return {name: said for name, said in build.recipe.inputs.items() if name not in CONTRACTS}


def lineage(lake: Lake, builds: Iterable[Build], run_id: str = "") -> Lineage:
    """All that these builds were made from; what `run_id` made goes before what is current.

    InputError where an input is not the current version any more: the datasets do not belong
    together then (one of them was made again alone).
    """

    def current(build: Build, name: str, version: str) -> Build:
        made = lake.require(name, run_id)
        if made.version != version:
            raise InputError(
                f"it was made from another version of {name} than the current one",
                build.dataset,
                f"run: hr-pipeline build {build.dataset}",
            )
        return made

    found = sorted(walk(builds, current), key=lambda build: build.dataset)
    files = {name: said for build in found for name, said in raw_files(build).items()}
    return Lineage({build.dataset: build for build in found}, dict(sorted(files.items())))
