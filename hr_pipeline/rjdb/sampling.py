"""Sampling contexts (RJDB 2.2): which cluster, which walk, which name, which planned changes.

Pure functions of (seed, slot, attempt): any context can be drawn again alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.clusters import Clusters, cluster_id
from hr_pipeline.graph.walks import Draws, Neighbourhoods, Subgraph, Walk, walk
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import rng
from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap
from hr_pipeline.rjdb.names import FirstNames
from hr_pipeline.rjdb.splits import NO_CONCEPTS, SPLITS, SharedConcepts, split_keys, split_of
from hr_pipeline.text.phrases import tokens

_SWAP_TRIES = 40  # draws of a put-in skill per swap


class NoContext(Exception):
    """This draw cannot become a context; the message is the ledger's cause."""


@dataclass(frozen=True)
class SamplingSettings:
    """Sizes and ranges (all ends included) of the contexts."""

    train: int
    dev: int
    test: int
    experiences: tuple[int, int] = (1, 5)
    years_per_experience: tuple[int, int] = (1, 5)
    last_active_year: tuple[int, int] = (2015, 2023)
    removed_skills: tuple[int, int] = (1, 5)
    fewest_skills: int = 2
    held_out_share: float = 0.05  # of the title cores, for dev and for test each, at least

    def size(self, split: str) -> int:
        return {"train": self.train, "dev": self.dev, "test": self.test}[split]

    @property
    def total(self) -> int:
        return self.train + self.dev + self.test

    def share(self, split: str) -> float:
        """Share of the title cores that is kept for this held-out split."""
        wanted = self.size(split)
        return max(self.held_out_share, wanted / self.total) if wanted else 0.0


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the ordered number: what is decided before the walk, and stays if it fails."""

    cluster: int
    index: int
    split: str
    gender: str
    name_group: str

    @property
    def triple_id(self) -> str:
        return f"{cluster_id(self.cluster)}-{self.index:05d}"


@dataclass(frozen=True)
class Start:
    """A drawn start: its title goes to the teacher, who says how many skills it has."""

    slot: Slot
    attempt: int
    occupation: int
    n_experiences: int
    draws: Draws

    @property
    def context_id(self) -> str:
        return f"{self.slot.triple_id}-{self.attempt}"


@dataclass(frozen=True)
class World:
    """What contexts are drawn from: graph, clusters, names, the categories of the occupations, and
    the concepts that titles and skills are surely linked to."""

    graph: Graph
    clusters: Clusters
    names: FirstNames
    categories: list[str]
    settings: SamplingSettings
    seed: int
    concepts: SharedConcepts = NO_CONCEPTS

    @cached_property
    def neighbourhoods(self) -> Neighbourhoods:
        return Neighbourhoods(self.graph, self.clusters)

    @cached_property
    def skill_sense(self) -> list[str]:
        """Skills as normalised tokens with a space at both ends, for containment tests."""
        return [f" {' '.join(tokens(name))} " for name in self.graph.skills]

    @cached_property
    def skill_words(self) -> list[frozenset[str]]:
        return [frozenset(sense.split()) for sense in self.skill_sense]

    @cached_property
    def skill_forms(self) -> list[str]:
        """Skills as one run of letters, digits, + and #: "share point" is "SharePoint"."""
        return ["".join(c for c in s if c.isalnum() or c in "+#") for s in self.skill_sense]

    def linked_forms(self, occupation: int) -> frozenset[str]:
        """The forms of all skills that an occupation is linked to."""
        found = self._linked_forms.get(occupation)
        if found is None:
            skills = self.graph.skills_of.neighbours(occupation).tolist()
            found = frozenset(self.skill_forms[s] for s in skills)
            self._linked_forms[occupation] = found
        return found

    @cached_property
    def _linked_forms(self) -> dict[int, frozenset[str]]:
        return {}

    @cached_property
    def skill_aliases(self) -> list[frozenset[str]]:
        """What a skill may also be called: its form, and the initials of three words or more."""
        words = [sense.split() for sense in self.skill_sense]
        return [
            frozenset({form, "".join(w[0] for w in parts)} if len(parts) > 2 else {form})
            for form, parts in zip(self.skill_forms, words, strict=True)
        ]

    @cached_property
    def title_sense(self) -> list[str]:
        return [f" {' '.join(tokens(title))} " for title in self.graph.titles]

    @cached_property
    def title_words(self) -> list[frozenset[str]]:
        return [frozenset(sense.split()) for sense in self.title_sense]

    @cached_property
    def skill_concepts(self) -> list[frozenset[str]]:
        """The concepts that each skill is linked to."""
        return [self.concepts.of_skill.get(name, frozenset()) for name in self.graph.skills]

    @cached_property
    def split_keys(self) -> dict[str, str]:
        """The key of each title's group, which is in one split as a whole."""
        return split_keys(self.graph.titles, self.graph.codes, self.concepts)

    @cached_property
    def splits(self) -> list[str]:
        """By occupation."""
        dev, test = self.settings.share("dev"), self.settings.share("test")
        keys = self.split_keys
        return [split_of(self.seed, keys[title], dev, test) for title in self.graph.titles]

    @cached_property
    def starts(self) -> list[dict[str, list[int]]]:
        """Per cluster, its members by split."""
        found: list[dict[str, list[int]]] = []
        for number in range(len(self.clusters)):
            by_split: dict[str, list[int]] = {}
            for occupation in self.clusters.members.neighbours(number).tolist():
                by_split.setdefault(self.splits[occupation], []).append(occupation)
            found.append(by_split)
        return found


def plan_slots(world: World) -> list[Slot]:
    """All slots, by cluster and index: counts per cluster and split are drawn once.

    A split is spread over the clusters that hold a start occupation of it. Raises InputError where
    no cluster does.
    """
    counts = {split: _counts(world, split) for split in SPLITS}
    slots = []
    for cluster in range(len(world.clusters)):
        of_cluster = [s for s in SPLITS for _ in range(int(counts[s][cluster]))]
        for index, split in enumerate(of_cluster):
            gender, group = world.names.gender_and_group(world.seed, cluster_id(cluster), index)
            slots.append(Slot(cluster, index, split, gender, group))
    return slots


def _counts(world: World, split: str) -> np.ndarray:
    wanted = world.settings.size(split)
    holding = np.array([bool(starts.get(split)) for starts in world.starts], dtype=float)
    if wanted and not holding.any():
        raise InputError(
            f"no cluster has a start occupation for the {split} split",
            "rjdb/contexts",
            f"add advertisements, or set rjdb/contexts.{split} to 0",
        )
    chances = holding / holding.sum() if wanted else np.full(len(holding), 1 / len(holding))
    return rng(world.seed, "rjdb/slots", split).multinomial(wanted, chances)


def draw_start(world: World, slot: Slot, attempt: int) -> Start:
    """The start occupation and the number of experiences of one attempt at a slot."""
    draws = Draws(rng(world.seed, "rjdb/contexts", f"{slot.triple_id}-{attempt}"), 64)
    members = world.starts[slot.cluster][slot.split]
    occupation = members[draws.below(len(members))]
    least, most = world.settings.experiences
    return Start(slot, attempt, occupation, least + draws.below(most - least + 1), draws)


def walk_from(world: World, start: Start, n_skills: int) -> Walk:
    """The random walk of a start; raises NoContext where it finds too little."""
    found = walk(
        world.neighbourhoods[start.slot.cluster],
        start.occupation,
        n_skills,
        start.n_experiences,
        start.draws,
        world.skill_forms,
        world.title_sense,
    )
    if len(found.skills) < world.settings.fewest_skills:
        raise NoContext("too_few_skills")
    return found


def lay_out(world: World, start: Start, found: Walk, earlier: list[int]) -> Context:
    """Years, name and planned changes of a walk; `earlier` holds its other occupations, oldest
    first. Raises NoContext where no skill may be removed or none may be put in its place."""
    slot, draws, settings = start.slot, start.draws, world.settings
    titles = [start.occupation, *reversed(earlier)]
    experiences = _experiences([world.graph.titles[t] for t in titles], draws, settings)
    removed = _removed(world, found.skills, titles, draws)
    put_in = _put_in(world, found, removed, world.neighbourhoods[slot.cluster], draws)
    latest = experiences[0]
    names = world.names.names[slot.gender, slot.name_group]
    shown = world.graph.skills
    return Context(
        context_id=start.context_id,
        cluster_id=cluster_id(slot.cluster),
        occupation=latest.title,
        category=world.categories[start.occupation],
        split=slot.split,
        skills=tuple(shown[s] for s in found.skills),
        experiences=experiences,
        first_name=names[draws.below(len(names))],
        gender=slot.gender,
        name_group=slot.name_group,
        removed_skills=tuple(shown[s] for s in removed),
        swaps=tuple(Swap(shown[a], shown[b]) for a, b in zip(removed, put_in, strict=True)),
        shortened=Shortened(latest.title, latest.years, draws.below(latest.years)),
    )


def _experiences(
    titles: list[str], draws: Draws, settings: SamplingSettings
) -> tuple[Experience, ...]:
    """Contiguous spans going back from the last active year, latest first."""
    first, last = settings.last_active_year
    end = first + draws.below(last - first + 1)
    least, most = settings.years_per_experience
    experiences = []
    for title in titles:
        years = least + draws.below(most - least + 1)
        experiences.append(Experience(title, years, end - years, end))
        end -= years
    return tuple(experiences)


def _removed(world: World, skills: list[int], titles: list[int], draws: Draws) -> list[int]:
    """Skills to remove: contained in no other skill and in no title, not another one's initials; at
    least one stays."""
    sense = world.skill_sense
    whole = "|".join([*(sense[s] for s in skills), *(world.title_sense[t] for t in titles)])
    names = [name for s in skills for name in world.skill_aliases[s]]
    free = [
        s
        for s in skills
        if whole.count(sense[s]) == 1  # it stands in its own place only
        and all(names.count(name) == 1 for name in world.skill_aliases[s])
    ]
    least, most = world.settings.removed_skills
    wanted = least + draws.below(most - least + 1)
    removed = set(draws.sample(free, min(wanted, len(skills) - 1)))
    if not removed:
        raise NoContext("no_removable_skill")
    return [s for s in skills if s in removed]


def _put_in(
    world: World, found: Walk, removed: list[int], subgraph: Subgraph, draws: Draws
) -> list[int]:
    """One stranger per removed skill: from the cluster's skills, linked to no occupation of the
    context, sharing no word with what is asked for, with a title, or with another stranger, and
    no other name of what is asked for (another spelling, its initials, a shared concept)."""
    forms, aliases, concepts = world.skill_forms, world.skill_aliases, world.skill_concepts
    linked = [world.linked_forms(o) for o in found.occupations]
    asked = [forms[s] for s in found.skills]
    known = {name for s in found.skills for name in aliases[s]}
    taken = {word for s in found.skills for word in world.skill_words[s]}
    meant = {concept for s in found.skills for concept in concepts[s]}
    for occupation in found.occupations:
        taken |= world.title_words[occupation]
    pool, chosen = subgraph.skills, []
    for _ in removed:
        for _ in range(_SWAP_TRIES):
            skill = pool[draws.below(len(pool))]
            if (
                taken.isdisjoint(world.skill_words[skill])
                and known.isdisjoint(aliases[skill])
                and meant.isdisjoint(concepts[skill])
                and not any(forms[skill] in near for near in linked)
                and not _overlaps(forms[skill], asked)
            ):
                chosen.append(skill)
                known |= aliases[skill]
                meant |= concepts[skill]
                taken |= world.skill_words[skill]
                break
        else:
            raise NoContext("no_skill_to_put_in")
    return chosen


def _overlaps(form: str, asked: list[str]) -> bool:
    """Whether the form holds or is held by one of these ("postgresql", "postgre"); short ones prove
    little."""
    held = len(form) > 3 and any(form in other for other in asked)
    return held or any(len(other) > 3 and other in form for other in asked)
