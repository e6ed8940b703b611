"""What tests of trainers learn from: triples that the template teacher wrote, and trainings that
need no lake."""

from functools import cache
from pathlib import Path
from typing import Any

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Engine
from hr_pipeline.rjdb.drawing import ContextDrawer, draw_contexts
from hr_pipeline.rjdb.sampling import plan_slots
from hr_pipeline.training.program import Training
from hr_pipeline.training.reporting import Reporter
from hr_pipeline.training.settings import Settings
from hr_pipeline.training.studies.degrees import DegreeTask, degree_task
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.rjdb.writing_runs import WORLD, rows, write


@cache
def triples() -> tuple[dict[str, Any], ...]:
    """200 rows as rjdb/triples has them, of all splits."""
    with Engine(Moody(), None) as engine:
        drawn = draw_contexts(ContextDrawer(WORLD, engine), plan_slots(WORLD)[::2], Ledger())
        planned = tuple(one.context for one in drawn if one.context)
    return tuple(rows(write(Moody(), planned=planned)))


@cache
def degrees() -> DegreeTask:
    return degree_task(triples())


def training(folder: Path, settings: Settings, seed: int = 1, teacher: str = "") -> Training:
    """A training of no pinned data that works in `folder`."""
    return Training("proved", settings, seed, Lake(folder), {}, folder, Reporter(), teacher=teacher)
