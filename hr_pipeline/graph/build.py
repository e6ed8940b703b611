"""The bipartite skill-occupation graph (RJDB 2.1): nodes, links, CSR arrays both ways."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.rng import short_hash


@dataclass(frozen=True)
class Csr:
    """Neighbours of node i: indices[indptr[i]:indptr[i + 1]], ascending."""

    indptr: np.ndarray
    indices: np.ndarray

    @staticmethod
    def from_pairs(rows: np.ndarray, columns: np.ndarray, n_rows: int) -> "Csr":
        order = np.lexsort((columns, rows))
        indptr = np.zeros(n_rows + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=n_rows), out=indptr[1:])
        return Csr(indptr, columns[order].astype(np.int32))

    def degrees(self) -> np.ndarray:
        return np.diff(self.indptr)

    def neighbours(self, node: int) -> np.ndarray:
        return self.indices[self.indptr[node] : self.indptr[node + 1]]

    def union(self, nodes: np.ndarray) -> np.ndarray:
        """Distinct neighbours of several nodes, ascending."""
        parts = [self.indices[self.indptr[n] : self.indptr[n + 1]] for n in nodes]
        return np.unique(np.concatenate(parts)) if parts else self.indices[:0]


@dataclass(frozen=True)
class Graph:
    """Nodes are positions, in the order of their case-folded names; edges are parallel arrays."""

    titles: list[str]
    codes: list[str]  # SOC code of a general occupation, else ""
    skills: list[str]
    edge_occupation: np.ndarray
    edge_skill: np.ndarray
    edge_weight: np.ndarray  # advertisements that name both
    edge_generated: np.ndarray  # True: listed by the teacher, in no advertisement

    @cached_property
    def skills_of(self) -> Csr:
        return Csr.from_pairs(self.edge_occupation, self.edge_skill, len(self.titles))

    @cached_property
    def occupations_of(self) -> Csr:
        return Csr.from_pairs(self.edge_skill, self.edge_occupation, len(self.skills))

    def keep_occupations(self, kept: np.ndarray) -> "Graph":
        """The subgraph of these occupations (ascending positions) and the skills they have."""
        edges = np.isin(self.edge_occupation, kept)
        kept_skills = np.unique(self.edge_skill[edges])
        return Graph(
            [self.titles[i] for i in kept],
            [self.codes[i] for i in kept],
            [self.skills[i] for i in kept_skills],
            np.searchsorted(kept, self.edge_occupation[edges]),
            np.searchsorted(kept_skills, self.edge_skill[edges]),
            self.edge_weight[edges],
            self.edge_generated[edges],
        )


def fold(name: str) -> str:
    """What makes two spellings one node: case-folded, spaces squeezed."""
    return " ".join(name.casefold().split())


def occupation_id(title: str) -> str:
    return "o-" + short_hash("occupation", fold(title))


def skill_id(name: str) -> str:
    return "s-" + short_hash("skill", fold(name))


class _Names:
    """Numbers for folded names, and the most frequent spelling of each (ties: the smallest)."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._spellings: dict[str, Counter[str]] = defaultdict(Counter)

    def number(self, name: str) -> int:
        key = fold(name)
        self._spellings[key][name] += 1
        return self.numbers.setdefault(key, len(self.numbers))

    def in_order(self) -> tuple[list[str], np.ndarray]:
        """Spellings in the order of the folded names, and the new position of each number."""
        keys = sorted(self.numbers)
        rank = np.empty(len(keys), dtype=np.int64)
        rank[[self.numbers[key] for key in keys]] = np.arange(len(keys))
        shown = [min(self._spellings[k].items(), key=lambda c: (-c[1], c[0]))[0] for k in keys]
        return shown, rank


def build_graph(
    postings: pa.Table, general: pa.Table, min_occupation_degree: int = 0, min_skill_degree: int = 0
) -> Graph:
    """Merge postings (title, skills) and general_skills (title, code, skills) into one graph.

    Rows with the same folded title are one occupation. The degree filters drop nodes with fewer
    links until none is left; they are off (0) by default.
    """
    occupations, skills = _Names(), _Names()
    mentions: list[tuple[int, int, bool]] = []
    codes: dict[str, str] = {}
    for title, listed in _rows(postings, "title", "skills"):
        number = occupations.number(title)
        mentions += [(number, s, False) for s in dict.fromkeys(map(skills.number, listed))]
    for title, listed, code in _rows(general, "title", "skills", "code"):
        number = occupations.number(title)
        codes[fold(title)] = min(code, codes.get(fold(title), code))
        mentions += [(number, s, True) for s in dict.fromkeys(map(skills.number, listed))]
    titles, occupation_rank = occupations.in_order()
    names, skill_rank = skills.in_order()
    table = np.array(mentions, dtype=np.int64).reshape(-1, 3)
    pairs = occupation_rank[table[:, 0]] * max(len(names), 1) + skill_rank[table[:, 1]]
    unique, inverse = np.unique(pairs, return_inverse=True)
    advertised = np.bincount(inverse, weights=table[:, 2] == 0, minlength=len(unique))
    graph = Graph(
        titles,
        [codes.get(fold(title), "") for title in titles],
        names,
        unique // max(len(names), 1),
        unique % max(len(names), 1),
        advertised.astype(np.int32),
        advertised == 0,
    )
    return _filter_degrees(graph, min_occupation_degree, min_skill_degree)


def _rows(table: pa.Table, *columns: str) -> Iterable[tuple]:
    return zip(*(table.column(c).to_pylist() for c in columns), strict=True)


def _filter_degrees(graph: Graph, occupation_degree: int, skill_degree: int) -> Graph:
    """What one side loses may leave the other with too few links, so it goes on until all have."""
    if occupation_degree <= 0 and skill_degree <= 0:
        return graph
    while True:
        of_occupations, of_skills = graph.skills_of.degrees(), graph.occupations_of.degrees()
        enough = of_skills[graph.edge_skill] >= skill_degree
        enough &= of_occupations[graph.edge_occupation] >= occupation_degree
        graph = replace(
            graph,
            edge_occupation=graph.edge_occupation[enough],
            edge_skill=graph.edge_skill[enough],
            edge_weight=graph.edge_weight[enough],
            edge_generated=graph.edge_generated[enough],
        )
        if enough.all():
            return graph.keep_occupations(np.unique(graph.edge_occupation))
