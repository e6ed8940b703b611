"""Checks of the task sets."""

import dagster as dg

from hr_pipeline.resources import Run

TASK_SETS = ("matching", "extraction", "editing")


@dg.asset_check(asset=["rjdb", "ladder"], blocking=True)
def ladders_are_graded(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """Every ladder stands from gap 0 up, each rung with the missing skills of those below it, all
    about equally long."""
    from hr_pipeline.rjdb.tasks.ladder import faults_in_ladder

    lake = run.lake()
    build = lake.require("rjdb/ladder", context.run.run_id)
    rows = lake.rows("rjdb/ladder", build.version)
    faults = faults_in_ladder(rows)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["rjdb", "ties"], blocking=True)
def neither_is_better(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """The two resumes of a tie differ; where both meet all demands they say the same words."""
    from hr_pipeline.rjdb.tasks.ties import faults_in_ties

    lake = run.lake()
    build = lake.require("rjdb/ties", context.run.run_id)
    rows = lake.rows("rjdb/ties", build.version)
    faults = faults_in_ties(rows)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


def _splits_hold(dataset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(dataset.split("/")),
        name="splits_are_those_of_the_triples",
        description="Every triple has its rows here, or in the ledger, and all in its own split.",
        blocking=True,
    )
    def check(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
        from collections import Counter

        from hr_pipeline.rjdb.tasks.recount import split_faults

        lake = run.lake()
        build = lake.require(dataset, context.run.run_id)
        faults = split_faults(lake, build)
        sizes = Counter(lake.table(dataset, build.version, ["split"])["split"].to_pylist())
        return dg.AssetCheckResult(passed=not faults, metadata=dict(sizes) | {"faults": faults})

    return check


matching_splits, extraction_splits, editing_splits = (
    _splits_hold(f"rjdb/{name}") for name in TASK_SETS
)


@dg.asset_check(asset=["rjdb", "matching"], blocking=True)
def labels_agree_with_presence(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """What a label says is what was counted in the stored texts: a match shows all that is asked
    for, a mismatch nothing of what it lacks."""
    from hr_pipeline.rjdb.tasks.recount import label_faults

    lake = run.lake()
    faults = label_faults(lake, lake.require("rjdb/matching", context.run.run_id))
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})
