"""The embedders that need no download: vectors of unit length, the same at every call."""

import sys
from pathlib import Path

import numpy as np
import pytest

from hr_pipeline.embedding.matrix import cosines
from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.embedding.nearest import nearest_k
from hr_pipeline.lake.errors import InputError

TEXTS = ["Data Scientist", "data scientist", "Käse maker", "R", "a  b", ""]


def test_vectors_have_unit_length_and_an_empty_text_has_none() -> None:
    queries, corpus = open_embedder().pair(TEXTS[:2], TEXTS[2:])
    lengths = [np.linalg.norm(part.toarray(), axis=1) for part in (queries, corpus)]
    assert np.allclose(np.concatenate(lengths), [1, 1, 1, 1, 1, 0])


def test_equal_texts_have_equal_vectors_whatever_their_case_and_other_texts_others() -> None:
    dense = open_embedder().pair([], TEXTS)[1].toarray()
    assert (dense[0] == dense[1]).all()
    assert not (dense[0] == dense[2]).all()
    assert (open_embedder().pair([], TEXTS)[1].toarray() == dense).all()


@pytest.mark.parametrize("texts", [[], [""], ["", " \n"]])
def test_texts_without_a_character_are_near_to_nothing(texts: list[str]) -> None:
    found = nearest_k(open_embedder(), texts, ["", " "], 1)
    assert found.scores.tolist() == [[0.0]] * len(texts)


def test_the_cosine_of_a_sum_is_the_mean_of_the_cosines() -> None:
    twice = open_embedder("lexical+lexical")
    queries, corpus = twice.pair(TEXTS[:2], TEXTS)
    once = cosines(*open_embedder().pair(TEXTS[:2], TEXTS))
    assert twice.name == "lexical+lexical"
    assert np.allclose(cosines(queries, corpus), once) and np.allclose(
        cosines(queries[1:], corpus[2:4]), once[1:, 2:4]
    )
    assert queries.shape[0] == 2 and queries.shape[1] == corpus.shape[1]


def test_a_model_without_its_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match="some/model: sentence-transformers is not installed; .*"):
        open_embedder("some/model")


@pytest.mark.parametrize("name", ["./models/gone", "~/gone", "some/place/gone"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(name: str, minilm: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        open_embedder(name)


def test_a_folder_that_holds_no_model_is_one_line(tmp_path: Path, minilm: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="this model cannot be opened") as caught:
        open_embedder(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_query_more_changes_no_other() -> None:
    embedder = open_embedder(corpus_alone=True)
    alone = embedder.pair(TEXTS[:1], TEXTS[2:])
    among = embedder.pair([*TEXTS[:2], "zzzz", ""], TEXTS[2:])
    assert (alone[1] != among[1]).nnz == 0
    assert (alone[0] != among[0][:1]).nnz == 0
    assert embedder.pair([], TEXTS)[0].shape[0] == 0
    assert embedder.pair(TEXTS, [" "])[0].shape[0] == len(TEXTS)
