"""Distillation as a whole training: what it moves, keeps, publishes, and goes on from."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from hr_pipeline.lake.errors import InputError  # noqa: E402
from hr_pipeline.lake.store import file_sha256  # noqa: E402
from hr_pipeline.training.causal.models import answer_all, load  # noqa: E402
from hr_pipeline.training.distillation import trainer as distillation  # noqa: E402
from hr_pipeline.training.distillation.trainer import FEATURES, shared_ids  # noqa: E402
from hr_pipeline.training.fitting import Fitted  # noqa: E402
from hr_pipeline.training.reporting import CURVE, curve_of  # noqa: E402
from hr_pipeline.training.runs.processes import launch  # noqa: E402
from hr_pipeline.training.settings import TINY  # noqa: E402
from hr_pipeline.training.tiny_tokenizer import make_tokenizer  # noqa: E402
from hr_pipeline_tests.training import distilling  # noqa: E402
from hr_pipeline_tests.training.distilling import EXAMPLES, distil, training  # noqa: E402

torch.set_num_threads(1)
LORA = "adapter_model.safetensors"
NEAR = 1e-4


@pytest.fixture(scope="module")
def models(tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("models")
    distilling.make_models(folder)
    return folder


@pytest.fixture(scope="module")
def whole(models: Path, tmp_path_factory: Any) -> tuple[Path, Fitted]:
    workspace: Path = tmp_path_factory.mktemp("whole")
    return workspace, distil(models, workspace)


def tensors(folder: Path) -> dict[str, Any]:
    return load_file(folder / LORA) | load_file(folder / FEATURES)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: file_sha256(path) for path in folder.glob("*") if path.is_file()}


def same(one: Path, other: Path, tolerance: float) -> bool:
    ours, theirs = tensors(one), tensors(other)
    assert ours.keys() == theirs.keys()
    errors = [float((ours[n] - theirs[n]).norm() / ours[n].norm()) for n in ours]
    return max(errors) < tolerance


def test_what_is_to_learn_moves_and_nothing_else(whole: tuple[Path, Fitted]) -> None:
    workspace, fitted = whole
    assert not fitted.still and not fitted.disturbed
    assert fitted.facts["aligned_layers"] == 2
    assert fitted.facts["rows"] == 24 and fitted.facts["prompts_cut"] == 0
    held = load_file(workspace / "checkpoints/checkpoint-8/weights.safetensors")
    published = load_file(fitted.folder / FEATURES)
    assert {f"adapters.{n}" for n in range(2)} == published.keys()
    assert all(torch.equal(held[name], tensor) for name, tensor in published.items())
    moments = load_file(workspace / "checkpoints/checkpoint-8/optimizer.safetensors")
    shapes = {tuple(tensor.shape) for tensor in moments.values()}
    assert {(48, 32)} <= shapes, "the optimizer holds no adapter"
    assert not any(name.startswith(("teacher", "_outside")) for name in held)


def test_the_curve_tells_every_term_as_it_is_and_as_it_counts(
    whole: tuple[Path, Fitted], models: Path
) -> None:
    curve = whole[1].curve
    assert [point["step"] for point in curve] == list(range(1, 9))
    for point in curve:
        assert point["kd_weighted"] == pytest.approx(point["kd"])
        assert point["hid_weighted"] == pytest.approx(0.5 * point["hid"])
        parts = point["nll"] + point["kd_weighted"] + point["hid_weighted"]
        assert point["loss"] == pytest.approx(parts, rel=1e-4)
    assert curve[-1]["loss"] < curve[0]["loss"]


def test_published_files_answer_without_the_feature_adapters(
    whole: tuple[Path, Fitted], models: Path, tmp_path: Path
) -> None:
    fitted = whole[1]
    assert {path.suffix for path in fitted.folder.iterdir()} <= {".safetensors", ".json", ".jinja"}
    moved = tmp_path / "elsewhere"
    shutil.copytree(fitted.folder, moved)
    (moved / FEATURES).unlink()
    settings = training(models, tmp_path / "w").settings
    prompts = [one.prompt for one in EXAMPLES]
    assert answer_all(load(str(moved), settings), prompts, settings) == fitted.predict(prompts)


def test_going_on_from_a_checkpoint_ends_in_the_same_bits(
    whole: tuple[Path, Fitted], models: Path, tmp_path: Path
) -> None:
    """As after a kill between steps 4 and 8: adapters and their moments are the checkpoint's."""
    shutil.copytree(whole[0] / "checkpoints/checkpoint-4", tmp_path / "checkpoints/checkpoint-4")
    shutil.copy(whole[0] / CURVE, tmp_path / CURVE)
    again = distil(models, tmp_path)
    assert hashes(again.folder) == hashes(whole[1].folder)
    assert again.curve == whole[1].curve


def test_the_same_seed_makes_the_same_bits_and_another_others(
    whole: tuple[Path, Fitted], models: Path, tmp_path: Path
) -> None:
    assert hashes(distil(models, tmp_path / "same").folder) == hashes(whole[1].folder)
    other = distillation.fit(replace(training(models, tmp_path / "other"), seed=2), EXAMPLES)
    assert not same(other.folder, whole[1].folder, 0.01)


@pytest.mark.parametrize("faithful", [False, True])
def test_accumulated_parts_are_one_batch(models: Path, tmp_path: Path, faithful: bool) -> None:
    told = f"faithful={str(faithful).lower()}", "steps=4", "learning_rate=0.001"
    one = distil(models, tmp_path / "one", *told)
    four = distil(models, tmp_path / "four", "batch=1", "accumulation=4", *told)
    assert same(one.folder, four.folder, NEAR)
    for point, other in zip(one.curve, four.curve, strict=True):
        assert other == pytest.approx(point, rel=NEAR)


def test_two_processes_keep_in_step_and_equal_one(models: Path, tmp_path: Path) -> None:
    told = "steps=4", "learning_rate=0.001"
    arguments = [str(models), str(tmp_path / "two"), "batch=2", *told]
    assert launch("hr_pipeline_tests.training.distilling", arguments, 2) == 0
    one = distil(models, tmp_path / "one", "batch=2", "accumulation=2", *told)
    assert same(one.folder, tmp_path / "two/adapter", NEAR)
    for point, other in zip(one.curve, curve_of(tmp_path / "two"), strict=True):
        assert other == pytest.approx(point, rel=NEAR)


def test_without_either_term_no_teacher_is_opened(models: Path, tmp_path: Path) -> None:
    control = replace(training(models, tmp_path, "alpha=0", "beta=0", "steps=2"), teacher="no/such")
    fitted = distillation.fit(control, EXAMPLES)
    assert not (fitted.folder / FEATURES).exists() and not fitted.still
    assert "kd" not in fitted.curve[0] and "hid" not in fitted.curve[0]


def test_models_that_read_otherwise_are_refused(models: Path, tmp_path: Path) -> None:
    distilling.make_models(tmp_path, make_tokenizer([one.prompt[::-1] for one in EXAMPLES], 280))
    mixed = replace(training(models, tmp_path / "w"), teacher=str(tmp_path / "teacher"))
    with pytest.raises(InputError, match=r"teacher: id \d+ is .* to the teacher and .*tokenizer"):
        distillation.fit(mixed, EXAMPLES)
    settings = mixed.settings
    student, teacher = (load(str(models / name), settings) for name in ("student", "teacher"))
    student.tokenizer.add_tokens(["<|new|>"])
    assert shared_ids(student, teacher) == len(teacher.tokenizer)
    student.tokenizer.add_tokens([f"<|{n}|>" for n in range(40)])
    with pytest.raises(InputError, match="the student's tokenizer has"):
        shared_ids(student, teacher)


def test_a_tiny_teacher_is_made_by_one_process(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="made by one process"):
        distillation.teacher_name(replace(training(models, tmp_path), teacher=TINY), EXAMPLES)
