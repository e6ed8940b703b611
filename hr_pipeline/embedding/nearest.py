"""The nearest texts of a list: exact where that can be done in time, else by an index."""

from dataclasses import dataclass

import numpy as np

from hr_pipeline.embedding.models import Embedder
from hr_pipeline.embedding.topk import top_k


@dataclass(frozen=True)
class Nearest:
    """For each query the nearest texts of the corpus, best first.

    `positions` (queries, k) int64 and `scores` (queries, k) cosines rounded to 1e-5; `how`: "exact"
    or the index that was used; `recall`: share of the exact nearest that it found, 1.0 if exact.
    """

    positions: np.ndarray
    scores: np.ndarray
    how: str
    recall: float


def nearest_k(embedder: Embedder, queries: list[str], corpus: list[str], k: int) -> Nearest:
    """The k nearest corpus texts of each query by cosine; k is cut to the corpus. Among equals the
    first in the corpus wins. Raises InputError."""
    positions, scores = top_k(*embedder.pair(queries, corpus), k)
    return Nearest(positions, scores, "exact", 1.0)
