"""Checks of the links: contexts are drawn and split by them."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["taxonomy", "links"], blocking=True)
def links_are_single_and_sure(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """An entity has one link per scheme at most, names its release, and is as sure as is asked."""
    from hr_pipeline.taxonomy.links import faults_of_links

    lake = run.lake()
    build = lake.require("taxonomy/links", context.run.run_id)
    rows = lake.rows("taxonomy/links", build.version)
    faults = faults_of_links(rows)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["taxonomy", "coverage"], blocking=False)
def occupations_have_a_major_group(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """At least 95% of the occupations are in a SOC major group."""
    lake = run.lake()
    build = lake.require("taxonomy/coverage", context.run.run_id)
    rows = lake.table("taxonomy/coverage", build.version).to_pylist()
    short = [row for row in rows if row["goal"] is not None and row["share"] < row["goal"]]
    shares = {f"{row['kind']} {row['scheme']}": row["share"] for row in rows if row["goal"]}
    return dg.AssetCheckResult(
        passed=bool(shares) and not short,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=shares,
    )
