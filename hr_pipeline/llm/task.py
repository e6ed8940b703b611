"""A task: one kind of question to a teacher, defined as data by the room that needs the answers."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hr_pipeline.llm.request import Schema

if TYPE_CHECKING:
    import numpy as np

Input = TypeVar("Input")
Value = TypeVar("Value")


class ReplyError(ValueError):
    """A reply cannot be used; the message tells a model what to mend."""


class RequestRefused(Exception):
    """The endpoint takes no request of this content (a filter, a length); others may pass."""


class RequestOpen(Exception):
    """The request waits for a batch; its row is left for a later run."""


class Passing(Exception):
    """An attempt that failed and may go better after `wait_s` seconds (None: not said).

    `limited`: refused because of the account's rate; `free`: not to be counted as a failure.
    """

    def __init__(
        self, cause: str, wait_s: float | None = None, limited: bool = False, free: bool = False
    ) -> None:
        super().__init__(cause)
        self.cause, self.wait_s, self.limited, self.free = cause, wait_s, limited, free


@dataclass(frozen=True)
class Prompt:
    """A versioned prompt file; `$name` stands where an input field goes."""

    name: str
    text: str
    hash: str

    def render(self, fields: Mapping[str, str]) -> str:
        return Template(self.text).substitute(fields)


@cache
def load_prompt(package: str, name: str) -> Prompt:
    """`prompts/<name>.md` of a room, e.g. load_prompt("hr_pipeline.rjdb", "write_triple")."""
    text = (files(package) / "prompts" / f"{name}.md").read_text(encoding="utf-8").strip()
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:12])


def load_mending_prompt() -> Prompt:
    """What is said to a teacher whose reply cannot be used."""
    return load_prompt("hr_pipeline.llm", "mend_reply")


def hashes_of(*prompts: Prompt) -> dict[str, str]:
    """File name to hash, of these prompts and of the one that asks again."""
    return {prompt.name: prompt.hash for prompt in (load_mending_prompt(), *prompts)}


@dataclass(frozen=True)
class Task(Generic[Input, Value]):
    """`parse` raises ReplyError with a reason a model can act on; `template` writes a raw reply.

    With a schema, endpoints that support it are asked for JSON that keeps it; `parse` reads plain
    text all the same, for those that do not. `parameters` are further fields of each request, in
    place of the teacher's of the same name.
    """

    name: str
    prompt: Prompt
    fields: Callable[[Input], Mapping[str, str]]
    parse: Callable[[str, Input], Value]
    template: Callable[[Input, "np.random.Generator"], str]
    schema: Schema | None = None
    parameters: tuple[tuple[str, Any], ...] = ()

    def with_own(self, parameters: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
        """A teacher's parameters with those of the task."""
        return tuple(sorted({**dict(parameters), **dict(self.parameters)}.items()))
