"""Checks of contexts and triples: a benchmark stands on them, so they hold back what follows."""

import dagster as dg

from hr_pipeline.resources import Run


def _number_was_reached(dataset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(dataset.split("/")),
        name="the_ordered_number_was_reached",
        description="As many rows as train, dev and test were ordered, or their sample.",
        blocking=True,
    )
    def check(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
        from hr_pipeline.rjdb.world import sampling_settings

        lake, run_id = run.lake(), context.run.run_id
        settings = lake.require("rjdb/contexts", run_id).recipe.settings["config"]
        build = lake.require(dataset, run_id)
        ordered = sampling_settings(settings).total
        if sample := build.recipe.settings["config"].get("sample"):
            ordered = min(sample, ordered)
        return dg.AssetCheckResult(
            passed=build.rows == ordered, metadata={"ordered": ordered, "written": build.rows}
        )

    return check


contexts_reached, triples_reached = map(_number_was_reached, ("rjdb/contexts", "rjdb/triples"))


@dg.asset_check(asset=["rjdb", "contexts"], blocking=True)
def contexts_can_be_written(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Every context is fit to be written from; genders are balanced in every cluster."""
    from hr_pipeline.rjdb.contexts import faults_in

    lake = run.lake()
    build = lake.require("rjdb/contexts", context.run.run_id)
    rows = lake.rows("rjdb/contexts", build.version)
    faults = faults_in(rows)
    return dg.AssetCheckResult(passed=not faults, metadata={"faults": dict(faults)})


@dg.asset_check(asset=["rjdb", "presence"], blocking=True)
def labels_are_whole(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """Counted again in the stored triples: no planned skill missing, no removed one left, no wrong
    span, no address that somebody could own; and no triple left uncounted."""
    from hr_pipeline.rjdb.statistics import of_document, violations

    lake, run_id = run.lake(), context.run.run_id
    presence = lake.table("rjdb/presence", lake.require("rjdb/presence", run_id).version)
    counts = violations(presence)
    written = lake.require("rjdb/triples", run_id).rows
    counts["triples not counted"] = written - of_document(presence, "job_description").num_rows
    return dg.AssetCheckResult(passed=not any(counts.values()), metadata=counts)
