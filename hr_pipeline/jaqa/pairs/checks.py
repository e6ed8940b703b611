"""Checks of the pairs: what is trained and measured on them stands on these."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["jaqa", "pairs"], blocking=True)
def answers_are_the_choices(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Every API of a pair was chosen for one of its skills, and question and answer read back give
    title, description and APIs."""
    from hr_pipeline.jaqa.pairs.recount import answer_faults

    lake = run.lake()
    faults = answer_faults(lake, lake.require("jaqa/pairs", context.run.run_id))
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["jaqa", "pairs"], blocking=True)
def no_near_duplicate_crosses_splits(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Descriptions of two splits differ: none is a near-duplicate of another one's (five-word
    shingles, Jaccard 0.8), and no posting stands twice."""
    from collections import Counter

    from hr_pipeline.jaqa.pairs.recount import near_duplicates

    lake = run.lake()
    build = lake.require("jaqa/pairs", context.run.run_id)
    across = near_duplicates(lake, build)
    sizes = Counter(lake.table("jaqa/pairs", build.version, ["split"])["split"].to_pylist())
    return dg.AssetCheckResult(
        passed=not across,
        metadata=dict(sizes) | {"across splits": len(across), "first": str(across[:5])},
    )
