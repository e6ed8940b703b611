"""Careers cut into what lies before and what comes next (METHOD 7; KDJPPR 3.2).

A row of sources/careers holds a person's titles and projects in the order of time. A cut splits
both: what lies before is shown, the next title (or the next project's APIs) is asked about.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hr_pipeline.lake.picked import most_frequent
from hr_pipeline.text.phrases import tokens

TITLE, PROJECT = "title", "project"
TASKS = (TITLE, PROJECT)
Key = frozenset[str]
_SPELT_OUT = {"sr": "senior", "jr": "junior"}
_ABBREVIATED = re.compile(r"(?<![\w.])(sr|jr)\b\.?")


@lru_cache(maxsize=1 << 16)
def title_key(title: str) -> Key:
    """What two spellings of a title share: its words, without case, order and abbreviation."""
    words = (_SPELT_OUT.get(word, word) for word in tokens(title))
    return frozenset(words) or frozenset({title.strip().casefold()})


def apis_key(apis: Iterable[str]) -> Key:
    """What two spellings of an API set share."""
    return frozenset(map(_fold, apis))


def _fold(api: str) -> str:
    return api.strip().casefold()


def target_key(task: str, target: list[str]) -> Key:
    """The key of a target: one title, or the APIs of a project."""
    return title_key(target[0]) if task == TITLE else apis_key(target)


@dataclass(frozen=True, slots=True)
class Person:
    """One career; years are as long as what they belong to, or empty."""

    person_id: str
    titles: tuple[str, ...]
    title_years: tuple[int, ...]
    projects: tuple[tuple[str, ...], ...]
    project_years: tuple[int, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Person":
        """A row of sources/careers; years that do not go with every entry are not used."""

        def years(name: str, length: int) -> tuple[int, ...]:
            told = row[name]
            return tuple(told) if len(told) == length and None not in told else ()

        return cls(
            row["person_id"],
            tuple(row["titles"]),
            years("title_years", len(row["titles"])),
            tuple(tuple(apis) for apis in row["projects"]),
            years("project_years", len(row["projects"])),
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """How many titles and projects lie before; the next of the task's kind is asked about."""

    titles: int
    projects: int

    def target(self, person: Person, task: str) -> list[str]:
        """What truly came next."""
        if task == TITLE:
            return [person.titles[self.titles]]
        return list(person.projects[self.projects])


def cuts(person: Person, task: str) -> list[Cut] | str:
    """Every cut that gives an item of the task, or in one word why there is none.

    At least one title and one project lie before, and what comes next was not there before: else
    an item would be told by looking whether its target stands in its own career.
    """
    of_task = [title_key(title) for title in person.titles]
    others = [apis_key(apis) for apis in person.projects]
    when, then = person.title_years, person.project_years
    if task == PROJECT:
        of_task, others, when, then = others, of_task, then, when
    if len(of_task) < 2:
        return "too_short"
    if not others:
        return "no_projects" if task == TITLE else "no_jobs"
    before = {at: _before(at, len(of_task), len(others), when, then) for at in range(len(of_task))}
    placed = [at for at, count in before.items() if at and count]
    if not placed:
        return "nothing_before"
    found = [
        Cut(at, before[at]) if task == TITLE else Cut(before[at], at)
        for at in placed
        if of_task[at] and of_task[at] not in of_task[:at]
    ]
    return found or "nothing_new"


def _before(at: int, length: int, others: int, when: Sequence[int], then: Sequence[int]) -> int:
    """How many of the others lie before entry `at` of `length`: by years, where both tell them,
    those that began in an earlier year; else the same share, rounded down, yet at least one."""
    if when and then:
        return sum(year < when[at] for year in then)
    return max(1, others * at // length)


def forbidden(person: Person, cut: Cut, task: str, target: list[str]) -> bool:
    """Whether a target may not be shown to a person as another's: it is a fact of their own.

    Titles: held before or later. API sets: equal to any of their own, or all of its APIs in use in
    their later projects (then it would be true of them, in other parts).
    """
    key = target_key(task, target)
    if task == TITLE:
        return any(key == title_key(title) for title in person.titles)
    if any(key == apis_key(apis) for apis in person.projects):
        return True
    later = apis_key(api for apis in person.projects[cut.projects :] for api in apis)
    return key <= later


def in_one_spelling(people: Iterable[Person]) -> list[Person]:
    """The people with every title and API spelt as most often, titles in small letters, the APIs of
    a project each once and in alphabetical order. Else the way in which one person writes would
    tell which target is their own."""
    people = list(people)
    titles = _usual((title_key(t), _plain(t)) for one in people for t in one.titles)
    apis = _usual((_fold(api), api) for one in people for held in one.projects for api in held)
    return [
        replace(
            one,
            titles=tuple(titles[title_key(title)] for title in one.titles),
            projects=tuple(tuple(sorted({apis[_fold(a)] for a in held})) for held in one.projects),
        )
        for one in people
    ]


def _usual(spellings: Iterable[tuple[Any, str]]) -> dict[Any, str]:
    """By key its most frequent spelling, of equally frequent ones the first in the alphabet."""
    counts: dict[Any, Counter[str]] = {}
    for key, spelling in spellings:
        counts.setdefault(key, Counter())[spelling] += 1
    return {key: most_frequent(counted) for key, counted in counts.items()}


def _plain(title: str) -> str:
    """A title in small letters, without abbreviations and needless blanks."""
    return " ".join(_ABBREVIATED.sub(lambda found: _SPELT_OUT[found[1]], title.lower()).split())


class Popularity:
    """In how many careers titles and APIs stand, a person counted once."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._titles: Counter[Key] = Counter()
        self._apis: Counter[str] = Counter()
        for person in people:
            self._titles.update({title_key(title) for title in person.titles})
            self._apis.update(apis_key(api for apis in person.projects for api in apis))

    def of(self, task: str, target: list[str]) -> int:
        """People with this title; of an API set, people with one of its APIs, on average."""
        key = target_key(task, target)
        if task == TITLE:
            return self._titles[key]
        return round(sum(self._apis[api] for api in key) / max(len(key), 1))
