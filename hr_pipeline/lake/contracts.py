"""A contract per dataset: schema, descriptions, keys, allowed values. No write may break it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
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
    """What a dataset promises. `rows_per_group`: rows of a row group (a multiple of 1,024)."""

    dataset: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows_per_group: int = 65_536

    def schema(self, notice: str = "") -> pa.Schema:
        metadata = {"description": self.description} | ({"notice": notice} if notice else {})
        return pa.schema([column.field for column in self.columns], metadata=metadata)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Rows as a table of this contract's columns; raises ContractBroken."""
        try:
            return pa.Table.from_pylist(rows, schema=self.schema())
        except (pa.ArrowException, ValueError) as error:
            raise ContractBroken(f"{self.dataset}: {error}") from error

    def tables(self, rows: Iterator[dict[str, Any]]) -> Iterator[pa.Table]:
        """A stream of rows as tables of this contract's columns, a thousand rows each."""
        while chunk := list(islice(rows, 1_024)):
            yield self.table(chunk)

    def conform(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """The table with exactly the contract's columns and types; raises ContractBroken."""
        names = [column.name for column in self.columns]
        if sorted(table.column_names) != sorted(names):
            missing = set(names) - set(table.column_names)
            unknown = set(table.column_names) - set(names)
            raise ContractBroken(f"{self.dataset}: columns missing {missing}, unknown {unknown}")
        for name, wanted in zip(names, schema.types, strict=True):
            given = table.schema.field(name).type
            if not _fits(given, wanted):
                raise ContractBroken(f"{self.dataset}.{name}: {given} in place of {wanted}")
        try:
            table = table.select(names).cast(schema)
        except (pa.ArrowException, ValueError) as error:
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


_KINDS = (
    lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t),
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
)


def _fits(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a cast keeps every value: the same kind, at most of another width. (Arrow's own cast
    also makes words of numbers, and drops the fields of a struct that it does not know.)"""
    if given == wanted or pa.types.is_null(given):
        return True
    if pa.types.is_dictionary(given):
        return _fits(given.value_type, wanted)
    if pa.types.is_struct(wanted):
        names = [wanted.field(i).name for i in range(wanted.num_fields)]
        return (
            pa.types.is_struct(given)
            and [given.field(i).name for i in range(given.num_fields)] == names
            and all(_fits(given.field(name).type, wanted.field(name).type) for name in names)
        )
    if pa.types.is_list(wanted):
        lists = pa.types.is_list(given) or pa.types.is_large_list(given)
        return lists and _fits(given.value_type, wanted.value_type)
    if pa.types.is_floating(wanted) and pa.types.is_integer(given):
        return True
    return any(kind(given) and kind(wanted) for kind in _KINDS)
