"""Exact nearest neighbours by cosine, with ties broken by position so that runs repeat."""

import numpy as np

from hr_pipeline.embedding.models import LEXICAL, embed

_BLOCK = 512


def nearest(
    queries: list[str], corpus: list[str], model: str = LEXICAL
) -> tuple[np.ndarray, np.ndarray]:
    """For each query the position of the nearest corpus text, and their cosine (rounded to 1e-5).

    Among equals the first in the corpus wins. Both lists must be non-empty.
    """
    vectors = embed([*queries, *corpus], model)
    ours, theirs = vectors[: len(queries)], vectors[len(queries) :].T
    best = np.empty(len(queries), dtype=np.int64)
    score = np.empty(len(queries))
    for start in range(0, len(queries), _BLOCK):
        block = ours[start : start + _BLOCK] @ theirs
        dense = np.asarray(block.todense() if hasattr(block, "todense") else block)
        dense = np.round(dense.astype(np.float64), 5)
        best[start : start + _BLOCK] = dense.argmax(axis=1)
        score[start : start + _BLOCK] = dense.max(axis=1)
    return best, score
