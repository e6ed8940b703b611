"""Careers of people who do not exist, for trying the pipeline where no file of careers is there.

A person climbs the ladder of a job family or moves to a neighbouring one (made_up_careers.yaml).
Their projects use the APIs of the family, those they like best more often than others; in the time
before a move, more and more those of the family to come. So a career tells something of what comes
next, and how common a title or an API is does not. Nothing is measured about real people: whatever
is made from these careers is not a benchmark.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any

import numpy as np
import yaml

from hr_pipeline.lake.rng import rng

STAGE = "sources/careers"
NOTICE = "made-up careers: not a benchmark"
FIRST_YEARS = (1998, 2010)
LAST_YEAR = 2021  # in which a job begins
JOBS = (2, 7)
YEARS_IN_A_JOB = (2, 4)
PROJECTS_IN_A_JOB = (1, 2)
APIS_IN_A_PROJECT = (3, 15)
MOVES = 0.35  # of the changes of job, into another family
LIKED = 10  # APIs of each family that a person prefers
SHARES = {"liked": 0.55, "family": 0.2, "common": 0.15, "any": 0.1}
MANNERS = {"as it is": 0.7, "capitals": 0.2, "short": 0.1}  # in which a person writes titles
DRIFT = 0.5  # of a project's APIs, before a move, come from the family to come


@dataclass(frozen=True)
class Family:
    """Titles by step of the ladder, APIs the most used first, weights of families moved to."""

    name: str
    share: int
    ladder: list[list[str]]
    apis: list[str]
    moves: dict[str, int]


@dataclass(frozen=True)
class Job:
    family: Family
    title: str
    start: int


@cache
def _read() -> dict[str, Any]:
    text = (resources.files("hr_pipeline.sources") / "made_up_careers.yaml").read_text("utf-8")
    return yaml.safe_load(text)


@cache
def families() -> dict[str, Family]:
    """The job families by name."""
    return {name: Family(name, **facts) for name, facts in _read()["families"].items()}


def made_up_careers(people: int, seed: int) -> Iterator[dict[str, Any]]:
    """The first `people` careers in the documented shape (docs/careers.md): person, career (title,
    start), projects (apis, start). Each depends on the seed and its own number only."""
    for number in range(people):
        yield _career(f"m{number:05d}", rng(seed, STAGE, number))


def _career(person: str, draw: np.random.Generator) -> dict[str, Any]:
    jobs = _jobs(draw)
    liked = _Liking(draw)
    nexts = [*jobs[1:], None]
    projects = [
        project
        for job, later in zip(jobs, nexts, strict=True)
        for project in _projects(job, later, liked, draw)
    ]
    return {
        "person": person,
        "career": [{"title": job.title, "start": job.start} for job in jobs],
        "projects": projects,
    }


def _jobs(draw: np.random.Generator) -> list[Job]:
    """Jobs in the order of time, each at least two years after the one before."""
    family = families()[_one_of({name: f.share for name, f in families().items()}, draw)]
    year = int(draw.integers(FIRST_YEARS[0], FIRST_YEARS[1] + 1))
    manner = _one_of(MANNERS, draw)
    step, jobs = int(draw.integers(2)), list[Job]()
    for _ in range(int(draw.integers(JOBS[0], JOBS[1] + 1))):
        step = min(step, len(family.ladder) - 1)
        titles = family.ladder[step]
        title = titles[int(draw.integers(len(titles)))]
        jobs.append(Job(family, _written(title, manner), year))
        year += int(draw.integers(YEARS_IN_A_JOB[0], YEARS_IN_A_JOB[1] + 1))
        if year > LAST_YEAR:
            break
        if draw.random() < MOVES or step + 1 == len(family.ladder):
            family = families()[_one_of(family.moves, draw)]
            step = max(0, step - 1)
        else:
            step += 1
    return jobs


def _one_of(weights: Mapping[str, float], draw: np.random.Generator) -> str:
    """A key, by its weight."""
    sums = list(accumulate(weights.values()))
    return list(weights)[bisect_right(sums, draw.random() * sums[-1], hi=len(sums) - 1)]


def _written(title: str, manner: str) -> str:
    if manner == "as it is":
        return title
    words = (word if word[:1].isupper() else word.capitalize() for word in title.split())
    capitals = " ".join(words)
    if manner == "capitals":
        return capitals
    return capitals.replace("Senior", "Sr.").replace("Junior", "Jr.")


class _Liking:
    """What a person prefers of each family: drawn once, the family's most used APIs more often."""

    def __init__(self, draw: np.random.Generator) -> None:
        self._draw = draw
        self._liked: dict[str, list[str]] = {}

    def of(self, family: Family) -> list[str]:
        if family.name not in self._liked:
            places = range(len(family.apis))
            keys = self._draw.random(len(family.apis)) ** np.arange(3, len(family.apis) + 3)
            first = sorted(places, key=lambda at: -keys[at])[:LIKED]
            self._liked[family.name] = [family.apis[at] for at in first]
        return self._liked[family.name]


def _projects(
    job: Job, later: Job | None, liked: _Liking, draw: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """The projects begun in one job, after its first year and before the next one."""
    end = later.start if later else job.start + YEARS_IN_A_JOB[1]
    count = int(draw.integers(PROJECTS_IN_A_JOB[0], PROJECTS_IN_A_JOB[1] + 1))
    years = sorted(int(year) for year in draw.integers(job.start + 1, end, count))
    moving = later is not None and later.family is not job.family
    for year in years:
        least, most = APIS_IN_A_PROJECT
        size = least + int((most - least + 1) * draw.random() ** 2)
        apis: dict[str, None] = {}
        for _ in range(4 * size):
            if len(apis) == size:
                break
            to_come = moving and draw.random() < DRIFT
            family = later.family if later and to_come else job.family
            apis[_api(family, liked, draw)] = None
        yield {"apis": list(apis), "start": year}


def _api(family: Family, liked: _Liking, draw: np.random.Generator) -> str:
    kind = _one_of(SHARES, draw)
    if kind == "any":
        family = families()[list(families())[int(draw.integers(len(families())))]]
    pool = {"liked": liked.of(family), "common": _read()["common"]}.get(kind, family.apis)
    return pool[int(draw.integers(len(pool)))]
