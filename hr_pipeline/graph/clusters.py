"""Clusters (RJDB 2.1): a random seed occupation and all within two hops of it; they overlap."""

from dataclasses import dataclass

import numpy as np

from hr_pipeline.graph.build import Csr, Graph
from hr_pipeline.lake.rng import rng


@dataclass(frozen=True)
class Clusters:
    """Clusters in the order of drawing; members are occupation positions, ascending."""

    seeds: np.ndarray
    members: Csr

    def __len__(self) -> int:
        return len(self.seeds)

    def covered(self) -> np.ndarray:
        """Occupations that are in at least one cluster, ascending."""
        return np.unique(self.members.indices)

    def sizes(self) -> np.ndarray:
        return self.members.degrees()

    def renumbered(self, kept: np.ndarray) -> "Clusters":
        """The same clusters in a graph that holds only the occupations `kept` (ascending)."""
        members = Csr(self.members.indptr, np.searchsorted(kept, self.members.indices))
        return Clusters(np.searchsorted(kept, self.seeds), members)

    def of_at_least(self, size: int) -> "Clusters":
        """The clusters of so many occupations."""
        sizes = self.sizes()
        large = sizes >= size
        indptr = np.concatenate([[0], np.cumsum(sizes[large])]).astype(np.int64)
        indices = self.members.indices[np.repeat(large, sizes)]
        return Clusters(self.seeds[large], Csr(indptr, indices))


def grow_clusters(graph: Graph, seed: int, min_size: int = 10) -> Clusters:
    """The drawn clusters of at least `min_size` occupations: small ones are dropped after the
    drawing, so what they covered stays covered."""
    return draw_clusters(graph, seed).of_at_least(min_size)


def draw_clusters(graph: Graph, seed: int) -> Clusters:
    """Draw seeds among the occupations not covered yet until all are covered.

    A cluster holds all occupations that share a skill with its seed, covered ones included. An
    occupation without a skill makes no cluster.
    """
    skills_of, occupations_of = graph.skills_of, graph.occupations_of
    order = rng(seed, "graph/clusters", "seeds").permutation(len(graph.titles))
    covered = skills_of.degrees() == 0
    seeds, members = [], []
    for occupation in order:
        if covered[occupation]:
            continue
        cluster = occupations_of.union(skills_of.neighbours(occupation))
        covered[cluster] = True
        seeds.append(occupation)
        members.append(cluster)
    indptr = np.concatenate([[0], np.cumsum([len(m) for m in members])]).astype(np.int64)
    indices = np.concatenate(members) if members else np.empty(0, dtype=np.int32)
    return Clusters(np.array(seeds, dtype=np.int64), Csr(indptr, indices))


def cluster_id(number: int) -> str:
    return f"c{number:05d}"


def faults_of_clusters(graph: Graph, clusters: Clusters) -> dict[str, int]:
    """What must be 0 before contexts are drawn: clusters that are not exactly what lies within
    two hops of their seed, and occupations in no cluster."""
    skills_of, occupations_of = graph.skills_of, graph.occupations_of
    wrong = sum(
        not np.array_equal(
            occupations_of.union(skills_of.neighbours(seed)), clusters.members.neighbours(number)
        )
        for number, seed in enumerate(clusters.seeds)
    )
    return {
        "wrong clusters": wrong,
        "uncovered occupations": len(graph.titles) - len(clusters.covered()),
    }
