"""How a training is started from Dagster, what is heard of it, and how it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from hr_pipeline.training.launcher import Launcher, LocalLauncher
from hr_pipeline_tests.training.stub_trainer import VERSION

STUB = "hr_pipeline_tests.training.stub_trainer"
KEY = dg.AssetKey(["models", "stub"])


def stub(what: str, path: Path) -> dg.AssetsDefinition:
    @dg.asset(key=KEY)
    def model(context: dg.AssetExecutionContext, launcher: Launcher) -> dg.MaterializeResult:
        return launcher.launch(context, STUB, [what, str(path)])

    return model


def launch(what: str, path: Path, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    launcher = {"launcher": LocalLauncher()}
    return dg.materialize(
        [stub(what, path)], instance=instance, resources=launcher, raise_on_error=False
    )


@pytest.fixture
def instance() -> Any:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


def failure(result: dg.ExecuteInProcessResult) -> Any:
    (event,) = (e for e in result.all_events if e.event_type_value == "STEP_FAILURE")
    return event.step_failure_data.error


def is_alive(process: int) -> bool:
    """Whether it runs; one that has ended and is not yet collected does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def test_modules_of_the_working_folder_are_none_of_a_training(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('mine')")
    monkeypatch.chdir(tmp_path)
    assert launch("learns", tmp_path, instance).success


def test_what_a_program_reports_is_the_materialization(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    result = launch("learns", tmp_path, instance)
    (made,) = result.asset_materializations_for_node("models__stub")
    assert (made.tags or {})["dagster/data_version"] == VERSION
    assert made.metadata["steps"].value == 3
    said = [entry.message for entry in instance.all_logs(result.run_id)]
    assert any("step 3 of 3: loss 1" in line for line in said)


def test_lines_are_heard_while_the_program_runs(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """The program goes on only after its line stands in the event log."""
    heard = tmp_path / "heard"

    def listen() -> None:
        def said() -> bool:
            runs = instance.get_runs()
            logs = [e.message for run in runs for e in instance.all_logs(run.run_id)]
            return any("half of it is done" in line for line in logs)

        if until(said):
            heard.touch()

    listener = threading.Thread(target=listen)
    listener.start()
    result = launch("speaks", heard, instance)
    listener.join()
    assert result.success


@pytest.mark.parametrize(
    ("what", "kind", "line"),
    [
        ("refuses", "InputError", "device: there is no GPU on this machine; use cpu"),
        ("stops", "TrainingStopped", "the loss is not finite at step 2"),
        ("crashes", "TrainingStopped", "ZeroDivisionError: of a kind that nobody thought of"),
        ("dies", "TrainingStopped", "ended by SIGKILL"),
    ],
)
def test_why_a_program_ended_is_the_failure(
    what: str, kind: str, line: str, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    result = launch(what, tmp_path, instance)
    assert not result.success
    assert not result.asset_materializations_for_node("models__stub")
    error = failure(result)
    assert line in error.message and error.cause.cls_name == kind and line in error.cause.message


def test_a_program_that_reports_nothing_has_made_nothing(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    result = launch("forgets", tmp_path, instance)
    assert not result.success and "reported no model" in failure(result).message


def test_a_cancelled_run_leaves_no_process(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    ready = tmp_path / "ready"

    def cancel() -> None:
        until(ready.exists)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=cancel).start()
    try:
        result = launch("waits", ready, instance)
        assert not result.success
    except KeyboardInterrupt:
        pass
    program, worker = map(int, ready.read_text().split())
    assert until(lambda: not is_alive(program) and not is_alive(worker), seconds=10)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells of a parent's death")
def test_a_killed_run_leaves_no_program(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    """Neither does one that was started in the background, where SIGINT is ignored."""
    code = (
        "import signal, sys, dagster as dg, pathlib\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from hr_pipeline_tests.training.test_training_launcher import launch\n"
        "with dg.DagsterInstance.ephemeral() as instance:\n"
        "    launch('waits', pathlib.Path(sys.argv[1]), instance)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(ready)], stderr=subprocess.DEVNULL)
    assert until(lambda: ready.exists() and bool(ready.read_text()))
    run.kill()
    run.wait()
    program, worker = map(int, ready.read_text().split())
    try:
        assert until(lambda: not is_alive(program), seconds=10)
    finally:
        os.kill(worker, signal.SIGKILL)
