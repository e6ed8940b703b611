"""Tables 1, 3 and 4 and Figures 3 and 4 of the RJDB paper: ours, the release's, the paper's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.datasets.columns import CATEGORIES
from hr_pipeline.rjdb.statistics import of_document

Row = dict[str, Any]

FIGURE_3, FIGURE_4 = "Figure 3", "Figure 4"
PLACES = ("Table 1", "Table 3", "Table 4", FIGURE_3, FIGURE_4)
# Bars of Figure 4: what is averaged, and over which documents. The paper's resumes are two.
_BARS = {
    "skills": ("planned", ("job_description",)),
    "words of a resume": ("words", ("resume_matched", "resume_unmatched")),
    "words of a job description": ("words", ("job_description",)),
}
BARS = tuple(_BARS)
# What the tables hold of other things than of their own number.
_UNITS = {
    "skills per occupation": "skills",
    "occupations per skill": "occupations",
    "skills per triple": "skills",
    "experiences per triple": "experiences",
    "removed skills per triple": "skills",
}


@dataclass(frozen=True)
class Corpus:
    """What the statistics of one corpus are made from.

    `statistics` has the columns of rjdb/statistics, `presence` those of rjdb/presence; `categories`
    gives the category of each triple (Figure 3), "" where there is none.
    """

    statistics: pa.Table
    presence: pa.Table
    categories: Mapping[str, str]


def statistics_rows(graph: pa.Table, ours: Corpus, released: Corpus | None) -> list[Row]:
    """Rows of quality/statistics. `graph` has the columns of graph/statistics.

    The paper only draws its Figures 3 and 4, so their published figure is null; so is the release's
    graph, which was not published.
    """
    rows = [
        _row(place, row["statistic"], row["ours"], None, row["paper"])
        for row in graph.to_pylist()
        if (place := _table(row)) is not None
    ]
    theirs = {
        r["statistic"]: r["ours"] for r in (released.statistics.to_pylist() if released else ())
    }
    rows += [
        _row(place, row["statistic"], row["ours"], theirs.get(row["statistic"]), row["paper"])
        for row in ours.statistics.to_pylist()
        if (place := _table(row)) is not None
    ]
    mine, other = _figures(ours), _figures(released) if released else {}
    rows += [
        _row(place, item, mine[place, item], other.get((place, item)), None) for place, item in mine
    ]
    return sorted(rows, key=lambda row: PLACES.index(row["place"]))


def _table(row: Mapping[str, Any]) -> str | None:
    """The paper's table that holds the statistic; swapped resumes would stand in Table 3."""
    place = (row["source"] or "").removeprefix("RJDB ")
    if place.startswith("Table"):
        return place
    return "Table 3" if row["statistic"].endswith(" words") else None


def _row(
    place: str, item: str, ours: float | None, released: float | None, paper: float | None
) -> Row:
    if item.endswith(" words") or ": words of" in item:
        unit = "words"
    elif place == FIGURE_3:
        unit = "% of triples"
    else:
        unit = _UNITS.get(item, "skills" if place == FIGURE_4 else "number")
    return {
        "place": place,
        "item": item,
        "ours": ours,
        "released": released,
        "paper": paper,
        "unit": unit,
    }


def _figures(corpus: Corpus) -> dict[tuple[str, str], float | None]:
    """Bars of Figures 3 and 4 by (place, item); None where a category has no triple."""
    known = np.array([name for name in corpus.categories.values() if name], dtype=object)
    bars: dict[tuple[str, str], float | None] = {}
    for category in sorted(CATEGORIES):
        share = 100 * (known == category).mean() if len(known) else None
        bars[FIGURE_3, category] = _rounded(share)
    for bar, (column, documents) in _BARS.items():
        values, names = _values(corpus, column, documents)
        for category in sorted(CATEGORIES):
            some = values[names == category]
            bars[FIGURE_4, f"{category}: {bar}"] = _rounded(some.mean() if len(some) else None)
    return bars


def _values(corpus: Corpus, column: str, documents: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """A column of presence over the documents, and the category of each row."""
    found = pa.concat_tables(of_document(corpus.presence, name) for name in documents)
    names = [corpus.categories.get(triple, "") for triple in found["triple_id"].to_pylist()]
    return found[column].to_numpy(), np.array(names, dtype=object)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 5)
