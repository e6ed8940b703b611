"""The exact nearest: against brute force over all pairs, in every size of block."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

import hr_pipeline.embedding.topk as module
from hr_pipeline.embedding.matrix import Matrix, Parts
from hr_pipeline.embedding.topk import rounded, top_k

FEW = st.integers(0, 14)


def by_brute_force(scores: np.ndarray, k: int) -> tuple[list[list[int]], list[list[float]]]:
    ranked = [
        sorted(range(len(row)), key=lambda place, row=row: (-row[place], place))[:k]
        for row in rounded(scores).tolist()
    ]
    return ranked, [[float(rounded(scores)[i, p]) for p in r] for i, r in enumerate(ranked)]


def vectors(seed: int, n: int, width: int, kinds: int) -> np.ndarray:
    """Unit vectors, many of them equal, some nought; their cosines are exact in float32."""
    draw = np.random.default_rng(seed)
    made = np.zeros((kinds + 1, width), np.float32)
    made[np.arange(kinds), draw.integers(0, width, kinds)] = draw.choice([1.0, -1.0], kinds)
    return made[draw.integers(0, kinds + 1, n)]


@settings(max_examples=60, deadline=None)
@given(FEW, FEW, st.integers(1, 20), st.integers(0, 999), st.sampled_from([1, 2, 5, 64]))
def test_it_finds_what_brute_force_finds(n: int, m: int, k: int, seed: int, block: int) -> None:
    queries, corpus = vectors(seed, n, 3, 4), vectors(seed + 1, m, 3, 4)
    expected = by_brute_force(queries @ corpus.T, k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_QUERIES", block)
        patch.setattr(module, "_CORPUS", block)
        for form in (np.asarray, csr_matrix):
            positions, scores = top_k(form(queries), form(corpus), k)
            assert positions.shape == (n, min(k, m))
            assert (positions.tolist(), scores.tolist()) == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.sampled_from([1, 3, 30]), st.sampled_from([7, 100, 4096]))
def test_it_finds_the_nearest_of_any_vectors(seed: int, k: int, block: int) -> None:
    """In blocks of other sizes the last bits differ, so a score may round to its neighbour."""
    draw = np.random.default_rng(seed)
    queries, corpus = (draw.standard_normal((n, 24)).astype(np.float32) for n in (40, 300))
    for part in (queries, corpus):
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    _, expected = by_brute_force(queries @ corpus.T, k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CORPUS", block)
        positions, scores = top_k(queries, corpus, k)
    assert np.allclose(scores, expected, atol=1.1e-5)
    assert np.allclose(np.take_along_axis(queries @ corpus.T, positions, 1), scores, atol=1.1e-5)
    assert all(len(set(row)) == k for row in positions.tolist())


def test_scores_that_round_to_one_are_equals_whatever_lies_behind_them() -> None:
    """The second is the nearer one by less than what is kept of scores."""
    corpus = np.array([[0.5, 0], [0.500004, 0], [0.50002, 0], [0.499996, 0]], np.float32)
    positions, scores = top_k(np.array([[1, 0]], np.float32), corpus, 3)
    assert positions.tolist() == [[2, 0, 1]] and scores.tolist() == [[0.50002, 0.5, 0.5]]


@pytest.mark.parametrize("rising", [True, False])
def test_a_corpus_in_the_order_of_its_scores(rising: bool) -> None:
    """Rising, every block holds better ones than all before it."""
    angles = np.linspace(0, 1.5, 20_000)[:: -1 if rising else 1]
    corpus = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    positions, _ = top_k(np.array([[1, 0]] * 3, np.float32), corpus, 5)
    nearest = np.argsort(-rounded(corpus[:, 0]), kind="stable")[:5]
    assert positions.tolist() == [nearest.tolist()] * 3


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_QUERIES", 16)
    draw = np.random.default_rng(3)
    queries, corpus = (draw.standard_normal((n, 48)).astype(np.float32) / 7 for n in (200, 900))
    found = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            found.append([part.tobytes() for part in top_k(queries, corpus, 9)])
    assert found[0] == found[1] == found[2]


def test_parts_of_several_models_are_compared_by_their_mean() -> None:
    dense, sparse = vectors(1, 30, 3, 4), csr_matrix(vectors(2, 30, 5, 6))
    both: Matrix = Parts((dense, sparse))
    mean = (dense @ dense.T + (sparse @ sparse.T).toarray()) / 2
    positions, scores = top_k(both[:10], both, 4)
    assert (positions.tolist(), scores.tolist()) == by_brute_force(mean[:10], 4)
