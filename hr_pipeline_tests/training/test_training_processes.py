"""Several processes, and several micro-batches, make the step that one makes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from hr_pipeline.lake.models import ModelStore  # noqa: E402
from hr_pipeline.lake.store import Lake  # noqa: E402
from hr_pipeline.training.causal import lora  # noqa: E402
from hr_pipeline.training.fitting import Fit  # noqa: E402
from hr_pipeline.training.reporting import curve_of  # noqa: E402
from hr_pipeline.training.runs.checkpoints import SafeCheckpoints  # noqa: E402
from hr_pipeline.training.settings import LoraSettings, Settings  # noqa: E402
from hr_pipeline.training.students import seq2seq  # noqa: E402
from hr_pipeline_tests.training.small_data import training  # noqa: E402
from hr_pipeline_tests.training.small_trainer import (  # noqa: E402
    DROPOUT,
    EXAMPLES,
    FAULT,
    arguments,
    main,
)

SMALL = "hr_pipeline_tests.training.small_trainer"


# -- accumulation -------------------------------------------------------------------------------


def gradients(
    fit: Fit, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[dict[str, float]], list[dict[str, Any]]]:
    """The curve, and the gradients of each step before they are clipped."""
    found = []

    def clip(self: SafeCheckpoints, model: Any) -> Any:
        tensors = self.model.named_parameters()
        found.append({n: p.grad.clone() for n, p in tensors if p.grad is not None})
        return clipped(self, model)

    clipped = SafeCheckpoints._clip_grad_norm
    with monkeypatch.context() as patch:
        patch.setattr(SafeCheckpoints, "_clip_grad_norm", clip)
        fitted = fit(training(folder, settings), EXAMPLES)
    return fitted.curve, found


@pytest.mark.parametrize(("fit", "kind"), [(seq2seq.fit, Settings), (lora.fit, LoraSettings)])
def test_accumulated_micro_batches_make_the_step_of_the_whole_batch(
    fit: Fit, kind: type[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1x8 = 2x4 = 8x1, though answers are of unequal length: the loss is a mean over tokens."""
    torch.set_num_threads(1)
    same: dict[str, Any] = {"steps": 2, "log_steps": 1, "max_prompt": 64, "max_answer": 24}
    curve, whole = gradients(
        fit, kind(batch=8, accumulation=1, **same), tmp_path / "1x8", monkeypatch
    )
    assert len(whole) == 2
    for batch, accumulation in ((4, 2), (1, 8)):
        settings = kind(batch=batch, accumulation=accumulation, **same)
        folder = tmp_path / f"{accumulation}"
        for base in (tmp_path / "1x8").glob("base-*"):  # made from scratch, once
            shutil.copytree(base, folder / base.name)
        other, parts = gradients(fit, settings, folder, monkeypatch)
        assert [p["loss"] for p in other] == pytest.approx([p["loss"] for p in curve], rel=1e-5)
        for one, two in zip(whole, parts, strict=True):
            assert one.keys() == two.keys()
            for name, gradient in one.items():
                torch.testing.assert_close(two[name], gradient, rtol=1e-3, atol=1e-6)


# -- processes ----------------------------------------------------------------------------------


def weights(lake: Path) -> dict[str, Any]:
    return load_file(ModelStore(Lake(lake)).path("small") / "model.safetensors")


def told(given: Sequence[str], count: int, **environment: str) -> subprocess.CompletedProcess[str]:
    """As `launch`, whose processes write to its own streams."""
    code = "import sys; from hr_pipeline.training.runs.processes import launch; "
    code += f"sys.exit(launch({SMALL!r}, {list(given)!r}, {count}))"
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_two_processes_make_the_model_that_one_makes_with_twice_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DROPOUT, "0")
    given = ["--set", "steps=3", "--set", "learning_rate=1e-4", "--set", "batch=2", "--json"]
    done = told(arguments(tmp_path / "two", *given), 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"exact match"') == 1
    assert done.stderr.count("models/small: version") == 1
    assert main(arguments(tmp_path / "one", *given, "--set", "accumulation=2")) == 0
    (build,) = ModelStore(Lake(tmp_path / "two")).builds("small")
    assert build.recipe.settings["processes"] == 2
    alone, together = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert alone.keys() == together.keys()
    for name, tensor in alone.items():
        torch.testing.assert_close(together[name], tensor, rtol=1e-4, atol=1e-5)
    curves = [curve_of(ModelStore(Lake(tmp_path / lake)).path("small")) for lake in ("one", "two")]
    assert len(curves[0]) == len(curves[1]) == 3
    for point, other in zip(*curves, strict=True):
        assert other == pytest.approx(point, rel=1e-4)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("stop 1", "hr-pipeline train small: this process has had enough"),
        ("die 1", "a process was ended by SIGKILL; the same command goes on"),
    ],
)
def test_a_process_that_fails_ends_all_in_one_line(
    tmp_path: Path, fault: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a module of the working folder')")
    monkeypatch.chdir(tmp_path)
    done = told(arguments(tmp_path), 2, **{FAULT: fault})
    assert (done.returncode, done.stderr) == (1, f"{said}\n")
    assert ModelStore(Lake(tmp_path)).names() == []
