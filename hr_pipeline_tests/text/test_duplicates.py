"""Near-duplicates: found at any similarity over the threshold, verified exactly, in order."""

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.lake.rng import rng
from hr_pipeline.text.duplicates import NEAR, DuplicateIndex, jaccard, shingles, word_runs

WORDS = [f"w{n}" for n in range(500)]
TEXTS = st.lists(st.sampled_from(WORDS[:12]), max_size=30)


def runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))} if words else set()


@given(TEXTS, TEXTS)
def test_similarity_is_that_of_the_sets_of_runs(one: list[str], other: list[str]) -> None:
    a, b = runs(one), runs(other)
    wanted = round(len(a & b) / len(a | b), 5) if a | b else 0
    assert jaccard(shingles(one), shingles(other)) == wanted
    assert len(shingles(one)) == len(a)


@given(st.lists(st.sampled_from(WORDS[:5]), max_size=12), st.integers(1, 5))
def test_runs_stand_in_their_order(words: list[str], length: int) -> None:
    found = word_runs(words, length).tolist()
    listed = [tuple(words[i : i + length]) for i in range(max(1, len(words) - length + 1))]
    listed = listed if words else []
    assert len(found) == len(listed)
    assert len(set(found)) == len(set(listed)) == len(set(zip(found, listed, strict=True)))


def text(number: int) -> list[str]:
    return [WORDS[i] for i in rng(1, "test/text", number).integers(0, len(WORDS), 80)]


def edited(words: list[str], share: float) -> list[str]:
    """The last words are others, so that about this share of the runs stays."""
    kept = round(len(words) * 2 * share / (1 + share))
    return words[:kept] + [f"other{n}" for n in range(len(words) - kept)]


@settings(max_examples=20, deadline=None)
@given(st.floats(0.6, 1.0), st.integers(0, 99))
def test_what_is_near_enough_is_found_and_nothing_else(share: float, number: int) -> None:
    index = DuplicateIndex()
    for one in range(100):
        index.add(str(one), "train", shingles(text(one)))
    like = shingles(edited(text(number), share))
    similarity = jaccard(like, shingles(text(number)))
    found = [(near.key, near.similarity) for near in index.near("test", like)]
    assert found == ([(str(number), similarity)] if similarity >= NEAR else [])


def test_recall_at_the_threshold() -> None:
    """Of pairs just over it, where MinHash is at its worst."""
    index, alike = DuplicateIndex(), {}
    for number in range(1_500):
        words = text(number)
        index.add(str(number), "train", shingles(words))
        like = shingles(edited(words, 0.81))
        if NEAR <= jaccard(like, shingles(words)) < 0.85:
            alike[str(number)] = like
    found = sum(key in {n.key for n in index.near("dev", like)} for key, like in alike.items())
    assert len(alike) > 1_000 and found >= 0.999 * len(alike)


def test_the_nearest_comes_first_and_of_equals_the_one_added_first() -> None:
    index, words = DuplicateIndex(), text(1)
    for key, share in (("far", 0.85), ("near", 1.0), ("near too", 1.0), ("middle", 0.95)):
        index.add(key, "train", shingles(edited(words, share)))
    found = [near.key for near in index.near("test", shingles(words))]
    assert found == ["near", "near too", "middle", "far"]


def test_a_group_is_compared_with_all_others_but_itself() -> None:
    index = DuplicateIndex()
    for split in ("train", "dev"):
        index.add(split, split, shingles(text(1)))
    keys = {split: {n.key for n in index.near(split, shingles(text(1)))} for split in ("dev", "x")}
    assert keys == {"dev": {"train"}, "x": {"train", "dev"}}


def test_texts_without_a_word_are_like_nothing() -> None:
    index = DuplicateIndex()
    index.add("empty", "train", shingles([]))
    assert index.near("test", shingles([])) == [] == index.near("test", shingles(["a"]))
    index.add("short", "train", shingles(["a", "b"]))
    assert [near.key for near in index.near("test", shingles(["a", "b"]))] == ["short"]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_hashes_are_the_same_in_every_process(seed: str) -> None:
    code = "from hr_pipeline.text.duplicates import shingles; print(shingles(list('abcdefg')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": seed},
    )
    assert done.stdout.strip() == str(shingles(list("abcdefg")))
