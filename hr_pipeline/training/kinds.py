"""The kinds of trainers, the programs that train by them, and how each kind proves itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from hr_pipeline.training.degrees import DegreeTask
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fit
from hr_pipeline.training.program import Program, Training
from hr_pipeline.training.proofs import Proof, generalises, learns_by_heart
from hr_pipeline.training.settings import changed


@dataclass(frozen=True)
class Kind:
    """`name` is that of its module, which has `fit`. `programs` train by it. `by_heart` and
    `degrees`: settings of the two proofs, beside those of the tiny profile."""

    name: str
    programs: tuple[str, ...]
    by_heart: Mapping[str, Any]
    degrees: Mapping[str, Any]

    @property
    def fit(self) -> Fit:
        fit: Fit = import_module(f"hr_pipeline.training.{self.name}").fit
        return fit


KINDS = (
    Kind(
        "seq2seq",
        ("matcher", "extractor", "editor"),
        {"steps": 120, "learning_rate": 0.003, "max_prompt": 128, "max_answer": 128},
        {"steps": 60, "learning_rate": 0.003, "max_prompt": 96},
    ),
    Kind("lora", ("teacher",), {}, {}),
    Kind("distillation", ("distilled",), {}, {}),
)


def programs() -> dict[str, Program]:
    """The trainers by their names, in an order in which each finds what it stands on."""
    names = [name for kind in KINDS for name in kind.programs]
    return {name: import_module(f"hr_pipeline.training.{name}").PROGRAM for name in names}


def proofs_of_kinds(
    trainings: Mapping[str, Training],
    examples: Mapping[str, Sequence[Example]],
    degrees: DegreeTask,
) -> Iterator[Proof]:
    """Of every kind: rows of each program learnt by heart, and the degree levels once. `trainings`
    and `examples` are by program. What the low-rank trainer makes teaches in the distillation."""
    made: dict[str, Path] = {}

    def given(name: str, settings: Mapping[str, Any], task: str) -> Training:
        one = trainings[name]
        teacher = str(made.get(task, ""))
        return replace(one, teacher=teacher, settings=changed(one.settings, settings, "proofs"))

    for kind in KINDS:
        for name in kind.programs:
            training = given(name, kind.by_heart, "by heart")
            proof, fitted = learns_by_heart(kind.name, name, kind.fit, training, examples[name])
            yield proof
        made["by heart"] = fitted.folder
        training = given(kind.programs[-1], kind.degrees, "degrees")
        proof, fitted = generalises(kind.name, kind.fit, training, degrees)
        yield proof
        made["degrees"] = fitted.folder
