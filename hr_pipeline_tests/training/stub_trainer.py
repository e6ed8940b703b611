"""A program that a launcher starts as it starts trainers, without any of their libraries.

python -m hr_pipeline_tests.training.stub_trainer WHAT [FILE]
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.training.program import TrainingStopped, guarded
from hr_pipeline.training.reporting import Reporter

VERSION = "0123456789abcdef"
SLEEP = [sys.executable, "-c", "import time; time.sleep(120)"]


def learn(report: Reporter, workspace: Path) -> None:
    for step in (1, 2, 3):
        report.point(workspace, step, 3, {"loss": 3.0 / step})
    report.published(VERSION, lambda: {"steps": 3})


def wait_with_a_worker(ready: Path) -> None:
    """As a training with workers: what it started is to end with it."""
    worker = subprocess.Popen(SLEEP)
    ready.write_text(f"{os.getpid()} {worker.pid}")
    time.sleep(120)


def say_and_wait(report: Reporter, heard: Path) -> None:
    """Ends well as soon as somebody has heard what it says."""
    report.say("half of it is done")
    for _ in range(600):
        if heard.exists():
            report.published(VERSION, dict)
            return
        time.sleep(0.1)
    raise TrainingStopped("nobody heard it")


def work(report: Reporter) -> None:
    what, path = sys.argv[1], Path(sys.argv[2])
    if what == "learns":
        learn(report, path)
    elif what == "refuses":
        raise InputError("there is no GPU on this machine", "device", "use cpu")
    elif what == "stops":
        raise TrainingStopped("the loss is not finite at step 2")
    elif what == "crashes":
        raise ZeroDivisionError("of a kind that nobody thought of")
    elif what == "waits":
        wait_with_a_worker(path)
    elif what == "speaks":
        say_and_wait(report, path)
    elif what == "dies":
        os.kill(os.getpid(), 9)


if __name__ == "__main__":
    sys.exit(guarded("hr-pipeline train stub", work))
