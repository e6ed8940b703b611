"""The asset check that every dataset has."""

from typing import TYPE_CHECKING

import dagster as dg

from hr_pipeline.resources import Run

if TYPE_CHECKING:
    from hr_pipeline.lake.store import Lake


def rows_are_accounted_for(dataset: str) -> dg.AssetChecksDefinition:
    """Blocking: rows in = rows out + ledger, counted again in the stored ledger."""

    @dg.asset_check(
        asset=dg.AssetKey(dataset.split("/")),
        name="rows_are_accounted_for",
        description="Rows in = rows out + rows in the ledger.",
        blocking=True,
    )
    def check(context: dg.AssetCheckExecutionContext, run: Run) -> dg.AssetCheckResult:
        lake = run.lake()
        build = lake.require(dataset, context.run.run_id)
        stored = lost_rows(lake, dataset, build.ledger_version)
        return dg.AssetCheckResult(
            passed=build.rows_in == build.rows + stored,
            metadata={"rows in": build.rows_in, "rows out": build.rows, "ledger": stored},
        )

    return check


def lost_rows(lake: "Lake", dataset: str, ledger_version: str | None) -> int:
    """Whole rows in the stored ledger of a build."""
    steps = lake.table(f"{dataset}_ledger", ledger_version, ["step"]).column("step").to_pylist()
    return sum(step == "row" for step in steps)
