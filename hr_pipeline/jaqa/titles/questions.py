"""What the teacher is asked of a title: which of the nearest occupations it names (KDJPPR 3.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.jaqa.keys import title_key
from hr_pipeline.llm.lists import AROUND, quoted
from hr_pipeline.llm.structured import read_field, schema_of
from hr_pipeline.llm.task import ReplyError, Task, load_prompt
from hr_pipeline.llm.template import written_as_json

_NUMBER = re.compile(r"^[(#]?(\d{1,3})(?:[.):]\s*|$)")
_AGAIN = 'Reply with {"result": "..."}: one entry of the list, copied word for word.'


@dataclass(frozen=True)
class TitleQuestion:
    """A title and the occupations it is near to, the nearest first, by preferred label."""

    title: str
    candidates: tuple[str, ...]


def parse_title(reply: str, question: TitleQuestion) -> int:
    """The place of the candidate that a reply names: by its label (case, outer quotes and spaces
    folded), by its number in the list, or by both.

    JSON or plain text; what a model says around it does not count where one label alone stands in
    quotes. Raises ReplyError, which names what is not in the list.
    """
    named = _named(read_field(reply, "result"), reply)
    places = [_place(entry, question.candidates) for entry in named]
    found = {place for place in places if place is not None}
    if len(found) > 1:
        raise ReplyError(f"Several entries of the list were named. {_AGAIN}")
    if not found:
        shown = named[0][:80] if named else ""
        raise ReplyError(f'"{shown}" is not an entry of the list. {_AGAIN}')
    return found.pop()


def _named(held: Any, reply: str) -> list[str]:
    """What may be an entry: the field of the JSON alone, else lines and quotations of the text."""
    if isinstance(held, list) and len(held) == 1:
        held = held[0]
    if isinstance(held, int) and not isinstance(held, bool):
        held = str(held)
    if held is not None:
        if not isinstance(held, str):
            raise ReplyError(f'"result" is no single string. {_AGAIN}')
        return [held]
    lines = [line.strip() for line in reply.splitlines() if line.strip(AROUND)]
    after = [line.split(": ", 1)[1] for line in lines if ": " in line]
    return [*lines, *after, *quoted(reply)]


def _place(entry: str, candidates: tuple[str, ...]) -> int | None:
    """The candidate that an entry names; None where it is none, or label and number differ."""
    folded = [title_key(label) for label in candidates]
    for form in map(title_key, _forms(entry)):
        if form in folded:
            return folded.index(form)
    number = _NUMBER.match(entry.strip(AROUND))
    if number is None or not 1 <= int(number[1]) <= len(candidates):
        return None
    place = int(number[1]) - 1
    rest = [title_key(form) for form in _forms(entry.strip(AROUND)[number.end() :])]
    return place if "" in rest or folded[place] in rest else None


def _forms(entry: str) -> Iterator[str]:
    """An entry as it is, without quotes around it, without a full stop."""
    yield entry
    yield entry.strip(AROUND)
    yield entry.strip(AROUND).rstrip(".;,").strip(AROUND)


def choose_by_template(question: TitleQuestion, rng: np.random.Generator) -> str:
    """A reply as a model would write it: mostly the nearest, sometimes the next; now and then an
    occupation that is not in the list."""
    place = min(int(rng.choice(3, p=(0.8, 0.15, 0.05))), len(question.candidates) - 1)
    label = question.candidates[place]
    if rng.random() < 0.02:
        label = f"{question.title} (other)"
    style = int(rng.integers(10))
    if style < 6:
        return written_as_json("result", label, style)
    return (
        f'"{label}"',
        f"The title names a **{label}**.",
        f"{label.capitalize()}.",
        f"{place + 1}. {label}",
    )[style - 6]


CHOOSE_TITLE: Task[TitleQuestion, int] = Task(
    name="choose_title",
    prompt=load_prompt("hr_pipeline.jaqa", "choose_title"),
    fields=lambda q: {
        "title": q.title,
        "candidates": "\n".join(f"{n}. {label}" for n, label in enumerate(q.candidates, 1)),
    },
    parse=parse_title,
    template=choose_by_template,
    schema=schema_of("occupation", "result", {"type": "string"}),
)
