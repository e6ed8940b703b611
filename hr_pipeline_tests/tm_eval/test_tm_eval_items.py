"""Items: what lies before a cut, whose facts targets are, and that nothing of a target tells."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.tm_eval.careers import (
    Cut,
    Person,
    Popularity,
    cuts,
    forbidden,
    in_one_spelling,
    target_key,
    title_key,
)
from hr_pipeline.tm_eval.items import ItemSettings, faults_in_items, item_settings, make_items
from hr_pipeline_tests.tm_eval.career_world import career_rows

SETTINGS = ItemSettings(title=100, project=100)


def person(**given: Any) -> Person:
    row = {"person_id": "p", "titles": [], "title_years": [], "projects": [], "project_years": []}
    return Person.of(row | given)


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [Person.of(row) for row in career_rows(300)]


def made(people: list[Person], settings: ItemSettings = SETTINGS, seed: int = 1) -> Any:
    ledger = Ledger()
    return make_items(people, settings, seed, ledger), ledger


# -- cuts ------------------------------------------------------------------------------------

JOBS = ["tester", "developer", "architect"]
PROJECTS = [["a"], ["b"], ["c", "a"]]


def test_years_decide_what_lies_before() -> None:
    one = person(
        titles=JOBS,
        title_years=[2010, 2012, 2015],
        projects=PROJECTS,
        project_years=[2012, 2013, 2015],
    )
    # A project of the very year in which the next job began does not surely lie before it.
    assert cuts(one, "title") == [Cut(2, 2)]
    assert cuts(one, "project") == [Cut(2, 1), Cut(2, 2)]
    assert Cut(2, 2).target(one, "title") == ["architect"]
    assert Cut(2, 1).target(one, "project") == ["b"]


@pytest.mark.parametrize("title_years", [[], [2010, 2012], [2010, None, 2015]])
def test_without_years_the_same_share_lies_before_and_at_least_one(title_years: list) -> None:
    one = person(titles=JOBS, title_years=title_years, projects=PROJECTS[:2], project_years=[1, 2])
    assert cuts(one, "title") == [Cut(1, 1), Cut(2, 1)]
    assert cuts(one, "project") == [Cut(1, 1)]


@pytest.mark.parametrize(
    ("task", "given", "cause"),
    [
        ("title", {"titles": ["cook"], "projects": PROJECTS}, "too_short"),
        ("title", {"titles": JOBS}, "no_projects"),
        ("project", {"titles": JOBS, "projects": [["a"]]}, "too_short"),
        ("project", {"projects": PROJECTS}, "no_jobs"),
        ("title", {"titles": ["Sr. Cook", "senior cook"], "projects": PROJECTS}, "nothing_new"),
        ("project", {"titles": JOBS, "projects": [["a", "B"], ["b", "A"]]}, "nothing_new"),
        (
            "title",
            {
                "titles": JOBS[:2],
                "title_years": [2001, 2002],
                "projects": [["a"]],
                "project_years": [2009],
            },
            "nothing_before",
        ),
    ],
)
def test_who_gives_no_item_is_told_why(task: str, given: dict[str, Any], cause: str) -> None:
    assert cuts(person(**given), task) == cause


def test_one_job_is_enough_for_the_project_task() -> None:
    one = person(titles=["cook"], projects=PROJECTS)
    assert cuts(one, "project") == [Cut(1, 1), Cut(1, 2)]


# -- what may not be shown as another's ------------------------------------------------------


@pytest.mark.parametrize("title", ["Tester", "ARCHITECT", " developer "])
def test_no_title_of_the_persons_own_is_a_no(title: str) -> None:
    assert forbidden(person(titles=JOBS, projects=PROJECTS), Cut(2, 2), "title", [title])


@pytest.mark.parametrize(
    ("apis", "is_forbidden"),
    [
        (["A"], True),  # a project before
        (["a", "c"], True),  # a later project, in another order
        (["c"], True),  # all of it in use later
        (["a", "b"], False),  # known before and later, yet never all later
        (["c", "z"], False),
    ],
)
def test_api_sets_that_are_true_of_a_person_are_no_no(apis: list[str], is_forbidden: bool) -> None:
    one = person(titles=JOBS, projects=PROJECTS)
    assert forbidden(one, Cut(2, 2), "project", apis) is is_forbidden


def test_one_spelling_is_the_usual_one() -> None:
    people = [
        person(titles=["Sr. Cook", "Chef, Pastry"], projects=[["Os", "re", "OS"]]),
        person(titles=["Senior  cook", "pastry chef"], projects=[["os"], ["os", "RE"]]),
    ]
    one, two = in_one_spelling(people)
    assert one.titles == two.titles == ("senior cook", "chef, pastry")
    assert one.projects == (("RE", "os"),)  # of equally frequent ones the first, by code point
    assert two.projects[0] == ("os",)


def test_spellings_of_a_title_are_one() -> None:
    assert title_key("Sr. Developer, Python") == title_key("senior python DEVELOPER")
    assert title_key("C++ Developer") != title_key("C Developer")
    assert title_key("***") == title_key(" *** ") != title_key("!!!")


def test_popularity_counts_people_and_not_mentions() -> None:
    people = [
        person(titles=["Cook", "cook"], projects=[["os", "re"], ["os"]]),
        person(titles=["cook"], projects=[["os"]]),
    ]
    counted = Popularity(people)
    assert counted.of("title", ["COOK"]) == 2 and counted.of("title", ["baker"]) == 0
    assert counted.of("project", ["os"]) == 2
    assert counted.of("project", ["os", "re", "x", "y"]) == 1  # (2 + 1 + 0 + 0) / 4


# -- whole sets ------------------------------------------------------------------------------


def test_sizes_halves_and_an_account_that_closes(people: list[Person]) -> None:
    items, ledger = made(people)
    assert Counter((row["task"], row["label"]) for row in items) == {
        (task, label): 50 for task in ("title", "project") for label in (True, False)
    }
    assert len(items) + ledger.lost_rows() == 2 * len(people)
    assert {row[2] for row in ledger.rows} == {
        *("too_short", "no_projects", "nothing_before", "not_drawn"),
        *({"nothing_new"} & {row[2] for row in ledger.rows}),
    }
    assert CONTRACTS["tm_eval/items"].table(items).num_rows == 200
    assert not faults_in_items(items, people)


def test_a_target_is_as_often_a_no_as_a_yes(people: list[Person]) -> None:
    items, _ = made(people)
    for task in ("title", "project"):
        of_task = [row for row in items if row["task"] == task]
        counts = [
            Counter(target_key(task, r["target"]) for r in of_task if r["label"] is label)
            for label in (True, False)
        ]
        assert counts[0] == counts[1] and sum(counts[0].values()) == 50
    owners = Counter(row["target_person"] for row in items if row["task"] == "title")
    assert set(owners.values()) == {2}


def test_the_order_of_the_file_decides_nothing(people: list[Person]) -> None:
    items, _ = made(people)
    assert made(people[::-1])[0] == items
    assert made(people, seed=2)[0] != items


def test_one_more_person_leaves_the_cuts_of_others(people: list[Person]) -> None:
    every = replace(SETTINGS, title=1000, project=1000)
    before = {(r["task"], r["person_id"]): r["career"] for r in made(people[:-1], every)[0]}
    after = {(r["task"], r["person_id"]): r["career"] for r in made(people, every)[0]}
    shared = before.keys() & after.keys()
    assert len(shared) > 200 and all(before[key] == after[key] for key in shared)


def test_numbers_say_nothing_of_labels(people: list[Person]) -> None:
    items, _ = made(people)
    labels = [row["label"] for row in items if row["task"] == "title"]
    changes = sum(a != b for a, b in zip(labels, labels[1:], strict=False))
    assert 35 <= changes <= 65  # of 99 places; alternating ones would change at all


def test_how_a_person_writes_does_not_tell_whose_target_it_is() -> None:
    """One writes in capitals, one with abbreviations, one lists APIs from the end."""
    styles = (str.upper, lambda title: title.replace("senior", "Sr."), str.title)
    people = []
    for n, row in enumerate(career_rows(120)):
        titles = [styles[n % 3](title) for title in row["titles"]]
        projects = [[api.upper() for api in a[::-1]] if n % 3 else a for a in row["projects"]]
        people.append(Person.of(row | {"titles": titles, "projects": projects}))
    plain = [Person.of(row) for row in career_rows(120)]
    items, as_plain = made(people)[0], made(plain)[0]
    told = ("item_id", "person_id", "label", "target_person", "career", "popularity")
    assert [[r[name] for name in told] for r in items] == [
        [r[name] for name in told] for r in as_plain
    ]
    targets = [row["target"] for row in items if row["task"] == "project"]
    assert all(apis == sorted(apis) for apis in targets)
    spelt = {api for row in items for apis in row["projects"] for api in apis}
    assert len(spelt) == len({api.casefold() for api in spelt})
    assert not faults_in_items(items, people)


def test_splits_are_by_person_and_each_is_half_yes(people: list[Person]) -> None:
    items, _ = made(people, ItemSettings(1000, 1000, 0.3))
    assert {row["split"] for row in items} == {"dev", "test"}
    assert not faults_in_items(items, people)  # which looks at both


def test_more_items_than_people_can_give_are_not_made_up(people: list[Person]) -> None:
    items, ledger = made(people, ItemSettings(100_000, 100_000))
    asked = Counter((row["task"], row["person_id"]) for row in items)
    assert set(asked.values()) == {1}
    assert len(items) + ledger.lost_rows() == 2 * len(people)
    assert made(people, ItemSettings(0, 0))[0] == [] and made([])[0] == []


def test_people_who_all_come_to_the_same_job_give_no_negative() -> None:
    alike = [
        person(person_id=f"p{n}", titles=["cook", "chef"], projects=[["a"], [f"b{n}"]])
        for n in range(6)
    ]
    items, ledger = made(alike)
    assert {row["task"] for row in items} == {"project"}
    assert Counter(row[2] for row in ledger.rows) == {"no_negative": 6}


def test_targets_are_exchanged_until_they_fit() -> None:
    """Two trades, in which nobody may be shown the next job of their own: a random dealing would
    be wrong for half of the people."""
    two = [
        person(person_id=f"p{n}", titles=["a", "b"] if n % 2 else ["c", "d"], projects=[["x"]])
        for n in range(400)
    ]
    items, ledger = made(two, ItemSettings(400, 0))
    lost = sum(row[2] == "no_negative" for row in ledger.rows)
    assert len(items) + lost == 400 and lost < 60  # as the halves drawn hold both trades unequally
    assert not faults_in_items(items, two)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda row, other: row | {"label": not row["label"]}, "tasks and splits that are not"),
        (lambda row, other: row | {"target": row["career"][:1]}, "targets not as often"),
        (lambda row, other: row | {"career": row["career"] + ["x"]}, "not the person's own past"),
        (lambda row, other: row | {"projects": []}, "cut where nothing new"),
        (lambda row, other: row | {"split": "dev"}, "people in two splits"),
        (lambda row, other: other, "people asked about twice"),
    ],
)
def test_faults_are_found(people: list[Person], change: Any, fault: str) -> None:
    items, _ = made(people)
    row, other = [row for row in items if row["task"] == "title" and row["label"]][:2]
    broken = [change(row, other) if one is row else one for one in items]
    assert any(name.startswith(fault) for name in faults_in_items(broken, people))


@pytest.mark.parametrize(
    ("name", "value"), [("title", -1), ("project", -2), ("dev_share", 1.0), ("dev_share", -0.1)]
)
def test_settings_out_of_range_are_told(name: str, value: float) -> None:
    config = {"title": 1, "project": 1, "dev_share": 0.0} | {name: value}
    with pytest.raises(InputError, match=f"tm_eval/items.{name}"):
        item_settings(config)
