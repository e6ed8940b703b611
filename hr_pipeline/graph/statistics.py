"""The graph beside the paper's Table 1, and the plots people look at first."""

from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.clusters import Clusters
from hr_pipeline.graph.make import MadeGraph
from hr_pipeline.lake.shown import pictures

_TABLE_1, _TEXT = "RJDB Table 1", "RJDB section 2.1"
_PAPERS_CLUSTER = 84.2  # occupations, on average


def graph_statistics(made: MadeGraph) -> pa.Table:
    """Rows of graph/statistics."""
    before, after, clusters = made.whole, made.graph, made.clusters
    occupations, skills, edges = len(after.titles), len(after.skills), len(after.edge_skill)
    sizes = clusters.sizes()
    mean_size = float(np.mean(sizes)) if len(sizes) else None
    general = sum(bool(code) for code in after.codes)
    rows: list[tuple[str, float | None, float | None, str | None]] = [
        ("occupations", occupations, 8275, _TABLE_1),
        ("skills", skills, 14807, _TABLE_1),
        ("edges", edges, 70661, _TABLE_1),
        ("skills per occupation", _ratio(edges, occupations), 8.5, _TABLE_1),
        ("occupations per skill", _ratio(edges, skills), 4.8, _TABLE_1),
        ("clusters", len(clusters), 404, _TEXT),
        ("occupations per cluster", mean_size, _PAPERS_CLUSTER, _TEXT),
        ("largest cluster", float(sizes.max()) if len(sizes) else None, None, None),
        ("clusters dropped for their size", made.n_small, None, None),
        ("general occupations", general, None, None),
        ("occupations before the filter", len(before.titles), None, None),
        ("general occupations before the filter", sum(map(bool, before.codes)), 1112, _TEXT),
        ("skills before the filter", len(before.skills), None, None),
        ("edges before the filter", len(before.edge_skill), None, None),
    ]
    names = ("statistic", "ours", "paper", "source")
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = (pa.string(), pa.float64(), pa.float64(), pa.string())
    arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _ratio(a: int, b: int) -> float | None:
    return round(a / b, 5) if b else None


def plots(graph: Graph, clusters: Clusters) -> str:
    """Degree distributions of both sides and cluster sizes, with the paper's means."""

    def degrees(axes: Any) -> None:
        for csr, name in (
            (graph.skills_of, "skills of an occupation"),
            (graph.occupations_of, "occupations of a skill"),
        ):
            values = np.sort(csr.degrees())[::-1]
            axes.loglog(values, np.arange(1, len(values) + 1) / max(len(values), 1), label=name)
        axes.set(xlabel="degree", ylabel="share of nodes at or above")
        axes.legend(frameon=False)

    def sizes(axes: Any) -> None:
        axes.hist(clusters.sizes(), bins=40, color="tab:blue")
        if len(clusters):
            axes.axvline(clusters.sizes().mean(), color="tab:blue", ls=":", label="our mean")
        label = f"paper's mean, {_PAPERS_CLUSTER}"
        axes.axvline(_PAPERS_CLUSTER, color="tab:orange", label=label)
        axes.set(xlabel="occupations in a cluster", ylabel="clusters")
        axes.legend(frameon=False)

    return pictures([degrees, sizes])
