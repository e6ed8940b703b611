"""The contracts of all datasets are well made."""

import pytest

from hr_pipeline.lake.content import HASH_ROWS
from hr_pipeline.lake.datasets import CONTRACTS

NAMES = sorted(CONTRACTS)


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_is_complete(name: str) -> None:
    contract = CONTRACTS[name]
    columns = {column.name: column for column in contract.columns}
    assert contract.dataset == name and name.count("/") == 1
    assert len(columns) == len(contract.columns)
    assert contract.description and all(c.description for c in contract.columns)
    assert all(not columns[key].nullable for key in contract.key)
    assert contract.rows_per_group % HASH_ROWS == 0  # else versions would depend on it
    if not name.endswith("_ledger"):
        assert contract.key and f"{name}_ledger" in CONTRACTS
