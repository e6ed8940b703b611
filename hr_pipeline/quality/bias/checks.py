"""Checks of balance and bias. What a matcher does with names is shown and warned of; it holds back
nothing, for the triples are not its fault."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["quality", "balance"])
def nothing_hangs_on_the_name(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Our triples: genders and groups even in every cluster, and no figure or word of the documents
    goes with them. With `sample` set, clusters are not whole and may be uneven."""
    lake = run.lake()
    build = lake.require("quality/balance", context.run.run_id)
    rows = lake.table("quality/balance", build.version).to_pylist()
    missed = {
        f"{row['attribute']}, {row['group']}: {row['measure']}": row["value"]
        for row in rows
        if row["corpus"] == "ours" and row["passed"] is False
    }
    return dg.AssetCheckResult(
        passed=not missed, severity=dg.AssetCheckSeverity.WARN, metadata={"missed": missed}
    )


@dg.asset_check(asset=["quality", "bias"])
def impact_ratios_reach_four_fifths(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Names swapped: every matcher's impact ratios are at least 0.8, both kinds."""
    from hr_pipeline.quality.bias.plots import FOUR_FIFTHS

    lake = run.lake()
    build = lake.require("quality/bias", context.run.run_id)
    lowest = {
        f"{row['matcher']}, {row['attribute']}: {row['measure']}": row["value"]
        for row in lake.table("quality/bias", build.version).to_pylist()
        if row["names"] == "swapped" and row["measure"].startswith("lowest ")
    }
    return dg.AssetCheckResult(
        passed=all(value >= FOUR_FIFTHS for value in lowest.values()),
        severity=dg.AssetCheckSeverity.WARN,
        metadata=lowest,
    )
