"""RJDB: contexts sampled from the graph, and the triples written from them.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run, Teacher
from hr_pipeline.rjdb.prompt_files import context_prompt_hashes, prompt_hashes

WORLD = (  # what contexts are drawn from
    *(f"graph/{name}" for name in ("occupations", "skills", "edges", "clusters")),
    *("sources/first_names", "taxonomy/links"),
)
CONTEXTS_VERSION = "3"  # titles of the same words are in one split
TRIPLES_VERSION = "3"  # names and addresses do not tell documents of two splits apart
STATISTICS_VERSION = "2"
COUNTED = {
    "rjdb/presence": "What of its plan stands in each document.",
    "rjdb/statistics": "The triples beside the paper's Tables 3 and 4, and their integrity.",
}
BOTH_MODES = prompt_hashes("whole") | prompt_hashes("sections") | context_prompt_hashes()


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


class TriplesConfig(dg.Config):
    """`writing_mode`: whole (one reply) or sections; `swapped` asks for the swapped resume too;
    `sample`: only so many triples, 0 for all."""

    writing_mode: str = "whole"
    swapped: bool = True
    replacements: int = 5
    sample: int = 0


@dg.asset(
    key=["rjdb", "contexts"],
    check_specs=[rows_are_accounted_for("rjdb/contexts")],
    group_name="rjdb",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((CONTEXTS_VERSION, *context_prompt_hashes().values())),
    deps=[name.split("/") for name in WORLD],
    description="What each triple is written from (RJDB 2.2).",
)
def contexts(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: ContextsConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.drawing import ContextDrawer, draw_contexts
    from hr_pipeline.rjdb.sampling import plan_slots
    from hr_pipeline.rjdb.world import read_world, sampling_settings

    settings = sampling_settings(config.model_dump())
    making = Making(
        context,
        run,
        ("rjdb/contexts",),
        WORLD,
        code_version=CONTEXTS_VERSION,
        settings=config.model_dump(),
        prompts=context_prompt_hashes(),
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    world, ledger, attempts = read_world(making.table, settings, run.seed), Ledger(), [0]
    slots = plan_slots(world)
    with making.engine() as engine:
        drawn = draw_contexts(ContextDrawer(world, engine), slots, ledger)

        def rows() -> Iterator[dict[str, Any]]:
            for one in progress(
                drawn, "drawing contexts", len(slots), context.log.info, engine.sight
            ):
                attempts[0] += one.attempt + 1
                if one.context is not None:
                    group = world.split_keys[one.context.occupation]
                    yield one.row() | {"split_group": group}

        return making.write(
            "rjdb/contexts",
            CONTRACTS["rjdb/contexts"].tables(rows()),
            ledger=ledger,
            rows_in=lambda: attempts[0],
            metadata={
                "ordered": len(slots),
            },
        )


@dg.asset(
    key=["rjdb", "triples"],
    check_specs=[rows_are_accounted_for("rjdb/triples")],
    group_name="rjdb",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((TRIPLES_VERSION, *BOTH_MODES.values())),
    deps=[name.split("/") for name in ("rjdb/contexts", *WORLD)],
    description="Job description, matched, unmatched and swapped resume, with their context.",
)
def triples(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: TriplesConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.contexts import context_from_row
    from hr_pipeline.rjdb.drawing import ContextDrawer
    from hr_pipeline.rjdb.world import (
        evenly_spaced,
        read_world,
        sampling_settings,
        sound,
        writing_settings,
    )
    from hr_pipeline.rjdb.writing import TripleWriter, write_triples

    settings = writing_settings(config.model_dump())
    making = Making(
        context,
        run,
        ("rjdb/triples",),
        ("rjdb/contexts", *WORLD),
        code_version=TRIPLES_VERSION,
        settings=config.model_dump(),
        prompts=prompt_hashes(settings.mode) | context_prompt_hashes(),
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    planned = making.build("rjdb/contexts")
    sampling = sampling_settings(planned.recipe.settings["config"])
    ordered = settings.ordered(planned.rows)
    contexts_read = map(context_from_row, making.rows("rjdb/contexts"))
    fit = sound(contexts_read, sampling.total, planned.rows)
    ledger, tried = Ledger(), [0]
    with making.engine() as engine:
        drawer = ContextDrawer(read_world(making.table, sampling, run.seed), engine)
        writer = TripleWriter(engine, drawer, settings)
        some = evenly_spaced(fit, planned.rows, ordered)
        written = write_triples(writer, some, ledger)

        def rows() -> Iterator[dict[str, Any]]:
            for one in progress(
                written, "writing triples", ordered, context.log.info, engine.sight
            ):
                tried[0] += one.tried
                if one.row is not None:
                    yield one.row

        return making.write(
            "rjdb/triples",
            CONTRACTS["rjdb/triples"].tables(rows()),
            ledger=ledger,
            rows_in=lambda: tried[0],
            metadata={
                "ordered": ordered,
            },
        )


@dg.multi_asset(
    name="rjdb__statistics",
    group_name="rjdb",
    check_specs=[rows_are_accounted_for(name) for name in COUNTED],
    specs=[
        dg.AssetSpec(
            name.split("/"),
            deps=[["rjdb", "triples"]],
            group_name="rjdb",
            kinds={"parquet"},
            owners=["team:data"],
            description=description,
            code_version=STATISTICS_VERSION,
        )
        for name, description in COUNTED.items()
    ],
)
def statistics(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.lake.store import BATCH_ROWS
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.statistics import (
        TeacherWork,
        TripleCounts,
        count_triples,
        plots,
        triple_statistics,
    )

    making = Making(
        context,
        run,
        tuple(COUNTED),
        ("rjdb/triples",),
        code_version=STATISTICS_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    triples = making.build("rjdb/triples")
    batches = making.lake.batches("rjdb/triples", triples.version)
    counts, work = TripleCounts(), TeacherWork()
    tables = count_triples(batches, counts, work, triples.rows)
    total = -(-triples.rows // BATCH_ROWS)
    told = progress(tables, "counting triples, in thousands", total, context.log.info)
    yield making.write("rjdb/presence", told)
    written = making.lake.require("rjdb/presence", context.run.run_id)
    presence = making.lake.table("rjdb/presence", written.version)
    table = triple_statistics(presence, counts, work.figures())
    yield making.write(
        "rjdb/statistics",
        [table],
        metadata={
            "beside the paper": dg.MetadataValue.md(markdown_table(table)),
            "plots": dg.MetadataValue.md(plots(presence, counts)),
        },
    )
