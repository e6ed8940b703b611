"""The training of encoder-decoders, and the three students' programs."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import pyarrow.parquet as pq
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.training import editor, extractor, matcher
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.reporting import Reporter
from hr_pipeline.training.settings import Settings, changed
from hr_pipeline.training.students.flat_text import joined
from hr_pipeline.training.students.program import PREDICTIONS
from hr_pipeline.training.students.results import student_results
from hr_pipeline.training.students.seq2seq import IGNORED, answer_loss, collate, fit
from hr_pipeline.training.students.tasks import STUDENTS
from hr_pipeline_tests.training.small_data import training
from hr_pipeline_tests.training.small_lake import put
from hr_pipeline_tests.training.test_training_floors import task_rows

PROGRAMS = {"matcher": matcher, "extractor": extractor, "editor": editor}
QUICK = Settings(
    steps=6, batch=4, learning_rate=0.003, max_prompt=32, max_answer=8, log_steps=1, device="cpu"
)
NUMBERS = [Example(f"{n}", f"How many are {n}?", "many " * (1 + n % 5)) for n in range(12)]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def fitted(folder: Path, examples: Sequence[Example] = NUMBERS, **given: Any) -> Fitted:
    folder.mkdir(parents=True, exist_ok=True)
    own = training(folder, changed(QUICK, given, "test"))
    return fit(replace(own, report=Reporter()), examples)


# -- one training --------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    one, two = fitted(tmp_path / "one"), fitted(tmp_path / "two")
    names = sorted(path.name for path in one.folder.iterdir())
    assert "model.safetensors" in names and "tokenizer.json" in names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
    for name in names:
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name
        assert str(tmp_path) not in (one.folder / name).read_bytes().decode("utf-8", "ignore")
    folder = tmp_path / "three"
    folder.mkdir()
    three = fit(training(folder, QUICK, seed=2), NUMBERS)
    weights = [file_sha256(f.folder / "model.safetensors") for f in (one, three)]
    assert weights[0] != weights[1]


def test_every_tensor_moves_and_the_loss_falls(tmp_path: Path) -> None:
    done = fitted(tmp_path, steps=40)
    assert (done.still, done.disturbed) == ([], [])
    assert [point["step"] for point in done.curve] == list(range(1, 41))
    assert done.curve[-1]["loss"] < done.curve[0]["loss"] / 2


def test_prompts_are_cut_and_long_answers_left_out_and_both_counted(tmp_path: Path) -> None:
    long = Example("long", "short", "word " * 30)
    wide = Example("wide", joined("asked", "document " * 50), "short")
    facts = fitted(tmp_path, [*NUMBERS, long, wide], steps=1).facts
    assert facts == {"examples": 14, "used": 13, "left_out_long_answer": 1, "prompts_cut": 1}


@pytest.mark.parametrize("examples", [[], [Example("long", "short", "word " * 30)]])
def test_nothing_to_learn_from_is_one_clear_line(tmp_path: Path, examples: list[Example]) -> None:
    with pytest.raises(InputError, match="no example to learn from"):
        fitted(tmp_path, examples)


def test_answers_are_in_the_prompts_order_and_no_answer_depends_on_its_batch(
    tmp_path: Path,
) -> None:
    done = fitted(tmp_path, steps=60)
    prompts = [joined(one.prompt, "x " * (7 * n % 11)) for n, one in enumerate(NUMBERS)]
    assert done.predict(prompts) == [done.predict([prompt])[0] for prompt in prompts]
    assert done.predict([]) == []
    assert len(set(done.predict(prompts))) > 1


# -- batches and the loss ------------------------------------------------------------------


def test_a_batch_is_padded_and_the_decoder_reads_one_place_later() -> None:
    features = [
        {"prompt": np.array([5, 6, 1], np.int32), "answer": np.array([7, 1], np.int32)},
        {"prompt": np.array([5, 1], np.int32), "answer": np.array([8, 9, 1], np.int32)},
    ]
    batch = {name: tensor.tolist() for name, tensor in collate(features, 0, 3).items()}
    assert batch == {
        "input_ids": [[5, 6, 1], [5, 1, 0]],
        "attention_mask": [[1, 1, 1], [1, 1, 0]],
        "decoder_input_ids": [[3, 7, 0], [3, 8, 9]],
        "labels": [[7, 1, IGNORED], [8, 9, 1]],
    }


def test_the_loss_is_the_mean_over_answer_tokens_however_they_are_divided() -> None:
    torch.manual_seed(1)
    logits = torch.randn(4, 5, 11, dtype=torch.float64)
    labels = torch.randint(11, (4, 5))
    for row, length in enumerate((5, 1, 3, 2)):
        labels[row, length:] = IGNORED
    told = [-logits[r, t].log_softmax(-1)[labels[r, t]] for r, t in (labels != IGNORED).nonzero()]
    wanted = torch.stack(told).mean()
    assert torch.allclose(answer_loss({"logits": logits}, labels).double(), wanted)
    parts = [answer_loss({"logits": logits[r]}, labels[r], 11) for r in ([0, 1], [2, 3])]
    assert torch.allclose(sum(parts).double(), wanted)


def test_accumulated_batches_make_the_step_of_one_large_batch(tmp_path: Path) -> None:
    """T5's own loss would weigh a short answer in a small batch more."""
    curves = [
        [p["loss"] for p in fitted(tmp_path / str(batch), batch=batch, accumulation=n).curve]
        for batch, n in ((8, 1), (2, 4))
    ]
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)


# -- models from elsewhere -----------------------------------------------------------------


def test_a_folder_is_trained_further_from_its_weights(tmp_path: Path) -> None:
    first = fitted(tmp_path / "first", steps=40)
    again = fitted(tmp_path / "again", model=str(first.folder), steps=1, learning_rate=1e-6)
    assert again.curve[0]["loss"] < 1.5 * first.curve[-1]["loss"] + 0.1
    assert again.predict([NUMBERS[0].prompt]) == first.predict([NUMBERS[0].prompt])
    loaded = AutoModelForSeq2SeqLM.from_pretrained(again.folder)
    tokenizer = AutoTokenizer.from_pretrained(again.folder)
    assert len(tokenizer) <= loaded.config.vocab_size
    for path in again.folder.glob("*.json"):
        assert str(tmp_path) not in path.read_text("utf-8"), path.name


def test_weights_that_are_pickled_are_refused(tmp_path: Path) -> None:
    folder = fitted(tmp_path, steps=1).folder
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="cannot be loaded.*safetensors"):
        fitted(tmp_path / "again", model=str(folder))


# -- the programs --------------------------------------------------------------------------


def small(lake: Path, *more: str) -> list[str]:
    given = ("steps=2", "batch=4", "max_prompt=48", "max_answer=96", "evaluated=4", "device=cpu")
    told = [word for one in (*given, *more) for word in ("--set", one)]
    return ["--lake", str(lake), "--profile", "tiny", *told]


@pytest.mark.parametrize("name", STUDENTS)
def test_a_student_is_published_with_its_answers_and_what_they_are_worth(
    tmp_path: Path, name: str
) -> None:
    student = STUDENTS[name]
    train, test = task_rows(name)
    put(Lake(tmp_path), student.dataset, [*train[:48], *test])
    assert PROGRAMS[name].main(small(tmp_path, "train_rows=24")) == 0
    store = ModelStore(Lake(tmp_path))
    build = store.require(name)
    kept = pq.read_table(store.path(name) / PREDICTIONS).to_pylist()
    by_key = {row[student.key]: row for row in test}
    rows = [by_key[one[student.key]] for one in kept]
    assert len({row["triple_id"] for row in rows}) >= 1
    assert build.facts["rows_asked"] == len(rows) <= max(4, len(rows))
    answers = [student.read(one["prediction"]) for one in kept]
    assert student_results(student, train[:48], rows, answers) == build.metrics
    facts = build.facts
    lost = facts["rows_of_another_set"] + facts["rows_not_drawn"] + facts["left_out_long_answer"]
    assert facts["rows_of_train_split"] == 48 == facts["used"] + lost
    assert PROGRAMS[name].PROGRAM.reads == (student.dataset,)


@pytest.mark.parametrize("split", ["train", "test"])
def test_an_empty_split_ends_before_anything_is_trained(
    tmp_path: Path, split: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = task_rows("editor")
    put(Lake(tmp_path), "rjdb/editing", train[:8] if split == "test" else test[:8])
    assert editor.main(small(tmp_path)) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"the {split} split is empty" in last and "rjdb/editing" in last
    assert ModelStore(Lake(tmp_path)).names() == []


def test_metrics_go_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = task_rows("extractor")
    put(Lake(tmp_path), "rjdb/extraction", [*train[:8], *test[:8]])
    assert extractor.main([*small(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["metric"] for row in told} == {"accuracy", "f1"}
    assert all(0 <= row["value"] <= 1 for row in told)
