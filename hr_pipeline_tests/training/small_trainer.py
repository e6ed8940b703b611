"""A real trainer that is done in seconds: a small T5 with dropout learns two dozen sentences.

python -m hr_pipeline_tests.training.small_trainer ARGUMENTS, with FAULT in the environment:
"kill STEP" dies there as by kill -9, "stop RANK" and "die RANK" do so in one of several processes.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hr_pipeline.training import program
from hr_pipeline.training.examples import Example
from hr_pipeline.training.program import Made, Program, Training, TrainingStopped
from hr_pipeline.training.reporting import Reporter
from hr_pipeline.training.settings import Settings

FAULT = "SMALL_TRAINER_FAULT"
DROPOUT = "SMALL_TRAINER_DROPOUT"
# Answers of unequal length, so that a mean of means would not be the mean.
EXAMPLES = [Example(f"{n}", f"How often is number {n}?", "again " * (1 + n % 7)) for n in range(24)]
QUICK = (
    "batch=4",
    "steps=12",
    "checkpoint_steps=4",
    "log_steps=1",
    "learning_rate=0.002",
    "max_answer=12",
)
OFTEN = [word for setting in QUICK for word in ("--set", setting)]


class Dying(Reporter):
    def point(self, workspace: Path, step: int, steps: int, values: Mapping[str, float]) -> None:
        super().point(workspace, step, steps, values)
        if os.environ.get(FAULT) == f"kill {step}":
            os.kill(os.getpid(), signal.SIGKILL)


def train(training: Training) -> Made:
    import torch

    from hr_pipeline.training.students import seq2seq

    torch.set_num_threads(1)
    if os.environ.get(FAULT) == f"stop {os.environ.get('RANK')}":
        raise TrainingStopped("this process has had enough")
    if os.environ.get(FAULT) == f"die {os.environ.get('RANK')}":
        os.kill(os.getpid(), signal.SIGKILL)
    if str(os.environ.get(FAULT)).startswith("kill"):
        training.report.__class__ = Dying
    with patch.object(seq2seq, "make_t5", forgetful(seq2seq.make_t5)):
        fitted = seq2seq.fit(training, EXAMPLES)
    right = map(str.__eq__, fitted.predict(["How often is number 3?"]), ["again " * 4])
    measured = {"task": "counting", "metric": "exact match", "value": float(sum(right)), "rows": 1}
    floors = dict.fromkeys(("majority", "lexical", "paper_teacher", "paper_student", "source"))
    return Made(fitted.folder, [{**measured, **floors}], fitted.facts)


def forgetful(make: Callable[..., Any]) -> Callable[..., Any]:
    """With dropout, so that the weights depend on the state of a generator."""

    def made(*given: Any) -> Any:
        model = make(*given)
        for module in model.modules():
            if isinstance(getattr(module, "p", None), float):
                module.p = float(os.environ.get(DROPOUT, "0.1"))
        return model

    return made


PROGRAM = Program(
    name="small",
    about="how often a number is",
    reads=(),
    settings=Settings,
    train=train,
    code_version="1",
    may_read=("rjdb/matching",),
)


def main(argv: Sequence[str] | None = None) -> int:
    return program.main(PROGRAM, argv)


def arguments(lake: Path, *more: str) -> list[str]:
    return ["--lake", str(lake), "--profile", "tiny", *OFTEN, *more]


if __name__ == "__main__":
    sys.exit(main())
