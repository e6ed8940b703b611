"""A repetitive teacher shows: figures on texts that repeat, and on texts that do not."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import rng
from hr_pipeline.quality.integrity.diversity import (
    distinct,
    diversity_rows,
    sampled_texts,
    sentence_figures,
    similarity,
    spread,
)
from hr_pipeline.rjdb.contexts import DOCUMENTS

SYLLABLES = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "an", "er", "ist")]


def word(number: int) -> str:
    return SYLLABLES[number // 96 % 96] + SYLLABLES[number % 96]


def one_pattern(i: int) -> str:
    """What a teacher with one sentence pattern writes: only the blanks differ."""
    filled = [word(int(n)) for n in rng(1, "pattern", i).integers(0, 50, 4)]
    lines = (f"We are looking for a person who is very good at {skill}." for skill in filled)
    return "\n".join(lines)


def varied(i: int) -> str:
    drawn = rng(1, "varied", i).integers(0, 9000, 48)
    words = [word(int(n)) for n in drawn]
    return "\n".join(" ".join(words[k : k + 12]) + "." for k in range(0, 48, 12))


def measured(**corpora: list[str]) -> dict[tuple[str, str], float]:
    """(corpus, measure) -> value, of one document."""
    rows = diversity_rows({name: {"resume_matched": texts} for name, texts in corpora.items()})
    contract = CONTRACTS["quality/diversity"]
    if set(corpora) <= {"ours", "released"}:
        contract.conform(contract.table(rows), contract.schema())
    return {(row["corpus"], row["measure"]): row["value"] for row in rows}


def test_a_teacher_with_one_sentence_pattern_shows_in_every_measure() -> None:
    found = measured(
        ours=[one_pattern(i) for i in range(100)], released=[varied(i) for i in range(100)]
    )

    def ratio(measure: str) -> float:
        return found["ours", measure] / found["released", measure]

    for n in (1, 2, 3):
        assert ratio(f"distinct-{n}") < 0.25
    assert ratio("self-similarity") > 3
    assert ratio("distance to the centroid") < 0.8
    assert ratio("effective number of documents") < 0.5
    assert found["ours", "sentences that stand more than once, %"] > 90
    assert found["released", "sentences that stand more than once, %"] == 0
    assert found["ours", "sentences with the commonest opening, %"] == 100


def test_the_blanks_alone_do_not_hide_a_pattern() -> None:
    """Names that never come again leave no sentence standing twice; its opening is seen."""
    texts = [f"We are looking for a person who likes {word(i)}." for i in range(300)]
    found = sentence_figures(texts)
    assert found["sentences that stand more than once, %"] == (0, 300)
    assert found["sentences with the commonest opening, %"] == (100, 300)


def test_distinct_n_is_counted_in_blocks_of_equal_size() -> None:
    documents = [["a", "b", "a", "b"], ["a", "b", "c"], ["d"]]
    assert distinct(documents, 4) == {
        "distinct-1": (round((2 / 4 + 4 / 4) / 2, 5), 8),
        "distinct-2": (round((2 / 3 + 2 / 2) / 2, 5), 8),
        "distinct-3": (round((2 / 2 + 1 / 1) / 2, 5), 8),
    }


def test_a_larger_corpus_of_the_same_teacher_has_the_same_figures() -> None:
    found = measured(
        ours=[varied(i) for i in range(300)], released=[varied(i) for i in range(1000, 1060)]
    )
    for measure in ("distinct-1", "distinct-2", "self-similarity", "distance to the centroid"):
        assert found["ours", measure] == pytest.approx(found["released", measure], abs=0.02)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1), min_size=1), st.integers(1, 9))
def test_blocks_are_whole_and_shares_are_shares(documents: list[list[str]], block: int) -> None:
    total = sum(map(len, documents))
    found = distinct(documents, min(block, total))
    for value, n in found.values():
        assert 0 <= value <= 1
        assert n == total - total % min(block, total)


def test_similarity_and_spread_of_known_vectors() -> None:
    same, apart = np.tile([1.0, 0.0], (4, 1)), np.eye(4)
    assert similarity(same)["self-similarity"] == (1, 4)
    assert spread(same)["effective number of documents"] == (1, 4)
    assert spread(same)["distance to the centroid"] == (0, 4)
    assert similarity(apart)["self-similarity"] == (0, 4)
    assert spread(apart)["effective number of documents"][0] == pytest.approx(4)
    assert spread(apart)["distance to the centroid"][0] == round(math.sqrt(0.75), 5)
    two = np.repeat(np.eye(2), 3, axis=0)
    assert spread(two)["effective number of documents"][0] == pytest.approx(2)
    assert similarity(two)["self-similarity"][0] == pytest.approx(0.4)


def test_a_document_that_no_triple_has_is_left_out() -> None:
    texts = {"resume_matched": [varied(0), varied(1)], "resume_swapped": []}
    rows = diversity_rows({"ours": texts})
    assert {row["document"] for row in rows} == {"resume_matched"}
    assert diversity_rows({"ours": dict.fromkeys(texts, [])}) == []


# -- sampling -------------------------------------------------------------------------------


def batches(names: list[str]) -> Callable[[list[str]], Iterable[pa.RecordBatch]]:
    """A corpus whose documents are their names; no swapped resumes in odd rows."""
    rows = [{"triple_id": name} | {d: f"{name} {d}" for d in DOCUMENTS} for name in names]
    for row in rows[1::2]:
        row["resume_swapped"] = None
    table = pa.Table.from_pylist(rows)
    return lambda columns: table.select(columns).to_batches(max_chunksize=7)


def test_samples_are_of_one_size_and_of_the_same_triples() -> None:
    read = {"ours": batches([f"o{i}" for i in range(40)]), "released": batches(["r1", "r2", "r3"])}
    texts = sampled_texts(read, 10, seed=1)
    assert {corpus: len(found["job_description"]) for corpus, found in texts.items()} == {
        "ours": 3,
        "released": 3,
    }
    names = {
        d: [text.split()[0] for text in texts["ours"][d]] for d in DOCUMENTS if "swap" not in d
    }
    assert len(set(map(tuple, names.values()))) == 1
    assert len(sampled_texts({"ours": read["ours"]}, 10, seed=1)["ours"]["job_description"]) == 10
    with pytest.raises(InputError, match="sample"):
        sampled_texts(read, 0, seed=1)
