"""A lake with a small release: real triples, task sets and measured figures of a few rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hr_pipeline.cli import main
from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.contracts import Contract
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.lineage import lineage
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.cards.cards import cards
from hr_pipeline.quality.cards.facts import Facts, gather
from hr_pipeline.quality.cards.paid import Paid
from hr_pipeline.quality.cards.readme import Publisher
from hr_pipeline.quality.cards.wanted import CONFIGS, DATASETS, FIGURES
from hr_pipeline_tests.building import SAMPLE, build_arguments

NOTHING_PAID = Paid(0, 0, 0, 0.0, "")
NOBODY = Publisher()
ROWS = {
    "corpus": "ours",
    "gap": -1,
    "group": "all",
    "place": "Table 3",
    "floor": True,
    "names": "swapped",
}
MEASURES = {"quality/judges": "mean score", "quality/bias": "flip rate"}


def write_release_lake(root: Path, *more: str, raw: Path = SAMPLE) -> Lake:
    """32 triples, every task set and every measured dataset with a row or more."""
    arguments = build_arguments(root, *more, raw=raw)
    arguments[1] = "rjdb/triples"
    assert main(arguments) == 0
    lake = Lake(root)
    triples = lake.require("rjdb/triples")
    table = lake.table("rjdb/triples")
    for name in CONFIGS[:-1]:
        contract = CONTRACTS[f"rjdb/{name}"]
        rows = [
            one_row(contract, number) | {"triple_id": triple, "split": split}
            for number, (triple, split) in enumerate(
                zip(table["triple_id"].to_pylist(), table["split"].to_pylist(), strict=True)
            )
        ]
        write(lake, contract, rows, {"rjdb/triples": triples.version}, triples.notice)
    for wanted in FIGURES:
        contract = CONTRACTS[wanted.dataset]
        write(lake, contract, [one_row(contract, 7)], {"rjdb/triples": triples.version})
    return lake


def write(
    lake: Lake,
    contract: Contract,
    rows: list[dict[str, Any]],
    inputs: Mapping[str, str],
    notice: str = "",
) -> Build:
    recipe = Recipe("test", inputs=dict(inputs))
    return lake.write(contract.dataset, [contract.table(rows)], recipe, notice=notice)


def one_row(contract: Contract, number: int) -> dict[str, Any]:
    """A row that the contract allows; its texts tell their column and number."""
    row = {
        column.name: ROWS.get(column.name, _value(column.name, column.type, column.allowed, number))
        for column in contract.columns
    }
    measure = MEASURES.get(contract.dataset)
    return row | {"measure": measure} if measure else row


def _value(name: str, kind: pa.DataType, allowed: frozenset[str], number: int) -> Any:
    if allowed:
        return min(allowed)
    if pa.types.is_list(kind):
        return [f"{name} {number}.{i}" for i in range(number % 3)]
    if pa.types.is_boolean(kind):
        return number % 2 == 0
    return f"{name} {number}" if pa.types.is_string(kind) else number


def facts_of(lake: Lake, paid: Paid = NOTHING_PAID) -> Facts:
    builds = {name: lake.require(name) for name in (*DATASETS, *(w.dataset for w in FIGURES))}
    made_from = lineage(lake, (builds[name] for name in DATASETS))
    return gather(lake, builds, made_from, paid)


def write_cards(lake: Lake, publisher: Publisher = NOBODY) -> dict[str, str]:
    """quality/cards of the current snapshots; returns the content by file name."""
    rows = cards(lake, facts_of(lake), publisher)
    inputs = {name: lake.require(name).version for name in DATASETS}
    write(lake, CONTRACTS["quality/cards"], rows, inputs)
    return {row["name"]: row["content"] for row in rows}
