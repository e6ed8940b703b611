"""The graph and its clusters as the lake's tables, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from hr_pipeline.graph.build import Csr, Graph, occupation_id, skill_id
from hr_pipeline.graph.clusters import Clusters, cluster_id
from hr_pipeline.lake.ledger import Ledger

DATASETS = ("graph/occupations", "graph/skills", "graph/edges", "graph/clusters")


def to_tables(graph: Graph, clusters: Clusters, categories: list[str]) -> dict[str, pa.Table]:
    """Tables by dataset; row i of occupations and skills is node i."""
    occupations = np.array([occupation_id(title) for title in graph.titles], dtype=object)
    skills = np.array([skill_id(name) for name in graph.skills], dtype=object)
    in_ads = np.bincount(graph.edge_occupation, graph.edge_weight, minlength=len(occupations)) > 0
    numbers = np.repeat(np.arange(len(clusters)), clusters.sizes())
    source = np.where(graph.edge_generated, "generated", "dice")
    return {
        "graph/occupations": pa.table(
            {
                "occupation_id": occupations,
                "title": graph.titles,
                "source": ["dice" if ads else "general" for ads in in_ads],
                "code": [code or None for code in graph.codes],
                "n_skills": graph.skills_of.degrees().astype(np.int32),
                "category": categories,
            }
        ),
        "graph/skills": pa.table(
            {
                "skill_id": skills,
                "name": graph.skills,
                "n_occupations": graph.occupations_of.degrees().astype(np.int32),
            }
        ),
        "graph/edges": pa.table(
            {
                "occupation_id": occupations[graph.edge_occupation],
                "skill_id": skills[graph.edge_skill],
                "source": pa.array(source.tolist(), pa.string()),
                "weight": graph.edge_weight.astype(np.int32),
            }
        ),
        "graph/clusters": pa.table(
            {
                "cluster_id": pa.array([cluster_id(n) for n in numbers.tolist()], pa.string()),
                "seed_occupation_id": pa.array(occupations[clusters.seeds[numbers]], pa.string()),
                "occupation_id": pa.array(occupations[clusters.members.indices], pa.string()),
            }
        ),
    }


@dataclass(frozen=True)
class Filtered:
    """Rows before the cluster filter, and the ledger of what it took (None: nothing to count)."""

    rows_in: int | None = None
    ledger: Ledger = field(default_factory=Ledger)


def lost_to_the_filter(whole: Graph, kept: np.ndarray) -> dict[str, Filtered]:
    """Per dataset, what is lost when only the occupations `kept` (in a kept cluster) remain."""
    occupation_kept = np.zeros(len(whole.titles), dtype=bool)
    occupation_kept[kept] = True
    edge_kept = occupation_kept[whole.edge_occupation]
    skill_kept = np.zeros(len(whole.skills), dtype=bool)
    skill_kept[whole.edge_skill[edge_kept]] = True
    occupations, skills = Filtered(len(whole.titles)), Filtered(len(whole.skills))
    edges = Filtered(len(edge_kept))
    for i in np.flatnonzero(~occupation_kept):
        title = whole.titles[i]
        occupations.ledger.add("row", occupation_id(title), "in_no_kept_cluster", raw=title)
    for i in np.flatnonzero(~skill_kept):
        name = whole.skills[i]
        skills.ledger.add("row", skill_id(name), "no_occupation_left", raw=name)
    for i in np.flatnonzero(~edge_kept):
        title, name = whole.titles[whole.edge_occupation[i]], whole.skills[whole.edge_skill[i]]
        edges.ledger.add("row", f"{title} - {name}", "occupation_lost")
    return dict(zip(DATASETS, (occupations, skills, edges, Filtered()), strict=True))


def from_tables(tables: Mapping[str, pa.Table]) -> tuple[Graph, Clusters, list[str]]:
    """Graph, clusters and categories as `to_tables` took them."""
    occupations, skills = tables["graph/occupations"], tables["graph/skills"]
    edges, members = tables["graph/edges"], tables["graph/clusters"]
    occupation = _positions(occupations.column("occupation_id"))
    skill = _positions(skills.column("skill_id"))
    graph = Graph(
        occupations.column("title").to_pylist(),
        [code or "" for code in occupations.column("code").to_pylist()],
        skills.column("name").to_pylist(),
        _looked_up(edges.column("occupation_id"), occupation),
        _looked_up(edges.column("skill_id"), skill),
        np.array(edges.column("weight").to_pylist(), dtype=np.int32),
        np.array([s == "generated" for s in edges.column("source").to_pylist()], dtype=bool),
    )
    numbers = np.array([int(c[1:]) for c in members.column("cluster_id").to_pylist()], np.int64)
    sizes = np.bincount(numbers) if len(numbers) else np.empty(0, np.int64)
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    indices = _looked_up(members.column("occupation_id"), occupation).astype(np.int32)
    seeds = _looked_up(members.column("seed_occupation_id"), occupation)[indptr[:-1]]
    clusters = Clusters(seeds, Csr(indptr, indices))
    return graph, clusters, occupations.column("category").to_pylist()


def _positions(ids: pa.ChunkedArray) -> dict[str, int]:
    return {name: position for position, name in enumerate(ids.to_pylist())}


def _looked_up(ids: pa.ChunkedArray, positions: Mapping[str, int]) -> np.ndarray:
    return np.array([positions[name] for name in ids.to_pylist()], dtype=np.int64)
