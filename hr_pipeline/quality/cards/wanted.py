"""What the cards are made from: the datasets of the release, and which measured rows they show.

It imports nothing heavy: the definitions read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

CONFIGS = ("matching", "extraction", "editing", "ladder", "ties", "triples")


@dataclass(frozen=True)
class Wanted:
    """Rows of a measured dataset that the card shows. `of`: the config that it is measured on."""

    name: str
    dataset: str
    columns: tuple[str, ...]
    keep: Callable[[Row], Any]
    of: str = "triples"


def _ours(row: Row) -> bool:
    return bool(row["corpus"] == "ours")


FIGURES = (
    Wanted(
        "integrity",
        "quality/integrity",
        ("document", "measure", "value", "n", "goal", "passed"),
        lambda row: _ours(row) and row["goal"] is not None and row["n"],
    ),
    Wanted(
        "shortcuts",
        "quality/shortcuts",
        ("negative_kind", "setting", "rule", "accuracy", "auc", "ci_low", "ci_high", "n"),
        lambda row: _ours(row) and row["floor"],
        of="matching",
    ),
    Wanted(
        "ladder",
        "quality/ladder",
        ("rule", "measure", "value", "n"),
        lambda row: row["gap"] == -1,
        of="ladder",
    ),
    Wanted(
        "judges",
        "quality/judges",
        ("document", "criterion", "writing_mode", "judge", "measure", "value", "n"),
        lambda row: _ours(row) and not row["measure"].startswith(("mean score,", "AUC,")),
    ),
    Wanted(
        "balance",
        "quality/balance",
        ("attribute", "group", "measure", "value", "n", "goal", "passed"),
        lambda row: _ours(row) and row["goal"] is not None,
    ),
    Wanted(
        "bias",
        "quality/bias",
        ("matcher", "names", "attribute", "measure", "value", "ci_low", "ci_high", "n"),
        lambda row: (
            row["group"] == "all" and row["measure"] in ("flip rate", "lowest impact ratio")
        ),
    ),
    Wanted("diversity", "quality/diversity", ("document", "measure", "value", "n"), _ours),
    Wanted(
        "overlap",
        "quality/overlap",
        ("split", "measure", "value", "n", "goal", "passed"),
        lambda row: True,
    ),
    Wanted(
        "statistics",
        "quality/statistics",
        ("place", "item", "ours", "paper", "unit"),
        lambda row: row["place"].startswith("Table") and row["ours"] is not None,
    ),
)
DATASETS = tuple(f"rjdb/{name}" for name in CONFIGS)
MEASURED = tuple(wanted.dataset for wanted in FIGURES)
