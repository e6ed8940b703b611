"""Baseline matchers and their threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.quality.matchers import (
    Matcher,
    baselines,
    best_threshold,
    skills_listed,
    word_overlap,
    years_worked,
)

JOB = "## Job title\nBaker\n\n## Required Skills\n- Sourdough\n- Ovens\n- Book-keeping\n"
FITS = """## Personal Information
Name: Ada Ember

## Skills
- Sourdough
- Oven
- Book keeping

## Experience
- Baker (2019 - 2023): mixed doughs
- Apprentice (2017 - 2019)
"""
LACKS = FITS.replace("- Oven\n", "").replace("2019 - 2023", "2021 - 2023")
SWAPS = FITS.replace("- Oven\n", "- Welding\n")


def test_figures_of_a_resume() -> None:
    assert (skills_listed(FITS), skills_listed(LACKS), skills_listed(SWAPS)) == (3, 2, 3)
    assert (years_worked(FITS), years_worked(LACKS)) == (6, 4)
    assert years_worked("## Experience\n- Baker (2019 - present)") == 0
    assert (skills_listed("no heads at all"), years_worked("")) == (0, 0)


def test_word_overlap_is_of_normalised_words_of_the_job() -> None:
    assert word_overlap("Ovens, ovens and C++", "an OVEN; c++") == pytest.approx(2 / 3)
    assert word_overlap("", "anything") == 0.0


def reference_threshold(scores: np.ndarray, labels: np.ndarray) -> int:
    """The most pairs that any threshold puts right."""
    places = [*scores, scores.max() + 1]
    return max(int(((scores >= place) == labels).sum()) for place in places)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
def test_no_threshold_is_better_than_the_best(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 3 for score, _ in pairs]).round(5)
    labels = np.array([label for _, label in pairs])
    right = int(((scores >= best_threshold(scores, labels)) == labels).sum())
    assert right == reference_threshold(scores, labels)


def test_the_threshold_lies_between_scores() -> None:
    scores, labels = np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True])
    assert best_threshold(scores, labels) == pytest.approx(0.4)


@pytest.mark.parametrize("matcher", baselines(), ids=lambda matcher: matcher.name)
def test_a_match_scores_higher_than_what_lacks(matcher: Matcher) -> None:
    """Each baseline, fitted on three pairs, prefers the match where it can see the difference."""
    job_descriptions, resumes = [JOB] * 3, [FITS, LACKS, SWAPS]
    matcher.fit(job_descriptions, resumes, np.array([True, False, False]))
    scores = matcher.scores(job_descriptions, resumes)
    assert scores.dtype == np.float64 and scores.shape == (3,)
    assert scores[0] > scores[1]
    again = matcher.scores(job_descriptions[::-1], resumes[::-1])
    assert np.array_equal(again, scores[::-1])


def test_rules_of_length_and_count_do_not_see_a_swap() -> None:
    for rule in baselines()[:2]:
        same, other = rule.scores([JOB] * 2, [FITS, SWAPS])
        assert same == other, rule.name


@pytest.mark.parametrize("matcher", baselines(), ids=lambda matcher: matcher.name)
def test_texts_without_a_word_are_scored(matcher: Matcher) -> None:
    matcher.fit([""] * 4, ["", " ", "-", ""], np.array([True, False] * 2))
    assert np.isfinite(matcher.scores(["", "Baker"], ["", "..."])).all()
