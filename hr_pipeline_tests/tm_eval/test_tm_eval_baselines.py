"""Rules that know nothing of careers: at chance on items as they should be, and seen where not."""

from typing import Any

import numpy as np
import pytest

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import rng
from hr_pipeline.tm_eval.baselines import POPULARITY, baselines, best_threshold, off_chance
from hr_pipeline.tm_eval.careers import Person
from hr_pipeline.tm_eval.intervals import interval
from hr_pipeline.tm_eval.items import ItemSettings, make_items
from hr_pipeline.tm_eval.statistics import item_statistics
from hr_pipeline_tests.tm_eval.career_world import career_rows

ORDERED = {"title": 150, "project": 150}


@pytest.fixture(scope="module")
def made() -> tuple[list[dict[str, Any]], Ledger]:
    ledger = Ledger()
    people = [Person.of(row) for row in career_rows(400)]
    return make_items(people, ItemSettings(**ORDERED), 1, ledger), ledger


def by_rule(items: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["task"], row["rule"]): row for row in baselines(items, seed=1)}


def test_what_looks_at_the_target_alone_is_at_chance(made: Any) -> None:
    judged = by_rule(made[0])
    blind = [row for row in judged.values() if row["must_be_chance"]]
    assert {row["accuracy"] for row in blind} == {0.5} and len(blind) == 7
    assert all(row["ci_low"] < 0.45 and row["ci_high"] > 0.55 for row in blind)
    assert not off_chance(list(judged.values()))


def test_what_reads_the_career_is_not(made: Any) -> None:
    """Trades have their own words and APIs in these careers."""
    judged = by_rule(made[0])
    assert judged["title", "words of the target in any job"]["ci_low"] > 0.55
    assert judged["project", "APIs of the target in any project"]["ci_low"] > 0.55


@pytest.mark.parametrize("task", ["title", "project"])
def test_negatives_that_popularity_tells_apart_are_found(made: Any, task: str) -> None:
    """As if targets of the No items had been drawn from all that there is: rare ones mostly."""
    skewed = [row if row["label"] else row | {"popularity": 1} for row in made[0]]
    rows = baselines(skewed, seed=1)
    assert set(off_chance(rows)) >= {f"{task}: {POPULARITY}"}
    found = next(r for r in rows if (r["task"], r["rule"]) == (task, POPULARITY))
    assert found["accuracy"] > 0.9


def test_targets_held_before_are_found(made: Any) -> None:
    told = [r | {"target": r["career"][-1:]} if r["label"] else r for r in made[0]]
    found = off_chance(baselines([row for row in told if row["task"] == "title"], seed=1))
    assert {"title: the target is the latest job", "title: the target was held before"} <= {*found}


def test_the_order_of_items_decides_nothing(made: Any) -> None:
    assert by_rule(made[0][::-1]) == by_rule(made[0])


def test_no_items_no_rules() -> None:
    assert baselines([], seed=1) == []


def test_the_best_threshold() -> None:
    values = np.array([1.0, 2.0, 2.0, 3.0])
    assert best_threshold(values, np.array([False, True, True, True])) == (2.0, True)
    assert best_threshold(values, np.array([True, True, True, False])) == (3.0, False)
    assert best_threshold(np.empty(0), np.empty(0, bool)) == (0.0, True)


def test_intervals_are_those_of_a_share() -> None:
    """1,000 tosses: a half, give or take 3.1 points (1.96 sqrt(0.25 / 1000))."""
    low, high = interval((500, 500), lambda drawn: drawn[:, 0] / drawn.sum(1), rng(1, "t", 1))
    assert low == pytest.approx(0.469, abs=0.004) and high == pytest.approx(0.531, abs=0.004)
    assert interval((0, 0), lambda drawn: drawn[:, 0], rng(1, "t", 1)) == (0, 0)


def test_statistics(made: Any) -> None:
    items, ledger = made
    rows = item_statistics(items, ORDERED, ledger.table().to_pylist())
    figures = {row["statistic"]: row["ours"] for row in rows}
    assert figures["items"] == 300 and figures["title: items"] == 150
    assert figures["title: Yes, %"] == figures["project: Yes, %"] == 50
    for task in ("title", "project"):
        name = f"{task}: mean popularity of the target, "
        assert figures[name + "Yes"] == figures[name + "No"] > 1
    lost = {name: n for name, n in figures.items() if ": people lost, " in name}
    assert sum(lost.values()) == ledger.lost_rows() and "title: people lost, too_short" in lost
    assert {row["statistic"]: row["paper"] for row in rows}["items"] == 2000
