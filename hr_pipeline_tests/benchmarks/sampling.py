"""Contexts sampled and laid out, the teacher's calls for counts and order not counted."""

import time
from pathlib import Path

from hr_pipeline.graph.tables import DATASETS, from_tables
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.contexts import Context
from hr_pipeline.rjdb.names import FirstNames
from hr_pipeline.rjdb.sampling import (
    NoContext,
    SamplingSettings,
    Slot,
    World,
    draw_start,
    lay_out,
    plan_slots,
    walk_from,
)
from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import build

SKILLS = 7  # what a teacher answers on average


def measure(report: Report, raw: str, work: Path, ordered: int) -> None:
    lake_root = work / "graph"
    build(lake_root, "graph", "--raw", raw)
    lake = Lake(lake_root)
    held_out = ordered // 52
    settings = SamplingSettings(ordered - 2 * held_out, held_out, held_out)
    started = time.monotonic()
    graph, clusters, categories = from_tables({name: lake.table(name) for name in DATASETS})
    names = FirstNames.from_table(lake.table("sources/first_names"))
    world = World(graph, clusters, names, categories, settings, seed=1)
    for slot in plan_slots(world):
        sample(world, slot)
    report.add(
        f"{ordered:,} contexts sampled and laid out, no teacher",
        f"{time.monotonic() - started:.1f} s",
        "10 s",
    )


def sample(world: World, slot: Slot) -> Context:
    """The first attempt that succeeds: seven skills wanted, jobs in the order of the walk."""
    for attempt in range(40):
        start = draw_start(world, slot, attempt)
        try:
            found = walk_from(world, start, SKILLS)
            return lay_out(world, start, found, found.occupations[1:])
        except NoContext:
            continue
    raise SystemExit(f"no context for {slot}")
