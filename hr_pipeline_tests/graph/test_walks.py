"""Random walks: inside the cluster, targets met where they can be, one spelling of each thing."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.clusters import Clusters, grow_clusters
from hr_pipeline.graph.walks import Draws, Neighbourhoods, Subgraph, Walk, walk
from hr_pipeline.lake.rng import rng
from hr_pipeline_tests.graph.graph_cases import Ad, ads, graph_of, held


def draws(key: object, block: int = 192) -> Draws:
    return Draws(rng(3, "test/walks", key), block)


def sense(names: list[str]) -> list[str]:
    """Names whose digits are equal after halving mean the same: "skill 4" and "skill 5"."""
    return [re.sub(r"\d+", lambda m: str(int(m[0]) // 2), name) for name in names]


def taken(graph: Graph, start: str, n_skills: int, n_titles: int, key: object = 0) -> Walk:
    """A walk in the first cluster that holds the start, each name meaning something of its own."""
    clusters = grow_clusters(graph, 0, 1)
    position = graph.titles.index(start)
    number = next(i for i in range(len(clusters)) if position in members(clusters, i))
    subgraph = Neighbourhoods(graph, clusters)[number]
    return walk(subgraph, position, n_skills, n_titles, draws(key), graph.skills, graph.titles)


def members(clusters: Clusters, number: int) -> list[int]:
    return clusters.members.neighbours(number).tolist()


@given(ads, st.integers(0, 99), st.integers(0, 12), st.integers(1, 5))
def test_a_walk_finds_what_its_cluster_holds_and_meets_targets_where_it_can(
    rows: list[Ad], key: int, n_skills: int, n_titles: int
) -> None:
    graph = graph_of(rows)
    clusters = grow_clusters(graph, 0, 1)
    neighbourhoods = Neighbourhoods(graph, clusters)
    skill_sense, title_sense, skills_of = sense(graph.skills), sense(graph.titles), held(graph)
    for number in range(len(clusters)):
        occupations = members(clusters, number)
        start = occupations[key % len(occupations)]
        found = walk(
            neighbourhoods[number], start, n_skills, n_titles, draws(key), skill_sense, title_sense
        )
        around = set().union(*(skills_of[graph.titles[o]] for o in occupations))
        assert found.occupations[0] == start
        assert set(found.occupations) <= set(occupations)
        assert {graph.skills[s] for s in found.skills} <= around
        senses = [skill_sense[s] for s in found.skills]
        titles = [title_sense[o] for o in found.occupations]
        assert len(set(senses)) == len(senses) == min(n_skills, len(set(sense(sorted(around)))))
        all_titles = {title_sense[o] for o in occupations}
        assert len(set(titles)) == len(titles) == min(n_titles, len(all_titles))


@given(ads)
def test_a_subgraph_is_the_clusters_occupations_with_all_their_skills(rows: list[Ad]) -> None:
    graph = graph_of(rows)
    clusters, skills_of = grow_clusters(graph, 0, 1), graph.skills_of
    neighbourhoods = Neighbourhoods(graph, clusters, held=2)
    for number in [*range(len(clusters)), *range(len(clusters))]:
        subgraph = neighbourhoods[number]
        occupations = members(clusters, number)
        expected = {(o, s) for o in occupations for s in skills_of.neighbours(o).tolist()}
        assert subgraph.occupations == occupations
        assert {(o, s) for o, found in subgraph.skills_of.items() for s in found} == expected
        assert {(o, s) for s, found in subgraph.occupations_of.items() for o in found} == expected
        assert subgraph.skills == sorted({s for _, s in expected})


def test_a_single_occupation_with_a_single_skill_ends() -> None:
    found = taken(graph_of([("A", ["x"])]), "A", 9, 5)
    assert (found.skills, found.occupations) == ([0], [0])


def test_a_star_of_one_skill_gives_all_occupations_asked_for() -> None:
    graph = graph_of([(f"t{i}", ["x"]) for i in range(30)])
    found = taken(graph, "t7", 3, 5)
    assert found.skills == [0]
    assert len(set(found.occupations)) == 5


@pytest.mark.parametrize("key", range(40))
def test_one_way_out_among_many_skills_is_found(key: int) -> None:
    graph = graph_of([("A", [*(f"own {i}" for i in range(200)), "way out"]), ("B", ["way out"])])
    assert len(taken(graph, "A", 3, 2, key).occupations) == 2


def test_a_lowered_target_is_not_padded_from_other_clusters() -> None:
    graph = graph_of([("A", ["x", "y"]), ("B", ["y"]), ("C", ["z"])])
    found = taken(graph, "A", 10, 5)
    assert sorted(graph.titles[o] for o in found.occupations) == ["A", "B"]
    assert sorted(graph.skills[s] for s in found.skills) == ["x", "y"]


def test_no_more_than_the_targets_is_collected_and_other_draws_find_others() -> None:
    graph = graph_of([(f"t{i}", ["all", *(f"s{i} {j}" for j in range(6))]) for i in range(12)])
    walks = [taken(graph, "t0", 4, 3, key) for key in (*range(20), 0)]
    assert {(len(w.skills), len(w.occupations)) for w in walks} == {(4, 3)}
    assert walks[0] == walks[-1]
    assert len({tuple(w.skills) for w in walks}) > 10


def test_skills_are_met_along_the_links_and_not_drawn_from_the_whole_cluster() -> None:
    """From a start with ten skills of its own, a short walk finds its own skills most of all."""
    crowd: list[Ad] = [(f"t{i}", ["all", *(f"s{i} {j}" for j in range(9))]) for i in range(40)]
    graph = graph_of([*crowd, ("start", ["all", *(f"own {j}" for j in range(9))])])
    own = Counter(
        graph.skills[s].startswith("own")
        for key in range(100)
        for s in taken(graph, "start", 5, 1, key).skills
    )
    assert own[True] / own.total() > 0.5


# -- draws ----------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 2, 7, 192])
def test_draws_are_those_of_the_generator_at_any_block_size(block: int) -> None:
    expected = rng(3, "test/walks", "k").random(400)
    drawn = draws("k", block)
    assert [drawn.below(10) for _ in range(400)] == [int(value * 10) for value in expected]


def test_draws_are_uniform_across_block_ends() -> None:
    drawn = draws("uniform", 5)
    values = np.array([drawn.below(7) for _ in range(70_000)])
    for place in range(5):  # first to last draw of a block
        counts = np.bincount(values[place::5], minlength=7)
        assert counts.sum() == 14_000 and len(counts) == 7
        assert ((counts - 2_000) ** 2 / 2_000).sum() < 25  # chi-square, 6 degrees: p < 0.001


def test_samples_are_distinct_uniform_in_every_place_and_leave_the_population_alone() -> None:
    drawn, population = draws("sample"), ["a", "b", "c", "d", "e"]
    places: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for _ in range(10_000):
        sample = drawn.sample(population, 3)
        assert len(set(sample)) == 3
        for place, item in zip(places, sample, strict=True):
            place[item] += 1
    assert population == ["a", "b", "c", "d", "e"]
    assert all(1_850 < count < 2_150 for place in places for count in place.values())
    assert sorted(drawn.sample(population, 9)) == population
    assert drawn.sample([], 2) == []


def test_rings_do_not_repeat_in_a_subgraph_with_loops() -> None:
    subgraph = Subgraph([0, 1], {0: [0, 1], 1: [0, 1]}, {0: [0, 1], 1: [0, 1]})
    found = walk(subgraph, 1, 9, 9, draws("loop"), ["x", "y"], ["A", "B"])
    assert (sorted(found.skills), found.occupations) == ([0, 1], [1, 0])
