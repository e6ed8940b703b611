"""Ablations and the grid in a few steps: which trainings, on what, and what they end in."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch").set_num_threads(1)

from hr_pipeline.cli import main  # noqa: E402
from hr_pipeline.lake.errors import InputError  # noqa: E402
from hr_pipeline.lake.models import ModelStore  # noqa: E402
from hr_pipeline.lake.store import Lake  # noqa: E402
from hr_pipeline.llm.weights import base_of, name_of  # noqa: E402
from hr_pipeline.training import ablations, grid  # noqa: E402
from hr_pipeline.training.causal.tiny_causal import tiny_causal  # noqa: E402
from hr_pipeline.training.tiny_tokenizer import make_tokenizer  # noqa: E402
from hr_pipeline_tests.training.small_lake import NOTICE, pair, put, small_lake  # noqa: E402

SETTINGS = ("steps=2", "batch=2", "max_answer=8", "evaluated=2", "device=cpu")
FEW = ("--profile", "tiny", *(part for one in SETTINGS for part in ("--set", one)))
WEIGHTS = {  # alpha, beta, teacher
    "ablation-sft": (0.0, 0.0, ""),
    "ablation-untuned-teacher": (1.0, 0.5, "untuned"),
    "ablation-no-feature": (1.0, 0.0, ""),
    "ablation-no-logit": (0.0, 0.5, ""),
    "ablation-full": (1.0, 0.5, ""),
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """With a teacher, and beside it the two models that are trained here, drawn at random."""
    lake = small_lake(tmp_path_factory.mktemp("lake"), pairs=12, items=2)
    texts = [row[column] for row in lake.rows("jaqa/pairs") for column in ("question", "answer")]
    tokenizer = make_tokenizer(texts, 400)
    for size in ("teacher", "student"):
        tiny_causal(size, texts, tokenizer, seed=1, steps=0).save_pretrained(lake.root / size)
        tokenizer.save_pretrained(lake.root / size)
    assert train("teacher", lake, "--set", f"model={lake.root / 'teacher'}") == 0
    return lake


def train(program: str, lake: Lake, *more: str) -> int:
    student = ("--set", f"model={lake.root / 'student'}")
    return main(["train", program, "--lake", str(lake.root), *FEW, *student, *more])


@pytest.fixture(scope="module")
def trained(lake: Lake) -> dict[str, Any]:
    """Five ablations: the model builds."""
    assert train("ablations", lake) == 0
    return {name: ModelStore(lake).require(name) for name in WEIGHTS}


def test_five_models_of_the_methods_weights(lake: Lake, trained: dict[str, Any]) -> None:
    configs = {name: build.recipe.settings["config"] for name, build in trained.items()}
    found = {name: (c["alpha"], c["beta"], c["teacher"]) for name, c in configs.items()}
    assert found == WEIGHTS
    assert {c["steps"] for c in configs.values()} == {2}
    assert len({build.version for build in trained.values()}) == 5


def test_the_same_teacher_but_one_its_base_and_one_none(
    lake: Lake, trained: dict[str, Any]
) -> None:
    store = ModelStore(lake)
    teacher = store.require("teacher").version
    base = base_of(store.path("teacher"))
    for name, build in trained.items():
        inputs = build.recipe.inputs
        assert inputs["jaqa/pairs"] == lake.require("jaqa/pairs").version
        if name == "ablation-sft":
            assert not any("teacher" in one for one in inputs if not one.startswith("base "))
        elif name == "ablation-untuned-teacher":
            assert inputs["teacher untuned"] == name_of(base) and "models/teacher" not in inputs
        else:
            assert inputs["models/teacher"] == teacher


def test_ends_in_the_papers_layout(lake: Lake, trained: dict[str, Any]) -> None:
    rows = json.loads((lake.root / "studies/ablation/table.json").read_text())
    assert [row["model"] for row in rows] == list(WEIGHTS)
    methods = ["SFT", "KD w/ Orig Teacher", "KD w/o feature", "KD w/o logit", "Ours"]
    assert [row["method"] for row in rows] == methods
    for row in rows:
        held = {(m["task"], m["metric"]): m["value"] for m in trained[row["model"]].metrics}
        accuracy = held["next title, likelier", "accuracy"]
        assert row["title Acc, likelier"] == pytest.approx(100 * accuracy)
        assert row["APIs F1"] == pytest.approx(100 * held["APIs of a job", "f1"])
    page = (lake.root / "studies/ablation/table.md").read_text()
    assert page.count("| Qwen2.5-3B (KDJPPR Table 2) | Ours | 65.83 | 65.39 |") == 2
    assert NOTICE in page
    assert "Ours: alpha 1, beta 0.5, tau 3" in page


def test_again_nothing_is_trained(
    lake: Lake, trained: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("ablations", lake, "--json") == 0
    said = capsys.readouterr()
    assert said.err.count("unchanged, nothing to do") == 5 and "step 1" not in said.err
    assert [row["version"] for row in json.loads(said.out)] == [
        trained[name].version for name in WEIGHTS
    ]


def test_a_grid_that_is_broken_off_goes_on(lake: Lake, tmp_path: Path) -> None:
    """Killed after its first model, the same command trains what is missing, and nothing else."""
    student = ("--set", f"model={lake.root / 'student'}")
    options = ("--alpha", "1,0.5", "--beta", "0,1", "--out", str(tmp_path))
    command = [sys.executable, "-m", "hr_pipeline.training.grid", "--lake", str(lake.root)]
    names = [f"grid-a{alpha}-b{beta}" for alpha in ("0.5", "1") for beta in ("0", "1")]
    store = ModelStore(lake)
    with subprocess.Popen(
        [*command, *FEW, *student, *options],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as running:
        assert running.stderr
        for line in running.stderr:
            if line.startswith(f"models/{names[0]}: version"):
                running.kill()
    assert not (tmp_path / "table.md").exists()
    first = store.require(names[0])
    assert store.current(names[3]) is None

    assert train("grid", lake, *options) == 0
    builds = [store.require(name) for name in names]
    assert builds[0] == first
    configs = [build.recipe.settings["config"] for build in builds]
    weights = [(config["alpha"], config["beta"]) for config in configs]
    assert weights == [(0.5, 0.0), (0.5, 1.0), (1.0, 0.0), (1.0, 1.0)]
    rows = json.loads((tmp_path / "table.json").read_text())
    assert [(row["alpha"], row["beta"], row["version"]) for row in rows] == [
        (*pair, build.version) for pair, build in zip(weights, builds, strict=True)
    ]
    for way in ("said", "likelier"):
        assert (tmp_path / f"{way}.png").read_bytes().startswith(b"\x89PNG")


def evaluated(lake: Lake, model: str, capsys: pytest.CaptureFixture[str]) -> Any:
    command = ["evaluate", "model", model, "--lake", str(lake.root), "--profile", "tiny", "--json"]
    capsys.readouterr()
    assert main([*command, "--set", "max_answer=8", "--set", "batch=2", "--rows", "2"]) == 0
    return json.loads(capsys.readouterr().out)


def test_any_model_is_asked_what_trained_ones_are(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    """The published teacher is worth what its training told; its base answers the same rows."""
    build, whose = ModelStore(lake).require("teacher"), ("model", "version", "base")
    rows = evaluated(lake, "teacher", capsys)
    assert {row["version"] for row in rows} == {build.version}
    assert [{k: v for k, v in row.items() if k not in whose} for row in rows] == build.metrics
    untuned = evaluated(lake, str(lake.root / "teacher"), capsys)
    asked = [(row["task"], row["metric"], row["rows"], row["lexical"]) for row in rows]
    assert asked == [(r["task"], r["metric"], r["rows"], r["lexical"]) for r in untuned]
    assert main(["evaluate", "model", str(lake.root / "no model"), "--lake", str(lake.root)]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_several_students_are_blocks(tmp_path: Path) -> None:
    given = argparse.Namespace(
        profile="tiny", set=[], name="abl", student=["Qwen/Qwen2.5-7B", "some where/Qwen2.5-3B"]
    )
    found = ablations.variants_of(given)
    assert [one.labels[0] for one in found] == ["Qwen2.5-7B"] * 5 + ["Qwen2.5-3B"] * 5
    assert found[0].name == "abl-qwen2.5-7b-sft" and found[9].name == "abl-qwen2.5-3b-full"
    assert found[0].settings == ('model="Qwen/Qwen2.5-7B"', "alpha=0", "beta=0")


@pytest.mark.parametrize("text", ["", "1,x", "-1", "nan", "inf", "1,,2"])
def test_what_is_no_list_of_weights(text: str) -> None:
    with pytest.raises(InputError, match="no list of weights"):
        grid.weights("--alpha", text)


def test_weights_each_once_ascending() -> None:
    assert grid.weights("--alpha", "2, 0.50,0,0.5,1e-3") == ["0", "0.001", "0.5", "2"]


def test_what_is_missing_is_told_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(tmp_path)
    put(lake, "jaqa/pairs", [pair(1, "train"), pair(2, "test")])
    assert train("ablations", lake) == 2
    assert "tm_eval/items: this dataset has not been made yet" in capsys.readouterr().err
    small_lake(tmp_path)
    assert train("grid", lake, "--alpha", "1", "--beta", "1", "--name", "Bad Name") == 2
    assert "no name for a model" in capsys.readouterr().err
    assert train("ablations", lake, "--set", "tau=0") == 2
    assert "tau" in capsys.readouterr().err
    assert train("ablations", lake, "--set", "model=tiny") == 2
    assert "run: hr-pipeline train teacher" in capsys.readouterr().err
    assert ModelStore(lake).names() == []


def test_without_both_weights_no_teacher_is_needed(tmp_path: Path) -> None:
    lake = small_lake(tmp_path, pairs=8, items=2)
    alone = ("--set", "model=tiny", "--set", "alpha=0", "--set", "beta=0")
    assert train("distilled", lake, *alone) == 0
    inputs = ModelStore(lake).require("distilled").recipe.inputs
    assert set(inputs) == {"jaqa/pairs", "tm_eval/items"}


def test_a_study_is_no_worker(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RANK", "0")
    assert train("grid", lake) == 2
    assert "use --processes" in capsys.readouterr().err
