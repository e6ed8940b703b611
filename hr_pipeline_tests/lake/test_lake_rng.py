"""Keyed randomness: equal keys give equal numbers, in any order, on any process."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.rng import digest, draw_integer, rng, short_hash

PART = st.text(st.sampled_from("ab\x1e\x1f01"), max_size=4)


def numbers(seed: int, stage: str, key: object) -> list[int]:
    return rng(seed, stage, key).integers(0, 2**60, 4).tolist()


def test_equal_keys_give_equal_numbers_whatever_was_drawn_between() -> None:
    first = {key: numbers(1, "stage", key) for key in range(50)}
    np.random.seed(0)
    again = {key: numbers(1, "stage", key) for key in reversed(range(50))}
    assert first == again


def test_seed_stage_and_key_each_change_the_numbers() -> None:
    drawn = {tuple(numbers(s, t, k)) for s in (1, 2) for t in ("a", "b") for k in range(25)}
    assert len(drawn) == 100


def test_another_process_draws_the_same() -> None:
    program = (
        "from hr_pipeline.lake.rng import *; "
        "print(rng(7, 'walk', ('a', 3)).integers(0, 2**60, 4).tolist(), short_hash('é', 1), "
        "draw_integer(7, 'walk', 'x', 10**6))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    mine = (numbers(7, "walk", ("a", 3)), short_hash("é", 1), draw_integer(7, "walk", "x", 10**6))
    assert output.split("\n")[0] == " ".join(map(str, mine))


@given(st.lists(PART, max_size=4), st.lists(PART, max_size=4))
def test_a_digest_depends_on_every_part_and_on_where_it_ends(a: list[str], b: list[str]) -> None:
    if a and b:  # no parts and one empty part are one
        assert (digest(*a) == digest(*b)) == (a == b)


def test_a_digest_takes_half_characters_and_is_short_hash_in_full() -> None:
    assert digest("\ud800") != digest("\ud801")
    assert digest("a", 1).hex() == short_hash("a", 1, length=32)
    assert len(short_hash("a")) == 12


def test_the_digest_of_known_words_stays_what_it_is() -> None:
    """Changing this changes every draw and every id: say so in the changelog."""
    assert digest(1, "stage", "key").hex() == "681d7069283a6c3e494edaf1302e6308"


@given(st.integers(0, 9), st.text(max_size=5), st.integers(1, 2**40))
def test_a_drawn_integer_is_in_range(seed: int, key: str, high: int) -> None:
    assert 0 <= draw_integer(seed, "s", key, high) < high


def test_drawn_integers_are_uniform() -> None:
    counts = np.bincount([draw_integer(1, "s", i, 7) for i in range(14_000)], minlength=7)
    chi_square = float(((counts - 2_000) ** 2 / 2_000).sum())
    assert len(counts) == 7 and chi_square < 22.5  # 99.9% of six degrees of freedom


def test_generators_of_neighbouring_keys_are_uniform_together() -> None:
    drawn = np.array([rng(1, "s", i).random() for i in range(4_000)])
    counts, _ = np.histogram(drawn, bins=10, range=(0, 1))
    assert float(((counts - 400) ** 2 / 400).sum()) < 27.9  # 99.9% of nine degrees
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.06
