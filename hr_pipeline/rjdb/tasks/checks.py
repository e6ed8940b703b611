"""Checks of the task sets."""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run

ladder_accounted, ties_accounted = (
    rows_are_accounted_for(f"rjdb/{name}") for name in ("ladder", "ties")
)


@dg.asset_check(asset=["rjdb", "ladder"], blocking=True)
def ladders_are_graded(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """Every ladder stands from gap 0 up, each rung with the missing skills of those below it, all
    about equally long."""
    from hr_pipeline.rjdb.tasks.ladder import faults_in_ladder

    lake = run.lake()
    build = lake.require("rjdb/ladder", context.run.run_id)
    rows = (r for b in lake.batches("rjdb/ladder", build.version) for r in b.to_pylist())
    faults = faults_in_ladder(rows)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["rjdb", "ties"], blocking=True)
def neither_is_better(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """The two resumes of a tie differ; where both meet all demands they say the same words."""
    from hr_pipeline.rjdb.tasks.ties import faults_in_ties

    lake = run.lake()
    build = lake.require("rjdb/ties", context.run.run_id)
    rows = (r for b in lake.batches("rjdb/ties", build.version) for r in b.to_pylist())
    faults = faults_in_ties(rows)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})
