"""Checks of overlap: nothing of the held-out splits that must not be is in train."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["quality", "overlap"], blocking=True)
def held_out_is_unseen(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """No start occupation of dev and test, and no document of theirs, exactly or nearly, is in
    train."""
    lake = run.lake()
    build = lake.require("quality/overlap", context.run.run_id)
    rows = lake.table("quality/overlap", build.version).to_pylist()
    shares = {f"{r['split']}: {r['measure']}": r["value"] for r in rows if r["goal"] is not None}
    failed = [row["measure"] for row in rows if row["passed"] is False]
    return dg.AssetCheckResult(passed=not failed, metadata=shares)
