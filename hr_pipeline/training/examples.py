"""What every trainer learns from: a prompt and the answer to it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """`key` is the row's, so that a prediction can be laid beside it."""

    key: str
    prompt: str
    target: str
