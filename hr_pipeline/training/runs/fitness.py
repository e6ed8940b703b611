"""The blocking checks of datasets, asserted again where they are trained on: Dagster's checks hold
back what follows in the same run only, and a training may start in any other way."""

from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass

from hr_pipeline.jaqa.pairs.recount import answer_faults, near_duplicates
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.recount import damaged_parts, rows_not_accounted_for
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.tasks.recount import label_faults, split_faults
from hr_pipeline.tm_eval.recount import item_faults


@dataclass(frozen=True)
class Check:
    """`faults` gives what is wrong, empty or 0 where nothing is; `against`: the dataset that it is
    counted from."""

    name: str  # as in Dagster
    faults: Callable[[Lake, Build], Sized | int]
    against: str = ""


OF_ALL = (
    Check("parts_are_as_written", damaged_parts),
    Check("rows_are_accounted_for", rows_not_accounted_for),
)
SPLITS = Check("splits_are_those_of_the_triples", split_faults, "rjdb/triples")
OF_DATASET = {
    "rjdb/matching": (
        SPLITS,
        Check("labels_agree_with_presence", label_faults, "rjdb/presence"),
    ),
    "rjdb/extraction": (SPLITS,),
    "rjdb/editing": (SPLITS,),
    "jaqa/pairs": (
        Check("answers_are_the_choices", answer_faults, "jaqa/skill_apis"),
        Check("no_near_duplicate_crosses_splits", near_duplicates),
    ),
    "tm_eval/items": (Check("items_agree_with_the_careers", item_faults, "sources/careers"),),
}


def require_fit(lake: Lake, builds: Mapping[str, Build], say: Callable[[str], None]) -> None:
    """Raises InputError at the first check that a dataset fails, naming dataset, version, check.

    Rows that were put into the lake by hand were made from nothing that they could be counted
    against: that is said, and they are taken as they are.
    """
    for dataset, build in builds.items():
        say(f"{dataset}: version {build.version}, {build.rows:,} rows; checking them again")
        for check in _checks(build, say):
            if faults := check.faults(lake, build):
                told = dict(faults) if isinstance(faults, Mapping) else faults
                where = f"{dataset} {build.version}"
                mend = f"run: hr-pipeline build {dataset} --force"
                raise InputError(f"check {check.name} failed: {told}"[:400], where, mend)


def _checks(build: Build, say: Callable[[str], None]) -> Iterator[Check]:
    for check in (*OF_ALL, *OF_DATASET[build.dataset]):
        if check.against and check.against not in build.recipe.inputs:
            say(f"{build.dataset}: not made from {check.against}, so {check.name} is not known")
        else:
            yield check
