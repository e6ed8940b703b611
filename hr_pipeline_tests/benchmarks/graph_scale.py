"""Graph and clusters at real size, and on a graph a hundred times as large of the same shape."""

import time
from pathlib import Path

import numpy as np

from hr_pipeline.graph.build import Graph, build_graph
from hr_pipeline.graph.clusters import grow_clusters
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import build

COPIES = (1, 10, 100)


def measure(report: Report, raw: str, work: Path) -> None:
    lake_root = work / "graph"
    measured = build(lake_root, "graph", "--raw", raw)
    seconds = measured.seconds_of("graph/clusters", "graph/statistics")
    report.add("graph + clusters, read to stored", f"{seconds:.1f} s", "10 s")
    lake = Lake(lake_root)
    started = time.monotonic()
    graph = build_graph(lake.table("sources/postings"), lake.table("graph/general_skills"))
    built = time.monotonic()
    grow_clusters(graph, seed=1)
    report.add(
        "graph + clusters alone",
        f"{built - started:.2f} s + {time.monotonic() - built:.2f} s, "
        f"{len(graph.edge_skill):,} edges",
    )
    per_edge = []
    for copies in COPIES:
        larger = copied(graph, copies)
        started = time.monotonic()
        clusters = grow_clusters(larger, seed=1)
        spent = time.monotonic() - started
        per_edge.append(spent / len(larger.edge_skill))
        report.add(
            f"clusters, {copies} times the graph",
            f"{spent:.2f} s, {len(larger.edge_skill):,} edges, {len(clusters):,} clusters",
        )
    report.add(
        "time per edge, 100 times / 1 times", f"{per_edge[-1] / per_edge[0]:.2f}", "linear: about 1"
    )


def copied(graph: Graph, copies: int) -> Graph:
    """Disjoint copies of a graph: the same degrees and clusters, `copies` times."""
    occupations, skills, edges = len(graph.titles), len(graph.skills), len(graph.edge_skill)
    shift = np.repeat(np.arange(copies), edges)
    return Graph(
        [f"{title} {i}" for i in range(copies) for title in graph.titles],
        graph.codes * copies,
        [f"{name} {i}" for i in range(copies) for name in graph.skills],
        np.tile(graph.edge_occupation, copies) + shift * occupations,
        np.tile(graph.edge_skill, copies) + shift * skills,
        np.tile(graph.edge_weight, copies),
        np.tile(graph.edge_generated, copies),
    )
