"""What the programs of the teacher and of its small student share: JA-QA in, measures out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.picked import drawn
from hr_pipeline.training.causal.after_training import ITEMS, PAIRS, held_out, metrics_of
from hr_pipeline.training.command import PROGRAMS
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fit, Fitted
from hr_pipeline.training.program import Made, Program, Training
from hr_pipeline.training.settings import Settings

CODE_VERSION = "1"
STAGE = "training/pairs"


def causal_program(name: str, settings: type[Settings], loaded: Callable[[], Fit]) -> Program:
    """The program that trains a causal model on JA-QA by the kind of trainer that `loaded` imports
    and gives."""
    return Program(
        name=name,
        about=PROGRAMS[name],
        reads=(PAIRS,),
        may_read=(ITEMS,),
        settings=settings,
        train=partial(train, loaded),
        code_version=CODE_VERSION,
    )


def train(loaded: Callable[[], Fit], training: Training) -> Made:
    """Learns pairs of the train split, answers those of the test split and TM-Eval's items. Raises
    InputError where a split is empty, TrainingStopped."""
    held_out(training)
    known, dev = (list(training.rows(PAIRS, split)) for split in ("train", "dev"))
    if not known:
        raise InputError("the train split is empty", PAIRS, "build jaqa with more pairs")
    learnt = _some(known, training.settings.train_rows, training)
    fitted = loaded()(training, [_example(row) for row in learnt])
    asked = _some(dev, training.settings.evaluated, training)
    nats = dev_loss(fitted, [_example(row) for row in asked])
    if nats is not None:
        training.report.say(f"dev loss: {nats:.4g} nats an answer, of {len(asked):,} answers")
    return Made(
        folder=fitted.folder,
        metrics=metrics_of(training, fitted),
        facts={
            "rows_of_train_split": len(known),
            "rows_not_drawn": len(known) - len(learnt),
            **fitted.facts,
            "dev_rows_asked": len(asked),
            "dev_nats_an_answer": nats,
            "tensors_that_did_not_move": fitted.still,
            "frozen_tensors_that_moved": fitted.disturbed,
        },
    )


def dev_loss(fitted: Fitted, examples: Sequence[Example]) -> float | None:
    """Mean of -log p of an answer after its prompt, in nats an answer (its end mark does not
    count); None where nothing tells it."""
    if not examples or fitted.likelihood is None:
        return None
    sums = [fitted.likelihood([one.prompt], [one.target])[0][0] for one in examples]
    return -sum(sums) / len(sums)


def _example(row: dict[str, Any]) -> Example:
    return Example(row["pair_id"], row["question"], row["answer"])


def _some(rows: list[dict[str, Any]], most: int, training: Training) -> list[dict[str, Any]]:
    """The rows, or `most` of them, in their order."""
    chosen = set(drawn((row["pair_id"] for row in rows), most or len(rows), training.seed, STAGE))
    return [row for row in rows if row["pair_id"] in chosen]
