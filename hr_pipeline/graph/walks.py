"""Random walks on a cluster's subgraph (RJDB 2.2): the skills and occupations of one context."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.clusters import Clusters

_STEPS_WITHOUT_FIND = 24  # then the walk restarts at its start node
_RESTARTS = 4  # then a target that the neighbourhood cannot meet is lowered


class Draws:
    """Uniform draws from one generator, taken in blocks (a call per draw would cost the most)."""

    def __init__(self, generator: np.random.Generator, block: int = 192) -> None:
        self._generator, self._block = generator, block
        self._values = generator.random(block).tolist()
        self._next = 0

    def below(self, n: int) -> int:
        """A uniform integer in [0, n)."""
        if self._next == self._block:
            self._values, self._next = self._generator.random(self._block).tolist(), 0
        value = self._values[self._next]
        self._next += 1
        return int(value * n)

    def sample(self, population: list, k: int) -> list:
        """k distinct items in random order (all, shuffled, where there are fewer)."""
        pool = list(population)
        for i in range(min(k, len(pool))):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:k]


@dataclass(frozen=True)
class Subgraph:
    """A cluster's occupations, all skills they have, and the links between the two.

    Positions are those of the whole graph; neighbours are plain lists, which a walk reads fastest.
    """

    occupations: list[int]
    skills_of: dict[int, list[int]]
    occupations_of: dict[int, list[int]]

    @cached_property
    def skills(self) -> list[int]:
        return list(self.occupations_of)


class Neighbourhoods:
    """The subgraphs of all clusters, made when they are first walked; the latest few are held."""

    def __init__(self, graph: Graph, clusters: Clusters, held: int = 8) -> None:
        indptr, indices = graph.skills_of.indptr.tolist(), graph.skills_of.indices.tolist()
        self._skills_of = [indices[a:b] for a, b in zip(indptr, indptr[1:], strict=False)]
        self._clusters, self._held = clusters, held
        self._made: dict[int, Subgraph] = {}

    def __getitem__(self, cluster: int) -> Subgraph:
        found = self._made.get(cluster)
        if found is None:
            while len(self._made) >= self._held:
                self._made.pop(next(iter(self._made)))
            found = self._made[cluster] = self._make(cluster)
        return found

    def _make(self, cluster: int) -> Subgraph:
        occupations = self._clusters.members.neighbours(cluster).tolist()
        skills_of = {o: self._skills_of[o] for o in occupations}
        occupations_of: dict[int, list[int]] = {}
        for occupation, skills in skills_of.items():
            for skill in skills:
                occupations_of.setdefault(skill, []).append(occupation)
        return Subgraph(occupations, skills_of, dict(sorted(occupations_of.items())))


@dataclass(frozen=True)
class Walk:
    """Distinct skills and occupations as they were found; the first occupation is the start.

    `reached_from` holds, for each skill, the occupation whose link led to it; the walk may pass
    through more occupations than it collects. `restarts` counts the returns to the start after a
    while without a find.
    """

    skills: list[int]
    occupations: list[int]
    reached_from: list[int]
    restarts: int


def walk(
    subgraph: Subgraph,
    start: int,
    n_skills: int,
    n_occupations: int,
    draws: Draws,
    skill_sense: list[str],
    title_sense: list[str],
) -> Walk:
    """Walk occupation -> skill -> occupation from `start` until both targets are met.

    Two spellings of one thing (equal `sense`) are collected once. The walk restarts at `start` when
    it finds nothing for a while, and in the end takes what is nearest; a target that the
    neighbourhood cannot meet is lowered, never padded with strangers.
    """
    skills = _Found(skill_sense, n_skills)
    occupations = _Found(title_sense, n_occupations)
    occupations.take(start)
    here, idle, restarts, reached_from = start, 0, 0, list[int]()
    while (skills.wanting or occupations.wanting) and restarts <= _RESTARTS:
        around = subgraph.skills_of[here]
        skill = around[draws.below(len(around))]
        holders = subgraph.occupations_of[skill]
        new_skill = skills.take(skill)
        if new_skill:
            reached_from.append(here)
        here = holders[draws.below(len(holders))]
        new_occupation = occupations.take(here)
        idle = 0 if new_skill or new_occupation else idle + 1
        if idle >= _STEPS_WITHOUT_FIND:
            here, idle, restarts = start, 0, restarts + 1
    if skills.wanting or occupations.wanting:
        within = {start}
        for nearby_skills, nearby in _rings(subgraph, start):
            for skill in draws.sample(nearby_skills, len(nearby_skills)):
                if skills.take(skill):
                    reached_from.append(
                        next(o for o in subgraph.occupations_of[skill] if o in within)
                    )
            within.update(nearby)
            for occupation in draws.sample(nearby, len(nearby)):
                occupations.take(occupation)
    return Walk(skills.items, occupations.items, reached_from, restarts)


class _Found:
    """Items of different sense, up to a number."""

    def __init__(self, sense: list[str], wanted: int) -> None:
        self._sense, self._seen, self.wanting = sense, set[str](), wanted
        self.items: list[int] = []

    def take(self, item: int) -> bool:
        """Whether the item was new and wanted."""
        if self.wanting <= 0 or self._sense[item] in self._seen:
            return False
        self._seen.add(self._sense[item])
        self.items.append(item)
        self.wanting -= 1
        return True


def _rings(subgraph: Subgraph, start: int) -> Iterator[tuple[list[int], list[int]]]:
    """Skills and occupations by their distance from the start, each once."""
    skills: dict[int, None] = {}
    occupations, ring = {start: None}, [start]
    while ring:
        of_ring = dict.fromkeys(s for o in ring for s in subgraph.skills_of[o] if s not in skills)
        skills |= of_ring
        holders = (o for s in of_ring for o in subgraph.occupations_of[s])
        ring = [o for o in dict.fromkeys(holders) if o not in occupations]
        occupations |= dict.fromkeys(ring)
        yield list(of_ring), ring
