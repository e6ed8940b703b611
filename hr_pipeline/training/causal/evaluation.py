"""What any causal model is worth on the rows that trained ones are measured on, so that an untuned
model can be laid beside what became of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.training.causal.after_training import (
    ITEMS,
    PAIRS,
    STUDENT,
    TEACHER,
    Asked,
    HeldOut,
    measured,
)
from hr_pipeline.training.measures.published import main_results
from hr_pipeline.training.measures.results import base_of_build
from hr_pipeline.training.program import require_extra
from hr_pipeline.training.settings import LoraSettings, settings_of


def evaluate_model(
    name: str, lake: Lake, profile: str, given: Sequence[str], seed: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of models/results of a model: one of the lake, a folder, or a name on the Hub; and what
    has to be said of the data. `profile` and `given` are as for training a teacher: lengths, batch,
    and how many rows of a task are `evaluated`. Raises InputError."""
    settings = settings_of(LoraSettings, "teacher", profile, given)
    store = ModelStore(lake)
    builds = [lake.require(PAIRS), *filter(None, [lake.current(ITEMS)])]
    versions = {build.dataset: build.version for build in builds}
    held = HeldOut.of(
        lambda dataset: lake.rows(dataset, versions[dataset]),
        list(versions),
        seed,
        settings.evaluated,
    )
    require_extra()
    whose = {"model": name, "version": "", "base": name}
    path = name
    if name in store.names():
        build = store.require(name)
        whose |= {"version": build.version, "base": base_of_build(build)}
        path = str(store.path(name, build.version))

    from hr_pipeline.training.causal.likelihood import likelihoods
    from hr_pipeline.training.causal.models import answer_all, is_cut, load

    causal = load(path, settings)
    model = Asked(
        partial(answer_all, causal, settings=settings),
        partial(likelihoods, causal, settings),
        partial(is_cut, causal, settings),
    )
    rows = measured(held, model, main_results(TEACHER, STUDENT))
    notices = dict.fromkeys(one for b in builds for one in b.notice.split("; ") if one)
    return [whose | row for row in rows], list(notices)
