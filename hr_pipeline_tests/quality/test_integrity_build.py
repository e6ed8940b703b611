"""Integrity, statistics and diversity through the command line, with and without a release."""

import shutil
from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.building import build_arguments

TARGETS = ["quality/integrity", "quality/diversity"]


def measure(lake: Path, *more: str) -> int:
    command, _, *rest = build_arguments(lake, *more)
    return main([command, *TARGETS, *rest])


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("measured") / "lake"
    assert measure(lake) == 0
    return lake


def test_our_triples_reach_every_goal(measured: Path) -> None:
    lake = Lake(measured)
    rows = lake.table("quality/integrity").to_pylist()
    assert {row["corpus"] for row in rows} == {"ours"}
    assert all(row["passed"] for row in rows if row["goal"] and row["value"] is not None)
    assert lake.require("rjdb/presence").rows == 4 * 32
    for name in ("integrity", "statistics", "diversity"):
        assert "not a benchmark" in lake.require(f"quality/{name}").notice


def test_an_imported_file_stands_beside_ours(measured: Path, tmp_path: Path) -> None:
    out, copy = tmp_path / "out", Path(shutil.copytree(measured, tmp_path / "copy"))
    common = ["--out", str(out), "--lake", str(measured)]
    assert main(["export", "rjdb", "--format", "jsonl", *common]) == 0
    assert main(["import", "rjdb", str(out / "template-train.jsonl"), "--lake", str(copy)]) == 0
    assert measure(copy) == 0
    lake = Lake(copy)
    found = {
        (row["corpus"], row["document"], row["measure"]): row["value"]
        for row in lake.table("quality/integrity").to_pylist()
    }
    for name in ("skills there normalised, %", "removed skills left normalised, %", "span errors"):
        of_unmatched = ("resume_unmatched", name)
        assert found["released", *of_unmatched] == found["ours", *of_unmatched]
    table = {(r["place"], r["item"]): r for r in lake.table("quality/statistics").to_pylist()}
    assert table["Table 3", "triples"]["released"] == 24
    shares = [table["Figure 3", item]["released"] for place, item in table if place == "Figure 3"]
    assert sum(shares) == pytest.approx(100)
    rows = lake.table("quality/diversity").to_pylist()
    assert {row["n"] for row in rows if row["measure"] == "self-similarity"} == {24}
