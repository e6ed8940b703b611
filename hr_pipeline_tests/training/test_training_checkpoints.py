"""A training that was broken off goes on as if it had not been, to the very bits."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hr_pipeline.lake.models import PICKLED, ModelStore  # noqa: E402
from hr_pipeline.lake.store import Lake  # noqa: E402
from hr_pipeline.training.reporting import CURVE, Reporter, curve_of  # noqa: E402
from hr_pipeline_tests.training.small_trainer import FAULT, arguments, main  # noqa: E402

SMALL = "hr_pipeline_tests.training.small_trainer"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The version of the model that an uninterrupted training makes: a hash of all its files, of
    weights, curve and card."""
    lake = tmp_path_factory.mktemp("unbroken")
    assert main(arguments(lake)) == 0
    return version(lake)


def version(lake: Path) -> str:
    return ModelStore(Lake(lake)).require("small").version


def workspace(lake: Path) -> Path:
    (folder,) = ModelStore(Lake(lake)).workspaces("small")
    return folder


def broken_off_at(step: int, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C when this step is told."""

    def point(self: Reporter, folder: Path, now: int, of: int, values: Mapping[str, Any]) -> None:
        told(self, folder, now, of, values)
        if now == step:
            raise KeyboardInterrupt

    told = Reporter.point
    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "point", point)
        assert main(arguments(lake)) == 1


def test_after_kill_9_the_same_command_makes_the_same_model(
    tmp_path: Path, unbroken: str, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", SMALL, *arguments(tmp_path)]
    done = subprocess.run(command, env=os.environ | {FAULT: "kill 10"})
    assert done.returncode == -signal.SIGKILL
    assert ModelStore(Lake(tmp_path)).current("small") is None
    folder = workspace(tmp_path)
    assert [point["step"] for point in curve_of(folder)] == list(range(1, 11))
    names = {path.name for path in (folder / "checkpoints").iterdir()}
    assert names == {"checkpoint-4", "checkpoint-8"}
    assert not [path for path in folder.rglob("*") if path.suffix in PICKLED]

    assert main(arguments(tmp_path)) == 0
    assert "going on from step 8 of 12" in capfd.readouterr().err
    assert version(tmp_path) == unbroken
    published = ModelStore(Lake(tmp_path)).path("small")
    assert [point["step"] for point in curve_of(published)] == list(range(1, 13))


def test_a_spoiled_checkpoint_is_removed_and_an_older_one_taken(
    tmp_path: Path,
    unbroken: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken_off_at(10, tmp_path, monkeypatch)
    assert "stopped; the same command goes on" in capsys.readouterr().err
    weights = workspace(tmp_path) / "checkpoints" / "checkpoint-8" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    half_written = workspace(tmp_path) / "checkpoints" / "checkpoint-9"
    half_written.mkdir()
    (half_written / "weights.safetensors").write_bytes(content)
    with open(workspace(tmp_path) / CURVE, "a") as curve:
        curve.write('{"step": 11, "lo')

    assert main(arguments(tmp_path)) == 0
    said = capsys.readouterr().err
    assert "checkpoint-8 is not whole: removed" in said
    assert "checkpoint-9 is not whole: removed" in said
    assert "going on from step 4 of 12" in said
    assert version(tmp_path) == unbroken


def test_a_training_that_was_over_is_only_published(
    tmp_path: Path, unbroken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off when it is to be moved into its place."""
    with monkeypatch.context() as patch:
        patch.setattr(ModelStore, "publish", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
        assert main(arguments(tmp_path)) == 1
    assert ModelStore(Lake(tmp_path)).current("small") is None
    assert main(arguments(tmp_path)) == 0
    assert version(tmp_path) == unbroken


def test_other_settings_begin_anew_and_what_was_left_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_off_at(5, tmp_path, monkeypatch)
    left = workspace(tmp_path)
    assert main(arguments(tmp_path, "--set", "steps=2")) == 0
    said = capsys.readouterr().err
    assert f"{left}: left by a training with other data or settings" in said
    assert "going on" not in said and left.is_dir()


def test_a_loss_that_is_not_finite_ends_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(tmp_path, "--set", "learning_rate=1e30")) == 1
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "step" not in one[:5]]
    assert (
        "the loss or its gradient is not finite at step" in line
        and "lower learning_rate (now 1e+30)" in line
    )
    assert ModelStore(Lake(tmp_path)).names() == []
