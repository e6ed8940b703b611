"""Pairs: which postings give one, what stands in it, how pairs are split and counted."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.jaqa.keys import skill_key, title_key
from hr_pipeline.jaqa.pairs.assemble import (
    Facts,
    draw_pairs,
    faults_in_pairs,
    fit_postings,
    pair_rows,
    read_facts,
)
from hr_pipeline.jaqa.pairs.splits import groups_of, near_across_splits, splits_of
from hr_pipeline.jaqa.pairs.statistics import PairCounts, coverage_rows, pair_statistics, plots
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger

Row = dict[str, Any]


def posting(name: str, title: str = "Cook?", description: str | None = "x", **more: Any) -> Row:
    return {"posting_id": name, "title": title, "description": description} | more


CHOICES = [
    {"skill": "Node.js", "apis": ["@types/node", "express"]},
    {"skill": "unit test", "apis": ["jest", "express"]},
    {"skill": ".NET", "apis": [".NET", "System.Text.Json"]},
    {"skill": "teamwork", "apis": []},
]
TITLES = [
    {"title": "cook?", "esco_label": "cook", "esco_uri": "uri:1", "isco_group": "5120"},
    {"title": "Java  Dev", "esco_label": "java developer", "esco_uri": "u:2", "isco_group": "2514"},
]


def facts_of(**skills: list[str]) -> Facts:
    rows = [{"posting_id": name, "skills": held} for name, held in skills.items()]
    return read_facts(rows, CHOICES, TITLES, "template")


def test_a_pair_holds_the_apis_of_all_its_skills_once_and_in_their_order() -> None:
    facts = facts_of(a=["Unit Tests", "teamwork", "node.js", "lost", ".NET"])
    ledger, row = Ledger(), posting("a", "COOK?", "We cook.\n\nWhat? All. Here.")
    (pair,) = pair_rows([row], {"a": "dev"}, facts, ledger)
    assert pair["apis"] == ["jest", "express", "@types/node", ".NET", "System.Text.Json"]
    assert (pair["title_raw"], pair["title"], pair["esco_uri"]) == ("COOK?", "cook", "uri:1")
    assert pair["job_description"] in pair["question"] and "cook?" in pair["question"]
    assert all(api in pair["answer"] for api in pair["apis"])
    assert ledger.rows == [("skill", "a", "no_choice_of_apis", "", "lost")]
    CONTRACTS["jaqa/pairs"].table([pair])
    assert not faults_in_pairs([pair], CHOICES)
    bad = [pair | {"apis": pair["apis"][1:]}, pair | {"answer": pair["answer"] + "?"}]
    assert faults_in_pairs([*bad, pair | {"title": "Chef"}], CHOICES) == {
        "APIs that are not the skills' own": 1,
        "answers that read otherwise": 2,
        "questions that read otherwise": 1,
    }


def test_every_posting_gives_a_pair_or_a_cause() -> None:
    postings = [
        posting("a"),
        posting("b", description=None),
        posting("c", description=" \n"),
        posting("d"),
        posting("e", "Baker"),
        posting("f"),
        posting("g", " COOK? ", " x\n"),
        posting("h", "Java Dev"),
        posting("i"),
    ]
    node = ["Node.js"]
    facts = facts_of(a=node, b=node, c=node, e=node, f=["teamwork", "lost"], g=node, h=node)
    facts = replace(facts, not_drawn=["i"])
    ledger = Ledger()
    assert fit_postings(postings, facts, ledger) == ["a", "h"]
    assert {row[1]: row[2] for row in ledger.rows} == {
        **{"b": "no_description", "c": "no_description", "d": "no_skills"},
        "i": "over_ceiling",
        **{"e": "title_not_standardised", "f": "no_api", "g": "repeated_posting"},
    }
    turned = Ledger()
    assert fit_postings(postings[::-1], facts, turned) == ["a", "h"]
    assert sorted(turned.rows) == sorted(ledger.rows)


@given(st.sets(st.text(min_size=1, max_size=3)), st.integers(0, 9))
def test_the_number_is_a_ceiling_and_what_is_over_it_is_told(ids: set[str], most: int) -> None:
    ledger = Ledger()
    drawn = draw_pairs(sorted(ids), most, 1, ledger)
    assert len(drawn) == min(most, len(ids)) and drawn <= ids
    lost = {row[1] for row in ledger.rows}
    assert len(lost) == len(ids - drawn) == ledger.lost_rows()


def text(*changes: int, words: int = 60) -> str:
    """Sixty words of which some differ."""
    return " ".join(f"other{place}" if place in changes else f"w{place}" for place in range(words))


def test_near_duplicates_and_what_they_lead_to_are_one_group() -> None:
    descriptions = [
        ("d", text(0)),
        ("b", text()),
        ("c", text(0, 59)),
        ("e", "\n".join(text().upper().split())),  # the same words
        ("a", text(*range(0, 60, 3))),
        ("y", "!!"),
        ("x", "!!"),
        ("z", "??"),
    ]
    groups = groups_of(descriptions)
    together = dict.fromkeys("bcde", "b")
    assert groups == together | {"a": "a", "x": "x", "y": "x", "z": "z"}
    assert groups_of(descriptions[::-1]) == groups
    splits = splits_of(groups, 1, 0.3, 0.3)
    assert len({splits[name] for name in "bcde"}) == 1
    rows = [(name, splits[name], found) for name, found in descriptions]
    assert not near_across_splits(rows)
    assert near_across_splits([("b", "train", text()), ("d", "test", text(0))]) == [("d", "b")]


def test_splits_take_their_shares_and_change_with_the_seed() -> None:
    groups = {f"p{number}": f"p{number}" for number in range(4_000)}
    splits = splits_of(groups, 1, 0.05, 0.1)
    sizes = {name: list(splits.values()).count(name) for name in ("train", "dev", "test")}
    assert 140 < sizes["dev"] < 260 and 330 < sizes["test"] < 470
    assert splits != splits_of(groups, 2, 0.05, 0.1)
    assert set(splits_of(groups, 1, 0.0, 0.0).values()) == {"train"}


def pair(number: int, **more: Any) -> Row:
    return {
        "pair_id": str(number),
        "split": "train",
        "title_raw": f"t{number}",
        "esco_uri": "u:1",
        "isco_group": "2512",
        "job_description": "a b c",
        "skills": ["x"],
        "apis": [f"api{n}" for n in range(number)],
    } | more


def test_statistics_count_what_is_there_beside_what_was_ordered() -> None:
    counts = PairCounts()
    for row in (pair(1), pair(2, split="test"), pair(6, isco_group="0110", esco_uri="u:2")):
        counts.add(row)
    table = pair_statistics(counts, 20_000, [0, 2, 0, 1], {"row: no_api": 4})
    held = {row["statistic"]: row["ours"] for row in table.to_pylist()}
    assert held["pairs"] == 3 and held["pairs ordered at most"] == 20_000
    spread = [held[f"APIs a pair, {kind}"] for kind in ("mean", "median", "fewest", "most")]
    assert spread == [3, 2, 1, 6]
    assert (held["distinct APIs"], held["distinct ESCO occupations"]) == (6, 2)
    assert held["distinct titles as posted"] == 3 and held["words of a description, mean"] == 3
    assert held["of them without an API, %"] == 50 and held["lost, row: no_api"] == 4
    assert [row["statistic"] for row in table.to_pylist() if row["paper"]] == [
        *("pairs", "pairs ordered at most")
    ]
    rows = coverage_rows(counts)
    isco = {row["name"]: row["pairs"] for row in rows if row["kind"] == "isco"}
    assert len(isco) == 10 and isco["Professionals"] == 2 and isco["Managers"] == 0
    assert isco["Armed forces occupations"] == 1
    apis = [(row["name"], row["pairs"], row["share"]) for row in rows if row["kind"] == "api"]
    assert apis[:3] == [("api0", 3, 1.0), ("api1", 2, 0.66667), ("api2", 1, 0.33333)]
    assert CONTRACTS["jaqa/coverage"].table(rows).num_rows == 16
    assert plots(counts).startswith("![plot]")


def test_no_pair_is_counted_too() -> None:
    table = pair_statistics(PairCounts(), 5, [], {})
    held = {row["statistic"]: row["ours"] for row in table.to_pylist()}
    assert held["pairs"] == 0 and held["APIs a pair, mean"] is None
    assert {row["share"] for row in coverage_rows(PairCounts())} == {0.0}
    assert plots(PairCounts()).startswith("![plot]")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("unit tests", "Unit Test", True),
        ("C", "C++", False),
        (".NET", "NET", False),
        ("+", "-", False),
    ],
)
def test_keys_of_skills(one: str, other: str, same: bool) -> None:
    assert (skill_key(one) == skill_key(other)) is same


def test_keys_of_titles_fold_case_and_spaces_alone() -> None:
    assert title_key(" Java\u00a0 DEV ") == title_key("java dev") != title_key("java devs")
