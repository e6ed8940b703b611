"""Checks of the items and of the answers."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["tm_eval", "items"], blocking=True)
def items_agree_with_the_careers(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Counted again from sources/careers: what is shown is the person's past, a Yes came next, a No
    is no fact of the person; half are Yes, each target as often as No; a person is in one split."""
    from hr_pipeline.tm_eval.recount import item_faults

    lake = run.lake()
    build = lake.require("tm_eval/items", context.run.run_id)
    faults = item_faults(lake, build)
    return dg.AssetCheckResult(
        passed=not faults, metadata={"items": build.rows, "faults": dict(faults)}
    )


@dg.asset_check(asset=["tm_eval", "baselines"], blocking=True)
def blind_rules_are_at_chance(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Rules that look at the target alone, at how common it is first of all, are right in half of
    the cases: their 95% intervals include it."""
    from hr_pipeline.tm_eval.baselines import off_chance

    lake = run.lake()
    build = lake.require("tm_eval/baselines", context.run.run_id)
    rows = list(lake.rows("tm_eval/baselines", build.version))
    off = off_chance(rows)
    return dg.AssetCheckResult(passed=not off, metadata={"rules": len(rows), "off": off})
