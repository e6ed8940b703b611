"""Checks of the judgements: none holds back what follows but the count of rows."""

import dagster as dg

from hr_pipeline.resources import TEMPLATE, Run


@dg.asset_check(asset=["quality", "judges"], blocking=False)
def corrupted_twins_rank_below(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """The judge ranks corrupted twins of our documents below originals, with an AUC of 0.9 or more
    for each corruption. An error of the template judge, a warning about a model."""
    from hr_pipeline.quality.judges.worth import weak_spots

    lake = run.lake()
    build = lake.require("quality/judges", context.run.run_id)
    rows = lake.table("quality/judges", build.version).to_pylist()
    weak, judges = weak_spots(rows), {row["judge"] for row in rows}
    severity = dg.AssetCheckSeverity.ERROR if TEMPLATE in judges else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(passed=not weak, severity=severity, metadata={"below 0.9": weak})
