"""How Dagster starts a training: one small interface, and the process on this machine behind it."""

import ctypes
import os
import signal
import subprocess
import sys
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from hr_pipeline.training.settings import Settings

MADE_BY_PROGRAM = "hr-pipeline train "  # begins the line that says why a program stopped
LINES_KEPT = 50  # of what a program printed, to tell why it stopped
WRONG_INPUT = 2  # exit code
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
NO_GPU = "train tiny models (--profile demo), or say device: cpu in the settings of the model"
PATIENCE_S = {signal.SIGINT: 20.0, signal.SIGTERM: 5.0, signal.SIGKILL: 5.0}


class Launcher(dg.ConfigurableResource):
    """Where trainings run. `processes`: of each training, one a GPU."""

    processes: int = 1

    @abstractmethod
    def launch(
        self, context: dg.AssetExecutionContext, module: str, arguments: Sequence[str]
    ) -> dg.MaterializeResult:
        """Run `python -m MODULE ARGUMENTS` where its Dagster Pipes messages arrive, and give what
        it reports. Raises dg.Failure, with the line that the program ended with."""

    @abstractmethod
    def require_ready(self, settings: "Settings") -> None:
        """Raises InputError where such a training could not start: told before its data is made."""


class LocalLauncher(Launcher):
    """A process of this machine, with its workers in a group of its own that ends as one."""

    def launch(
        self, context: dg.AssetExecutionContext, module: str, arguments: Sequence[str]
    ) -> dg.MaterializeResult:
        heard: deque[str] = deque(maxlen=LINES_KEPT)
        with dg.open_pipes_session(
            context, dg.PipesTempFileContextInjector(), dg.PipesTempFileMessageReader()
        ) as session:
            process = subprocess.Popen(  # -P: without modules of the working folder
                [sys.executable, "-P", "-m", module, *arguments],
                env={**os.environ, **session.get_bootstrap_env_vars()},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                preexec_fn=_end_with_this_process,
            )
            ear = Thread(target=_pass_on, args=(process.stdout, heard), daemon=True)
            ear.start()
            try:
                code = process.wait()
            finally:  # a cancelled run leaves nothing behind, nor does a program that has ended
                _end_group(process)
                ear.join(timeout=5)
        if code:
            raise _failure(code, heard)
        for result in session.get_results(implicit_materializations=False):
            if isinstance(result, dg.MaterializeResult):
                return result
        raise dg.Failure("the program ended and reported no model", allow_retries=False)

    def require_ready(self, settings: "Settings") -> None:
        from hr_pipeline.lake.errors import InputError
        from hr_pipeline.training.program import require_device, require_extra

        require_extra()
        try:
            require_device(settings)
        except InputError as error:
            raise InputError(error.what, error.where, NO_GPU) from error


def _end_with_this_process() -> None:
    """In the new process: SIGINT when the one that started it is killed. Linux alone has this."""
    if LIBC:
        LIBC.prctl(DEATH_SIGNAL, signal.SIGINT)


def _pass_on(lines: Iterable[str] | None, heard: deque[str]) -> None:
    """What a program prints goes to the step's own stderr, which Dagster keeps with the run."""
    for line in lines or ():
        sys.stderr.write(line)
        heard.append(line.strip())


def _end_group(process: "subprocess.Popen[str]") -> None:
    """End what is left of a training: asked first, so that it ends whole, then killed."""
    try:
        for number, patience in PATIENCE_S.items():
            if process.poll() is not None:
                return
            os.killpg(process.pid, number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _failure(code: int, heard: Iterable[str]) -> dg.Failure:
    """Why a program ended: its own line where it said one. Nothing is tried again by itself."""
    from hr_pipeline.lake.errors import InputError
    from hr_pipeline.training.program import TrainingStopped

    said = [line for line in heard if line]
    own = [line for line in said if line.startswith(MADE_BY_PROGRAM)]
    reason = (own or said or [f"the program ended with exit code {code}"])[-1]
    reason = reason.partition(": ")[2] if own else reason
    if code < 0:
        name = signal.Signals(-code).name
        reason = f"the program was ended by {name}" + (
            ", as a machine without memory left does" if name == "SIGKILL" else ""
        )
    failure = dg.Failure(reason, allow_retries=False)
    failure.__cause__ = InputError(reason) if code == WRONG_INPUT else TrainingStopped(reason)
    return failure
