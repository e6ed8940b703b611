"""The exact nearest by cosine: blocked products in bounded memory, ties broken by position.

Each query keeps its best so far, and of each block of the corpus only what beats the worst of them
is looked at. So nearly all the time goes into the matrix products.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hr_pipeline.embedding.matrix import Matrix, cosines

_QUERIES, _CORPUS = 512, 4096  # rows of a block
_STEPS = 100_000  # scores are compared as whole numbers of 1e-5
_MARGIN = 1e-6  # far more than float32 is off
_OF_SCORE, _OF_QUERY = 33, 53  # first bits in a key; the bits below are a position's
_LAST, _HIGHEST = 2**_OF_SCORE - 1, 2 ** (_OF_QUERY - _OF_SCORE - 1)


def rounded(scores: np.ndarray) -> np.ndarray:
    """To 1e-5, as float64: what is below differs from machine to machine."""
    return np.round(scores.astype(np.float64), 5)


def top_k(queries: Matrix, corpus: Matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest corpus rows of each query, best first: their positions (n, k) int64 and cosines
    (n, k), rounded to 1e-5. Among equals the first in the corpus wins; k is cut to the corpus.

    As many threads as BLAS may use take blocks of queries; their number changes no result.
    """
    from threadpoolctl import ThreadpoolController

    k = min(k, corpus.shape[0])
    positions = np.empty((queries.shape[0], k), np.int64)
    scores = np.empty((queries.shape[0], k))

    def fill(start: int) -> None:
        rows = slice(start, start + _QUERIES)
        positions[rows], scores[rows] = _of_block(queries[rows], corpus, k)

    blas = ThreadpoolController().select(user_api="blas")
    threads = max((library["num_threads"] for library in blas.info()), default=1)
    with blas.limit(limits=1), ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(fill, range(0, queries.shape[0], _QUERIES) if k else ()):
            pass
    return positions, scores


def _of_block(queries: Matrix, corpus: Matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """`top_k` of some queries, against one block of the corpus at a time."""
    n, keys = queries.shape[0], np.empty(0, np.int64)
    worst = np.full((n, 1), -np.inf, np.float32)  # of each query's best: what has to be beaten
    for start in range(0, corpus.shape[0], _CORPUS):
        block = cosines(queries, corpus[start : start + _CORPUS])
        if start == 0 and block.shape[1] > k:
            worst = np.partition(block, -k, axis=1)[:, [-k]] - np.float32(2 / _STEPS)
        rows, columns = np.divmod(np.flatnonzero(block > worst), block.shape[1])
        found = _keys(rows, columns + start, block[rows, columns])
        keys = _first_of_each(np.sort(np.concatenate([keys, found])), n, k)
        if len(keys) == n * k:
            steps = _steps(keys[k - 1 :: k])
            worst = ((steps + 0.5) / _STEPS - _MARGIN).astype(np.float32)[:, None]
    return (keys & _LAST).reshape(n, k), (_steps(keys) / _STEPS).reshape(n, k)


def _keys(queries: np.ndarray, positions: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Query, score and position in one whole number each: in the order of these numbers a query's
    nearest comes first, and among equals the first in the corpus."""
    steps = np.rint(scores.astype(np.float64) * _STEPS).astype(np.int64)
    return queries << _OF_QUERY | (_HIGHEST - steps) << _OF_SCORE | positions


def _steps(keys: np.ndarray) -> np.ndarray:
    """The scores in keys, in steps of 1e-5."""
    return _HIGHEST - (keys >> _OF_SCORE & 2 * _HIGHEST - 1)


def _first_of_each(keys: np.ndarray, n: int, k: int) -> np.ndarray:
    """Of the sorted keys of n queries the first k of each query."""
    starts = np.searchsorted(keys, np.arange(n) << _OF_QUERY)
    rank = np.arange(len(keys)) - np.repeat(starts, np.diff(starts, append=len(keys)))
    return keys[rank < k]
