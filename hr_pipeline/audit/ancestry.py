"""What a build was made from: builds by the versions that recipes name, be they current or not."""

from collections.abc import Callable

import pyarrow as pa

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.lineage import walk
from hr_pipeline.lake.store import Lake


def maker(lake: Lake, dataset: str, version: str) -> Build | None:
    """The newest build of this version; None where it is not in the lake."""
    found = (build for build in reversed(lake.builds(dataset)) if build.version == version)
    return next(found, None)


def input_build(lake: Lake, build: Build, dataset: str) -> Build:
    """The build of an input in the very version that `build` read. InputError where it is gone."""
    version = _version(build, dataset)
    if made := maker(lake, dataset, version):
        return made
    raise InputError("no build of this version is in the lake", f"{dataset} {version}")


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
    _, *found = walk([build], lambda _, name, version: maker(lake, name, version))
    return found
