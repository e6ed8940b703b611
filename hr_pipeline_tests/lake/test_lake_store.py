"""The lake: versions, parts, builds, contracts, damage, clear errors."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from lake_rows import CONTRACT, RECIPE, ROWS, everything, in_batches, row, rows, version_of

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.contracts import ContractBroken
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake


def parts_of(lake: Lake, version: str) -> dict[str, bytes]:
    return {part.name: part.read_bytes() for part in lake.parts(ROWS, version)}


# -- versions and parts ------------------------------------------------------------------------


def test_equal_content_has_one_version_one_set_of_parts_and_a_build_per_making(lake: Lake) -> None:
    table = rows(5_000)
    first = lake.write(ROWS, [table], RECIPE)
    again = lake.write(ROWS, in_batches(table, 77), Recipe("2"))
    back = lake.write(ROWS, [rows(10)], RECIPE), lake.write(ROWS, [table], RECIPE)
    assert first.version == again.version == back[1].version != back[0].version
    assert len({first.build_id, again.build_id, back[0].build_id, back[1].build_id}) == 4
    folder = lake.root / ROWS
    assert len(list((folder / "builds").glob("*.json"))) == 4
    assert len(list(folder.glob("*/part-*.parquet"))) == 2
    assert lake.current(ROWS) == back[1]


@pytest.mark.parametrize("size", [1, 1_000, 1_024, 4_096, 100_000])
def test_parts_have_the_same_bytes_however_the_rows_are_batched(
    lake: Lake, tmp_path: Path, size: int
) -> None:
    table = rows(9_000)
    whole = lake.write(ROWS, [table], RECIPE)
    other = Lake(tmp_path / "other")
    wanted = parts_of(lake, whole.version)
    batched = other.write(ROWS, in_batches(table, size), RECIPE)
    assert batched.version == whole.version
    assert parts_of(other, batched.version) == wanted
    empty_between = [table.slice(0, 0), table.slice(0, 5), table.slice(0, 0), table.slice(5)]
    assert Lake(tmp_path / "third").write(ROWS, empty_between, RECIPE).version == whole.version


def test_the_order_of_a_tables_columns_does_not_matter(lake: Lake) -> None:
    table = rows(10)
    turned = table.select(table.column_names[::-1])
    assert lake.write(ROWS, [table], RECIPE).version == lake.write(ROWS, [turned], RECIPE).version


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r[:-1],
        lambda r: [*r, row(50)],
        lambda r: [r[1], r[0], *r[2:]],
        lambda r: [r[0] | {"kind": None}, *r[1:]],
        lambda r: [r[0] | {"number": 0}, *r[1:]],
        lambda r: [r[0] | {"jobs": []}, *r[1:]],
        lambda r: [r[0] | {"jobs": [{"title": None, "years": None}]}, *r[1:]],
        lambda r: [r[0], r[1] | {"jobs": [{"title": "job 0 ", "years": 1}]}, *r[2:]],
        lambda r: [r[0], r[1] | {"jobs": [{"title": "job 0", "years": 0}]}, *r[2:]],
        lambda r: [r[0], r[1] | {"jobs": [None]}, *r[2:]],
    ],
)
def test_any_other_content_has_another_version(
    lake: Lake, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    plain = [row(i) for i in range(10)]
    first = lake.write(ROWS, [CONTRACT.table(plain)], RECIPE)
    other = lake.write(ROWS, [CONTRACT.table(change(plain))], RECIPE)
    assert other.version != first.version
    assert lake.table(ROWS).to_pylist() == change(plain)


def test_a_notice_is_part_of_the_version_and_stands_in_every_part(lake: Lake) -> None:
    plain = lake.write(ROWS, [rows(3)], RECIPE)
    noted = lake.write(ROWS, [rows(3)], RECIPE, notice="not a benchmark")
    assert noted.version != plain.version
    metadata = pq.read_schema(lake.parts(ROWS)[0]).metadata
    assert metadata[b"notice"] == b"not a benchmark"
    assert b"notice" not in pq.read_schema(lake.parts(ROWS, plain.version)[0]).metadata


def test_a_dataset_of_several_parts_reads_back_in_order_everywhere(lake: Lake) -> None:
    table = rows(20_000)
    build = lake.write(ROWS, in_batches(table, 3_333), RECIPE)
    parts = lake.parts(ROWS)
    assert [pq.read_metadata(p).num_rows for p in parts] == [8_192, 8_192, 3_616]
    groups = pq.read_metadata(parts[0])
    assert {groups.row_group(i).num_rows for i in range(groups.num_row_groups)} == {1_024}
    ids = [str(i) for i in range(20_000)]
    assert build.rows == 20_000
    assert lake.table(ROWS).equals(table)
    batched = [v for b in lake.batches(ROWS, columns=["row_id"]) for v in b.column(0).to_pylist()]
    assert batched == ids
    assert list(pd.concat(pd.read_parquet(p) for p in parts)["row_id"]) == ids
    as_dataset = pyarrow.dataset.dataset([str(p) for p in parts])
    assert as_dataset.to_table(columns=["row_id"]).column(0).to_pylist() == ids


def test_a_dataset_that_fills_its_parts_exactly_has_no_empty_part(lake: Lake) -> None:
    lake.write(ROWS, [rows(16_384)], RECIPE)
    assert [pq.read_metadata(p).num_rows for p in lake.parts(ROWS)] == [8_192, 8_192]


@pytest.mark.parametrize("tables", [[], [rows(0)], [rows(0), rows(0)]])
def test_an_empty_dataset_is_one_empty_part_with_its_columns(
    lake: Lake, tables: list[pa.Table]
) -> None:
    build = lake.write(ROWS, tables, RECIPE)
    assert build.rows == 0
    assert lake.table(ROWS).schema.names == CONTRACT.schema().names
    assert list(lake.batches(ROWS)) == []
    assert build.version == version_of(rows(0))


def test_snapshot_json_describes_every_part(lake: Lake) -> None:
    build = lake.write(ROWS, [rows(9_000)], RECIPE, notice="note")
    facts = json.loads((lake.path(ROWS) / "_snapshot.json").read_text())
    assert (facts["version"], facts["rows"], facts["notice"]) == (build.version, 9_000, "note")
    for part, path in zip(facts["parts"], lake.parts(ROWS), strict=True):
        assert part["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert part["bytes"] == path.stat().st_size
    assert facts["bytes"] == sum(p.stat().st_size for p in lake.parts(ROWS))
    assert {c["name"]: c["unit"] for c in facts["schema"]}["number"] == "years"


# -- builds and ledger -------------------------------------------------------------------------


def test_the_ledger_is_a_dataset_and_rows_in_is_what_came_out_and_what_was_lost(lake: Lake) -> None:
    ledger = Ledger()

    def tables() -> Iterator[pa.Table]:
        yield rows(4)
        ledger.add("row", "9", "broken", "no title", '{"half": "\ud83d"}')
        ledger.add("skill", "3", "too_long")

    build = lake.write(ROWS, tables(), RECIPE, ledger=ledger)
    assert (build.rows, build.rows_lost, build.rows_in) == (4, 1, 5)
    assert build.lost_by_cause == {"row: broken": 1, "skill: too_long": 1}
    stored = lake.table(f"{ROWS}_ledger", build.ledger_version).to_pylist()
    assert [r["key"] for r in stored] == ["9", "3"]
    assert stored[0]["raw"] == '{"half": "\\ud83d"}'
    counted = lake.write(ROWS, [rows(4)], RECIPE, ledger=ledger, rows_in=lambda: 7)
    assert counted.rows_in == 7


def test_a_run_reads_its_own_builds_and_others_read_the_current_one(lake: Lake) -> None:
    mine = lake.write(ROWS, [rows(1)], RECIPE, run_id="run-2024-one")
    newer = lake.write(ROWS, [rows(2)], RECIPE, run_id="run-2024-one")
    theirs = lake.write(ROWS, [rows(3)], RECIPE, run_id="run-2024-two")
    assert mine.build_id < newer.build_id
    assert lake.current(ROWS, "run-2024-one") == newer
    assert lake.current(ROWS, "run-2024-two") == lake.current(ROWS) == theirs
    assert lake.current(ROWS, "run-2024-three") == theirs
    assert lake.current(ROWS, "*") == theirs


def test_datasets_lists_what_was_made_and_no_stranger(lake: Lake) -> None:
    lake.write(ROWS, [rows(1)], RECIPE, ledger=Ledger())
    (lake.root / "old" / "name").mkdir(parents=True)
    (lake.root / "old" / "name" / "CURRENT").write_text("{}")
    assert lake.datasets() == [ROWS, f"{ROWS}_ledger"]
    assert lake.collect_garbage(1) == []


# -- contracts ---------------------------------------------------------------------------------


def with_column(name: str, values: pa.Array) -> pa.Table:
    table = rows(3)
    return table.set_column(table.schema.get_field_index(name), name, values)


BROKEN = {
    "missing column": rows(3).drop_columns(["number"]),
    "unknown column": rows(3).append_column("more", pa.array([1, 2, 3])),
    "null in a required column": with_column("row_id", pa.array(["1", None, "3"])),
    "words for numbers": with_column("number", pa.array(["1", "2", "3"])),
    "numbers for words": with_column("row_id", pa.array([1, 2, 3])),
    "a list for a word": with_column("row_id", pa.array([["1"], ["2"], ["3"]])),
    "a number too large": with_column("number", pa.array([1, 2, 2**40])),
    "a fraction": with_column("number", pa.array([1.0, 2.0, 3.0])),
    "an unknown field of a struct": with_column(
        "jobs", pa.array([[{"title": "x", "years": 1, "more": 1}]] * 3)
    ),
    "a missing field of a struct": with_column("jobs", pa.array([[{"title": "x"}]] * 3)),
    "a value that is not allowed": with_column("kind", pa.array(["a", "b", "c"])),
    "a repeated key": with_column("row_id", pa.array(["1", "2", "1"])),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_contract_leaves_the_dataset_as_it_was(lake: Lake, broken: pa.Table) -> None:
    lake.write(ROWS, [rows(2_000)], RECIPE, ledger=Ledger())
    before = everything(lake.root / ROWS)
    with pytest.raises(ContractBroken, match=ROWS):
        lake.write(ROWS, [rows(0), broken], RECIPE, ledger=Ledger())
    assert everything(lake.root / ROWS) == before


def test_a_key_that_is_repeated_in_another_part_is_found(lake: Lake) -> None:
    with pytest.raises(ContractBroken, match="1 rows repeat"):
        lake.write(ROWS, [rows(9_000), rows(1)], RECIPE)
    assert lake.current(ROWS) is None


def test_an_error_in_the_rows_source_leaves_no_trace(lake: Lake) -> None:
    lake.write(ROWS, [rows(10)], RECIPE)
    before = everything(lake.root / ROWS)

    def tables() -> Iterator[pa.Table]:
        yield rows(3_000)
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        lake.write(ROWS, tables(), RECIPE)
    assert everything(lake.root / ROWS) == before


# -- unchanged and damage ----------------------------------------------------------------------


def test_unchanged_holds_for_an_equal_recipe_only(lake: Lake) -> None:
    recipe = Recipe("1", inputs={"a": "x"}, settings={"n": 1}, prompts={"p": "h"}, seed=1)
    assert lake.unchanged(ROWS, recipe) is None
    build = lake.write(ROWS, [rows(5)], recipe)
    assert lake.unchanged(ROWS, Recipe("1", {"a": "x"}, {"n": 1}, {"p": "h"}, 1)) == build
    for other in (
        Recipe("2", {"a": "x"}, {"n": 1}, {"p": "h"}, 1),
        Recipe("1", {"a": "y"}, {"n": 1}, {"p": "h"}, 1),
        Recipe("1", {"a": "x"}, {"n": 2}, {"p": "h"}, 1),
        Recipe("1", {"a": "x"}, {"n": 1}, {"p": "i"}, 1),
        Recipe("1", {"a": "x"}, {"n": 1}, {"p": "h"}, 2),
        Recipe("1", {"a": "x"}, {"n": 1}, {"p": "h"}, 1, teacher="m"),
    ):
        assert lake.unchanged(ROWS, other) is None


def cut_short(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-10])


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("part-00001.parquet", Path.unlink),
        ("part-00001.parquet", cut_short),
        ("_snapshot.json", Path.unlink),
    ],
)
def test_a_damaged_snapshot_is_not_unchanged_and_writing_it_again_mends_it(
    lake: Lake, name: str, damage: Callable[[Path], None]
) -> None:
    build = lake.write(ROWS, [rows(9_000)], RECIPE)
    damage(lake.path(ROWS) / name)
    assert lake.unchanged(ROWS, RECIPE) is None
    assert lake.write(ROWS, [rows(9_000)], RECIPE).version == build.version
    assert lake.table(ROWS).equals(rows(9_000))
    assert lake.unchanged(ROWS, RECIPE) is not None


def test_a_lost_ledger_is_not_unchanged(lake: Lake) -> None:
    build = lake.write(ROWS, [rows(5)], RECIPE, ledger=Ledger())
    assert lake.unchanged(ROWS, RECIPE) == build
    lake.parts(f"{ROWS}_ledger", build.ledger_version)[0].unlink()
    assert lake.unchanged(ROWS, RECIPE) is None


# -- errors that a user can mend ---------------------------------------------------------------


def test_what_is_not_there_is_said_in_one_line(lake: Lake, tmp_path: Path) -> None:
    build = lake.write(ROWS, [rows(1)], RECIPE)
    lake.parts(ROWS)[0].unlink()
    a_file = tmp_path / "file"
    a_file.write_text("")
    calls: dict[str, Callable[[], object]] = {
        "graph/edgse: there is no such dataset": lambda: lake.table("graph/edgse"),
        "../../etc: there is no such dataset": lambda: lake.path("../../etc"),
        "graph/edges: this dataset has not been made": lambda: lake.table("graph/edges"),
        "hr-pipeline build graph": lambda: lake.require("graph/edges"),
        f"{ROWS} {build.version}: this version is not": lambda: lake.table(ROWS),
        f"{ROWS} 0123: this version is not": lambda: list(lake.batches(ROWS, "0123")),
        "the lake cannot be written": lambda: Lake(a_file).write(ROWS, [], RECIPE),
        str(a_file): lambda: Lake(a_file / "below").write(ROWS, [], RECIPE),
    }
    for said, call in calls.items():
        with pytest.raises(InputError) as caught:
            call()
        assert said in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


def test_reading_makes_no_folder(lake: Lake) -> None:
    assert lake.current("graph/edges") is None
    assert lake.datasets() == [] and lake.collect_garbage(1) == []
    assert not lake.root.exists()


@pytest.mark.parametrize("dataset", sorted(CONTRACTS))
def test_every_dataset_can_be_written_empty_and_read(lake: Lake, dataset: str) -> None:
    lake.write(dataset, [CONTRACTS[dataset].table([])], RECIPE)
    read, wanted = lake.table(dataset).schema, CONTRACTS[dataset].schema()
    assert read.equals(wanted) and read.metadata == wanted.metadata
    assert [field.metadata for field in read] == [field.metadata for field in wanted]
