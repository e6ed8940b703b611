"""Checks of integrity, statistics and diversity."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["quality", "integrity"], blocking=True)
def labels_can_be_trusted(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """Every goal that was counted on our triples is reached; the release may miss its own."""
    from hr_pipeline.quality.integrity.measures import missed_goals

    lake = run.lake()
    build = lake.require("quality/integrity", context.run.run_id)
    rows = lake.table("quality/integrity", build.version).to_pylist()
    missed = missed_goals(rows)
    judged = sum(row["corpus"] == "ours" and row["passed"] is not None for row in rows)
    return dg.AssetCheckResult(
        passed=bool(judged) and not missed, metadata={"goals": judged, "missed": missed}
    )
