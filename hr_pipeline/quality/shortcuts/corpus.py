"""Triples to learn from, to find a threshold on, and to be judged on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.picked import rows_among
from hr_pipeline.lake.rng import digest
from hr_pipeline.quality.bias.applications import chosen

Row = Mapping[str, Any]
Batches = Callable[[list[str]], Iterable[pa.RecordBatch]]  # of the columns named
NEGATIVES = {"removed": "resume_unmatched", "swapped": "resume_swapped"}
COLUMNS = ["triple_id", "split", "job_description", "resume_matched", *NEGATIVES.values()]
PARTS = 5  # of a corpus without splits: one is judged, one gives the threshold, the rest teaches


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows of triples: a matcher learns from `train`, has its threshold from `dev`, and is judged
    on `test`."""

    train: Sequence[Row]
    dev: Sequence[Row]
    test: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Pairs:
    """n triples as 2n pairs: each match stands right before its negative."""

    job_descriptions: list[str]
    resumes: list[str]

    @staticmethod
    def of(triples: Sequence[Row], negative: str) -> "Pairs":
        """`negative`: removed or swapped."""
        resumes = ("resume_matched", NEGATIVES[negative])
        return Pairs(
            [row["job_description"] for row in triples for _ in resumes],
            [row[resume] for row in triples for resume in resumes],
        )

    @property
    def labels(self) -> np.ndarray:
        return np.arange(len(self.resumes)) % 2 == 0


def read_triples(batches: Batches, fit_triples: int, seed: int) -> list[dict[str, Any]]:
    """All test triples of a corpus, and of train and dev (or of a corpus without splits) at most so
    many each, drawn by key."""
    held = [row for batch in batches(["triple_id", "split"]) for row in batch.to_pylist()]
    sizes = {"train": fit_triples, "dev": fit_triples, "test": len(held)}
    ids = ((row["triple_id"], row["split"] or "train") for row in held)
    return list(rows_among(batches(COLUMNS), "triple_id", chosen(ids, sizes, seed)))


def folds_of(triples: Sequence[Row], seed: int) -> list[Fold]:
    """One fold of train, dev and test; without train or test, five by key that swap parts, so that
    every triple is judged once and by nobody who has seen it. None for fewer than five triples."""
    train, dev, test = (
        [row for row in triples if row["split"] == split] for split in ("train", "dev", "test")
    )
    if train and test:
        return [Fold(train, dev or train, test)]
    if len(triples) < PARTS:
        return []
    keyed = sorted(triples, key=lambda r: digest(seed, "quality/shortcuts/part", r["triple_id"]))
    parts = [keyed[n::PARTS] for n in range(PARTS)]
    turns = [parts[n:] + parts[:n] for n in range(PARTS)]
    return [Fold([r for part in more for r in part], dev, test) for test, dev, *more in turns]
