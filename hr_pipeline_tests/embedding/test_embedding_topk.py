"""The nearest text, exactly: against brute force, with ties to the first and rounded scores."""

import sys
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hr_pipeline.embedding.topk as module
from hr_pipeline.embedding.models import embed
from hr_pipeline.embedding.topk import nearest, nearest_once

TITLES = st.lists(
    st.text(st.sampled_from("abcdé 😀ßØ中"), min_size=1, max_size=8).filter(str.strip),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(TITLES, TITLES)
def test_it_finds_what_brute_force_finds(queries: list[str], corpus: list[str]) -> None:
    best, scores = nearest(queries, corpus)
    vectors = embed([*queries, *corpus]).toarray()
    for i, position in enumerate(best.tolist()):
        cosines = vectors[len(queries) :] @ vectors[i]
        assert scores[i] == pytest.approx(cosines.max(), abs=1e-5)
        assert cosines[position] > cosines.max() - 1.1e-5
        assert not (cosines[:position] > cosines[position] + 1e-9).any()
        assert corpus[position].lower() not in [text.lower() for text in corpus[:position]]


def test_blocks_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = [f"occupation {i % 40} of level {i % 7}" for i in range(100)]
    corpus = [f"job {i} level {i % 5}" for i in range(60)]
    best, scores = nearest(queries, corpus)
    for block in (1, 7, 100):
        monkeypatch.setattr(module, "_BLOCK", block)
        again, again_scores = nearest(queries, corpus)
        assert again.tolist() == best.tolist() and again_scores.tolist() == scores.tolist()


def test_among_equals_the_first_wins() -> None:
    corpus = ["plumber", "Data Scientist", "data scientist", "DATA SCIENTIST"]
    best, scores = nearest(["data scientist", "Plumber"], corpus)
    assert best.tolist() == [1, 0] and scores.tolist() == [1.0, 1.0]
    assert nearest(["data scientist"], corpus[::-1])[0].tolist() == [0]


def test_what_has_nothing_in_common_is_nearest_to_the_first_with_nought() -> None:
    best, scores = nearest(["中"], ["abc", "xyz"])
    assert (best.tolist(), scores.tolist()) == ([0], [0.0])


def test_scores_are_rounded_to_five_places_and_lie_between_nought_and_one() -> None:
    queries = [f"senior {word} engineer" for word in ("cloud", "data", "sound", "träffic")]
    _, scores = nearest(queries, ["engineer of sound", "cloud gardener", "data clerk"])
    assert all(score == round(score, 5) and 0 < score < 1 for score in scores.tolist())
    assert len(set(scores.tolist())) > 2


@pytest.mark.parametrize("text", ["R", "C", "é", "中文", "😀", "a b", "ﬁ"])
def test_one_query_and_one_text_of_any_script_meet(text: str) -> None:
    best, scores = nearest([text], [text])
    assert (best.tolist(), scores.tolist()) == ([0], [1.0])


def test_the_nearer_spelling_wins() -> None:
    corpus = ["Registered Nurses", "Software Developers", "Nursing Assistants", "Bakers"]
    best, _ = nearest(["registered nurse (RN)", "sr. software developer", "baker"], corpus)
    assert best.tolist() == [0, 1, 3]


class FixedModel:
    """In place of a downloaded model: float32 unit vectors, as sentence-transformers gives them."""

    def __init__(self, name: str) -> None:
        assert name == "some/model"

    def encode(self, texts: list[str], normalize_embeddings: bool) -> np.ndarray:
        assert normalize_embeddings
        angles = np.array([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_dense_model_is_compared_and_rounded_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("sentence_transformers")
    package.SentenceTransformer = FixedModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    best, scores = nearest(["0.1", "1.3"], ["1.0", "0.3", "0.300000001"], "some/model")
    assert best.tolist() == [1, 0]
    assert scores.tolist() == [round(np.cos(0.2), 5), round(np.cos(0.3), 5)]


def test_no_text_is_given_twice_and_the_best_pair_goes_first() -> None:
    queries = ["data clerk", "data clerks", "baker"]
    pairs = nearest_once(queries, ["bakers", "data clerks", "clerk of works", "pilot"])
    assert [(query, text) for query, text, _ in pairs] == [(0, 2), (1, 1), (2, 0)]
    assert dict((query, score) for query, _, score in pairs)[1] == 1.0


def test_pairs_are_made_until_one_side_is_used_up() -> None:
    assert [text for _, text, _ in nearest_once(["a b", "a b", "a b"], ["a b", "c d"])] == [0, 1]
    assert [query for query, _, _ in nearest_once(["x y"], ["x y", "x y"])] == [0]
    assert nearest_once([], ["x"]) == nearest_once(["x"], []) == []


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(["cook", "cooks", "clerk", "pilot"]), min_size=1, max_size=7),
    st.lists(st.sampled_from(["cook", "cook", "clerks", "nurse"]), min_size=1, max_size=7),
)
def test_pairs_are_those_of_a_search_through_all(queries: list[str], corpus: list[str]) -> None:
    vectors = embed([*queries, *corpus])
    scores = (vectors[: len(queries)] @ vectors[len(queries) :].T).todense().round(5)
    ranked = sorted(np.ndindex(scores.shape), key=lambda pair: (-scores[pair], pair))
    expected: dict[int, int] = {}
    for query, text in ranked:
        if query not in expected and text not in expected.values():
            expected[query] = text
    pairs = nearest_once(queries, corpus)
    assert {query: text for query, text, _ in pairs} == expected
    assert [score for *_, score in pairs] == [scores[q, t] for q, t, _ in pairs]
