"""What is stored, counted again: by the checks of the datasets, and before a training."""

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake, file_sha256


def lost_rows(lake: Lake, dataset: str, ledger_version: str | None) -> int:
    """Whole rows in the stored ledger of a build."""
    steps = lake.table(f"{dataset}_ledger", ledger_version, ["step"]).column("step").to_pylist()
    return sum(step == "row" for step in steps)


def rows_not_accounted_for(lake: Lake, build: Build) -> int:
    """Rows in - rows out - rows in the ledger, each as stored; 0 where all is well."""
    rows = lake.snapshot(build.dataset, build.version)["rows"]
    return build.rows_in - rows - lost_rows(lake, build.dataset, build.ledger_version)


def damaged_parts(lake: Lake, build: Build) -> list[str]:
    """Parts that are missing, or whose SHA-256 is not the one that was written down."""
    folder = lake.path(build.dataset, build.version)
    parts = lake.snapshot(build.dataset, build.version)["parts"]
    there = {path.name for path in lake.parts(build.dataset, build.version)}
    return [
        part["name"]
        for part in parts
        if part["name"] not in there or file_sha256(folder / part["name"]) != part["sha256"]
    ]
