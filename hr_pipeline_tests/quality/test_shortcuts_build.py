"""Ladder, ties and what rules make of them, as the command builds them."""

from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.shortcuts.audit import floors
from hr_pipeline_tests.building import one_line, parts, pointers
from hr_pipeline_tests.conftest import SAMPLE

SIZES = {"train": 24, "dev": 4, "test": 4}


def build(lake: Path, *more: str) -> int:
    sizes = [f"rjdb/contexts.{split}={n}" for split, n in SIZES.items()]
    chosen = [part for setting in sizes for part in ("--set", setting)]
    targets = ["quality/shortcuts", "quality/ladder"]
    return main(["build", *targets, "--raw", str(SAMPLE), "--lake", str(lake), *chosen, *more])


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shortcuts") / "lake"
    assert build(root) == 0
    return root


def test_all_test_triples_have_a_ladder_or_stand_in_the_ledger(lake: Path) -> None:
    made = Lake(lake)
    triples = {
        row["triple_id"]: row
        for row in made.table("rjdb/triples").to_pylist()
        if row["split"] == "test"
    }
    rungs = made.table("rjdb/ladder").to_pylist()
    lost = {key.rsplit("/", 1)[0] for key in made.table("rjdb/ladder_ledger")["key"].to_pylist()}
    assert {rung["triple_id"] for rung in rungs} | lost == set(triples)
    for rung in rungs:
        swaps = triples[rung["triple_id"]]["swaps"][: rung["gap"]]
        assert rung["missing_skills"] == [swap["removed"] for swap in swaps]
        assert rung["put_in"] == [swap["put_in"] for swap in swaps]
    kinds = set(made.table("rjdb/ties")["kind"].to_pylist())
    assert kinds <= {"skills in another order", "sections in another order", "equal gap"} and kinds


def test_every_setting_has_a_floor(lake: Path) -> None:
    found = floors(Lake(lake).table("quality/shortcuts"))
    kinds = [(kind, setting) for kind in ("removed", "swapped") for setting in ("triple", "pair")]
    assert set(found) == {("ours", *pair) for pair in kinds}


def test_again_is_unchanged_and_elsewhere_equal(lake: Path, tmp_path: Path) -> None:
    before = pointers(lake)
    assert build(lake) == 0
    assert pointers(lake) == before
    assert build(tmp_path / "other") == 0
    assert parts(tmp_path / "other") == parts(lake)


def test_a_wrong_split_is_one_line(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(lake, "--set", "rjdb/ladder.splits=[validation]") == 2
    line = one_line(capsys)
    assert "validation" in line and "rjdb__ladder.splits" in line
