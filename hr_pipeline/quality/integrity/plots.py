"""Plots of the paper's places and of what is measured beside them, from the stored datasets.

Each function takes a table as it stands in the lake and gives what draws it into a matplotlib
Axes; `hr_pipeline.lake.shown` makes pictures of that. Ours is blue, the release orange, the paper
grey.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.datasets.columns import CATEGORIES
from hr_pipeline.lake.shown import Draw
from hr_pipeline.quality.integrity.statistics import BARS, FIGURE_3, FIGURE_4
from hr_pipeline.rjdb.contexts import DOCUMENTS

COLOURS = {"ours": "tab:blue", "released": "tab:orange", "paper": "tab:gray"}


def figures(statistics: pa.Table) -> list[Draw]:
    """Table 3, Figure 3 and the three parts of Figure 4, from quality/statistics."""
    return [table_3(statistics), figure_3(statistics), *(figure_4(statistics, b) for b in BARS)]


def table_3(statistics: pa.Table) -> Draw:
    """Mean words of each document, with the range from the shortest to the longest."""
    found = _items(statistics, "Table 3")
    names = [d.name for d in DOCUMENTS.values() if f"{d.name}: mean words" in found]

    def draw(axes: Any) -> None:
        for place, corpus in enumerate(COLOURS):
            for i, name in enumerate(names):
                mean, least, most = (
                    found[f"{name}: {kind} words"][corpus] for kind in ("mean", "fewest", "most")
                )
                if mean is not None:
                    x = i + 0.2 * (place - 1)
                    axes.vlines(x, least, most, color=COLOURS[corpus])
                    axes.plot([x], [mean], "o", color=COLOURS[corpus], label=corpus)
        axes.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set(ylabel="words: mean and range", title="Table 3")
        _legend(axes)

    return draw


def figure_3(statistics: pa.Table) -> Draw:
    """Share of triples in each of the five categories."""
    found = _items(statistics, FIGURE_3)
    return _bars(sorted(CATEGORIES), found, "% of triples", FIGURE_3)


def figure_4(statistics: pa.Table, bar: str) -> Draw:
    """One of `BARS`, averaged in each category."""
    suffix = f": {bar}"
    found = {
        item.removesuffix(suffix): values
        for item, values in _items(statistics, FIGURE_4).items()
        if item.endswith(suffix)
    }
    return _bars(sorted(CATEGORIES), found, bar, FIGURE_4)


def presence(integrity: pa.Table) -> Draw:
    """Shares of quality/integrity that a benchmark stands on, ours beside the release's."""
    shown = {
        ("job_description", "skills there normalised, %"): "skills in\njob description",
        ("resume_matched", "skills there normalised, %"): "skills in\nmatched resume",
        ("resume_unmatched", "removed skills left normalised, %"): "removed skills\nleft",
        ("all", "addresses on ordinary domains, %"): "ordinary\naddresses",
    }
    values = {(r["document"], r["measure"], r["corpus"]): r["value"] for r in integrity.to_pylist()}
    found = {
        label: {corpus: values.get((*key, corpus)) for corpus in ("ours", "released")}
        for key, label in shown.items()
    }
    return _bars(list(found), found, "%", "label integrity, normalised matches")


def repetition(diversity: pa.Table, measure: str) -> Draw:
    """One measure of quality/diversity for every document."""
    found: dict[str, dict[str, float | None]] = {}
    for row in diversity.to_pylist():
        if row["measure"] == measure:
            name = DOCUMENTS[row["document"]].name.replace(" ", "\n", 1)
            found.setdefault(name, {})[row["corpus"]] = row["value"]
    return _bars(list(found), found, measure, "repetition")


def _items(statistics: pa.Table, place: str) -> dict[str, dict[str, float | None]]:
    return {
        row["item"]: {corpus: row[corpus] for corpus in COLOURS}
        for row in statistics.to_pylist()
        if row["place"] == place
    }


def _bars(
    names: list[str], found: Mapping[str, Mapping[str, float | None]], unit: str, title: str
) -> Draw:
    """Groups of bars, one for each corpus that has a figure."""
    series = {c: [found.get(name, {}).get(c) for name in names] for c in COLOURS}
    there = {c: values for c, values in series.items() if any(v is not None for v in values)}

    def draw(axes: Any) -> None:
        width, places = 0.8 / max(len(there), 1), np.arange(len(names))
        for i, (corpus, values) in enumerate(there.items()):
            heights = [np.nan if value is None else value for value in values]
            x = places + width * (i - (len(there) - 1) / 2)
            axes.bar(x, heights, width, color=COLOURS[corpus], label=corpus)
        axes.set_xticks(
            places, [name.replace(", ", ",\n").replace(" and ", "\nand ") for name in names]
        )
        axes.tick_params(axis="x", labelsize="small")
        axes.set(ylabel=unit, title=title)
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.margins(y=0.3)  # room for the legend
        _legend(axes)

    return draw


def _legend(axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    if once:
        axes.legend(once.values(), once.keys(), frameon=False, ncols=len(once), loc="upper right")
