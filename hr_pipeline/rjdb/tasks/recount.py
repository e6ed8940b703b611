"""The stored task sets, counted again: by their checks, and before a training."""

from collections import Counter

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.tasks.matching import faults_in_pairs
from hr_pipeline.rjdb.tasks.splits import faults_in_splits

SPLITS = ["triple_id", "split"]
LABELS = ["triple_id", "label", "negative_kind", "gap", "skills"]


def split_faults(lake: Lake, build: Build) -> Counter[str]:
    """Rows of a task set against the triples and the ledger."""
    triples = lake.table("rjdb/triples", build.recipe.inputs["rjdb/triples"], SPLITS)
    rows = lake.table(build.dataset, build.version, SPLITS)
    ledger = lake.table(f"{build.dataset}_ledger", build.ledger_version, ["step", "key"])
    return faults_in_splits(
        zip(*triples.to_pydict().values(), strict=True),
        zip(*rows.to_pydict().values(), strict=True),
        (row["key"] for row in ledger.to_pylist() if row["step"] == "row"),
    )


def label_faults(lake: Lake, build: Build) -> Counter[str]:
    """Labels of rjdb/matching against what was counted in the texts."""
    found = lake.rows("rjdb/presence", build.recipe.inputs["rjdb/presence"])
    return faults_in_pairs(found, lake.rows("rjdb/matching", build.version, LABELS))
