"""Contracts: what may be cast, what may not, and keys that are compared as a whole."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from lake_rows import CONTRACT, JOB, row, rows

from hr_pipeline.lake.contracts import Column, Contract, ContractBroken

PAIRS = Contract(
    "test/pairs",
    "Pairs",
    (Column("a", pa.string(), "first"), Column("b", pa.string(), "second")),
    key=("a", "b"),
)


def conformed(name: str, values: pa.Array) -> pa.Table:
    table = rows(len(values))
    table = table.set_column(table.schema.get_field_index(name), name, values)
    return CONTRACT.conform(table, CONTRACT.schema())


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("number", pa.array([1, None], pa.int64())),
        ("number", pa.array([1, 2], pa.uint8())),
        ("number", pa.nulls(2)),
        ("row_id", pa.array(["x", "y"], pa.large_string())),
        ("row_id", pa.array(["x", "y"]).dictionary_encode()),
        ("jobs", pa.array([[{"title": "é", "years": 1}], None], pa.large_list(JOB))),
        ("jobs", pa.array([[], None])),
    ],
)
def test_a_cast_that_keeps_every_value_is_made(name: str, values: pa.Array) -> None:
    table = conformed(name, values)
    assert table.schema.equals(CONTRACT.schema(), check_metadata=True)
    assert table.column(name).to_pylist() == values.to_pylist()


@pytest.mark.parametrize(
    "change",
    [{"number": "many"}, {"number": 2**31}, {"row_id": 5}, {"row_id": "\ud800"}, {"jobs": [3]}],
)
def test_rows_that_do_not_fit_break_the_contract(change: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken, match="test/rows"):
        CONTRACT.table([row(1) | change])


def test_a_broken_contract_names_the_column_and_what_is_wrong() -> None:
    for name, values, said in (
        ("kind", pa.array(["a", "z"]), "test/rows.kind: .*'z'"),
        ("row_id", pa.array(["1", None]), "non-nullable"),
        ("number", pa.array(["1", "2"]), "test/rows.number: string in place of int32"),
    ):
        with pytest.raises(ContractBroken, match=said):
            conformed(name, values)


def pairs(content: list[tuple[str, str]]) -> np.ndarray:
    return PAIRS.key_hashes(PAIRS.table([{"a": a, "b": b} for a, b in content]))


def test_a_key_of_two_columns_may_share_either_but_not_both() -> None:
    PAIRS.require_unique([pairs([("x", "y"), ("y", "x"), ("x", "x")]), pairs([("xy", "")])])
    with pytest.raises(ContractBroken, match="1 rows repeat the key"):
        PAIRS.require_unique([pairs([("x", "y"), ("y", "x")]), pairs([("x", "y")])])


def test_no_rows_repeat_nothing() -> None:
    PAIRS.require_unique([])
    PAIRS.require_unique([pairs([])])
