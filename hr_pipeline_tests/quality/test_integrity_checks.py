"""The blocking checks fail where a stored label is broken, and pass where none is."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.integrity.checks import labels_can_be_trusted
from hr_pipeline.resources import Run
from hr_pipeline.rjdb.checks import labels_are_whole

COUNTS = {
    **{"words": 100, "planned": 4, "verbatim": 4, "found": 4},
    **{"removed": 0, "left_verbatim": 0, "left": 0},
    **{"addresses": 1, "addresses_off": 0, "spans": 2, "span_errors": 0},
}
MEASURE = {"corpus": "ours", "document": "all", "measure": "m", "value": 0.0, "n": 1, "goal": "0"}


def passes(check: dg.AssetChecksDefinition, root: Path) -> bool:
    """Whether the check passes, alone, on what the lake holds."""
    job = dg.define_asset_job("check", selection=dg.AssetSelection.checks(check))
    run = Run(lake_root=str(root))
    defs = dg.Definitions(asset_checks=[check], jobs=[job], resources={"run": run})
    result = defs.resolve_job_def("check").execute_in_process(raise_on_error=False)
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.blocking
    return evaluation.passed


def write(root: Path, dataset: str, *rows: dict[str, Any]) -> None:
    Lake(root).write(dataset, [CONTRACTS[dataset].table(list(rows))], Recipe(code_version="1"))


@pytest.mark.parametrize(
    ("spoilt", "passed"),
    [
        ({}, True),
        ({"verbatim": 0}, True),
        ({"found": 3}, False),
        ({"left": 1}, False),
        ({"addresses_off": 1}, False),
        ({"span_errors": 1}, False),
        ({"document": "resume_matched"}, False),  # no job description was counted
    ],
)
def test_labels_are_whole(spoilt: dict[str, Any], passed: bool, tmp_path: Path) -> None:
    document = {"triple_id": "t1", "document": "job_description", "split": "train"}
    triple = dict.fromkeys((c.name for c in CONTRACTS["rjdb/triples"].columns), "x")
    lists = dict.fromkeys(("skills", "removed_skills", "request_ids", "lost_request_ids"), ["x"])
    none = dict.fromkeys(("category", "gender", "swaps", "shortened", "split", "reasks"))
    triple |= lists | none | {"replaced": None, "experiences": []}
    write(tmp_path, "rjdb/triples", triple)
    write(tmp_path, "rjdb/presence", document | COUNTS | spoilt)
    assert passes(labels_are_whole, tmp_path) is passed


@pytest.mark.parametrize(
    ("row", "passed"),
    [
        ({"passed": True}, True),
        ({"passed": False, "value": 1.0}, False),
        ({"passed": True, "corpus": "released"}, False),  # nothing of ours was judged
    ],
)
def test_labels_can_be_trusted(row: dict[str, Any], passed: bool, tmp_path: Path) -> None:
    release = MEASURE | {"corpus": "released", "measure": "other", "passed": False}
    write(tmp_path, "quality/integrity", MEASURE | row, release)
    assert passes(labels_can_be_trusted, tmp_path) is passed
