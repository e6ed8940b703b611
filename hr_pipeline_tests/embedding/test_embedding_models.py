"""Lexical vectors: of unit length, the same at every call, blind to case."""

import sys

import numpy as np
import pytest

from hr_pipeline.embedding.models import embed
from hr_pipeline.lake.errors import InputError

TEXTS = ["Data Scientist", "data scientist", "Käse maker", "R", "a  b", ""]


def test_vectors_have_unit_length_and_an_empty_text_has_none() -> None:
    vectors = embed(TEXTS)
    lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1))).ravel()
    assert lengths.tolist() == [*[1.0] * 5, 0.0] or np.allclose(lengths, [1, 1, 1, 1, 1, 0])


def test_equal_texts_have_equal_vectors_whatever_their_case_and_other_texts_others() -> None:
    dense = embed(TEXTS).toarray()
    assert (dense[0] == dense[1]).all()
    assert not (dense[0] == dense[2]).all()
    assert (embed(TEXTS).toarray() == dense).all()


def test_a_model_without_its_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match="some/model: sentence-transformers is not installed; .*"):
        embed(TEXTS, "some/model")
