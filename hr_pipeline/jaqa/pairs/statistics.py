"""What JA-QA holds: sizes, losses, how pairs spread over occupations and APIs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.shown import pictures
from hr_pipeline.taxonomy.isco import MAJOR_GROUPS, major_group

_PAPER = "KDJPPR section 3.2"
_TOP = 20  # APIs in the plot
Row = dict[str, Any]


@dataclass
class PairCounts:
    """Sums over pairs, filled row by row; memory grows with the names, not with the pairs."""

    splits: Counter[str] = field(default_factory=Counter)
    apis: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    titles: set[str] = field(default_factory=set)
    titles_raw: set[str] = field(default_factory=set)
    skills: set[str] = field(default_factory=set)
    apis_a_pair: list[int] = field(default_factory=list)
    skills_a_pair: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.splits[row["split"]] += 1
        self.apis.update(row["apis"])
        self.groups[major_group(row["isco_group"])] += 1
        self.titles.add(row["esco_uri"])
        self.titles_raw.add(row["title_raw"])
        self.skills.update(row["skills"])
        self.apis_a_pair.append(len(row["apis"]))
        self.skills_a_pair.append(len(row["skills"]))
        self.words.append(len(row["job_description"].split()))

    @property
    def pairs(self) -> int:
        return len(self.apis_a_pair)


def pair_statistics(
    counts: PairCounts, ordered: int, chosen: Iterable[int], lost_by_cause: Mapping[str, int]
) -> pa.Table:
    """Rows of jaqa/statistics. `chosen`: number of APIs of each distinct skill."""
    per_skill = list(chosen)
    without = sum(not n for n in per_skill)
    rows: list[tuple[str, float | None, float | None]] = [
        ("pairs", counts.pairs, 20_000),
        ("pairs ordered at most", ordered, 20_000),
        *((f"pairs, {split}", counts.splits[split], None) for split in ("train", "dev", "test")),
        *_spread("APIs a pair", counts.apis_a_pair),
        *_spread("skills a pair", counts.skills_a_pair),
        *_spread("words of a description", counts.words),
        ("distinct APIs", len(counts.apis), None),
        ("distinct skills of pairs", len(counts.skills), None),
        ("distinct ESCO occupations", len(counts.titles), None),
        ("distinct titles as posted", len(counts.titles_raw), None),
        ("distinct skills that were asked of", len(per_skill), None),
        ("of them without an API, %", _percent(without, len(per_skill)), None),
        *((f"lost, {cause}", count, None) for cause, count in sorted(lost_by_cause.items())),
    ]
    table = [
        {"statistic": name, "ours": ours, "paper": paper, "source": _PAPER if paper else None}
        for name, ours, paper in rows
    ]
    return CONTRACTS["jaqa/statistics"].table(table)


def _spread(name: str, values: list[int]) -> Iterator[tuple[str, float | None, None]]:
    measures = (("mean", np.mean), ("median", np.median), ("fewest", np.min), ("most", np.max))
    for kind, measure in measures:
        yield f"{name}, {kind}", round(float(measure(values)), 5) if values else None, None


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 5) if whole else None


def coverage_rows(counts: PairCounts) -> list[Row]:
    """Rows of jaqa/coverage: every major group, those without a pair too, then every API, the most
    frequent first."""
    groups = [(name, counts.groups[name]) for name in (*MAJOR_GROUPS.values(), *counts.groups)]
    apis = sorted(counts.apis.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "kind": kind,
            "name": name,
            "pairs": pairs,
            "share": round(pairs / counts.pairs, 5) if counts.pairs else 0.0,
        }
        for kind, found in (("isco", dict(groups).items()), ("api", apis))
        for name, pairs in found
    ]


def plots(counts: PairCounts) -> str:
    """APIs a pair, the most frequent APIs, the ISCO-08 major groups."""

    def apis_a_pair(axes: Any) -> None:
        axes.hist(counts.apis_a_pair, bins=range(1, max(counts.apis_a_pair, default=1) + 2))
        axes.set(xlabel="APIs a pair", ylabel="pairs")

    def bars(found: list[tuple[str, int]], title: str) -> Any:
        def draw(axes: Any) -> None:
            axes.barh([name for name, _ in found[::-1]], [count for _, count in found[::-1]])
            axes.tick_params(axis="y", labelsize=7)
            axes.set(xlabel="pairs", title=title)

        return draw

    groups = [(name, counts.groups[name]) for name in MAJOR_GROUPS.values()]
    common = bars(counts.apis.most_common(_TOP), "most frequent APIs")
    return pictures([apis_a_pair, common, bars(groups, "ISCO-08 major groups")])
