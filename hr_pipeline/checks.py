"""The check that every dataset has, run by the asset itself."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from hr_pipeline.lake.builds import Build
    from hr_pipeline.lake.store import Lake

ROWS_ARE_ACCOUNTED_FOR = "rows_are_accounted_for"


def rows_are_accounted_for(dataset: str) -> dg.AssetCheckSpec:
    """Blocking; each asset's `check_specs` holds one for each of its datasets. `Making.write`
    answers it, so it costs no operation of its own."""
    return dg.AssetCheckSpec(
        ROWS_ARE_ACCOUNTED_FOR,
        asset=dg.AssetKey(dataset.split("/")),
        description="Rows in = rows out + rows in the ledger.",
        blocking=True,
    )


def counted_again(lake: "Lake", build: "Build") -> dg.AssetCheckResult:
    """Rows in = rows out + ledger, the ledger counted as it is stored."""
    from hr_pipeline.lake.recount import lost_rows

    stored = lost_rows(lake, build.dataset, build.ledger_version)
    return dg.AssetCheckResult(
        passed=build.rows_in == build.rows + stored,
        asset_key=dg.AssetKey(build.dataset.split("/")),
        check_name=ROWS_ARE_ACCOUNTED_FOR,
        metadata={"rows in": build.rows_in, "rows out": build.rows, "ledger": stored},
    )
