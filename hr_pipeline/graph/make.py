"""From the whole graph to what is kept of it: clusters, the occupations in them, categories."""

from collections.abc import Mapping
from dataclasses import dataclass

from hr_pipeline.embedding.models import LEXICAL
from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.categories import categorise
from hr_pipeline.graph.clusters import Clusters, draw_clusters
from hr_pipeline.graph.tables import Filtered, lost_to_the_filter


@dataclass(frozen=True)
class MadeGraph:
    """The graph of the kept clusters, and what it was made from."""

    whole: Graph  # before the cluster filter
    graph: Graph
    clusters: Clusters
    categories: list[str]  # of the graph's occupations
    n_small: int  # clusters dropped for their size
    lost: Mapping[str, Filtered]  # by dataset


def make_graph(
    whole: Graph,
    official: list[tuple[str, str]],
    seed: int,
    min_cluster_size: int = 10,
    model: str = LEXICAL,
) -> MadeGraph:
    """Grow clusters, keep the occupations in them, and give each a category.

    `official`: (code, title) of all titles whose code is known; they decide the categories.
    """
    drawn = draw_clusters(whole, seed)
    clusters = drawn.of_at_least(min_cluster_size)
    kept = clusters.covered()
    graph = whole.keep_occupations(kept)
    return MadeGraph(
        whole=whole,
        graph=graph,
        clusters=clusters.renumbered(kept),
        categories=categorise(graph.titles, graph.codes, official, model),
        n_small=len(drawn) - len(clusters),
        lost=lost_to_the_filter(whole, kept),
    )
