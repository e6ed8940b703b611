"""Clusters: exactly the seed's two-hop set, overlapping, small ones dropped, seeded."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.clusters import Clusters, cluster_id, draw_clusters, grow_clusters
from hr_pipeline_tests.graph.graph_cases import Ad, ads, graph_of, held

CHAIN: list[Ad] = [(f"t{i:03d}", [f"s{i}", f"s{i + 1}"]) for i in range(60)]
NOT_SAID = {"n/a", "na", "none", "tbd", "various", "not specified", "null"}


def two_hops(graph: Graph, occupation: int) -> set[int]:
    skills = held(graph)
    own = skills[graph.titles[occupation]]
    return {i for i, title in enumerate(graph.titles) if own & skills[title]}


def members(clusters: Clusters) -> list[list[int]]:
    return [clusters.members.neighbours(i).tolist() for i in range(len(clusters))]


def titles_of_clusters(graph: Graph, clusters: Clusters) -> list[tuple[str, list[str]]]:
    named = zip(clusters.seeds, members(clusters), strict=True)
    return [(graph.titles[seed], [graph.titles[o] for o in found]) for seed, found in named]


@given(ads, st.integers(0, 5), st.integers(1, 6))
def test_every_cluster_is_its_seeds_two_hop_set(rows: list[Ad], seed: int, least: int) -> None:
    graph = graph_of(rows)
    clusters = grow_clusters(graph, seed, least)
    for start, found in zip(clusters.seeds, members(clusters), strict=True):
        assert found == sorted(two_hops(graph, start))
        assert len(found) >= least


@given(ads, st.integers(0, 5), st.integers(1, 6))
def test_all_occupations_with_a_skill_are_covered_and_small_clusters_dropped_afterwards(
    rows: list[Ad], seed: int, least: int
) -> None:
    graph = graph_of(rows)
    whole, kept = draw_clusters(graph, seed), grow_clusters(graph, seed, least)
    with_skills = [i for i, title in enumerate(graph.titles) if held(graph)[title]]
    assert whole.covered().tolist() == with_skills
    large = [found for found in members(whole) if len(found) >= least]
    assert members(kept) == large
    assert kept.seeds.tolist() == [s for s in whole.seeds if len(two_hops(graph, s)) >= least]
    assert kept.covered().tolist() == sorted(set().union(*large))


@given(ads, st.integers(0, 5))
def test_no_seed_was_covered_by_an_earlier_cluster(rows: list[Ad], seed: int) -> None:
    clusters = grow_clusters(graph_of(rows), seed, 1)
    covered: set[int] = set()
    for start, found in zip(clusters.seeds, members(clusters), strict=True):
        assert start not in covered
        covered.update(found)


def test_clusters_overlap() -> None:
    graph = graph_of(CHAIN)
    clusters = grow_clusters(graph, 1, 2)
    assert clusters.sizes().sum() > len(clusters.covered())
    assert len(clusters.covered()) == len(CHAIN)


def test_an_occupation_without_a_skill_makes_no_cluster_and_counts_as_none() -> None:
    clusters = grow_clusters(graph_of([("A", []), ("B", ["x"]), ("C", ["x"])]), 0, 0)
    assert members(clusters) == [[1, 2]]


def test_an_empty_graph_has_no_clusters() -> None:
    clusters = grow_clusters(graph_of([]), 0)
    assert (len(clusters), clusters.covered().tolist()) == (0, [])


def test_the_seed_decides_and_the_same_seed_gives_the_same() -> None:
    graph = graph_of(CHAIN)
    runs = [grow_clusters(graph, seed, 2).seeds.tolist() for seed in (1, 2, 1, 3)]
    assert runs[0] == runs[2]
    assert len({tuple(run) for run in runs}) == 3


def test_clusters_of_the_kept_graph_name_the_same_occupations() -> None:
    loners: list[Ad] = [(f"a{i}", [f"private {i}"]) for i in range(20)]
    crowd: list[Ad] = [(f"b{i}", ["shared", f"own {i}"]) for i in range(12)]
    graph = graph_of(loners + crowd)
    drawn = draw_clusters(graph, 4)
    clusters = drawn.of_at_least(10)
    assert len(drawn) - len(clusters) == 20
    kept = clusters.covered()
    part, moved = graph.keep_occupations(kept), clusters.renumbered(kept)
    assert titles_of_clusters(part, moved) == titles_of_clusters(graph, clusters)
    assert [set(found) for found in members(moved)] == [two_hops(part, s) for s in moved.seeds]


def test_cluster_names_sort_as_their_numbers() -> None:
    assert sorted(map(cluster_id, (10, 9, 99_999))) == ["c00009", "c00010", "c99999"]


def plain_split(path: Path) -> list[Ad]:
    """METHOD 2: lower-cased, split on , ; | and newline, placeholders out, 2 to 40 characters."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: list[Ad] = []
    for row in rows:
        tokens = {" ".join(t.split()) for t in re.split(r"[,;|\n]", row["skills"].lower())}
        skills = sorted(t for t in tokens if 2 <= len(t) <= 40 and not is_placeholder(t))
        if skills:
            found.append((row["jobtitle"], skills))
    return found


def is_placeholder(token: str) -> bool:
    found = re.search(r"job (?:description|overview)|\bsee\b.*\b(?:below|above)", token)
    return token in NOT_SAID or found is not None


@pytest.mark.real
def test_dice_gives_the_clusters_of_the_method_page(real: Path) -> None:
    graph = graph_of(plain_split(real / "dice" / "dice_com-job_us_sample.csv"))
    assert abs(len(graph.titles) - 9_321) <= 10
    assert abs(len(graph.skills) - 15_608) <= 10
    assert abs(len(graph.edge_skill) - 68_374) <= 10
    runs = [grow_clusters(graph, seed) for seed in (1, 2, 3)]
    assert all(7_195 <= len(clusters.covered()) <= 7_230 for clusters in runs)
    assert all(340 <= len(clusters) <= 372 for clusters in runs)
    assert 350 <= np.mean([len(clusters) for clusters in runs]) <= 362
    assert 95 <= np.mean([clusters.sizes().mean() for clusters in runs]) <= 106
