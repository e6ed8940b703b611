"""The check that every dataset has: rows in = rows out + ledger, counted in the stored ledger."""

from pathlib import Path

import dagster as dg
import pytest
from lake_rows import ROWS, rows

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.making import Making
from hr_pipeline.resources import Run


def ledger_of(lost: int, parts: int) -> Ledger:
    ledger = Ledger()
    for step, count in (("row", lost), ("skill", parts)):
        for i in range(count):
            ledger.add(step, str(i), "broken")
    return ledger


@pytest.mark.parametrize(("rows_in", "passes"), [(5, True), (6, False), (8, False), (4, False)])
def test_it_passes_only_where_every_row_is_accounted_for(
    tmp_path: Path, rows_in: int, passes: bool
) -> None:
    @dg.asset(key=ROWS.split("/"), check_specs=[rows_are_accounted_for(ROWS)])
    def made(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
        making = Making(context, run, (ROWS,), code_version="1")
        if unchanged := making.unchanged():
            return unchanged[0]
        return making.write(ROWS, [rows(3)], ledger=ledger_of(2, 3), rows_in=rows_in)

    @dg.asset(deps=[made])
    def after() -> None:
        """Must not run where rows are lost."""

    for _ in ("made", "unchanged"):
        result = dg.materialize(
            [made, after],
            resources={"run": Run(lake_root=str(tmp_path))},
            raise_on_error=False,
        )
        (evaluation,) = result.get_asset_check_evaluations()
        assert evaluation.passed is passes
        assert evaluation.metadata["ledger"].value == 2
        assert result.success is passes
        assert bool(result.asset_materializations_for_node("after")) is passes
    assert Lake(tmp_path).require(ROWS).rows == 3
