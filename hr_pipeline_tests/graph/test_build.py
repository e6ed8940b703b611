"""Building the graph: which rows become one node, what an edge counts, who neighbours whom."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.graph.build import Csr, Graph, occupation_id, skill_id
from hr_pipeline_tests.graph.graph_cases import Ad, ads, edges, graph_of, held


def same(a: Graph, b: Graph) -> bool:
    lists = (a.titles, a.codes, a.skills) == (b.titles, b.codes, b.skills)
    arrays = ("edge_occupation", "edge_skill", "edge_weight", "edge_generated")
    return lists and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)


def test_titles_that_differ_in_case_and_spaces_are_one_occupation_under_the_usual_spelling() -> (
    None
):
    graph = graph_of(
        [("java  developer", ["x"]), ("Java Developer", ["y"]), ("Java Developer", ["z"])]
    )
    assert graph.titles == ["Java Developer"]
    assert held(graph) == {"Java Developer": {"x", "y", "z"}}
    assert occupation_id("java  DEVELOPER") == occupation_id("Java Developer")


@pytest.mark.parametrize("turn", [1, -1])
def test_of_equally_frequent_spellings_the_smallest_is_shown(turn: int) -> None:
    rows: list[Ad] = [("java developer", ["sql"]), ("Java developer", ["SQL"])]
    graph = graph_of(rows[::turn])
    assert (graph.titles, graph.skills) == (["Java developer"], ["SQL"])


def test_names_that_differ_in_more_than_case_stay_apart() -> None:
    graph = graph_of([("Cook", [".NET", "NET", "C", "C#", "C++"]), ("Cooks", ["C"])])
    assert graph.titles == ["Cook", "Cooks"]
    assert sorted(graph.skills) == [".NET", "C", "C#", "C++", "NET"]
    assert skill_id("C") != occupation_id("C") and skill_id("C#") != skill_id("C")


def test_an_edge_weighs_as_many_ads_as_name_both() -> None:
    graph = graph_of([("A", ["x", "X", "x "]), ("a", ["x", "y"]), ("B", ["x"])])
    assert edges(graph) == {("A", "x"): (2, False), ("A", "y"): (1, False), ("B", "x"): (1, False)}


def test_an_edge_is_generated_only_where_no_ad_has_it() -> None:
    graph = graph_of([("Cook", ["Baking"])], [("35-1", "COOK", ["baking", "Frying", "frying"])])
    assert edges(graph) == {("COOK", "Baking"): (1, False), ("COOK", "Frying"): (0, True)}
    assert graph.codes == ["35-1"]


def test_a_general_title_under_two_codes_has_the_smaller_one_in_any_order() -> None:
    rows = [("15-2", "Cook", ["x"]), ("11-1", "cook", ["y"])]
    assert graph_of([], rows).codes == graph_of([], rows[::-1]).codes == ["11-1"]


def test_nothing_makes_an_empty_graph() -> None:
    graph = graph_of([])
    assert (graph.titles, graph.skills, len(graph.edge_skill)) == ([], [], 0)
    assert len(graph.skills_of.degrees()) == 0


@given(ads, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Ad], chance: random.Random) -> None:
    cased = [(chance.choice([str.title, str.upper, str.lower])(t), skills) for t, skills in rows]
    shuffled = chance.sample(cased, len(cased))
    listed = [("11-1", f"title {n}", [f"skill {n}", "skill 1"]) for n in range(5)]
    assert same(graph_of(cased, listed), graph_of(shuffled, listed[::-1]))


@given(ads)
def test_neighbours_and_weights_are_those_of_a_dictionary(rows: list[Ad]) -> None:
    expected: dict[tuple[str, str], int] = {}
    for title, skills in rows:
        for skill in set(skills):
            expected[title, skill] = expected.get((title, skill), 0) + 1
    graph = graph_of(rows)
    assert edges(graph) == {pair: (weight, False) for pair, weight in expected.items()}
    skills_of, occupations_of = graph.skills_of, graph.occupations_of
    for i, title in enumerate(graph.titles):
        around = [graph.skills[s] for s in skills_of.neighbours(i)]
        assert around == sorted(around) == sorted(s for t, s in expected if t == title)
    for i, skill in enumerate(graph.skills):
        around = [graph.titles[o] for o in occupations_of.neighbours(i)]
        assert around == sorted(around) == sorted(t for t, s in expected if s == skill)
    everything = skills_of.union(np.arange(len(graph.titles)))
    assert everything.tolist() == list(range(len(graph.skills)))
    assert skills_of.union(np.empty(0, dtype=np.int64)).tolist() == []


def test_csr_keeps_rows_without_a_neighbour() -> None:
    csr = Csr.from_pairs(np.array([3, 1, 3]), np.array([2, 0, 1]), 5)
    assert [csr.neighbours(i).tolist() for i in range(5)] == [[], [0], [], [1, 2], []]
    assert csr.degrees().tolist() == [0, 1, 0, 2, 0]


@given(ads, st.sets(st.integers(0, 14)))
def test_kept_occupations_keep_their_skills_and_skills_of_none_go(
    rows: list[Ad], wanted: set[int]
) -> None:
    graph = graph_of(rows)
    kept = np.array([i for i in range(len(graph.titles)) if i in wanted], dtype=np.int64)
    part = graph.keep_occupations(kept)
    before = held(graph)
    assert held(part) == {graph.titles[i]: before[graph.titles[i]] for i in kept}
    assert set(part.skills) == set().union(*held(part).values())
    assert {pair: edges(graph)[pair] for pair in edges(part)} == edges(part)


def test_degree_filters_are_off_by_default() -> None:
    graph = graph_of([("A", ["x"]), ("B", [])])
    assert held(graph) == {"A": {"x"}, "B": set()}


@given(ads, st.integers(0, 3), st.integers(0, 3))
def test_degree_filters_leave_the_largest_part_where_every_node_has_enough_links(
    rows: list[Ad], occupation_degree: int, skill_degree: int
) -> None:
    expected = {title: set(skills) for title, skills in held(graph_of(rows)).items()}
    while occupation_degree or skill_degree:
        before = sum(map(len, expected.values())), len(expected)
        least = max(occupation_degree, 1)
        expected = {title: skills for title, skills in expected.items() if len(skills) >= least}
        for skill in set().union(*expected.values()):
            holders = [title for title in expected if skill in expected[title]]
            if len(holders) < skill_degree:
                for title in holders:
                    expected[title].discard(skill)
        if before == (sum(map(len, expected.values())), len(expected)):
            break
    graph = graph_of(rows, (), occupation_degree, skill_degree)
    assert held(graph) == expected
    assert set(graph.skills) == set().union(*expected.values())
