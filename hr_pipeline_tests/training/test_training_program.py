"""What all trainers do alike: publish whole or not at all, and tell in one line what is wrong."""

import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import yaml  # noqa: E402

from hr_pipeline.cli import main as command  # noqa: E402
from hr_pipeline.lake.builds import Build, Recipe  # noqa: E402
from hr_pipeline.lake.datasets import CONTRACTS  # noqa: E402
from hr_pipeline.lake.ledger import Ledger  # noqa: E402
from hr_pipeline.lake.models import LISTING, ModelStore  # noqa: E402
from hr_pipeline.lake.store import Lake  # noqa: E402
from hr_pipeline.training.program import (  # noqa: E402
    Made,
    Program,
    Training,
    TrainingStopped,
    fresh_folder,
    main,
)
from hr_pipeline.training.settings import DistillationSettings, Settings  # noqa: E402
from hr_pipeline_tests.training import small_trainer  # noqa: E402

MATCHING = "rjdb/matching"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def empty(lake: Lake, notice: str = "") -> Build:
    """A dataset of no rows, and nothing lost."""
    tables = [CONTRACTS[MATCHING].table([])]
    return lake.write(MATCHING, tables, Recipe("1"), ledger=Ledger(), notice=notice)


def leaving(training: Training) -> Made:
    """A training that costs nothing."""
    folder = fresh_folder(training.workspace / "model")
    (folder / "model.safetensors").write_text(f"of seed {training.seed}")
    return Made(folder)


def ended(
    train: Callable[[Training], Made], lake: Lake, *more: str, reads: tuple[str, ...] = ()
) -> int:
    of = Program("small", "small", reads, Settings, train, "1", may_read=(MATCHING,))
    return main(of, ["--lake", str(lake.root), "--profile", "tiny", *more])


def only_line(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.splitlines()
    return line


# -- what is published --------------------------------------------------------------------------


def test_a_published_model_tells_what_it_is(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    data = empty(lake, "of made-up people").version
    given = small_trainer.arguments(lake.root, "--set", "steps=2", "--seed", "7", "--json")
    assert small_trainer.main(given) == 0
    (metric,) = json.loads(capsys.readouterr().out)
    store = ModelStore(lake)
    build, folder = store.require("small"), store.path("small")
    assert build.metrics == [metric] and build.recipe.inputs == {MATCHING: data}
    card = (folder / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["library_name"] == "transformers" and "license" not in front
    assert front["hr_pipeline"]["inputs"] == {MATCHING: data} and front["hr_pipeline"]["seed"] == 7
    for said in ("of made-up people", "wiring, not quality", "made from scratch", data, "seed: 7"):
        assert said in card, said
    assert f"- code: {build.recipe.code_version}" in card and "exact match" in card
    assert json.loads((folder / "metrics.json").read_text()) == [metric]
    config = json.loads((folder / "recipe.json").read_text())["settings"]["config"]
    assert config["steps"] == 2 and config["learning_rate"] == 0.002
    assert len((folder / "curve.jsonl").read_text().splitlines()) == 2
    listed = {one["name"] for one in json.loads((folder / LISTING).read_text())["files"]}
    assert listed | {LISTING} == {path.name for path in folder.iterdir()}
    assert str(lake.root) not in "".join(p.read_text("latin-1") for p in folder.iterdir())

    assert small_trainer.main(given) == 0
    assert "unchanged, nothing to do" in capsys.readouterr().err
    assert small_trainer.main([*given, "--force"]) == 0
    assert store.require("small").version == build.version and len(store.builds("small")) == 2


def test_a_base_model_is_named_by_its_hash_not_by_its_place(lake: Lake, tmp_path: Path) -> None:
    base = tmp_path / "somewhere" / "base"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_bytes(b"weights")
    given = ("--set", f"model={base}", "--set", "device=cpu")
    assert ended(leaving, lake, *given) == 0
    folder = ModelStore(lake).path("small")
    for name in ("README.md", "recipe.json"):
        text = (folder / name).read_text()
        assert "base@" in text and "somewhere" not in text
    first = ModelStore(lake).require("small").recipe_digest
    (base / "model.safetensors").write_bytes(b"changed")
    assert ended(leaving, lake, *given) == 0
    assert ModelStore(lake).require("small").recipe_digest != first


def test_a_name_of_its_own_is_another_model(lake: Lake) -> None:
    assert ended(leaving, lake) == ended(leaving, lake, "--name", "other", "--seed", "2") == 0
    assert ModelStore(lake).names() == ["other", "small"]


# -- what is wrong is told ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--profile", "huge"], "huge: there is no such profile"),
        (["--set", "batchsize=3"], "there is no batchsize"),
        (["--set", "batch=many"], "'many' is no int"),
        (["--set", "batch=0"], "batch: at least 1 is needed"),
        (["--set", "warmup_share=1"], "warmup_share: it has to be in [0, 1)"),
        (["--set", "model="], "no model is named"),
        (["--set", "device=cpu", "--set", "model=./nowhere"], "there is no such folder"),
        (["--set", "device=cpu", "--set", "model=/a/b/c"], "there is no such folder"),
        (["--data", "rjdb/editing=1"], "cannot read this"),
        (["--data", MATCHING], "cannot read this"),
        (["--data", f"{MATCHING}=1"], "hr-pipeline build rjdb"),
        (["--name", "../x"], "no name for a model"),
        (["--name", "results"], "no name for a model"),
        (["--name", "teacher"], "the name of another trainer's model"),
    ],
)
def test_wrong_input_ends_in_one_line(
    lake: Lake, capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    assert ended(leaving, lake, *given) == 2
    line = only_line(capsys)
    assert line.startswith("hr-pipeline train small: ") and said in line
    assert not lake.root.exists()


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (b"small: {1: 2}", "there is no 1"),
        (b"small: {batch: [1]}", "[1] is no int"),
        (b"small: 3", "a profile maps trainers to their settings"),
        (b"[small]", "a profile maps trainers to their settings"),
        (b"1: {batch: 1}", "a profile maps trainers to their settings"),
        (b"small: {batch: 1", "not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
    ],
)
def test_a_wrong_profile_ends_in_one_line(
    lake: Lake, capsys: pytest.CaptureFixture[str], tmp_path: Path, profile: bytes, said: str
) -> None:
    path = tmp_path / "profile.yaml"
    path.write_bytes(profile)
    assert ended(leaving, lake, "--profile", str(path)) == 2
    line = only_line(capsys)
    assert str(path) in line and said in line


def test_a_profile_without_the_trainer_is_not_taken_for_defaults(
    lake: Lake, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text("macher: {model: google/flan-t5-base}")
    assert command(["train", "matcher", "--lake", str(lake.root), "--profile", str(path)]) == 2
    assert "it has no settings of matcher; it has macher" in only_line(capsys)


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_less_than_one_process_is_refused(
    lake: Lake, capsys: pytest.CaptureFixture[str], count: str
) -> None:
    with pytest.raises(SystemExit):
        ended(leaving, lake, "--processes", count)
    assert f"invalid at_least_one value: '{count}'" in capsys.readouterr().err
    assert not lake.root.exists()


def test_data_that_is_not_there_ends_in_one_line(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["train", "matcher", "--lake", str(lake.root), "--profile", "tiny"]
    assert command(told) == 2
    assert "rjdb/matching: this dataset has not been made yet" in only_line(capsys)
    build = empty(lake)
    assert command(told) == 2
    assert f"{MATCHING} {build.version}: the train split is empty" in capsys.readouterr().err
    assert command([*told, "--data", f"{MATCHING}=0123456789abcdef"]) == 2
    assert "there is no such version in the lake" in only_line(capsys)
    shutil.rmtree(lake.path(MATCHING, build.version))
    assert command(told) == 2
    assert f"{MATCHING} {build.version}: this version is not in the lake" in only_line(capsys)
    assert ModelStore(lake).names() == []


def test_a_missing_library_ends_in_one_line(
    lake: Lake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("peft", "trl"):
        monkeypatch.setitem(sys.modules, name, None)
    assert ended(leaving, lake) == 2
    assert "peft, trl not installed; run: pip install 'hr-pipeline[train]'" in only_line(capsys)


def test_a_lake_that_cannot_be_written_ends_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert ended(leaving, Lake(tmp_path / "file" / "lake")) == 2
    assert "the lake cannot be written (Not a directory); choose --lake" in only_line(capsys)


def test_a_second_training_of_the_same_model_is_told(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    with ModelStore(lake).lock("small"):
        assert ended(leaving, lake) == 2
        assert "another process is training this model" in only_line(capsys)
        assert ended(leaving, lake, "--name", "other") == 0
    assert ended(leaving, lake) == 0


def test_every_setting_stands_on_the_page_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8")
    rows = {
        f"| `{one.name}` | `{json.dumps(one.default)}` |" for one in fields(DistillationSettings)
    }
    assert not {row for row in rows if row not in page}


# -- what stops ---------------------------------------------------------------------------------


def a_pickle(training: Training) -> Made:
    made = leaving(training)
    (made.folder / "optimizer.pt").write_bytes(b"")
    return made


def too_much_memory(training: Training) -> Made:
    return Made(Path(str(torch.empty(2**50))))


def too_much_gpu_memory(training: Training) -> Made:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 37.10 GiB")


def sigterm(training: Training) -> Made:
    os.kill(os.getpid(), signal.SIGTERM)
    raise AssertionError("it went on")


def stopped(training: Training) -> Made:
    raise TrainingStopped("it got worse")


def a_missing_file(training: Training) -> Made:
    return Made(Path((training.workspace / "gone").read_text()))


@pytest.mark.parametrize(
    ("train", "code", "said"),
    [
        (a_pickle, 2, "optimizer.pt may run code"),
        (too_much_memory, 1, "out of memory; lower batch (now 8)"),
        (too_much_gpu_memory, 1, "set gradient_checkpointing=true (now false)"),
        (sigterm, 1, "stopped; the same command goes on"),
        (stopped, 1, "it got worse"),
        (a_missing_file, 1, "gone: No such file or directory"),
    ],
)
def test_what_stops_a_training_is_told_and_the_model_stays_as_it_was(
    lake: Lake,
    capsys: pytest.CaptureFixture[str],
    train: Callable[[Training], Any],
    code: int,
    said: str,
) -> None:
    assert ended(leaving, lake, "--seed", "2") == 0
    before = ModelStore(lake).require("small")
    capsys.readouterr()
    assert ended(train, lake) == code
    assert said in only_line(capsys)
    assert ModelStore(lake).require("small") == before
    assert ended(leaving, lake) == 0  # nothing that it left is in the way


def test_a_full_disk_ends_a_training_in_one_line(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file may grow above 100 kB: the weights do not fit."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        code = small_trainer.main(small_trainer.arguments(lake.root, "--set", "steps=2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 1
    (line,) = [one for one in capsys.readouterr().err.splitlines() if not one.startswith("step")]
    assert "weights cannot be written" in line and "File too large" in line
    assert ModelStore(lake).names() == []
    assert small_trainer.main(small_trainer.arguments(lake.root, "--set", "steps=2")) == 0
