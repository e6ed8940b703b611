"""Items of TM-Eval: does a title, or a set of APIs, come next in a career (METHOD 7; KDJPPR 3.2).

The targets of the Yes items are dealt out once more among the people of the No items. So every
target stands as often under No as under Yes, and nothing that looks at the target alone (how common
it is, how long) can tell them apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import drawn
from hr_pipeline.lake.rng import digest, draw_integer, rng
from hr_pipeline.tm_eval.careers import (
    TASKS,
    Cut,
    Person,
    Popularity,
    apis_key,
    cuts,
    forbidden,
    in_one_spelling,
    target_key,
    title_key,
)
from hr_pipeline.tm_eval.wording import ItemText, item_text

STAGE = "tm_eval/items"
DEV, TEST = "dev", "test"
Row = dict[str, Any]


@dataclass(frozen=True)
class ItemSettings:
    """`title`, `project`: items of each task at most; `dev_share`: of the people, whose items are
    in the dev split for both tasks."""

    title: int = 1000
    project: int = 1000
    dev_share: float = 0.0


def item_settings(config: Mapping[str, Any]) -> ItemSettings:
    """The settings, checked; raises InputError."""
    settings = ItemSettings(**config)
    for task in TASKS:
        if getattr(settings, task) < 0:
            raise InputError("at least 0 is needed", f"{STAGE}.{task}")
    if not 0 <= settings.dev_share < 1:
        raise InputError("a share from 0 to less than 1 is needed", f"{STAGE}.dev_share")
    return settings


@dataclass(frozen=True, slots=True)
class Place:
    """A person at a cut: where an item can be made."""

    person: Person
    cut: Cut

    def next(self, task: str) -> list[str]:
        return self.cut.target(self.person, task)


@dataclass(frozen=True, slots=True)
class Dealt:
    """A place, and the target that is shown there; `owner` is whose fact it is."""

    place: Place
    target: list[str]
    owner: str

    @property
    def label(self) -> bool:
        return self.owner == self.place.person.person_id


def make_items(
    people: Iterable[Person], settings: ItemSettings, seed: int, ledger: Ledger
) -> list[Row]:
    """Rows of tm_eval/items, in the order of their ids.

    Every person is offered to both tasks; who gives no item to one is in the ledger, under
    "task/person".
    """
    people = in_one_spelling(people)
    popularity = Popularity(people)
    rows: list[Row] = []
    for task in TASKS:
        places = _places(people, task, seed, ledger)
        chosen = set(drawn(places, getattr(settings, task), seed, f"{STAGE}/{task}/people"))
        for name in sorted(places.keys() - chosen):
            ledger.add("row", f"{task}/{name}", "not_drawn", "more people than items are wanted")
        held: dict[str, list[str]] = {DEV: [], TEST: []}
        for name in sorted(chosen):
            held[split_of(name, settings.dev_share, seed)].append(name)
        dealt = [
            (split, one)
            for split, names in held.items()
            for one in _dealt([places[name] for name in names], task, split, seed, ledger)
        ]
        rows += _rows(dealt, task, popularity, seed)
    return rows


def split_of(person_id: str, dev_share: float, seed: int) -> str:
    """One split for all items of a person."""
    drawn_place = draw_integer(seed, f"{STAGE}/split", person_id, 1_000_000)
    return DEV if drawn_place < dev_share * 1_000_000 else TEST


def _places(people: Iterable[Person], task: str, seed: int, ledger: Ledger) -> dict[str, Place]:
    """By person: one of their cuts, drawn."""
    places = {}
    for person in people:
        found = cuts(person, task)
        if isinstance(found, str):
            ledger.add("row", f"{task}/{person.person_id}", found, _WHY[found])
            continue
        at = draw_integer(seed, f"{STAGE}/{task}/cut", person.person_id, len(found))
        places[person.person_id] = Place(person, found[at])
    return places


_WHY = {
    "too_short": "fewer than two jobs (title task), or than two projects (project task)",
    "no_projects": "no project is told, and an item shows both",
    "no_jobs": "no job is told, and an item shows both",
    "nothing_before": "no cut has a job and a project before it",
    "nothing_new": "whatever comes next was there before",
}


def _dealt(places: list[Place], task: str, split: str, seed: int, ledger: Ledger) -> list[Dealt]:
    """Half of the places with what truly came next, half with a target of the first half."""
    stage = f"{STAGE}/{task}/half"
    places = sorted(places, key=lambda place: digest(seed, stage, place.person.person_id))
    if len(places) % 2:
        odd = places.pop().person.person_id
        ledger.add("row", f"{task}/{odd}", "not_drawn", "nobody is left to be its other half")
    owners, others = places[: len(places) // 2], places[len(places) // 2 :]
    dealt = []
    for owner, other, fits in deal(owners, others, task, rng(seed, f"{STAGE}/{task}/deal", split)):
        name, target = owner.person.person_id, owner.next(task)
        if fits:
            dealt += [Dealt(owner, target, name), Dealt(other, target, name)]
            continue
        for lost in (name, other.person.person_id):
            detail = "each target that is left is a fact of those who are left"
            ledger.add("row", f"{task}/{lost}", "no_negative", detail)
    return dealt


def deal(
    owners: Sequence[Place], others: Sequence[Place], task: str, draw: np.random.Generator
) -> Iterator[tuple[Place, Place, bool]]:
    """For each owner of a target one of the others, at random, to be shown it, and whether it may
    be: where it is a fact of theirs, two exchange what they got, as long as that mends anything."""
    given = draw.permutation(len(others))

    def fits(owner: int, other: int) -> bool:
        place = others[other]
        return not forbidden(place.person, place.cut, task, owners[owner].next(task))

    wrong = [i for i in range(len(owners)) if not fits(i, given[i])]
    mended = True
    while wrong and mended:
        mended = False
        for i in wrong:
            for k in draw.permutation(len(owners)):
                if fits(i, given[k]) and fits(k, given[i]):
                    given[i], given[k] = given[k], given[i]
                    mended = True
                    break
        wrong = [i for i in wrong if not fits(i, given[i])]
    for i, owner in enumerate(owners):
        yield owner, others[given[i]], i not in wrong


def _rows(
    dealt: Sequence[tuple[str, Dealt]], task: str, popularity: Popularity, seed: int
) -> Iterator[Row]:
    """Numbered in an order that says nothing of their labels."""
    stage = f"{STAGE}/{task}/order"
    ordered = sorted(dealt, key=lambda one: digest(seed, stage, one[1].place.person.person_id))
    for number, (split, one) in enumerate(ordered, 1):
        person, cut = one.place.person, one.place.cut
        career = list(person.titles[: cut.titles])
        projects = [list(apis) for apis in person.projects[: cut.projects]]
        yield {
            "item_id": f"{task}-{number:05d}",
            "task": task,
            "split": split,
            "person_id": person.person_id,
            "career": career,
            "projects": projects,
            "target": one.target,
            "label": one.label,
            "target_person": one.owner,
            "popularity": popularity.of(task, one.target),
            "input": item_text(ItemText(task, career, projects, one.target)),
        }


def faults_in_items(items: Iterable[Row], people: Iterable[Person]) -> Counter[str]:
    """What is wrong with items, counted again from the careers themselves; empty if nothing is."""
    known = {person.person_id: person for person in people}
    faults: Counter[str] = Counter()
    labels: Counter[tuple[str, str]] = Counter()
    targets: Counter[tuple[str, str, frozenset[str]]] = Counter()
    splits: dict[str, set[str]] = {}
    asked: Counter[tuple[str, str]] = Counter()
    for row in items:
        task = row["task"]
        faults[_fault_in(row, known[row["person_id"]])] += 1
        sign = 1 if row["label"] else -1
        labels[task, row["split"]] += sign
        targets[task, row["split"], target_key(task, row["target"])] += sign
        splits.setdefault(row["person_id"], set()).add(row["split"])
        splits.setdefault(row["target_person"], set()).add(row["split"])
        asked[task, row["person_id"]] += 1
    faults["tasks and splits that are not half Yes"] = sum(map(bool, labels.values()))
    faults["targets not as often under Yes as under No"] = sum(map(bool, targets.values()))
    faults["people in two splits"] = sum(len(found) > 1 for found in splits.values())
    faults["people asked about twice in a task"] = sum(count > 1 for count in asked.values())
    del faults[""]
    return +faults


def _fault_in(row: Row, person: Person) -> str:
    """What is wrong with one item, "" if nothing is."""
    task, cut = row["task"], Cut(len(row["career"]), len(row["projects"]))
    past = (person.titles[: cut.titles], person.projects[: cut.projects])
    if _keys(row["career"], row["projects"]) != _keys(*past):
        return "not the person's own past"
    if cut not in cuts(person, task):
        return "cut where nothing new comes next, or not all lies before"
    if row["label"]:
        came = target_key(task, cut.target(person, task)) == target_key(task, row["target"])
        return "" if came else "a Yes that did not come next"
    is_own = forbidden(person, cut, task, row["target"])
    return "a No that is a fact of the person" if is_own else ""


def _keys(titles: Iterable[str], projects: Iterable[Iterable[str]]) -> tuple[list, list]:
    return [*map(title_key, titles)], [*map(apis_key, projects)]
