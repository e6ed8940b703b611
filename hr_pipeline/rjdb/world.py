"""From configuration and datasets to what contexts are drawn from, and triples written from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from hr_pipeline.graph.clusters import faults_of_clusters
from hr_pipeline.graph.tables import DATASETS, from_tables
from hr_pipeline.lake.contracts import ContractBroken
from hr_pipeline.lake.errors import InputError
from hr_pipeline.rjdb.contexts import Context, faults_of
from hr_pipeline.rjdb.names import FirstNames
from hr_pipeline.rjdb.sampling import SamplingSettings, World
from hr_pipeline.rjdb.splits import SPLITS, shared_concepts
from hr_pipeline.rjdb.writing import WritingMode, WritingSettings

Item = TypeVar("Item")

MOST_CONTEXTS = 10_000_000
MODES: dict[str, WritingMode] = {"whole": "whole", "sections": "sections"}


def sampling_settings(config: Mapping[str, Any]) -> SamplingSettings:
    """The settings of rjdb/contexts, checked; InputError names the field that cannot be."""
    sizes = {split: config[split] for split in SPLITS}
    if min(sizes.values()) < 0 or not 0 < sum(sizes.values()) <= MOST_CONTEXTS:
        raise InputError(
            f"train, dev and test are 0 or more, and 1 to {MOST_CONTEXTS:,} together", _where(sizes)
        )
    share = config["held_out_share"]
    if not 0 <= share <= 0.4:
        raise InputError("held_out_share is between 0 and 0.4", _where({"held_out_share": share}))
    return SamplingSettings(
        **sizes,
        experiences=_range("experiences", config["experiences"], 1, 20),
        last_active_year=_range("years", config["years"], 1950, 2100),
        removed_skills=_range("removed_skills", config["removed_skills"], 1, 20),
        held_out_share=share,
    )


def writing_settings(config: Mapping[str, Any]) -> WritingSettings:
    """The settings of rjdb/triples, checked."""
    mode = MODES.get(config["writing_mode"])
    if mode is None or config["replacements"] < 0 or config["sample"] < 0:
        raise InputError(
            "writing_mode is whole or sections, replacements and sample 0 or more",
            _where({name: config[name] for name in ("writing_mode", "replacements", "sample")}),
        )
    return WritingSettings(mode, config["swapped"], config["replacements"], config["sample"])


def _where(given: Mapping[str, Any]) -> str:
    return "settings " + ", ".join(f"{name}={value}" for name, value in given.items())


def _range(name: str, ends: list[int], least: int, most: int) -> tuple[int, int]:
    if len(ends) != 2 or not least <= ends[0] <= ends[1] <= most:
        what = f"{name} are two ascending numbers between {least} and {most}"
        raise InputError(what, _where({name: ends}))
    return ends[0], ends[1]


def read_world(table: Callable[[str], pa.Table], settings: SamplingSettings, seed: int) -> World:
    """What contexts are drawn from; `table` reads a dataset.

    What the graph's checks hold is asserted again: from here on every row costs money, and a run
    of its own is not held back by a failed check.
    """
    world = _world(table, settings, seed)
    if not len(world.clusters):
        raise InputError(
            "no cluster is large enough to draw contexts from",
            "graph/clusters",
            "add advertisements or lower graph.min_cluster_size",
        )
    faults = faults_of_clusters(world.graph, world.clusters)
    if any(faults.values()):
        raise ContractBroken(f"graph/clusters: {faults}")
    return world


def _world(table: Callable[[str], pa.Table], settings: SamplingSettings, seed: int) -> World:
    graph, clusters, categories = from_tables({name: table(name) for name in DATASETS})
    names = FirstNames.from_table(table("sources/first_names"))
    concepts = shared_concepts(table("taxonomy/links"))
    return World(graph, clusters, names, categories, settings, seed, concepts)


@dataclass(frozen=True)
class Surroundings(World):
    """What one context was drawn from: its cluster, and the start that was drawn in it."""

    context: Context = field(kw_only=True)

    @cached_property
    def starts(self) -> list[dict[str, list[int]]]:
        """The start is known, and the only one; which members share its split is not asked."""
        elsewhere: list[dict[str, list[int]]] = [{}] * (len(self.clusters) - 1)
        start = self.graph.titles.index(self.context.occupation)
        return [*elsewhere, {self.context.split: [start]}]


def read_surroundings(
    table: Callable[[str], pa.Table], context: Context, settings: SamplingSettings, seed: int
) -> Surroundings:
    """What it takes to draw this context again in a moment, and no more: its cluster's occupations
    with their links. All of the world is needed to draw the start too, for its split may hang on
    any other title."""
    clusters = table("graph/clusters")
    exactly = rf"\A{context.cluster_id}\z"  # (a Python value made an Arrow one imports pandas)
    clusters = clusters.filter(pc.match_substring_regex(clusters.column("cluster_id"), exactly))
    part = {"graph/clusters": clusters}
    for dataset, column, among in (
        ("graph/edges", "occupation_id", "graph/clusters"),
        ("graph/occupations", "occupation_id", "graph/clusters"),
        ("graph/skills", "skill_id", "graph/edges"),
    ):
        held = table(dataset)
        wanted = part[among].column(column)
        part[dataset] = held.filter(pc.is_in(held.column(column), wanted))
    links = table("taxonomy/links")
    of_skills = pc.is_in(links.column("entity"), part["graph/skills"].column("name"))
    part["taxonomy/links"] = links.filter(of_skills)
    world = _world(lambda name: part[name] if name in part else table(name), settings, seed)
    held_by_world = {one.name: getattr(world, one.name) for one in fields(world)}
    return Surroundings(**held_by_world, context=context)


def sound(contexts: Iterable[Context], ordered: int, planned: int) -> Iterator[Context]:
    """The contexts, where all that were ordered are there and fit; else ContractBroken, before a
    triple is paid for."""
    if planned != ordered:
        raise ContractBroken(
            f"rjdb/contexts: {planned:,} of {ordered:,} ordered contexts are there"
        )
    for context in contexts:
        faults = faults_of(context)
        if faults:
            raise ContractBroken(f"rjdb/contexts {context.context_id}: {'; '.join(faults)}")
        yield context


def evenly_spaced(items: Iterable[Item], total: int, wanted: int) -> Iterator[Item]:
    """`wanted` of the `total` items, spread evenly over them; all are gone through."""
    for i, item in enumerate(items):
        if (i + 1) * wanted // total > i * wanted // total:
            yield item
