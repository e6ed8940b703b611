"""Corrupted twins: one thing of a document made wrong, so that a judge who reads must see it.

Each is a pure function of the document, its context and what the graph offers; None where the
document does not say what would be changed. The triples stay as they are.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hr_pipeline.quality.judges.questions import JudgeQuestion
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, Experience
from hr_pipeline.rjdb.items import DURATION, SPAN, years
from hr_pipeline.text.phrases import tokens

MOST_TRIES = 50  # draws of a stranger
Item = TypeVar("Item")


@dataclass(frozen=True)
class Strangers:
    """What is put in: skills of the graph, its occupations, and other contexts whose facts a
    document is held against."""

    skills: Sequence[str]
    titles: Sequence[str]
    contexts: Sequence[Context]


Corrupt = Callable[[JudgeQuestion, Strangers, np.random.Generator], JudgeQuestion | None]


def wrong_skill(
    question: JudgeQuestion, strangers: Strangers, rng: np.random.Generator
) -> JudgeQuestion | None:
    """Another skill of the graph in every place of a planted one."""
    context = question.context
    put_in_ones = (swap.put_in for swap in context.swaps)
    known = [*context.skills, *context.removed_skills, *put_in_ones, *_titles(context)]
    put_in = _stranger(strangers.skills, known, rng)
    for skill in _shuffled(context.plan(DOCUMENTS[question.document].plan).skills, rng):
        others = [name.casefold() for name in known if name != skill]
        is_part = any(skill.casefold() in other for other in others)
        text = None if is_part else _replaced(question.text, skill, put_in)
        if text:
            return _with(question, text)
    return None


def wrong_title(
    question: JudgeQuestion, strangers: Strangers, rng: np.random.Generator
) -> JudgeQuestion | None:
    """Another occupation in every place of the current one."""
    put_in = _stranger(
        strangers.titles, [*_titles(question.context), *question.context.skills], rng
    )
    text = _replaced(question.text, question.context.occupation, put_in)
    return _with(question, text) if text else None


def wrong_span(
    question: JudgeQuestion, strangers: Strangers, rng: np.random.Generator
) -> JudgeQuestion | None:
    """Other years for one job: a span of the same length long before (resume), or three to six
    years more (job description)."""
    kind, more = DOCUMENTS[question.document].kind, int(rng.integers(3, 7))
    for job in _shuffled(question.context.plan(DOCUMENTS[question.document].plan).experiences, rng):
        change = _moved_span if kind == "resume" else _longer
        text = change(question.text, job, more)
        if text:
            return _with(question, text)
    return None


def other_facts(
    question: JudgeQuestion, strangers: Strangers, rng: np.random.Generator
) -> JudgeQuestion | None:
    """The document as it is, held against the facts of another triple."""
    for _ in range(MOST_TRIES):
        other = strangers.contexts[int(rng.integers(len(strangers.contexts)))]
        if other.occupation != question.context.occupation:
            return JudgeQuestion(question.document, question.text, other)
    return None


CORRUPTIONS: dict[str, Corrupt] = {
    "wrong skill": wrong_skill,
    "wrong span": wrong_span,
    "wrong title": wrong_title,
    "facts of another triple": other_facts,
}


def _with(question: JudgeQuestion, text: str) -> JudgeQuestion:
    return JudgeQuestion(question.document, text, question.context)


def _titles(context: Context) -> list[str]:
    return list(dict.fromkeys([context.occupation, *(job.title for job in context.experiences)]))


def _shuffled(items: Sequence[Item], rng: np.random.Generator) -> list[Item]:
    return [items[i] for i in rng.permutation(len(items))]


def _stranger(names: Sequence[str], known: Collection[str], rng: np.random.Generator) -> str | None:
    """A drawn name that shares no word with what is known; None where none turns up."""
    words = {word for name in known for word in tokens(name)}
    for _ in range(MOST_TRIES if names else 0):
        name = names[int(rng.integers(len(names)))]
        own = tokens(name)
        if own and words.isdisjoint(own):
            return name
    return None


def _replaced(text: str, old: str, new: str | None) -> str | None:
    """The text with all that is written like `old`, but for case, replaced; None where nothing
    is."""
    if not new or not old.strip():
        return None
    pattern = re.compile(rf"(?<!\w){re.escape(old.strip())}(?!\w)", re.I)
    found, count = pattern.subn(lambda _: new, text)
    return found if count else None


def _moved_span(text: str, job: Experience, more: int) -> str | None:
    """All spans like the job's moved back so far that they cannot be one of its neighbours'."""
    back = 30 + more

    def moved(span: re.Match[str]) -> str:
        if (span["start"], span["end"]) != (str(job.start), str(job.end)):
            return span[0]
        return f"{job.start - back} - {job.end - back}"

    found = SPAN.sub(moved, text)
    return found if found != text else None


def _longer(text: str, job: Experience, more: int) -> str | None:
    """All durations like the job's made longer."""

    def longer(found: re.Match[str]) -> str:
        return f"{job.years + more} years" if years(found) == job.years else found[0]

    found = DURATION.sub(longer, text)
    return found if found != text else None
