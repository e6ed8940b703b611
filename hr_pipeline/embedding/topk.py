"""Exact nearest neighbours by cosine, with ties broken by position so that runs repeat."""

from collections.abc import Iterator

import numpy as np

from hr_pipeline.embedding.models import LEXICAL, Matrix, embed

_BLOCK = 512


def top_k(queries: Matrix, corpus: Matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest corpus rows of each query, best first: their positions (n, k) and cosines
    (n, k), rounded to 1e-5. Among equals the first in the corpus wins; k is cut to the corpus."""
    k = min(k, corpus.shape[0])
    positions = np.empty((queries.shape[0], k), np.int64)
    scores = np.empty((queries.shape[0], k))
    for start in range(0, queries.shape[0], _BLOCK):
        block = queries[start : start + _BLOCK] @ corpus.T
        dense = np.asarray(block.todense() if hasattr(block, "todense") else block)
        dense = np.round(dense.astype(np.float64), 5)
        order = np.argsort(-dense, axis=1, kind="stable")[:, :k]
        positions[start : start + _BLOCK] = order
        scores[start : start + _BLOCK] = np.take_along_axis(dense, order, 1)
    return positions, scores


def nearest(
    queries: list[str], corpus: list[str], model: str = LEXICAL
) -> tuple[np.ndarray, np.ndarray]:
    """For each query the position of the nearest corpus text, and their cosine (rounded to 1e-5).

    Among equals the first in the corpus wins. Both lists must be non-empty.
    """
    best = np.empty(len(queries), dtype=np.int64)
    score = np.empty(len(queries))
    for start, block in _similarities(queries, corpus, model):
        best[start : start + _BLOCK] = block.argmax(axis=1)
        score[start : start + _BLOCK] = block.max(axis=1)
    return best, score


def nearest_once(
    queries: list[str], corpus: list[str], model: str = LEXICAL
) -> list[tuple[int, int, float]]:
    """Pairs (query, corpus text, cosine rounded to 1e-5) in which no text stands twice, in the
    queries' order: the best pair first, then the best of what is left, until one side is used up.

    Among equals the first query, and the first in the corpus, win. The matrix of all pairs is held.
    """
    if not queries or not corpus:
        return []
    scores = np.vstack([block for _, block in _similarities(queries, corpus, model)])
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


def _similarities(
    queries: list[str], corpus: list[str], model: str
) -> Iterator[tuple[int, np.ndarray]]:
    """(first query, cosines to the whole corpus) of some queries at a time."""
    vectors = embed([*queries, *corpus], model)
    ours, theirs = vectors[: len(queries)], vectors[len(queries) :].T
    for start in range(0, len(queries), _BLOCK):
        block = ours[start : start + _BLOCK] @ theirs
        dense = np.asarray(block.todense() if hasattr(block, "todense") else block)
        yield start, np.round(dense.astype(np.float64), 5)
