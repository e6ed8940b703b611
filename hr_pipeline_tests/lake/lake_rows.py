"""A dataset with small row groups and nested columns, for the tests of this folder.

conftest.py adds it to the contracts for each test; a process that a test starts adds it itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.content import ContentHash
from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets import CONTRACTS

ROWS = "test/rows"
JOB = pa.struct([("title", pa.string()), ("years", pa.int32())])
CONTRACT = Contract(
    ROWS,
    "Rows of a test",
    (
        Column("row_id", pa.string(), "number as text"),
        Column("kind", pa.string(), "one of two words", True, allowed=frozenset({"a", "b"})),
        Column("number", pa.int32(), "any number", nullable=True, unit="years"),
        Column("jobs", pa.list_(JOB), "a nested column", nullable=True),
    ),
    key=("row_id",),
    rows_per_group=1_024,
)
LEDGER = Contract(f"{ROWS}_ledger", "Lost rows", CONTRACTS["graph/edges_ledger"].columns, key=())
RECIPE = Recipe("1")


def row(i: int, salt: str = "") -> dict[str, Any]:
    jobs = None if i % 7 == 0 else [{"title": f"job {j} {salt}", "years": j} for j in range(i % 4)]
    return {"row_id": str(i), "kind": "ab"[i % 2], "number": i if i % 3 else None, "jobs": jobs}


def rows(n: int, salt: str = "") -> pa.Table:
    return CONTRACT.table([row(i, salt) for i in range(n)])


def in_batches(table: pa.Table, size: int) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, size):
        yield table.slice(start, size)


def version_of(table: pa.Table, schema: pa.Schema | None = None) -> str:
    content = ContentHash(schema or CONTRACT.schema())
    content.feed(table)
    return content.version()


def everything(folder: Path) -> dict[str, bytes]:
    """All files of a dataset but its lock, by relative name."""
    found = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}
