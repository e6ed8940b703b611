"""Trained models, an asset each: a trainer runs as a process of its own, and reports."""

import json
from typing import Any

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run
from hr_pipeline.training.command import PROGRAMS
from hr_pipeline.training.launcher import Launcher
from hr_pipeline.training.pool import GPU

# What each trainer reads, and its code version, as its program says them: programs cost more to
# import than definitions may.
READS = {
    "matcher": ("rjdb/matching",),
    "extractor": ("rjdb/extraction",),
    "editor": ("rjdb/editing",),
    "teacher": ("jaqa/pairs", "tm_eval/items"),
    "distilled": ("jaqa/pairs", "tm_eval/items"),
}
MODELS_READ = {"distilled": ("teacher",)}
CODE_VERSIONS = dict.fromkeys(READS, "1")


class TrainingConfig(dg.Config):
    """`profile`: of trainers, tiny, paper or a YAML file; `settings`: of this one, over it."""

    profile: str = "tiny"
    settings: dict[str, Any] = {}

    def given(self) -> list[str]:
        """The settings as the command line takes them, KEY=VALUE each."""
        return [f"{setting}={json.dumps(value)}" for setting, value in self.settings.items()]


def _trained(name: str) -> dg.AssetsDefinition:
    models = [f"models/{model}" for model in MODELS_READ.get(name, ())]

    @dg.asset(
        key=["models", name],
        group_name="models",
        kinds={"torch", "safetensors"},
        owners=["team:models"],
        code_version=CODE_VERSIONS[name],
        deps=[dg.AssetKey(read.split("/")) for read in (*READS[name], *models)],
        description=f"{PROGRAMS[name]}.",
        pool=GPU,
    )
    def model(
        context: dg.AssetExecutionContext, run: Run, launcher: Launcher, config: TrainingConfig
    ) -> dg.MaterializeResult:
        lake, run_id = run.lake(), context.run.run_id
        arguments = ["--lake", str(lake.root), "--profile", config.profile]
        arguments += ["--seed", str(run.seed)] + ["--force"] * run.force
        for read in READS[name]:
            if build := lake.current(read, run_id):
                arguments += ["--data", f"{read}={build.version}"]
        for setting in config.given():
            arguments += ["--set", setting]
        if launcher.processes > 1:
            arguments += ["--processes", str(launcher.processes)]
        return launcher.launch(context, f"hr_pipeline.training.{name}", arguments)

    return model


matcher, extractor, editor, teacher, distilled = map(_trained, READS)


RESULTS = "models/results"
RESULTS_VERSION = "1"


@dg.asset(
    key=RESULTS.split("/"),
    check_specs=[rows_are_accounted_for(RESULTS)],
    group_name="models",
    kinds={"parquet"},
    owners=["team:models"],
    code_version=RESULTS_VERSION,
    deps=[["models", name] for name in READS],
    description="What the models of the lake, but those of studies, are worth, "
    "beside floors and published figures.",
)
def results(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.models import ModelStore
    from hr_pipeline.making import AND, Making
    from hr_pipeline.training.measures.results import (
        as_markdown,
        notices_of,
        result_rows,
        told_of,
    )
    from hr_pipeline.training.runs.curves import results_picture

    store = ModelStore(run.lake())
    names = told_of(store)
    notices = notices_of(store, names)
    making = Making(
        *(context, run, (RESULTS,)),
        code_version=RESULTS_VERSION,
        files={f"models/{name}": store.require(name).version for name in names},
        seeded=False,
        notice=AND.join(notices),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    rows = result_rows(store, names)
    return making.write(
        RESULTS,
        [CONTRACTS[RESULTS].table(rows)],
        metadata={
            "beside floors and papers": dg.MetadataValue.md(as_markdown(rows, notices)),
            "plot": dg.MetadataValue.md(results_picture(rows)),
        },
    )
