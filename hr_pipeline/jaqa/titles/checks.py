"""Checks of the titles."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["jaqa", "titles"], blocking=True)
def occupations_are_among_the_candidates(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Each chosen occupation was a candidate, each candidate is in ESCO, the nearest is first."""
    from hr_pipeline.jaqa.titles.choose import faults_in_titles

    lake = run.lake()
    build = lake.require("jaqa/titles", context.run.run_id)
    esco = "sources/esco_occupations"
    known = lake.table(esco, build.recipe.inputs[esco], ["uri"]).column("uri")
    faults = faults_in_titles(lake.rows("jaqa/titles", build.version), set(known.to_pylist()))
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["jaqa", "titles"], blocking=True)
def most_titles_have_an_occupation(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """The teacher gave a usable reply for at least nine in ten titles."""
    build = run.lake().require("jaqa/titles", context.run.run_id)
    return dg.AssetCheckResult(
        passed=build.rows >= 0.9 * build.rows_in,
        metadata={"asked": build.rows_in, "answered": build.rows},
    )
