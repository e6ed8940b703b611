"""A small ESCO of our own, in which some labels are shared."""

from typing import Any

import pyarrow as pa

from hr_pipeline.jaqa.titles.occupations import Occupations, occupations_of
from hr_pipeline.lake.datasets import CONTRACTS

# label, other labels, description, ISCO group; in the order of the uris
JOBS: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("baker", ("bread baker", "bakery hand"), "Bakes bread and rolls in an oven.", "7512"),
    ("shop manager", ("store manager",), "Runs a shop and serves its customers.", "1420"),
    ("stock keeper", ("store manager", "storekeeper"), "Counts goods in a warehouse.", "4321"),
    ("software developer", ("programmer",), "Writes programs for computers.", "2512"),
    ("web developer", ("programmer", "web programmer"), "Builds pages for browsers.", "2513"),
    ("game developer", (), "Writes games for consoles.", "2512"),
)


def esco(jobs: tuple[tuple[str, tuple[str, ...], str, str], ...] = JOBS) -> pa.Table:
    """sources/esco_occupations of these jobs."""
    rows: list[dict[str, Any]] = [
        {
            "uri": uri(number),
            "label": label,
            "alt_labels": list(others),
            "description": description or None,
            "isco_group": group,
            "release": "test",
        }
        for number, (label, others, description, group) in enumerate(jobs)
    ]
    return CONTRACTS["sources/esco_occupations"].table(rows)


def uri(number: int) -> str:
    return f"http://data.europa.eu/esco/occupation/{number:04}"


def occupations() -> Occupations:
    return occupations_of(esco())
