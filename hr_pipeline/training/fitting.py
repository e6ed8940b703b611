"""What every kind of trainer gives back, so that one proof or measure serves them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hr_pipeline.training.examples import Example
from hr_pipeline.training.program import Training


@dataclass(frozen=True)
class Fitted:
    """A trained model. `folder`: its final files. `predict(prompts)`: the likeliest answer to each,
    token by token, in the prompts' order. `still`: trainable tensors that did not move;
    `disturbed`: frozen ones that did (both empty where all is well). `facts`: counts for the card,
    of prompts that were cut, say. `likelihood(prompts, answers)`: natural log p of each answer as
    the continuation of each prompt, a row a prompt; `is_cut(prompt)`: whether the model does not
    see the whole of it. These two are told by causal models only."""

    folder: Path
    predict: Callable[[Sequence[str]], list[str]]
    curve: list[dict[str, float]]
    still: list[str]
    disturbed: list[str]
    facts: dict[str, Any]
    likelihood: Callable[[Sequence[str], Sequence[str]], list[list[float]]] | None = None
    is_cut: Callable[[str], bool] | None = None


class Fit(Protocol):
    """A kind of trainer: learns the examples under `training.settings`, working in
    `training.workspace`, and goes on from a checkpoint that it finds there."""

    def __call__(self, training: Training, examples: Sequence[Example]) -> Fitted: ...
