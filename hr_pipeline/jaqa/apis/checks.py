"""Checks of the APIs of skills."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["jaqa", "skill_apis"], blocking=True)
def choices_are_among_the_candidates(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Every chosen API was a candidate, every candidate is in the catalog, the nearest is first."""
    from hr_pipeline.jaqa.apis.choose import faults_in_choices

    lake = run.lake()
    build = lake.require("jaqa/skill_apis", context.run.run_id)
    known = lake.table("sources/apis", build.recipe.inputs["sources/apis"], ["api"])
    rows = lake.rows("jaqa/skill_apis", build.version)
    faults = faults_in_choices(rows, set(known.column("api").to_pylist()))
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["jaqa", "skill_apis"], blocking=True)
def most_skills_have_a_choice(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """The teacher gave a usable reply for at least nine in ten skills; an empty choice is one."""
    build = run.lake().require("jaqa/skill_apis", context.run.run_id)
    return dg.AssetCheckResult(
        passed=build.rows >= 0.9 * build.rows_in,
        metadata={"asked": build.rows_in, "answered": build.rows},
    )
