"""The end of a build: what it made of every dataset and model, as facts and as a table."""

from typing import Any

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.models import FOLDER, ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.lake.text import columns
from hr_pipeline.training.runs.curves import told

HEADS = ("dataset", "rows", "lost", "seconds", "path (ledger where rows were lost)")


def is_there(lake: Lake, name: str) -> bool:
    """Whether a dataset, or a model, has been made."""
    if name in CONTRACTS:
        return lake.current(name) is not None
    return ModelStore(lake).current(_model(name)) is not None


def made(lake: Lake, name: str, run_id: str) -> dict[str, Any]:
    """What the run made of a dataset or a model, or left as it was; {"dataset" or "model": name,
    ...}."""
    if name not in CONTRACTS:
        return _model_facts(ModelStore(lake), name)
    build = lake.require(name, run_id)
    return {
        "dataset": name,
        "rows": build.rows,
        "lost": build.rows_lost,
        "ledger": str(lake.path(f"{name}_ledger", build.ledger_version)),
        "path": str(lake.path(name, build.version)),
        "seconds": build.seconds,
        "teacher": build.recipe.teacher,
        "notice": build.notice,
    }


def _model_facts(store: ModelStore, name: str) -> dict[str, Any]:
    build = store.require(_model(name))
    return {
        "model": name,
        "version": build.version,
        "path": str(store.path(build.name, build.version)),
        "seconds": build.seconds,
        "metrics": build.metrics,
        "notice": build.notice,
    }


def _model(name: str) -> str:
    return name.removeprefix(f"{FOLDER}/")


def closing_table(built: list[dict[str, Any]]) -> str:
    """Every dataset: rows, rows lost with the ledger's path, path, seconds; every model: seconds,
    path, measures; and what to do next."""
    lines = columns([HEADS, *map(_cells, built)], left=(0, 4))
    measured = [f"{one['model']}: {told(one['metrics'])}" for one in built if "model" in one]
    by_notice: dict[str, list[str]] = {}
    for one in built:
        by_notice.setdefault(one["notice"], []).append(one.get("dataset") or one["model"])
    noticed = [f"{n}: {', '.join(names)}" for n, names in sorted(by_notice.items()) if n]
    blocks = [lines, measured, noticed or [""], ["Open the history in the UI: make ui"]]
    return "\n" + "\n\n".join("\n".join(block) for block in blocks if block)


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    seconds = f"{one['seconds']:.1f}"
    if "model" in one:
        return (one["model"], "", "", seconds, one["path"])
    where = one["path"] + (f"  ({one['ledger']})" if one["lost"] else "")
    return (one["dataset"], f"{one['rows']:,}", f"{one['lost']:,}", seconds, where)
