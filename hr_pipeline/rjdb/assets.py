"""RJDB: contexts sampled from the graph, and the triples written from them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import dagster as dg
import pyarrow as pa

from hr_pipeline.graph.clusters import faults_of_clusters
from hr_pipeline.graph.tables import DATASETS as GRAPH
from hr_pipeline.graph.tables import from_tables
from hr_pipeline.lake.contracts import ContractBroken
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.progress import progress
from hr_pipeline.lake.shown import markdown_table
from hr_pipeline.resources import Making, Run, Teacher
from hr_pipeline.rjdb.contexts import Context, faults_of
from hr_pipeline.rjdb.drawing import ContextDrawer, draw_contexts
from hr_pipeline.rjdb.names import FirstNames
from hr_pipeline.rjdb.questions import context_prompt_hashes, prompt_hashes
from hr_pipeline.rjdb.sampling import SamplingSettings, World, plan_slots
from hr_pipeline.rjdb.statistics import (
    DOCUMENTS,
    TeacherWork,
    TripleCounts,
    plots,
    triple_statistics,
)
from hr_pipeline.rjdb.writing import (
    TripleWriter,
    WritingMode,
    WritingSettings,
    context_from_row,
    write_triples,
)

CONTEXTS_VERSION = "1-" + "-".join(context_prompt_hashes().values())
TRIPLES_VERSION = "1-" + "-".join((prompt_hashes("whole") | prompt_hashes("sections")).values())
STATISTICS_VERSION = "1"
ROWS_PER_TABLE = 1_024


class ContextsConfig(dg.Config):
    """How many contexts per split, and the ranges they are drawn from (ends included).

    The sizes are those of the demo profile; the paper's stand in profiles/paper.yaml.
    """

    train: int = 160
    dev: int = 20
    test: int = 20
    years: list[int] = [2015, 2023]
    experiences: list[int] = [1, 5]
    removed_skills: list[int] = [1, 5]
    held_out_share: float = 0.1

    def sampling(self) -> SamplingSettings:
        return SamplingSettings(
            train=self.train,
            dev=self.dev,
            test=self.test,
            experiences=range_of("experiences", self.experiences),
            last_active_year=range_of("years", self.years),
            removed_skills=range_of("removed_skills", self.removed_skills),
            held_out_share=self.held_out_share,
        )


class TriplesConfig(dg.Config):
    """`writing_mode`: whole (one reply) or sections; `swapped` asks for the swapped resume too."""

    writing_mode: str = "whole"
    swapped: bool = True
    replacements: int = 5

    def writing(self) -> WritingSettings:
        if self.writing_mode not in ("whole", "sections"):
            raise InputError(
                f"there is no writing mode {self.writing_mode!r}", mend="whole, sections"
            )
        mode: WritingMode = "sections" if self.writing_mode == "sections" else "whole"
        return WritingSettings(mode, self.swapped, self.replacements)


def _world(making: Making, config: ContextsConfig, seed: int) -> World:
    """What contexts are drawn from. What the graph's checks hold is asserted again: from here on
    every row costs money, and a run of its own is not held back by a failed check."""
    graph, clusters, categories = from_tables({name: making.table(name) for name in GRAPH})
    if not len(clusters):
        raise InputError(
            "the graph has no cluster of ten occupations", "graph/clusters", "add advertisements"
        )
    faults = faults_of_clusters(graph, clusters)
    if any(faults.values()):
        raise ContractBroken(f"graph/clusters: {faults}")
    names = FirstNames.from_table(making.table("sources/first_names"))
    return World(graph, clusters, names, categories, config.sampling(), seed)


@dg.asset(
    key=["rjdb", "contexts"],
    group_name="rjdb",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version=CONTEXTS_VERSION,
    deps=[*(name.split("/") for name in GRAPH), ["sources", "first_names"]],
    description=CONTRACTS["rjdb/contexts"].description,
)
def contexts(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: ContextsConfig
) -> dg.MaterializeResult:
    making = Making(
        context,
        run,
        ("rjdb/contexts",),
        (*GRAPH, "sources/first_names"),
        code_version=CONTEXTS_VERSION,
        settings=config.model_dump(),
        prompts=context_prompt_hashes(),
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    world, ledger, drawn_rows = _world(making, config, run.seed), Ledger(), Count()
    slots = plan_slots(world)
    with teacher.engine(making.lake, run.seed) as engine:
        drawn = draw_contexts(ContextDrawer(world, engine), slots, ledger)
        watched = progress(drawn, "drawing contexts", len(slots), context.log.info)

        def rows() -> Iterator[dict[str, Any]]:
            for one in watched:
                drawn_rows.add(one.attempt + 1)
                if one.context is not None:
                    yield one.row()

        return making.write(
            "rjdb/contexts",
            tables_of("rjdb/contexts", rows()),
            ledger=ledger,
            rows_in=drawn_rows.total,
            metadata={
                "ordered": len(slots),
                "teacher's work": lambda: dg.MetadataValue.json(dict(engine.counts)),
            },
        )


@dg.asset(
    key=["rjdb", "triples"],
    group_name="rjdb",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version=TRIPLES_VERSION,
    deps=[["rjdb", "contexts"], *(name.split("/") for name in GRAPH), ["sources", "first_names"]],
    description=CONTRACTS["rjdb/triples"].description,
)
def triples(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: TriplesConfig
) -> dg.MaterializeResult:
    settings = config.writing()
    making = Making(
        context,
        run,
        ("rjdb/triples",),
        ("rjdb/contexts", *GRAPH, "sources/first_names"),
        code_version=TRIPLES_VERSION,
        settings=config.model_dump(),
        prompts=prompt_hashes(settings.mode) | context_prompt_hashes(),
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    planned = making.build("rjdb/contexts")
    sampling = ContextsConfig(**planned.recipe.settings["config"])
    ledger, tried = Ledger(), Count()
    with teacher.engine(making.lake, run.seed) as engine:
        drawer = ContextDrawer(_world(making, sampling, run.seed), engine)
        writer = TripleWriter(engine, drawer, settings)
        written = write_triples(writer, _checked(_contexts(making)), ledger)
        watched = progress(written, "writing triples", planned.rows, context.log.info)

        def rows() -> Iterator[dict[str, Any]]:
            for one in watched:
                tried.add(one.tried)
                if one.row is not None:
                    yield one.row

        return making.write(
            "rjdb/triples",
            tables_of("rjdb/triples", rows()),
            ledger=ledger,
            rows_in=tried.total,
            metadata={
                "ordered": planned.rows,
                "teacher's work": lambda: dg.MetadataValue.json(dict(engine.counts)),
            },
        )


@dg.asset(
    key=["rjdb", "statistics"],
    group_name="rjdb",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=STATISTICS_VERSION,
    deps=[["rjdb", "triples"]],
    description=CONTRACTS["rjdb/statistics"].description,
)
def statistics(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    making = Making(
        context,
        run,
        ("rjdb/statistics",),
        ("rjdb/triples",),
        code_version=STATISTICS_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    build = making.build("rjdb/triples")
    batches = making.lake.batches("rjdb/triples", build.version)
    rows = (row for batch in batches for row in batch.to_pylist())
    counts, work = TripleCounts(), TeacherWork()
    for row in progress(rows, "counting triples", build.rows, context.log.info):
        counts.add(context_from_row(row), {d: row[d] for d in DOCUMENTS if row[d] is not None})
        work.add(row)
    work.add_lost(making.lake.table("rjdb/triples_ledger", build.ledger_version), build.recipe)
    table = triple_statistics(counts, work.figures())
    return making.write(
        "rjdb/statistics",
        [table],
        metadata={
            "beside the paper": dg.MetadataValue.md(markdown_table(table)),
            "plots": dg.MetadataValue.md(plots(counts)),
        },
    )


class Count:
    """A sum that is read after a stream has been consumed."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, number: int) -> None:
        self._sum += number

    def total(self) -> int:
        return self._sum


def range_of(name: str, ends: list[int]) -> tuple[int, int]:
    """Two ascending ends, from a configuration."""
    if len(ends) != 2 or ends[0] > ends[1]:
        raise InputError(f"{name} must be two ascending numbers, not {ends}", "configuration")
    return ends[0], ends[1]


def tables_of(dataset: str, rows: Iterator[dict[str, Any]]) -> Iterator[pa.Table]:
    """Rows as tables of the dataset's contract, a thousand at a time."""
    while chunk := list(islice(rows, ROWS_PER_TABLE)):
        yield CONTRACTS[dataset].table(chunk)


def _contexts(making: Making) -> Iterator[Context]:
    for batch in making.lake.batches("rjdb/contexts", making.version("rjdb/contexts")):
        yield from map(context_from_row, batch.to_pylist())


def _checked(contexts: Iterable[Context]) -> Iterator[Context]:
    """Asserted again where money is spent: a separate run is not held back by a failed check."""
    for planned in contexts:
        faults = faults_of(planned)
        if faults:
            raise ContractBroken(f"rjdb/contexts {planned.context_id}: {'; '.join(faults)}")
        yield planned
