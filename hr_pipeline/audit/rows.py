"""Finding rows of the lake by their ids, without reading whole datasets.

The id of a row is its key; where the key has several columns, their values joined by "/"
("c00012-00034/resume_matched" is a row of rjdb/presence).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hr_pipeline.lake import picked
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.contracts import Contract
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake

PRODUCTS = (
    *("rjdb", "jaqa", "tm_eval", "graph", "taxonomy", "quality", "sources"),
    *("rjdb_released", "jaqa_released", "tm_eval_released"),
)
_MOST_CHARACTERS = 100  # of an unknown id, as it is told
_NEAR = 3  # ids that are named in place of an unknown one
_AROUND = 200  # ids of a dataset, before and after it in their order, that may be near


@dataclass(frozen=True)
class Found:
    """A row with the build whose version holds it; `place` counts the dataset's rows from 0."""

    row_id: str
    build: Build
    row: dict[str, Any]
    part: str
    place: int

    @property
    def dataset(self) -> str:
        return self.build.dataset


def find(lake: Lake, row_id: str, dataset: str = "") -> Found:
    """The row of this id, in the dataset of that name, or else in the first of `searched` that has
    it. InputError with the nearest ids where none has."""
    names = [dataset] if dataset else searched(lake)
    if dataset in CONTRACTS and not CONTRACTS[dataset].key:
        raise InputError("its rows have no key to be traced by", dataset, "name another dataset")
    for name in names:
        build = lake.require(name)
        if found := row_of(lake, build, row_id):
            return found
    mend = "there is nothing to look in: build first"
    if names:
        near = _near(lake, row_id, names)
        mend = (
            f"nearest: {', '.join(near)}" if near else "hr-pipeline show tells what ids look like"
        )
    asked = row_id if len(row_id) <= _MOST_CHARACTERS else row_id[:_MOST_CHARACTERS] + "..."
    raise InputError("no row has this id", f"{asked} in {dataset or lake.root}", mend)


def searched(lake: Lake) -> list[str]:
    """The datasets in the order of looking: those with one key column first, what was written
    before what it was written from."""

    def order(name: str) -> tuple[int, int, bool, str]:
        product = name.split("/")[0]
        rank = PRODUCTS.index(product) if product in PRODUCTS else len(PRODUCTS)
        return len(CONTRACTS[name].key), rank, not name.endswith("/triples"), name

    return sorted((name for name in lake.datasets() if CONTRACTS[name].key), key=order)


def row_of(lake: Lake, build: Build, row_id: str) -> Found | None:
    """The row in the version that this build made."""
    contract, first = CONTRACTS[build.dataset], 0
    heads = _first_columns(row_id, len(contract.key))
    for part in lake.parts(build.dataset, build.version) if heads else ():
        file = pq.ParquetFile(part)
        for group in range(file.num_row_groups):
            facts = file.metadata.row_group(group)
            if _may_hold(facts, contract.key[0], heads):
                keys = file.read_row_group(group, columns=list(contract.key))
                for place in _places(keys, contract, row_id, heads):
                    (row,) = file.read_row_group(group).slice(place, 1).to_pylist()
                    return Found(row_id, build, row, part.name, first + place)
            first += facts.num_rows
    return None


def _places(keys: pa.Table, contract: Contract, row_id: str, heads: Sequence[str]) -> Iterator[int]:
    """Where this id stands. No Python value is made an Arrow one on the way: that would import
    pandas, which takes longer than all of this."""
    first = pc.cast(keys.column(contract.key[0]), pa.string())
    begins = reduce(pc.or_, (pc.starts_with(first, head) for head in heads))
    for place in pc.indices_nonzero(begins).to_pylist():
        (key,) = keys.slice(place, 1).to_pylist()
        if "/".join("" if key[n] is None else str(key[n]) for n in contract.key) == row_id:
            yield place


def ids(table: pa.Table, contract: Contract) -> pa.ChunkedArray:
    """The ids of a table's rows."""
    keys = [pc.cast(table.column(name), pa.string()).fill_null("") for name in contract.key]
    return pc.binary_join_element_wise(*keys, "/") if len(keys) > 1 else keys[0]


def _first_columns(row_id: str, n_columns: int) -> list[str]:
    """What the first of the key's columns may hold: a value may itself hold a "/"."""
    if n_columns == 1:
        return [row_id]
    parts = row_id.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) - n_columns + 2)]


def _may_hold(group: Any, column: str, values: Sequence[str]) -> bool:
    """Whether the statistics of a row group leave room for one of these values."""
    (number,) = (n for n in range(group.num_columns) if group.column(n).path_in_schema == column)
    told = group.column(number).statistics
    if told is None or not told.has_min_max or not isinstance(told.min, str):
        return True
    return any(told.min <= value <= told.max for value in values)


def drawn(lake: Lake, build: Build, n: int) -> Iterator[Found]:
    """`n` rows of this build's version (all, where it has fewer), drawn by their ids alone."""
    contract = CONTRACTS[build.dataset]
    keys = ids(lake.table(build.dataset, build.version, list(contract.key)), contract).to_pylist()
    for row_id in picked.drawn(keys, n, "rows drawn", build.dataset):
        found = row_of(lake, build, row_id)
        assert found is not None
        yield found


def rows_with(
    lake: Lake, dataset: str, version: str, column: str, begins: str
) -> Iterator[dict[str, Any]]:
    """The rows whose column begins so, in their order; other rows are not read."""
    for part in lake.parts(dataset, version):
        file = pq.ParquetFile(part)
        for group in range(file.num_row_groups):
            hit = pc.starts_with(file.read_row_group(group, columns=[column])[column], begins)
            if pc.any(hit).as_py():
                yield from file.read_row_group(group).filter(hit).to_pylist()


def _near(lake: Lake, row_id: str, names: list[str]) -> list[str]:
    """The ids that are spelled most like this one."""
    found = set[str]()
    for name in names:
        contract, version = CONTRACTS[name], lake.require(name).version
        table = lake.table(name, version, list(contract.key))
        known = sorted(ids(table, contract).to_pylist())
        place = bisect_left(known, row_id)
        found |= set(known[max(place - _AROUND, 0) : place + _AROUND])
    return get_close_matches(row_id, sorted(found), _NEAR)
