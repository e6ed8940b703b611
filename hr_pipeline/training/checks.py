"""Checks of trained models."""

import dagster as dg

from hr_pipeline.resources import Run
from hr_pipeline.training.assets import READS


def _whole(name: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=["models", name],
        name="files_are_whole",
        description="Every file is there as it was published (SHA-256).",
        blocking=True,
    )
    def check(run: Run) -> dg.AssetCheckResult:
        from hr_pipeline.lake.models import ModelStore

        damaged = ModelStore(run.lake()).faults(name)
        return dg.AssetCheckResult(passed=not damaged, metadata={"damaged": damaged})

    return check


def _better(name: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=["models", name],
        name="better_than_the_floors",
        description="Every measure is above what the commonest answer, and what words alone, give.",
    )
    def check(run: Run) -> dg.AssetCheckResult:
        from hr_pipeline.lake.models import ModelStore
        from hr_pipeline.training.runs.curves import below_floors

        below = below_floors(ModelStore(run.lake()).require(name).metrics)
        return dg.AssetCheckResult(
            passed=not below,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"below": dg.MetadataValue.json(below)},
        )

    return check


MODEL_CHECKS = [make(name) for name in READS for make in (_whole, _better)]
