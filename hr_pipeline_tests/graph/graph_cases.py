"""Postings, general skills and random graphs for the tests of this room."""

from collections.abc import Sequence

import pyarrow as pa
from hypothesis import strategies as st

from hr_pipeline.graph.build import Graph, build_graph

TEXTS = pa.list_(pa.string())
Ad = tuple[str, Sequence[str]]


def postings(ads: Sequence[Ad]) -> pa.Table:
    return pa.table(
        {
            "title": pa.array([title for title, _ in ads], pa.string()),
            "skills": pa.array([list(skills) for _, skills in ads], TEXTS),
        }
    )


def general(rows: Sequence[tuple[str, str, Sequence[str]]] = ()) -> pa.Table:
    """Rows of (code, title, skills)."""
    return pa.table(
        {
            "code": pa.array([code for code, _, _ in rows], pa.string()),
            "title": pa.array([title for _, title, _ in rows], pa.string()),
            "skills": pa.array([list(skills) for _, _, skills in rows], TEXTS),
        }
    )


def graph_of(
    ads: Sequence[Ad],
    listed: Sequence[tuple[str, str, Sequence[str]]] = (),
    occupation_degree: int = 0,
    skill_degree: int = 0,
) -> Graph:
    return build_graph(postings(ads), general(listed), occupation_degree, skill_degree)


def edges(graph: Graph) -> dict[tuple[str, str], tuple[int, bool]]:
    """(title, skill) to (weight, generated)."""
    columns = (graph.edge_occupation, graph.edge_skill, graph.edge_weight, graph.edge_generated)
    return {
        (graph.titles[o], graph.skills[s]): (int(weight), bool(generated))
        for o, s, weight, generated in zip(*columns, strict=True)
    }


def held(graph: Graph) -> dict[str, set[str]]:
    """The skills of every occupation, brute force from the edges."""
    found: dict[str, set[str]] = {title: set() for title in graph.titles}
    for title, skill in edges(graph):
        found[title].add(skill)
    return found


_titles = st.integers(0, 14).map(lambda n: f"title {n}")
_skills = st.integers(0, 19).map(lambda n: f"skill {n}")
ads = st.lists(st.tuples(_titles, st.lists(_skills, max_size=5)), max_size=30)
