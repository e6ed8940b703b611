"""The datasets of balance and bias as the command makes them."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.bias.applications import applications
from hr_pipeline_tests.building import one_line, parts
from hr_pipeline_tests.conftest import SAMPLE

TRIPLES = 32


class Addressed:
    """Selects whoever has an address; learns nothing."""

    name = "addressed"
    threshold = 0.5

    def fit(
        self, job_descriptions: Sequence[str], resumes: Sequence[str], labels: np.ndarray
    ) -> None:
        assert 0 < labels.mean() < 1

    def scores(self, job_descriptions: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
        return np.array([float("@" in text) for text in resumes])


def addressed() -> Addressed:
    return Addressed()


def build(lake: Path, *more: str) -> int:
    sizes = [f"rjdb/contexts.{split}={n}" for split, n in (("train", 24), ("dev", 4), ("test", 4))]
    settings = [*sizes, f"quality/bias.matchers=['word overlap', '{__name__}:addressed']"]
    arguments = ["build", "quality/balance", "quality/bias", "--raw", str(SAMPLE)]
    chosen = [part for setting in settings for part in ("--set", setting)]
    return main([*arguments, "--lake", str(lake), *chosen, *more])


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bias") / "lake"
    assert build(root) == 0
    return root


def test_every_test_triple_is_audited_by_every_matcher(lake: Path) -> None:
    rows = Lake(lake).table("quality/bias").to_pylist()
    assert {row["matcher"] for row in rows} == {"word overlap", "addressed"}
    counts = {
        (row["names"], row["attribute"]): row["n"]
        for row in rows
        if row["group"] == "all" and row["measure"] == "selection rate"
    }
    cells = len(
        {r["group"] for r in rows if r["attribute"] == "gender x name_group"} - {"all", "unknown"}
    )
    assert counts["as written", "gender"] == 4 * 3
    assert f"matcher: {__name__}" in Lake(lake).require("quality/bias").recipe.inputs
    assert counts["swapped", "gender"] == counts["swapped", "gender x name_group"] == 12 * cells


def test_balance_counts_every_triple(lake: Path) -> None:
    rows = Lake(lake).table("quality/balance").to_pylist()
    genders = {
        r["group"]: r["value"]
        for r in rows
        if (r["attribute"], r["measure"]) == ("gender", "count")
    }
    assert sum(genders.values()) == TRIPLES and set(genders) == {"female", "male"}
    missed = [row for row in rows if row["passed"] is False]
    assert not missed


def test_equal_builds_are_equal_to_the_byte(lake: Path, tmp_path: Path) -> None:
    assert build(tmp_path / "lake") == 0
    wanted = ("quality/balance/", "quality/bias/")
    one, other = (
        {path: held for path, held in parts(root).items() if path.startswith(wanted)}
        for root in (lake, tmp_path / "lake")
    )
    assert one == other and one


def test_an_unknown_matcher_is_one_line(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(lake, "--set", "quality/bias.matchers=['guessing']") == 2
    assert "guessing" in one_line(capsys)


@pytest.mark.real
def test_names_of_the_released_rows(lake: Path) -> None:
    """The published rows name few families; nobody's gender is recorded there."""
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    released = Path(folder) / "rjdb" / "test_part_a.jsonl"
    assert main(["import", "rjdb", str(released), "--lake", str(lake)]) == 0
    assert build(lake) == 0
    rows = [r for r in Lake(lake).table("quality/balance").to_pylist() if r["corpus"] == "released"]
    figures = {(r["attribute"], r["group"], r["measure"]): r["value"] for r in rows}
    assert figures["gender", "unknown", "share"] == 1
    assert 0.15 < figures["last_name", "all", "share of the 10 most frequent"] < 0.3
    assert figures["last_name", "all", "unknown"] < 25
    ledger = Ledger()
    held = applications(Lake(lake).table("rjdb_released/triples").to_pylist(), ledger)
    assert len(held) >= 990 and len(held) + len(ledger.rows) == 1_000
    pairs = zip(held.named, held.triple, strict=True)
    first_names = Lake(lake).table("rjdb_released/triples")["first_name"].to_pylist()
    again = [named.under(first_names[triple]) for named, triple in pairs]
    assert sum(a == b for a, b in zip(again, held.resumes, strict=True)) >= 985
