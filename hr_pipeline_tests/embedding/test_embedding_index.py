"""The index for large corpora: near the exact search, repeatable, honest about recall."""

import numpy as np
import pytest

from hr_pipeline.embedding.index import from_index
from hr_pipeline.embedding.nearest import nearest_k
from hr_pipeline.embedding.topk import top_k


def clustered(seed: int, n: int) -> np.ndarray:
    """Unit vectors about 60 centres, as vectors of words lie."""
    centres = np.random.default_rng(0).standard_normal((60, 32))
    draw = np.random.default_rng(seed)
    vectors = centres[draw.integers(0, 60, n)] + 0.4 * draw.standard_normal((n, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Given:
    """An embedder of texts that are the names of rows."""

    name = "given"

    def __init__(self, ours: np.ndarray, theirs: np.ndarray) -> None:
        self._pair = ours, theirs

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[np.ndarray, np.ndarray]:
        return self._pair


def test_beyond_the_limit_an_index_is_asked_and_its_recall_told() -> None:
    ours, theirs = clustered(1, 800), clustered(2, 6_000)
    embedder, queries, corpus = Given(ours, theirs), ["q"] * 800, ["c"] * 6_000
    exact = nearest_k(embedder, queries, corpus, 10, exact_up_to=800 * 6_000)
    found = nearest_k(embedder, queries, corpus, 10, exact_up_to=800 * 6_000 - 1)
    assert (exact.how, exact.recall) == ("exact", 1.0)
    assert found.how.startswith("faiss HNSW32, ")
    hits = [len({*a} & {*b}) for a, b in zip(exact.positions, found.positions, strict=True)]
    assert np.mean(hits) / 10 == pytest.approx(found.recall, abs=0.01) and found.recall >= 0.99
    same = exact.positions == found.positions
    assert same.mean() > 0.95 and (exact.scores == found.scores)[same].mean() > 0.99


def test_it_finds_the_same_again() -> None:
    ours, theirs = clustered(1, 200), clustered(2, 6_000)
    first, again = (from_index(ours, theirs, 7, seed=5) for _ in range(2))
    assert first[0].tobytes() == again[0].tobytes() and first[2:] == again[2:]


def test_among_equals_the_first_wins() -> None:
    theirs = np.repeat(clustered(2, 1_000), 2, axis=0)
    positions, scores, _, _ = from_index(theirs[::20], theirs, 8, seed=1)
    assert (scores[:, :2] == 1).all() and (np.diff(scores) <= 0).all()
    assert (np.diff(positions)[np.diff(scores) == 0] > 0).all()


@pytest.mark.parametrize(("n", "k"), [(5, 30), (3_000, 2_500)])
def test_a_list_that_is_too_short_is_made_up_for(n: int, k: int) -> None:
    ours, theirs = clustered(1, 20), clustered(2, n)
    positions, scores, _, recall = from_index(ours, theirs, k, seed=1)
    exact, exact_scores = top_k(ours, theirs, k)
    assert positions.shape == (20, min(n, k)) and recall > 0.9
    assert (positions >= 0).all() and np.isfinite(scores).all()
    if n <= k:
        assert (positions == exact).all() and (scores == exact_scores).all()
