"""The nearest texts of a list: exact where that can be done in time, else by an index."""

from dataclasses import dataclass

import numpy as np

from hr_pipeline.embedding.matrix import cosines
from hr_pipeline.embedding.models import Embedder
from hr_pipeline.embedding.topk import rounded, top_k

EXACT_UP_TO = 100_000_000_000  # pairs of texts: a quarter of an hour on two cores


@dataclass(frozen=True)
class Nearest:
    """For each query the nearest texts of the corpus, best first.

    `positions` (queries, k) int64 and `scores` (queries, k) cosines rounded to 1e-5; `how`: "exact"
    or the index that was used; `recall`: share of the exact nearest that it found on a sample of
    the queries, 1.0 if exact.
    """

    positions: np.ndarray
    scores: np.ndarray
    how: str
    recall: float


def nearest_k(
    embedder: Embedder,
    queries: list[str],
    corpus: list[str],
    k: int,
    *,
    exact_up_to: int = EXACT_UP_TO,
    seed: int = 1,
) -> Nearest:
    """The k nearest corpus texts of each query by cosine; k is cut to the corpus. Among equals the
    first in the corpus wins.

    Beyond `exact_up_to` pairs dense vectors are looked up in an index; sparse ones, and sums of
    several models, never are. `seed` draws the queries that its recall is measured on. Raises
    InputError.
    """
    ours, theirs = embedder.pair(queries, corpus)
    if len(queries) * len(corpus) > exact_up_to and isinstance(theirs, np.ndarray):
        from hr_pipeline.embedding.index import from_index

        return Nearest(*from_index(ours, theirs, k, seed))
    return Nearest(*top_k(ours, theirs, k), "exact", 1.0)


def nearest_once(
    embedder: Embedder, queries: list[str], corpus: list[str]
) -> list[tuple[int, int, float]]:
    """Pairs (query, corpus text, cosine rounded to 1e-5) in which no text stands twice, in the
    queries' order: the best pair first, then the best of what is left, until one side is used up.

    Among equals the first query, and the first in the corpus, win. The matrix of all pairs is held.
    """
    if not queries or not corpus:
        return []
    scores = rounded(cosines(*embedder.pair(queries, corpus)))
    best, pairs = scores.argmax(axis=1), list[tuple[int, int, float]]()
    value = scores.max(axis=1)
    for _ in range(min(len(queries), len(corpus))):
        query = int(value.argmax())
        text = int(best[query])
        pairs.append((query, text, float(value[query])))
        scores[:, text], value[query], best[query] = -np.inf, -np.inf, -1
        for other in np.flatnonzero(best == text):
            best[other], value[other] = scores[other].argmax(), scores[other].max()
    return sorted(pairs)
