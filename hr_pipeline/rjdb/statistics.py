"""The triples beside the paper's Tables 3 and 4, and the integrity that a benchmark stands on."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.shown import pictures
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, context_from_row
from hr_pipeline.rjdb.presence import presence

PAPER_WORDS = {
    "job_description": (181.1, 70, 427),
    "resume_matched": (101.9, 30, 604),
    "resume_unmatched": (87.1, 23, 395),
}
MUST_BE_ZERO = (
    "planned skills missing",
    "removed skills left",
    "addresses on ordinary domains",
    "span errors",
)
_PAPER = {
    "skills per triple": (6.43, "RJDB Table 4"),
    "experiences per triple": (2.44, "RJDB Table 4"),
    "removed skills per triple": (1.9, "RJDB Table 4"),
}


@dataclass
class TripleCounts:
    """Sums over triples, filled row by row; memory grows with nothing but the word counts."""

    words: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    sums: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)

    def add(self, context: Context, documents: Mapping[str, str]) -> None:
        self.sums["triples"] += 1
        self.sums["skills"] += len(context.skills)
        self.sums["experiences"] += len(context.experiences)
        self.sums["removed skills"] += len(context.removed_skills)
        self.categories[context.category] += 1
        for name, found in presence(context, documents).items():
            self.words[name].append(len(documents[name].split()))
            self.sums[f"{name}/planned"] += found.planned
            self.sums[f"{name}/verbatim"] += found.verbatim
            self.sums[f"{name}/found"] += found.found
            self.sums["removed skills left"] += found.left
            self.sums["addresses on ordinary domains"] += found.addresses_off
            self.sums["span errors"] += found.span_errors

    def violations(self) -> dict[str, int]:
        """What must be 0: planned skills not there, removed ones there, spans, addresses."""
        missing = sum(
            self.sums[f"{name}/planned"] - self.sums[f"{name}/found"] for name in DOCUMENTS
        )
        return {MUST_BE_ZERO[0]: missing} | {name: self.sums[name] for name in MUST_BE_ZERO[1:]}


@dataclass
class TeacherWork:
    """Replies and re-asks behind the triples, those for contexts that were replaced included."""

    replies: int = 0
    reasks: int = 0
    replaced: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self.replies += len(row["request_ids"]) + len(row["lost_request_ids"])
        self.reasks += row["reasks"]
        self.replaced += row["replaced"]

    def figures(self) -> list[tuple[str, float]]:
        per_thousand = round(1000 * self.reasks / self.replies, 5) if self.replies else 0.0
        return [
            ("re-asks per 1,000 replies", per_thousand),
            ("contexts replaced after all re-asks", self.replaced),
        ]


def count_triples(rows: Iterable[Mapping[str, Any]]) -> tuple[TripleCounts, TeacherWork]:
    """All counts over rows of rjdb/triples, in one pass."""
    counts, work = TripleCounts(), TeacherWork()
    for row in rows:
        documents = {name: row[name] for name in DOCUMENTS if row[name] is not None}
        counts.add(context_from_row(row), documents)
        work.add(row)
    return counts, work


def triple_statistics(counts: TripleCounts, extra: Iterable[tuple[str, float]]) -> pa.Table:
    """Rows of rjdb/statistics; `extra` adds figures of the build (statistic, ours)."""
    n = max(counts.sums["triples"], 1)
    rows: list[tuple[str, float | None, float | None, str | None]] = [
        ("triples", counts.sums["triples"], 52000, "RJDB Table 3")
    ]
    for thing in ("skills", "experiences", "removed skills"):
        paper, source = _PAPER[f"{thing} per triple"]
        rows.append((f"{thing} per triple", counts.sums[thing] / n, paper, source))
    for document in DOCUMENTS.values():
        rows += _document_rows(counts, document.key, document.name)
    rows += [(name, value, None, None) for name, value in counts.violations().items()]
    rows += [(name, value, None, None) for name, value in extra]
    names = ("statistic", "ours", "paper", "source")
    types = (pa.string(), pa.float64(), pa.float64(), pa.string())
    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(c), t) for c, t in zip(columns, types, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _document_rows(
    counts: TripleCounts, name: str, shown: str
) -> Iterable[tuple[str, float | None, float | None, str | None]]:
    words = np.array(counts.words[name])
    if not len(words):
        return
    paper = PAPER_WORDS.get(name, (None, None, None))
    source = "RJDB Table 3" if name in PAPER_WORDS else None
    for kind, ours, theirs in zip(
        ("mean", "fewest", "most"), (words.mean(), words.min(), words.max()), paper, strict=True
    ):
        yield f"{shown}: {kind} words", float(ours), theirs, source
    planned = max(counts.sums[f"{name}/planned"], 1)
    yield (
        f"{shown}: skills found verbatim, %",
        _percent(counts, name, "verbatim", planned),
        None,
        None,
    )
    yield (
        f"{shown}: skills found normalised, %",
        _percent(counts, name, "found", planned),
        None,
        None,
    )


def _percent(counts: TripleCounts, name: str, what: str, planned: int) -> float:
    return round(100 * counts.sums[f"{name}/{what}"] / planned, 5)


def plots(counts: TripleCounts) -> str:
    """Document lengths beside the paper's means and ranges, and the categories."""

    def lengths(axes: Any) -> None:
        names = [name for name in DOCUMENTS if counts.words[name]]
        axes.boxplot([counts.words[n] for n in names], whis=(0, 100), widths=0.5)
        for i, name in enumerate(names, 1):
            if name in PAPER_WORDS:
                mean, least, most = PAPER_WORDS[name]
                axes.vlines(i + 0.35, least, most, color="tab:orange")
                axes.plot([i + 0.35], [mean], "o", color="tab:orange")
        axes.set_xticks(
            range(1, len(names) + 1), [DOCUMENTS[n].name.replace(" ", "\n") for n in names]
        )
        axes.set(ylabel="words", title="ours (box), paper's mean and range (orange)")

    def categories(axes: Any) -> None:
        shown = sorted(counts.categories)
        axes.barh(shown, [counts.categories[c] for c in shown])
        axes.set(xlabel="triples")

    return pictures([lengths, categories])
