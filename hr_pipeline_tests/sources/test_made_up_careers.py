"""Made-up careers: each person alone, years in order, a past that tells something of what comes."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hr_pipeline.sources.made_up_careers import families, made_up_careers


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return list(made_up_careers(400, 1))


def test_a_person_depends_on_seed_and_number_only(people: list[dict[str, Any]]) -> None:
    assert list(made_up_careers(5, 1)) == people[:5]
    assert list(made_up_careers(5, 2)) != people[:5]
    assert len({person["person"] for person in people}) == 400


def test_sizes_and_years(people: list[dict[str, Any]]) -> None:
    for person in people:
        jobs = [job["start"] for job in person["career"]]
        done = [project["start"] for project in person["projects"]]
        assert 2 <= len(jobs) <= 7
        assert all(later - year >= 2 for year, later in pairwise(jobs))
        assert done == sorted(done) and jobs[0] < done[0] < jobs[1]
        for project in person["projects"]:
            assert 3 <= len(project["apis"]) <= 15
            assert len(set(project["apis"])) == len(project["apis"])


def test_families_lead_to_families() -> None:
    named = families()
    assert len(named) >= 25 and sum(family.share for family in named.values()) > 0
    for family in named.values():
        assert set(family.moves) <= set(named) - {family.name} and family.moves
        assert len(set(family.apis)) == len(family.apis) >= 10 and all(family.ladder)


def overlap(left: list[str], right: list[str]) -> float:
    return len(set(left) & set(right)) / len(set(left) | set(right))


def test_the_past_tells_more_than_chance(people: list[dict[str, Any]]) -> None:
    """A person's next project is liker to the one before than a stranger's is, in most cases."""
    draw, wins = np.random.default_rng(0), []
    for person in people:
        *_, before, after = [project["apis"] for project in [{"apis": []}, *person["projects"]]]
        other = people[int(draw.integers(len(people)))]["projects"][-1]["apis"]
        mine, theirs = overlap(before, after), overlap(before, other)
        wins.append(0.5 if mine == theirs else mine > theirs)
    assert 0.7 < np.mean(wins) < 0.98


def test_before_a_move_the_apis_to_come_are_in_use(people: list[dict[str, Any]]) -> None:
    family_of = {
        title.casefold(): family
        for family in families().values()
        for step in family.ladder
        for title in step
    }
    counted = Counter[tuple[bool, bool]]()
    for person in people:
        for job, later in pairwise(person["career"]):
            here, there = (family_of.get(one["title"].casefold()) for one in (job, later))
            if not here or not there:
                continue
            own = set(there.apis) - set(here.apis)
            for project in person["projects"]:
                if job["start"] < project["start"] < later["start"] and own:
                    counted[here is not there, bool(own & set(project["apis"]))] += 1
    assert counted[True, True] > 3 * counted[True, False]


def test_no_title_is_most_of_them(people: list[dict[str, Any]]) -> None:
    titles = Counter(job["title"].casefold() for person in people for job in person["career"])
    assert len(titles) > 100 and max(titles.values()) < 0.05 * sum(titles.values())
