"""A contract per dataset: schema, descriptions, keys and allowed values. A write that breaks it fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class ContractBroken(Exception):
    """A dataset was about to be written with content that its contract forbids (our fault)."""


@dataclass(frozen=True)
class Column:
    """One column; `unit` where a number has one, `allowed` where only some words may stand."""

    name: str
    type: pa.DataType
    description: str
    nullable: bool = False
    unit: str = ""
    allowed: frozenset[str] = frozenset()

    @property
    def field(self) -> pa.Field:
        metadata = {"description": self.description} | ({"unit": self.unit} if self.unit else {})
        return pa.field(self.name, self.type, nullable=self.nullable, metadata=metadata)


@dataclass(frozen=True)
class Contract:
    """What a dataset promises. `rows_per_group`: rows of a Parquet row group (a multiple of 1,024)."""

    dataset: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows_per_group: int = 65_536

    def schema(self, notice: str = "") -> pa.Schema:
        metadata = {"description": self.description} | ({"notice": notice} if notice else {})
        return pa.schema([column.field for column in self.columns], metadata=metadata)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Rows as a table of this contract's columns."""
        return pa.Table.from_pylist(rows, schema=self.schema())

    def conform(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """The table with exactly the contract's columns and types; raises ContractBroken."""
        names = [column.name for column in self.columns]
        if sorted(table.column_names) != sorted(names):
            missing = set(names) - set(table.column_names)
            unknown = set(table.column_names) - set(names)
            raise ContractBroken(f"{self.dataset}: columns missing {missing}, unknown {unknown}")
        try:
            table = table.select(names).cast(schema)
        except (pa.ArrowInvalid, ValueError) as error:
            raise ContractBroken(f"{self.dataset}: {error}") from error
        for column in self.columns:
            values = table.column(column.name)
            if not column.nullable and values.null_count:
                raise ContractBroken(f"{self.dataset}.{column.name}: {values.null_count} nulls")
            if column.allowed:
                strange = set(pc.unique(values.drop_null()).to_pylist()) - column.allowed
                if strange:
                    raise ContractBroken(f"{self.dataset}.{column.name}: {sorted(strange)[:3]}")
        return table

    def key_hashes(self, table: pa.Table) -> np.ndarray:
        """uint64 hash of each row's key; equal keys have equal hashes."""
        import pandas as pd

        parts = [pc.cast(table.column(name), pa.string()) for name in self.key]
        joined = pc.binary_join_element_wise(*parts, "\x1f") if len(parts) > 1 else parts[0]
        return pd.util.hash_array(np.asarray(joined.to_pylist(), dtype=object), categorize=False)

    def require_unique(self, hashes: Iterable[np.ndarray]) -> None:
        arrays = list(hashes)
        keys = np.concatenate(arrays) if arrays else np.empty(0, np.uint64)
        if len(np.unique(keys)) != len(keys):
            repeats = len(keys) - len(np.unique(keys))
            raise ContractBroken(f"{self.dataset}: {repeats} rows repeat the key {self.key}")
