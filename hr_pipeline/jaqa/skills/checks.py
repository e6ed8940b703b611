"""Checks of the skills of postings."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["jaqa", "posting_skills"], blocking=True)
def places_spell_the_skills(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Each place lies in its description and spells its name, and no posting repeats a skill."""
    from hr_pipeline.jaqa.skills.postings import faults_of_posting_skills

    lake = run.lake()
    build = lake.require("jaqa/posting_skills", context.run.run_id)
    rows = lake.rows("jaqa/posting_skills", build.version)
    postings = lake.rows(
        "sources/linkedin_postings",
        build.recipe.inputs["sources/linkedin_postings"],
        ["posting_id", "description"],
    )
    faults = faults_of_posting_skills(rows, postings)
    return dg.AssetCheckResult(
        passed=build.rows > 0 and not faults,
        metadata={"postings with skills": build.rows, **faults},
    )
