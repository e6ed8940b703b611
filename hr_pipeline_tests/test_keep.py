"""`build --keep`: what is there stays as it is, whatever settings it was built with."""

from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.building import build_arguments, pointers
from hr_pipeline_tests.conftest import SAMPLE


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Triples of another seed and size than the profile's."""
    root = tmp_path_factory.mktemp("keep") / "lake"
    command, _, *options = build_arguments(root, "--seed", "5")
    assert main([command, "rjdb/triples", *options]) == 0
    return root


def test_targets_and_gaps_are_made_and_nothing_else(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = pointers(lake)
    targets = ["quality/overlap", "taxonomy/coverage", "quality/integrity"]
    idle = ("--set", "rjdb/contexts.train=7", "--set", "teacher.concurrency=2")
    where = ("--keep", "--raw", str(SAMPLE), "--lake", str(lake))
    assert main(["build", *targets, *where, *idle]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert notes == ["note: --set rjdb/contexts.train=7: what it is for is not made now"]
    after = pointers(lake)
    assert {name: after[name] for name in before} == before
    made = {name for name in set(after) - set(before) if not name.endswith("_ledger")}
    gaps = {"rjdb/presence", "rjdb/statistics"}  # quality/integrity needs them
    assert made == {*targets, "quality/statistics", *gaps}
    overlap = Lake(lake).require("quality/overlap")
    assert overlap.recipe.inputs["rjdb/triples"] == before["rjdb/triples"]


def test_without_it_the_settings_of_the_command_hold(lake: Path, tmp_path: Path) -> None:
    before = pointers(lake)
    assert main(["build", "rjdb/contexts", "--raw", str(SAMPLE), "--lake", str(lake)]) == 0
    assert pointers(lake)["rjdb/contexts"] != before["rjdb/contexts"]
