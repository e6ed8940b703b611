"""Checks of contexts and triples: a benchmark stands on them, so they hold back what follows."""

from collections import Counter, defaultdict

import dagster as dg

from hr_pipeline.lake.checks import rows_are_accounted_for
from hr_pipeline.resources import Run
from hr_pipeline.rjdb.contexts import faults_of
from hr_pipeline.rjdb.statistics import MUST_BE_ZERO
from hr_pipeline.rjdb.writing import context_from_row

contexts_accounted, triples_accounted, statistics_accounted = (
    rows_are_accounted_for(f"rjdb/{name}") for name in ("contexts", "triples", "statistics")
)


@dg.asset_check(asset=["rjdb", "contexts"], blocking=True)
def contexts_can_be_written(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Every context is fit to be written from; genders and groups are balanced in every cluster."""
    lake = run.lake()
    build = lake.require("rjdb/contexts", context.run.run_id)
    faults: Counter[str] = Counter()
    balance: dict[str, Counter[str]] = defaultdict(Counter)
    for batch in lake.batches("rjdb/contexts", build.version):
        for row in batch.to_pylist():
            faults.update(faults_of(context_from_row(row)))
            balance[row["cluster_id"]][row["gender"]] += 1
    unbalanced = sum(abs(c["female"] - c["male"]) > 1 for c in balance.values())
    return dg.AssetCheckResult(
        passed=not faults and not unbalanced,
        metadata={"faults": dict(faults), "clusters out of balance": unbalanced},
    )


@dg.asset_check(asset=["rjdb", "triples"], blocking=True)
def the_ordered_number_was_reached(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """As many triples as contexts were planned, one for each."""
    lake = run.lake()
    build = lake.require("rjdb/triples", context.run.run_id)
    planned = lake.require("rjdb/contexts", context.run.run_id)
    return dg.AssetCheckResult(
        passed=build.rows == planned.rows,
        metadata={"ordered": planned.rows, "written": build.rows},
    )


@dg.asset_check(asset=["rjdb", "statistics"], blocking=True)
def labels_are_whole(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
    """Counted again in the stored triples: no planned skill missing, no removed one left, no wrong
    span, no address that somebody could own."""
    lake = run.lake()
    build = lake.require("rjdb/statistics", context.run.run_id)
    rows = lake.table("rjdb/statistics", build.version).to_pylist()
    counts = {row["statistic"]: row["ours"] for row in rows if row["statistic"] in MUST_BE_ZERO}
    return dg.AssetCheckResult(
        passed=set(counts) == set(MUST_BE_ZERO) and not any(counts.values()), metadata=counts
    )
