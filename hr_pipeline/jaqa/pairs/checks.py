"""Checks of the pairs: what is trained and measured on them stands on these."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["jaqa", "pairs"], blocking=True)
def answers_are_the_choices(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Every API of a pair was chosen for one of its skills, and question and answer read back give
    title, description and APIs."""
    from hr_pipeline.jaqa.pairs.assemble import faults_in_pairs

    lake = run.lake()
    build = lake.require("jaqa/pairs", context.run.run_id)
    choices = lake.rows("jaqa/skill_apis", build.recipe.inputs["jaqa/skill_apis"])
    faults = faults_in_pairs(lake.rows("jaqa/pairs", build.version), choices)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["jaqa", "pairs"], blocking=True)
def no_near_duplicate_crosses_splits(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Descriptions of two splits differ: none is a near-duplicate of another one's (five-word
    shingles, Jaccard 0.8), and no posting stands twice."""
    from collections import Counter

    from hr_pipeline.jaqa.pairs.splits import near_across_splits

    lake = run.lake()
    build = lake.require("jaqa/pairs", context.run.run_id)
    columns = ["pair_id", "split", "job_description"]
    rows = lake.rows("jaqa/pairs", build.version, columns)
    across = near_across_splits((r["pair_id"], r["split"], r["job_description"]) for r in rows)
    sizes = Counter(lake.table("jaqa/pairs", build.version, ["split"])["split"].to_pylist())
    return dg.AssetCheckResult(
        passed=not across,
        metadata=dict(sizes) | {"across splits": len(across), "first": str(across[:5])},
    )
