"""Proofs that a kind of trainer learns, for models so small that a CPU does it in a minute.

They show that everything is wired: that the loss falls, that rows can be learnt by heart and a
field of rows never seen be answered, that what is to be trained moves and nothing else. How good a
model of real size becomes, they do not show.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.text import columns
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fit, Fitted
from hr_pipeline.training.program import Training
from hr_pipeline.training.studies.degrees import DegreeTask

ROWS = 32  # learnt by heart
LEARNT = 0.9
ABOVE_MAJORITY = 0.2
FALLEN = 0.5
# What a training may fail to show.
LOSS, MATCH, STILL, DISTURBED = "loss", "exact match", "left still", "frozen, but moved"
HEADS = ("trainer", "learnt", "loss: last / first", MATCH, "wanted", STILL, DISTURBED, "shown")
WANTED = (
    f"wanted: a loss under {FALLEN} of that of the first steps; exact match as told (degrees: "
    f"majority + {ABOVE_MAJORITY}); every trainable tensor moved, no frozen one"
)


@dataclass(frozen=True)
class Proof:
    """What one training showed. `fallen_to`: its loss at the end as a share of that at the start;
    `right`: exact match on what it was asked, and `least`, what that had to be; `still` and
    `disturbed`: how many trainable tensors did not move, and frozen ones did. None where that was
    not looked at."""

    trainer: str
    task: str
    fallen_to: float
    right: float | None = None
    least: float | None = None
    still: int | None = None
    disturbed: int | None = None

    def failed(self) -> list[str]:
        """What it did not show; nothing where all is well."""
        shown = {
            LOSS: self.fallen_to < FALLEN,
            MATCH: self.right is None or self.least is None or self.right >= self.least,
            STILL: not self.still,
            DISTURBED: not self.disturbed,
        }
        return [name for name, passed in shown.items() if not passed]

    def cells(self) -> tuple[str, ...]:
        """Of a table with `HEADS`."""
        shares = (self.fallen_to, self.right, self.least)
        told = ["" if one is None else f"{one:.3f}" for one in shares]
        counts = ["" if one is None else str(one) for one in (self.still, self.disturbed)]
        return (self.trainer, self.task, *told, *counts, "NO" if self.failed() else "yes")


def learns_by_heart(
    trainer: str, task: str, fit: Fit, training: Training, examples: Sequence[Example]
) -> tuple[Proof, Fitted]:
    """Fits `ROWS` of the examples, and asks for them again; raises InputError where there are
    fewer."""
    if len(examples) < ROWS:
        raise InputError(f"at least {ROWS} rows are needed, and there are {len(examples)}", task)
    rows = to_learn_by_heart(examples)
    return _proved(f"{ROWS} rows by heart: {task}", fit, training, rows, rows, LEARNT, trainer)


def generalises(
    trainer: str, fit: Fit, training: Training, degrees: DegreeTask
) -> tuple[Proof, Fitted]:
    """Fits the degree levels of the train split, and asks for those of the other splits; raises
    InputError where there are none."""
    if not degrees.train or not degrees.held_out:
        raise InputError("a split has no education section", "rjdb/triples", "build more triples")
    least = degrees.majority + ABOVE_MAJORITY
    task = "degrees, asked of held-out resumes"
    return _proved(task, fit, training, degrees.train, degrees.held_out, least, trainer)


def _proved(
    task: str,
    fit: Fit,
    training: Training,
    learnt: Sequence[Example],
    asked: Sequence[Example],
    least: float,
    trainer: str,
) -> tuple[Proof, Fitted]:
    workspace = training.workspace / re.sub(r"\W+", "-", f"{trainer} {task}")
    workspace.mkdir(parents=True, exist_ok=True)
    training.report.say(f"proof of {trainer}: {task}")
    fitted = fit(replace(training, name=workspace.name, workspace=workspace), learnt)
    proof = Proof(
        trainer,
        task,
        fallen_to(fitted.curve),
        exact_match(fitted, asked),
        least,
        len(fitted.still),
        len(fitted.disturbed),
    )
    return proof, fitted


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


def to_learn_by_heart(examples: Sequence[Example]) -> list[Example]:
    """`ROWS` of them at even distances, so that those of every kind are among them: of the half
    with the shorter answers, for the cost of this proof is that of its answers."""
    by_length = sorted(examples, key=lambda example: len(example.target))
    kept = {example.key for example in by_length[: max(len(examples) // 2, ROWS)]}
    held = [example for example in examples if example.key in kept]
    return [held[i * len(held) // ROWS] for i in range(ROWS)]


def as_text(proofs: Sequence[Proof]) -> str:
    """The table for a terminal."""
    rows = [HEADS, *(proof.cells() for proof in proofs)]
    return "\n".join([*columns(rows, left=(0, 1)), "", WANTED])


def as_markdown(proofs: Sequence[Proof]) -> str:
    rule = [":---" if number < 2 else "---:" for number in range(len(HEADS))]
    rows = [HEADS, rule, *(proof.cells() for proof in proofs)]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", f"- {WANTED}"])
