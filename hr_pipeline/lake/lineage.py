"""What a dataset was made from, down to the raw files: a walk over the recipes of builds."""

from collections.abc import Iterable
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


def lineage(lake: Lake, builds: Iterable[Build], run_id: str = "") -> Lineage:
    """All that these builds were made from; what `run_id` made goes before what is current.

    InputError where an input is not the current version any more: the datasets do not belong
    together then (one of them was made again alone).
    """
    found: dict[str, Build] = {}
    files: dict[str, str] = {}
    waiting = list(builds)
    while waiting:
        build = waiting.pop()
        if build.dataset in found:
            continue
        found[build.dataset] = build
        for name, version in build.recipe.inputs.items():
            if name not in CONTRACTS:
                files[name] = version
                continue
            made = lake.require(name, run_id)
            if made.version != version:
                raise InputError(
                    f"it was made from another version of {name} than the current one",
                    build.dataset,
                    f"run: hr-pipeline build {build.dataset}",
                )
            waiting.append(made)
    return Lineage(dict(sorted(found.items())), dict(sorted(files.items())))
