"""An approximate index for corpora that are too large for the exact search: FAISS, inverted lists.

Lists are learned from drawn vectors with a fixed seed, so one machine finds the same again. (HNSW,
which links vectors in the order in which threads come, would not.)
"""

from typing import Any

import numpy as np

from hr_pipeline.embedding.topk import rounded, top_k
from hr_pipeline.lake.rng import rng

GOAL = 0.99  # recall at which no more lists are looked through
FEWEST = 16  # lists that are looked through
MEASURED_ON = 500  # queries
LEARNED_FROM = 40  # vectors a list
ROUNDS = 10  # of k-means


def from_index(
    queries: np.ndarray, corpus: np.ndarray, k: int, seed: int
) -> tuple[np.ndarray, np.ndarray, str, float]:
    """Positions (n, k) and cosines (n, k) as `top_k` gives them, the index's name, and its recall.

    As many lists are looked through as give a recall of 0.99 on drawn queries. Where they hold
    fewer than k vectors, all of them are.
    """
    import faiss

    n, width = corpus.shape
    k, lists = min(k, n), max(1, min(int(4 * np.sqrt(n)), n // LEARNED_FROM))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.niter, index.cp.spherical = seed, ROUNDS, True
    index.cp.max_points_per_centroid = LEARNED_FROM
    index.train(corpus)
    index.add(corpus)
    drawn = rng(seed, "recall", n).permutation(len(queries))[:MEASURED_ON]
    exact, _ = top_k(queries[drawn], corpus, k)
    index.nprobe = min(FEWEST, lists)
    while (recall := _share_found(exact, _search(index, queries[drawn], corpus, k)[0])) < GOAL:
        if index.nprobe == lists:
            break
        index.nprobe = min(2 * index.nprobe, lists)
    how = f"faiss IVF{lists},Flat, {index.nprobe} lists looked through"
    return *_search(index, queries, corpus, k), how, recall


def _search(
    index: Any, queries: np.ndarray, corpus: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ordered as `top_k` orders; exact for a query whose lists hold fewer than k vectors."""
    scores, positions = index.search(queries, k)
    scores = rounded(scores)
    order = np.lexsort((positions, -scores))
    positions, scores = (np.take_along_axis(found, order, 1) for found in (positions, scores))
    short = np.flatnonzero((positions < 0).any(axis=1))
    positions[short], scores[short] = top_k(queries[short], corpus, k)
    return positions, scores


def _share_found(exact: np.ndarray, found: np.ndarray) -> float:
    hits = [np.isin(row, other).mean() for row, other in zip(exact, found, strict=True)]
    return round(float(np.mean(hits)), 5)
