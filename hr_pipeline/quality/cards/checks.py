"""Checks of the cards: they say what the lineage says."""

from typing import Any

import dagster as dg

from hr_pipeline.quality.cards.wanted import DATASETS
from hr_pipeline.resources import Run


@dg.asset_check(asset=["quality", "cards"], blocking=True)
def what_was_left_out_is_nowhere(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """What was built without Dice holds nothing of it: no file, no posting, no edge, no word."""
    from hr_pipeline.lake.lineage import lineage
    from hr_pipeline.quality.cards.left_out import traces_of_dice

    lake, run_id = run.lake(), context.run.run_id
    made_from = lineage(lake, (lake.require(name, run_id) for name in DATASETS), run_id)
    ops: Any = dict(context.run.run_config or {}).get("ops") or {}
    without = ((ops.get("sources") or {}).get("config") or {}).get("without") or []
    took_part = any(name.startswith("dice: ") for name in made_from.files)
    traces = traces_of_dice(lake, made_from, lake.require("quality/cards", run_id))
    return dg.AssetCheckResult(
        passed=not (traces if "dice" in without or not took_part else []),
        metadata={"left out": list(without), "Dice took part": took_part, "traces": traces},
    )


@dg.asset_check(asset=["quality", "cards"], blocking=True)
def front_matter_and_croissant_are_read(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """The front matter is YAML with licence and configs; the Croissant file is JSON that names
    its specification."""
    import json

    import yaml

    lake = run.lake()
    build = lake.require("quality/cards", context.run.run_id)
    held = {r["name"]: r["content"] for r in lake.table("quality/cards", build.version).to_pylist()}
    head = yaml.safe_load(held["README.md"].split("---\n")[1])
    described = json.loads(held["croissant.json"])
    return dg.AssetCheckResult(
        passed=bool(head["license"] and head["configs"] and described["conformsTo"]),
        metadata={"license": head["license"], "configs": len(head["configs"])},
    )
