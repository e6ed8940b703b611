"""An empty lake for each test, and one dataset more than the project has."""

from pathlib import Path

import pytest
from lake_rows import CONTRACT, LEDGER

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake


@pytest.fixture(autouse=True)
def _rows_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    for contract in (CONTRACT, LEDGER):
        monkeypatch.setitem(CONTRACTS, contract.dataset, contract)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")
