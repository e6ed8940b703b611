"""What a build was made from: builds by the versions that recipes name, down to the raw files."""

from collections.abc import Callable

import pyarrow as pa

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake


def maker(lake: Lake, dataset: str, version: str) -> Build:
    """The newest build of this version; InputError where none is in the lake."""
    for build in reversed(lake.builds(dataset)):
        if build.version == version:
            return build
    raise InputError("no build of this version is in the lake", f"{dataset} {version}")


def input_build(lake: Lake, build: Build, dataset: str) -> Build:
    """The build of an input in the very version that `build` read, be it current or not."""
    return maker(lake, dataset, _version(build, dataset))


def input_reader(lake: Lake, build: Build) -> Callable[[str], pa.Table]:
    """Reads the inputs of a build, each in the version that it read."""
    return lambda dataset: lake.table(dataset, _version(build, dataset))


def _version(build: Build, dataset: str) -> str:
    """InputError where `build` did not read this dataset, as today's code would have."""
    version = build.recipe.inputs.get(dataset)
    if version is None:
        mend = "trace it with that code, or build again"
        raise InputError("it was made by other code, without " + dataset, build.dataset, mend)
    return version


def ancestors(lake: Lake, build: Build) -> list[Build]:
    """All builds that this one goes back to, nearest first; each version once. What was removed
    from the lake (`gc`) ends its line."""
    found, waiting, seen = list[Build](), [build], {(build.dataset, build.version)}
    while waiting:
        here = waiting.pop(0)
        for name, version in here.recipe.inputs.items():
            if name not in CONTRACTS or (name, version) in seen:
                continue
            seen.add((name, version))
            made = [b for b in lake.builds(name) if b.version == version]
            found += made[-1:]
            waiting += made[-1:]
    return found


def raw_files(build: Build) -> dict[str, str]:
    """The raw files that a build read itself: name -> SHA-256."""
    return {name: said for name, said in build.recipe.inputs.items() if name not in CONTRACTS}
