"""An approximate index for corpora that are too large for the exact search: FAISS, HNSW graph.

The graph is built by one thread, for several would link vectors in the order in which they come;
so one machine finds the same again.
"""

from typing import Any

import numpy as np

from hr_pipeline.embedding.topk import rounded, top_k
from hr_pipeline.lake.rng import rng

LINKS, BUILT_WITH = 32, 80  # of a vector; candidates looked at for them
GOAL = 0.99  # recall at which no more candidates are looked at
FEWEST, MOST = 64, 2048  # candidates of a query
MEASURED_ON = 500  # queries


def from_index(
    queries: np.ndarray, corpus: np.ndarray, k: int, seed: int
) -> tuple[np.ndarray, np.ndarray, str, float]:
    """Positions (n, k) and cosines (n, k) as `top_k` gives them, what found them, and its recall.

    As many candidates of each query are looked at as give a recall of 0.99 on drawn queries.
    """
    import faiss

    k = min(k, corpus.shape[0])
    index = faiss.IndexHNSWFlat(corpus.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = BUILT_WITH, FEWEST
    threads = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(1)
        index.add(corpus)
    finally:
        faiss.omp_set_num_threads(threads)
    drawn = queries[rng(seed, "recall", len(corpus)).permutation(len(queries))[:MEASURED_ON]]
    exact, _ = top_k(drawn, corpus, k)
    while (recall := _share(exact, _search(index, drawn, corpus, k)[0])) < GOAL:
        if index.hnsw.efSearch >= MOST:
            break
        index.hnsw.efSearch *= 2
    how = f"faiss HNSW{LINKS}, {index.hnsw.efSearch} candidates"
    return *_search(index, queries, corpus, k), how, recall


def _search(
    index: Any, queries: np.ndarray, corpus: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ordered as `top_k` orders; exact for a query of which the graph finds fewer than k."""
    scores, positions = index.search(queries, k)
    scores = rounded(scores)
    order = np.lexsort((positions, -scores))
    positions, scores = (np.take_along_axis(found, order, 1) for found in (positions, scores))
    short = np.flatnonzero((positions < 0).any(axis=1))
    positions[short], scores[short] = top_k(queries[short], corpus, k)
    return positions, scores


def _share(exact: np.ndarray, found: np.ndarray) -> float:
    """Of the exact nearest, those that were found."""
    hits = [np.isin(row, other).mean() for row, other in zip(exact, found, strict=True)]
    return round(float(np.mean(hits)), 5)
