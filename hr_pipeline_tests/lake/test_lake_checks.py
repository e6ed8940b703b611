"""The check that every dataset has: rows in = rows out + ledger, counted in the stored ledger."""

from pathlib import Path

import dagster as dg
import pytest
from lake_rows import RECIPE, ROWS, rows

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
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
    @dg.asset(key=ROWS.split("/"))
    def made(context: dg.AssetExecutionContext, run: Run) -> None:
        run.lake().write(
            ROWS,
            [rows(3)],
            RECIPE,
            ledger=ledger_of(2, 3),
            rows_in=rows_in,
            run_id=context.run.run_id,
        )

    result = dg.materialize(
        [made, rows_are_accounted_for(ROWS)],
        resources={"run": Run(lake_root=str(tmp_path))},
        raise_on_error=False,
    )
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.passed is passes
    assert evaluation.metadata["ledger"].value == 2
    assert Lake(tmp_path).require(ROWS).rows == 3
