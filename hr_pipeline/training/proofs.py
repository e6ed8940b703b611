"""Proofs that a kind of trainer learns, for models so small that a CPU does it in a minute.

They show that everything is wired: that the loss falls, that rows can be learnt by heart and a
field of rows never seen be answered, that what is to be trained moves and nothing else. How good a
model of real size becomes, they do not show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.training.degrees import DegreeTask
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fit, Fitted
from hr_pipeline.training.program import Training
from hr_pipeline.training.settings import changed

ROWS = 32  # learnt by heart
LEARNT = 0.9
ABOVE_MAJORITY = 0.2
FALLEN = 0.5
LOSS = "loss of the last steps over that of the first"
BY_HEART = f"exact match on {ROWS} rows learnt by heart"
HELD_OUT = "exact match on held-out rows: level of degree"
STILL = "trainable tensors that did not move"
DISTURBED = "frozen tensors that moved"


@dataclass(frozen=True)
class Proof:
    """What one training had to show (`task`: what it learnt), and what it did."""

    trainer: str
    task: str
    proof: str
    wanted: str
    got: float
    passed: bool


def learns_by_heart(
    trainer: str, task: str, fit: Fit, training: Training, examples: Sequence[Example]
) -> tuple[list[Proof], Fitted]:
    """Fits `ROWS` examples, and asks for them again; raises InputError where there are fewer."""
    if len(examples) < ROWS:
        raise InputError(f"at least {ROWS} rows are needed, and there are {len(examples)}", task)
    learnt = spread(examples, ROWS)
    fitted = _fitted(fit, training, f"{trainer}-{task}-by-heart", learnt)
    right = exact_match(fitted, learnt)
    passed = right >= LEARNT
    shown = Proof(trainer, task, BY_HEART, f"at least {LEARNT}", right, passed)
    return [shown, *_of_training(trainer, task, fitted)], fitted


def generalises(
    trainer: str, fit: Fit, training: Training, degrees: DegreeTask
) -> tuple[list[Proof], Fitted]:
    """Fits the degree levels of the train split, and asks for those of the other splits; raises
    InputError where a split has none."""
    if not degrees.train or not degrees.held_out:
        raise InputError("a split has no education section", "rjdb/triples", "build more triples")
    fitted = _fitted(fit, training, f"{trainer}-degrees", degrees.train)
    right = exact_match(fitted, degrees.held_out)
    least = degrees.majority + ABOVE_MAJORITY
    wanted = f"at least {least:.2f} (majority {degrees.majority:.2f} + {ABOVE_MAJORITY})"
    shown = Proof(trainer, "degrees", HELD_OUT, wanted, right, right >= least)
    return [shown, *_of_training(trainer, "degrees", fitted)], fitted


def _fitted(fit: Fit, training: Training, name: str, examples: Sequence[Example]) -> Fitted:
    workspace = training.workspace / name
    workspace.mkdir(parents=True, exist_ok=True)
    training.report.say(f"proof {name}: {len(examples)} rows")
    return fit(replace(training, name=name, workspace=workspace), examples)


def _of_training(trainer: str, task: str, fitted: Fitted) -> list[Proof]:
    """What every training has to show: a loss that falls, and what moved."""
    ratio = fallen_to(fitted.curve)
    still, disturbed = len(fitted.still), len(fitted.disturbed)
    return [
        Proof(trainer, task, LOSS, f"under {FALLEN}", ratio, ratio < FALLEN),
        Proof(trainer, task, STILL, "0", still, still == 0),
        Proof(trainer, task, DISTURBED, "0", disturbed, disturbed == 0),
    ]


def fallen_to(curve: Sequence[Mapping[str, float]]) -> float:
    """The mean loss of the last tenth of the steps over that of the first tenth. A point's loss is
    the mean of the steps since the point before; NaN where there are fewer than two points."""
    points = [(point["step"], point["loss"]) for point in curve if "loss" in point]
    if len(points) < 2:
        return float("nan")
    steps = points[-1][0]
    last = _mean_loss([(0, 0.0), *points], 0.9 * steps, steps)
    return last / _mean_loss([(0, 0.0), *points], 0, max(points[0][0], 0.1 * steps))


def _mean_loss(points: Sequence[tuple[float, float]], after: float, until: float) -> float:
    """Of the steps that points tell of which end in this stretch."""
    told = [
        (step - before, loss)
        for (before, _), (step, loss) in pairwise(points)
        if after < step <= until
    ]
    return sum(steps * loss for steps, loss in told) / sum(steps for steps, _ in told)


def exact_match(fitted: Fitted, examples: Sequence[Example]) -> float:
    """Share of the examples that the model answers with their target; outer spaces do not count."""
    answers = fitted.predict([example.prompt for example in examples])
    pairs = zip(answers, examples, strict=True)
    return sum(answer.strip() == asked.target.strip() for answer, asked in pairs) / len(examples)


def spread(examples: Sequence[Example], n: int) -> list[Example]:
    """`n` of them at even distances, so that those of every kind are among them."""
    return [examples[i * len(examples) // n] for i in range(n)]


def told(training: Training, **settings: Any) -> Training:
    """The same training with some other settings."""
    return replace(training, settings=changed(training.settings, settings, "proofs"))
