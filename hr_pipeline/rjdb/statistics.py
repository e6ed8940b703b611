"""The triples beside the paper's Tables 3 and 4, and the integrity that a benchmark stands on."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.processes import mapped
from hr_pipeline.lake.shown import pictures
from hr_pipeline.rjdb.contexts import DOCUMENTS
from hr_pipeline.rjdb.presence import presence_rows

ROWS_FOR_TWO = 8_192  # fewer are counted before another process has started
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
    """Sums over triples, filled row by row; what documents hold is counted in rjdb/presence."""

    sums: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        self.sums["triples"] += 1
        self.sums["skills"] += len(row["skills"])
        self.sums["experiences"] += len(row["experiences"])
        self.sums["removed skills"] += len(row["removed_skills"])
        self.categories[row["category"] or ""] += 1


@dataclass
class TeacherWork:
    """Replies and re-asks behind the triples, those for contexts that were replaced included.

    Imported triples do not say how many there were, and are not counted.
    """

    replies: int = 0
    reasks: int = 0
    replaced: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        if row["reasks"] is None:
            return
        self.replies += len(row["request_ids"]) + len(row["lost_request_ids"])
        self.reasks += row["reasks"]
        self.replaced += row["replaced"]

    def figures(self) -> list[tuple[str, float]]:
        per_thousand = round(1000 * self.reasks / self.replies, 5) if self.replies else 0.0
        return [
            ("re-asks per 1,000 replies", per_thousand),
            ("contexts replaced after all re-asks", self.replaced),
        ]


def counted(
    rows: Iterable[Mapping[str, Any]], counts: TripleCounts, work: TeacherWork
) -> Iterator[dict[str, Any]]:
    """Rows of rjdb/presence from rows of rjdb/triples; the others are filled on the way."""
    for row in rows:
        counts.add(row)
        work.add(row)
        yield from presence_rows(row)


Counted = tuple[pa.Table, TripleCounts, TeacherWork]


def count_batch(batch: pa.RecordBatch) -> Counted:
    """The rows of rjdb/presence, and the sums, of some rows of rjdb/triples."""
    counts, work = TripleCounts(), TeacherWork()
    found = list(counted(batch.to_pylist(), counts, work))
    return CONTRACTS["rjdb/presence"].table(found), counts, work


def count_triples(
    batches: Iterable[pa.RecordBatch], counts: TripleCounts, work: TeacherWork, rows: int
) -> Iterator[pa.Table]:
    """Tables of rjdb/presence from batches of rjdb/triples, of `rows` rows in all; the sums are
    filled on the way. Many rows are counted by two processes, with the same result."""
    processes = min(2, os.cpu_count() or 1) if rows >= ROWS_FOR_TWO else 1
    for table, some, done in mapped(count_batch, batches, processes):
        counts.sums += some.sums
        counts.categories += some.categories
        work.replies += done.replies
        work.reasks += done.reasks
        work.replaced += done.replaced
        yield table


def violations(presence: pa.Table) -> dict[str, int]:
    """What must be 0: planned skills not there, removed ones there, spans, addresses."""
    sums = {name: pc.sum(presence[name], min_count=0).as_py() for name in _COUNTED}
    missing = sums["planned"] - sums["found"]
    return dict(
        zip(
            MUST_BE_ZERO,
            (missing, sums["left"], sums["addresses_off"], sums["span_errors"]),
            strict=True,
        )
    )


_COUNTED = ("planned", "found", "left", "addresses_off", "span_errors")


def of_document(presence: pa.Table, document: str) -> pa.Table:
    """The rows of one document."""
    return presence.filter(pc.equal(presence["document"], document))


def triple_statistics(
    presence: pa.Table, counts: TripleCounts, extra: Iterable[tuple[str, float]] = ()
) -> pa.Table:
    """Rows of rjdb/statistics; `extra` adds figures of the build (statistic, ours)."""
    n = max(counts.sums["triples"], 1)
    rows: list[tuple[str, float | None, float | None, str | None]] = [
        ("triples", counts.sums["triples"], 52000, "RJDB Table 3")
    ]
    for thing in ("skills", "experiences", "removed skills"):
        paper, source = _PAPER[f"{thing} per triple"]
        rows.append((f"{thing} per triple", counts.sums[thing] / n, paper, source))
    for document in DOCUMENTS.values():
        rows += _document_rows(of_document(presence, document.key), document.key, document.name)
    rows += [(name, value, None, None) for name, value in violations(presence).items()]
    rows += [(name, value, None, None) for name, value in extra]
    names = ("statistic", "ours", "paper", "source")
    types = (pa.string(), pa.float64(), pa.float64(), pa.string())
    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(c), t) for c, t in zip(columns, types, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _document_rows(
    found: pa.Table, name: str, shown: str
) -> Iterable[tuple[str, float | None, float | None, str | None]]:
    if not found.num_rows:
        return
    words = found["words"].to_numpy()
    paper = PAPER_WORDS.get(name, (None, None, None))
    source = "RJDB Table 3" if name in PAPER_WORDS else None
    for kind, ours, theirs in zip(
        ("mean", "fewest", "most"), (words.mean(), words.min(), words.max()), paper, strict=True
    ):
        yield f"{shown}: {kind} words", float(ours), theirs, source
    for kind, column in (("verbatim", "verbatim"), ("normalised", "found")):
        yield f"{shown}: skills found {kind}, %", _percent(found, column), None, None


def _percent(found: pa.Table, column: str) -> float:
    planned = max(pc.sum(found["planned"]).as_py(), 1)
    return round(100 * pc.sum(found[column]).as_py() / planned, 5)


def plots(presence: pa.Table, counts: TripleCounts) -> str:
    """Document lengths beside the paper's means and ranges, and the categories."""
    words = {name: of_document(presence, name)["words"].to_numpy() for name in DOCUMENTS}

    def lengths(axes: Any) -> None:
        names = [name for name in DOCUMENTS if len(words[name])]
        axes.boxplot([words[n] for n in names], whis=(0, 100), widths=0.5)
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
