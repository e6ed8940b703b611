"""The kinds of trainers, the programs that train by them, and how each kind proves itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fit
from hr_pipeline.training.program import Program, Training
from hr_pipeline.training.settings import changed
from hr_pipeline.training.studies.degrees import DegreeTask
from hr_pipeline.training.studies.proofs import Proof, generalises, learns_by_heart


@dataclass(frozen=True)
class Kind:
    """`module` of this room has its `fit`; `programs` train by it."""

    name: str
    module: str
    programs: tuple[str, ...]

    @property
    def fit(self) -> Fit:
        fit: Fit = import_module(f"hr_pipeline.training.{self.module}").fit
        return fit


KINDS = (
    Kind("seq2seq", "students.seq2seq", ("matcher", "extractor", "editor")),
    Kind("lora", "causal.lora", ("teacher",)),
    Kind("distillation", "distillation.trainer", ("distilled",)),
)
BY_HEART, DEGREES = "by-heart", "degrees"  # what is learnt, as profiles name it


def programs() -> dict[str, Program]:
    """The trainers by their names, in an order in which each finds what it stands on."""
    names = [name for kind in KINDS for name in kind.programs]
    return {name: import_module(f"hr_pipeline.training.{name}").PROGRAM for name in names}


def proofs_of_kinds(
    trainings: Mapping[str, Training],
    examples: Mapping[str, Sequence[Example]],
    degrees: DegreeTask,
    profile: Mapping[str, Mapping[str, Any]],
) -> Iterator[Proof]:
    """Of every kind: rows of each program learnt by heart, and the degree levels once. `trainings`
    and `examples` are by program; the profile may have settings of its own for a proof, by names
    as "lora-degrees". What the low-rank trainer makes teaches in the distillation."""
    made: dict[str, Path] = {}

    def given(kind: Kind, program: str, what: str) -> Training:
        name = f"{kind.name}-{what}"
        one = trainings[program]
        settings = changed(one.settings, profile.get(name) or {}, f"profile, {name}")
        return replace(one, teacher=str(made.get(what, "")), settings=settings)

    for kind in KINDS:
        for name in kind.programs:
            training = given(kind, name, BY_HEART)
            proof, fitted = learns_by_heart(kind.name, name, kind.fit, training, examples[name])
            yield proof
        made[BY_HEART] = fitted.folder
        training = given(kind, kind.programs[-1], DEGREES)
        proof, fitted = generalises(kind.name, kind.fit, training, degrees)
        yield proof
        made[DEGREES] = fitted.folder
