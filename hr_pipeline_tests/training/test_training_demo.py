"""The demo on a small lake with few steps: models, proofs that fail, tables, and a second run that
makes nothing."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import torch

from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.training.demo import PROOFS, main
from hr_pipeline.training.studies import kinds
from hr_pipeline.training.studies.kinds import Kind
from hr_pipeline_tests.training.small_data import degrees, triples
from hr_pipeline_tests.training.small_lake import NOTICE, put

FEW = """
matcher: {model: tiny, steps: 2, batch: 16, max_prompt: 32, max_answer: 64, evaluated: 4,
  log_steps: 1}
seq2seq-degrees: {max_answer: 4}
"""


@pytest.fixture(autouse=True)
def one_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others cost more, and go the same way."""
    monkeypatch.setattr(kinds, "KINDS", (Kind("seq2seq", "students.seq2seq", ("matcher",)),))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    torch.set_num_threads(1)
    lake = Lake(tmp_path_factory.mktemp("demo") / "lake")
    put(lake, "rjdb/triples", list(triples()))
    put(lake, "rjdb/matching", list(pairs(triples())))
    return lake


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "few.yaml"
    path.write_text(FEW)
    return path


def test_ends_in_two_tables_and_tells_what_was_not_shown(
    lake: Lake, profile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "demo.md"
    order = ["--lake", str(lake.root), "--profile", str(profile), "--out", str(page)]
    assert main(order) == 1
    told = capsys.readouterr()
    *_, last = told.err.splitlines()
    assert last.startswith("hr-pipeline train demo: not shown: ")
    assert "seq2seq, 32 rows by heart: matcher (loss, exact match)" in last
    assert ModelStore(lake).names() == ["matcher"]
    for words in ("wiring, not quality", NOTICE, "majority", "lexical", "paper's student"):
        assert words in told.out and words in page.read_text()
    (kept,) = (lake.root / "models" / PROOFS).glob("*/proofs.json")
    of_model, by_heart, held_out = json.loads(kept.read_text())
    assert (of_model["trainer"], of_model["right"], of_model["still"]) == ("matcher", None, 0)
    assert by_heart["least"] == 0.9 and held_out["least"] == degrees().majority + 0.2
    assert list(kept.parent.iterdir()) == [kept], "no checkpoint stays"
    assert main(order) == 1
    again = capsys.readouterr()
    assert again.out == told.out
    assert [line.partition(": ")[2] for line in again.err.splitlines()[:2]] == [
        *["unchanged, nothing to do"] * 2
    ]


def test_needs_the_triples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lake", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "hr-pipeline train demo: rjdb/triples: this dataset has not been made yet; "
        "run: hr-pipeline build rjdb\n"
    )
