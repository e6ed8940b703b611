"""The graph as tables and back, what the cluster filter lost, categories, figures and exports."""

import json
from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.graph.build import Graph, occupation_id
from hr_pipeline.graph.categories import OF_MAJOR_GROUP, categorise
from hr_pipeline.graph.clusters import Clusters
from hr_pipeline.graph.export import to_networkx, write_graph
from hr_pipeline.graph.make import MadeGraph, make_graph
from hr_pipeline.graph.statistics import graph_statistics, plots
from hr_pipeline.graph.tables import DATASETS, from_tables, to_tables
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.datasets.columns import CATEGORIES
from hr_pipeline_tests.graph.graph_cases import Ad, ads, edges, graph_of

LISTED = [("35-1011", "title 3", ["skill 1", "grilling"]), ("29-1141", "Nurse", ["skill 2"])]
ODD: list[Ad] = [("R&D <Lead>", ['"C" & C++', "é \u2019"]), ("Köch\u00a0in", ["é \u2019"])]


def made_of(rows: list[Ad], least: int = 3) -> MadeGraph:
    return make_graph(graph_of(rows, LISTED), [("29-1141", "Nurse")], 5, least)


def kept_part(rows: list[Ad], least: int = 3) -> tuple[Graph, Clusters]:
    """The part of the graph in kept clusters, and these clusters in it."""
    made = made_of(rows, least)
    return made.graph, made.clusters


def tables_of(graph: Graph, clusters: Clusters) -> dict[str, pa.Table]:
    """The tables as the lake holds them."""
    categories = [sorted(CATEGORIES)[i % 5] for i in range(len(graph.titles))]
    tables = to_tables(graph, clusters, categories)
    conformed = {}
    for dataset, table in tables.items():
        contract = CONTRACTS[dataset]
        conformed[dataset] = contract.conform(table, contract.schema())
        contract.require_unique([contract.key_hashes(conformed[dataset])])
    return conformed


@given(ads, st.integers(1, 4))
def test_tables_hold_the_graph_and_its_clusters(rows: list[Ad], least: int) -> None:
    graph, clusters = kept_part([*rows, *ODD], least)
    tables = tables_of(graph, clusters)
    again, clusters_again, categories = from_tables(tables)
    assert edges(again) == edges(graph)
    assert (again.titles, again.skills) == (graph.titles, graph.skills)
    assert again.codes == graph.codes
    assert categories == tables["graph/occupations"]["category"].to_pylist()
    assert clusters_again.seeds.tolist() == clusters.seeds.tolist()
    assert clusters_again.members.indptr.tolist() == clusters.members.indptr.tolist()
    assert clusters_again.members.indices.tolist() == clusters.members.indices.tolist()


def test_degrees_sources_and_weights_stand_in_the_tables() -> None:
    rows: list[Ad] = [("title 3", ["skill 1"]), ("title 3", ["skill 1"]), ("B", ["skill 1"])]
    tables = tables_of(*kept_part(rows, 1))
    occupations = {row["title"]: row for row in tables["graph/occupations"].to_pylist()}
    assert {t: (r["source"], r["code"], r["n_skills"]) for t, r in occupations.items()} == {
        "B": ("dice", None, 1),
        "title 3": ("dice", "35-1011", 2),
        "Nurse": ("general", "29-1141", 1),
    }
    skills = {row["name"]: row["n_occupations"] for row in tables["graph/skills"].to_pylist()}
    assert skills == {"skill 1": 2, "grilling": 1, "skill 2": 1}
    links = Counter((r["source"], r["weight"]) for r in tables["graph/edges"].to_pylist())
    assert links == {("dice", 2): 1, ("dice", 1): 1, ("generated", 0): 2}
    assert occupations["B"]["occupation_id"] == occupation_id("b")


@given(ads, st.integers(1, 6))
def test_rows_before_the_filter_are_rows_after_it_and_the_ledger(
    rows: list[Ad], least: int
) -> None:
    made = made_of(rows, least)
    whole, graph, lost = made.whole, made.graph, made.lost
    tables = tables_of(graph, made.clusters)
    assert len(made.categories) == len(graph.titles)
    sizes = (len(whole.titles), len(whole.skills), len(whole.edge_skill))
    for dataset, rows_in in zip(DATASETS[:3], sizes, strict=True):
        found = lost[dataset]
        assert found.rows_in == rows_in == tables[dataset].num_rows + found.ledger.lost_rows()
    assert lost["graph/clusters"].rows_in is None and not lost["graph/clusters"].ledger.rows
    raw = {row[4] for row in lost["graph/skills"].ledger.rows}
    assert raw | set(graph.skills) == set(whole.skills)
    titles = {row[4] for row in lost["graph/occupations"].ledger.rows}
    assert titles.isdisjoint(graph.titles) and titles | set(graph.titles) == set(whole.titles)


# -- categories -----------------------------------------------------------------------------


def test_every_major_group_has_one_of_the_papers_categories() -> None:
    groups = [f"{n}" for n in range(11, 56, 2)]
    assert sorted(OF_MAJOR_GROUP) == groups
    assert set(OF_MAJOR_GROUP.values()) == CATEGORIES


def test_the_own_code_decides_else_the_nearest_official_title() -> None:
    official = [("29-1141", "Registered Nurses"), ("15-1252", "Software Developers")]
    titles = ["Registered Nurses", "Software Developer", "Staff Nurse, registered"]
    found = categorise(titles, ["43-6011", "", ""], official)
    assert found == ["administrative", "tech", "healthcare"]
    assert categorise(["Nurse", "Cook"], ["", "35-2014"], []) == ["tech", "manual labor"]


# -- figures --------------------------------------------------------------------------------


def figures(rows: list[Ad], least: int) -> dict[str, float | None]:
    table = graph_statistics(made_of(rows, least))
    table = CONTRACTS["graph/statistics"].conform(table, CONTRACTS["graph/statistics"].schema())
    return dict(zip(table["statistic"].to_pylist(), table["ours"].to_pylist(), strict=True))


def test_figures_of_a_small_graph() -> None:
    rows: list[Ad] = [(f"t{i}", ["all", f"own {i}"]) for i in range(4)]
    found = figures(rows, 3)
    expected = {
        "occupations": 4,
        "skills": 5,
        "edges": 8,
        "skills per occupation": 2,
        "occupations per skill": 1.6,
        "clusters": 1,
        "occupations per cluster": 4,
        "largest cluster": 4,
        "clusters dropped for their size": 2,
        "general occupations": 0,
        "occupations before the filter": 6,
        "general occupations before the filter": 2,
        "skills before the filter": 8,
        "edges before the filter": 11,
    }
    assert found == expected


def test_a_graph_without_a_kept_cluster_has_figures_and_plots() -> None:
    graph, clusters = kept_part([("A", ["x"])], 10)
    found = figures([("A", ["x"])], 10)
    assert (found["occupations"], found["occupations per cluster"]) == (0, None)
    assert found["skills per occupation"] is None
    assert "base64" in plots(graph, clusters)


# -- exports --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["graphml", "networkx"])
def test_an_export_read_back_equals_the_tables(form: str, tmp_path: Path) -> None:
    rows: list[Ad] = [*ODD, *[(f"title {i}", ["x", f"skill {i % 3}"]) for i in range(6)]]
    tables = tables_of(*kept_part(rows, 1))
    path = write_graph(tables, form, tmp_path / "new")
    if form == "graphml":
        read = nx.read_graphml(path)
    else:
        read = nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), edges="edges")
    for dataset, key, side in (
        ("graph/occupations", "occupation_id", 0),
        ("graph/skills", "skill_id", 1),
    ):
        expected = {row.pop(key): row for row in tables[dataset].to_pylist()}
        nodes = {n: dict(d) for n, d in read.nodes(data=True) if d["bipartite"] == side}
        assert nodes == {
            node: {"bipartite": side} | {k: v for k, v in row.items() if v is not None}
            for node, row in expected.items()
        }
    links = {frozenset((a, b)): (d["origin"], d["weight"]) for a, b, d in read.edges(data=True)}
    assert links == {
        frozenset((r["occupation_id"], r["skill_id"])): (r["source"], r["weight"])
        for r in tables["graph/edges"].to_pylist()
    }
    assert nx.is_bipartite(read)


def test_control_characters_in_a_title_do_not_break_the_xml(tmp_path: Path) -> None:
    tables = tables_of(*kept_part([("Cook\x07 \x00", ["Grill\x1bing\ufffe"])], 1))
    read = nx.read_graphml(write_graph(tables, "graphml", tmp_path))
    names = {d.get("title") or d.get("name") for _, d in read.nodes(data=True)}
    assert {"Cook ", "Grilling"} <= names


def test_degrees_of_the_export_are_those_of_the_graph() -> None:
    graph, clusters = kept_part([(f"t{i}", ["x", f"s{i % 2}"]) for i in range(5)], 1)
    exported = to_networkx(tables_of(graph, clusters))
    degrees = [exported.degree[occupation_id(title)] for title in graph.titles]
    assert np.array_equal(degrees, graph.skills_of.degrees())
