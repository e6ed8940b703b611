"""The nearest texts: lexical vectors against brute force, ties to the first, no text twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.embedding.matrix import cosines
from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.embedding.nearest import nearest_k, nearest_once

LEXICAL = open_embedder()
TITLES = st.lists(
    st.text(st.sampled_from("abcdé 😀ßØ中"), min_size=1, max_size=8).filter(str.strip),
    min_size=1,
    max_size=12,
)


def nearest(queries: list[str], corpus: list[str]) -> tuple[list[int], list[float]]:
    found = nearest_k(LEXICAL, queries, corpus, 1)
    assert (found.how, found.recall) == ("exact", 1.0)
    return found.positions[:, 0].tolist(), found.scores[:, 0].tolist()


@settings(max_examples=100, deadline=None)
@given(TITLES, TITLES)
def test_it_finds_what_brute_force_finds(queries: list[str], corpus: list[str]) -> None:
    best, scores = nearest(queries, corpus)
    ours, theirs = (part.toarray() for part in LEXICAL.pair(queries, corpus))
    for i, position in enumerate(best):
        cosines = theirs @ ours[i]
        assert scores[i] == pytest.approx(cosines.max(), abs=1e-5)
        assert cosines[position] > cosines.max() - 1.1e-5
        assert not (cosines[:position] > cosines[position] + 1e-9).any()
        assert corpus[position].lower() not in [text.lower() for text in corpus[:position]]


def test_among_equals_the_first_wins() -> None:
    corpus = ["plumber", "Data Scientist", "data scientist", "DATA SCIENTIST"]
    assert nearest(["data scientist", "Plumber"], corpus) == ([1, 0], [1.0, 1.0])
    assert nearest(["data scientist"], corpus[::-1])[0] == [0]
    assert nearest_k(LEXICAL, ["data scientist"], corpus, 9).positions.tolist() == [[1, 2, 3, 0]]


def test_what_has_nothing_in_common_is_nearest_to_the_first_with_nought() -> None:
    assert nearest(["中"], ["abc", "xyz"]) == ([0], [0.0])


def test_scores_are_rounded_to_five_places_and_lie_between_nought_and_one() -> None:
    queries = [f"senior {word} engineer" for word in ("cloud", "data", "sound", "träffic")]
    _, scores = nearest(queries, ["engineer of sound", "cloud gardener", "data clerk"])
    assert all(score == round(score, 5) and 0 < score < 1 for score in scores)
    assert len(set(scores)) > 2


@pytest.mark.parametrize("text", ["R", "C", "é", "中文", "😀", "a b", "ﬁ"])
def test_one_query_and_one_text_of_any_script_meet(text: str) -> None:
    assert nearest([text], [text]) == ([0], [1.0])


def test_the_nearer_spelling_wins() -> None:
    corpus = ["Registered Nurses", "Software Developers", "Nursing Assistants", "Bakers"]
    best, _ = nearest(["registered nurse (RN)", "sr. software developer", "baker"], corpus)
    assert best == [0, 1, 3]


def test_no_text_is_given_twice_and_the_best_pair_goes_first() -> None:
    queries = ["data clerk", "data clerks", "baker"]
    pairs = nearest_once(LEXICAL, queries, ["bakers", "data clerks", "clerk of works", "pilot"])
    assert [(query, text) for query, text, _ in pairs] == [(0, 2), (1, 1), (2, 0)]
    assert dict((query, score) for query, _, score in pairs)[1] == 1.0


def test_pairs_are_made_until_one_side_is_used_up() -> None:
    texts = [text for _, text, _ in nearest_once(LEXICAL, ["a b", "a b", "a b"], ["a b", "c d"])]
    assert texts == [0, 1]
    assert [query for query, _, _ in nearest_once(LEXICAL, ["x y"], ["x y", "x y"])] == [0]
    assert nearest_once(LEXICAL, [], ["x"]) == nearest_once(LEXICAL, ["x"], []) == []


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(["cook", "cooks", "clerk", "pilot"]), min_size=1, max_size=7),
    st.lists(st.sampled_from(["cook", "cook", "clerks", "nurse"]), min_size=1, max_size=7),
)
def test_pairs_are_those_of_a_search_through_all(queries: list[str], corpus: list[str]) -> None:
    scores = np.round(cosines(*LEXICAL.pair(queries, corpus)), 5)
    ranked = sorted(np.ndindex(scores.shape), key=lambda pair: (-scores[pair], pair))
    expected: dict[int, int] = {}
    for query, text in ranked:
        if query not in expected and text not in expected.values():
            expected[query] = text
    pairs = nearest_once(LEXICAL, queries, corpus)
    assert {query: text for query, text, _ in pairs} == expected
    assert [score for *_, score in pairs] == [scores[q, t] for q, t, _ in pairs]
