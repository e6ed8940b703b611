"""Means and AUCs of judgements, beside figures worked out another way."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from hr_pipeline.lake.rng import rng
from hr_pipeline.quality.judges.plots import figure_2, worth
from hr_pipeline.quality.judges.worth import (
    auc_in_pairs,
    auc_of,
    judge_rows,
    mean_of,
    weak_spots,
)

SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([1.0, 3.2, 4.8, 5.0]))


def judgement(triple: str, score: float, corruption: str = "none", **more: Any) -> dict[str, Any]:
    facts = {"corpus": "ours", "document": "job_description", "criterion": "factuality"}
    facts |= {"teacher": "m", "writing_mode": "whole", "judge": "template"}
    return facts | {"triple_id": triple, "corruption": corruption, "score": score} | more


@settings(deadline=None, max_examples=30)
@given(SCORES, SCORES)
def test_auc_is_that_of_sklearn_and_lies_in_its_interval(
    originals: dict[str, float], twins: dict[str, float]
) -> None:
    found = auc_of(originals, twins, rng(1, "test", 0))
    if not originals or not twins:
        assert found is None
        return
    assert found is not None
    auc, low, high, n = found
    labels = [1] * len(originals) + [0] * len(twins)
    wanted = roc_auc_score(labels, [*originals.values(), *twins.values()])
    assert auc == pytest.approx(wanted, abs=1e-5) and n == len(twins)
    assert 0 <= low <= high <= 1 and found == auc_of(originals, twins, rng(1, "test", 0))


def test_in_pairs_each_twin_is_held_against_its_own_original() -> None:
    """Poor originals cost the AUC, not the one in pairs."""
    originals = {f"t{n}": 5 - n / 10 for n in range(40)}
    twins = {key: score - 0.05 for key, score in originals.items()}
    pairs = auc_in_pairs(originals, twins, rng(1, "test", 0))
    assert pairs == (1.0, 1.0, 1.0, 40)
    plain = auc_of(originals, twins, rng(1, "test", 0))
    assert plain is not None and plain[0] < 0.6
    assert auc_in_pairs({"a": 4.0, "b": 4.0}, {"b": 4.0, "c": 1.0}, rng(1, "", 0)) == (
        0.5,
        0.5,
        0.5,
        1,
    )
    assert auc_in_pairs({"a": 4.0}, {"b": 4.0}, rng(1, "", 0)) is None


def test_the_interval_narrows_with_more_triples() -> None:
    def width(n: int) -> float:
        originals = {f"t{i}": 4 + i % 2 for i in range(n)}
        twins = {f"t{i}": 3 + i % 3 for i in range(n)}
        found = auc_of(originals, twins, rng(1, "test", n))
        assert found is not None
        return found[2] - found[1]

    assert width(400) < width(25) / 2.5


def test_a_mean_has_the_interval_of_student() -> None:
    mean, low, high, n = mean_of([3.0, 4.0, 5.0])
    assert (mean, n) == (4, 3)
    assert low == pytest.approx(4 - 4.30265 / 3**0.5, abs=1e-4)
    assert high == pytest.approx(4 + 4.30265 / 3**0.5, abs=1e-4)
    assert mean_of([3.0]) == (3, None, None, 1)


def test_rows_are_by_document_mode_teacher_and_corruption() -> None:
    rows = judge_rows(
        [
            judgement("a", 5, document="resume_matched"),
            judgement("a", 4),
            judgement("b", 2),
            judgement("a", 3, "wrong skill"),
            judgement("a", 3, writing_mode="sections"),
            judgement("r", 1, corpus="released", writing_mode=None),
        ]
    )
    found = {
        (r["corpus"], r["document"], r["writing_mode"], r["measure"]): (r["value"], r["n"])
        for r in rows
    }
    assert found == {
        ("ours", "job_description", "sections", "mean score"): (3, 1),
        ("ours", "job_description", "whole", "mean score"): (3, 2),
        ("ours", "job_description", "whole", "mean score, wrong skill"): (3, 1),
        ("ours", "job_description", "whole", "AUC, wrong skill"): (0.5, 1),
        ("ours", "job_description", "whole", "AUC in pairs, wrong skill"): (1, 1),
        ("ours", "resume", "whole", "mean score"): (5, 1),
        ("released", "job_description", "not said", "mean score"): (1, 1),
    }
    assert weak_spots(rows) == {"job_description, factuality, AUC, wrong skill": 0.5}
    elsewhere = [row | {"corpus": "released"} for row in rows]
    assert weak_spots(elsewhere) == {}


def test_the_figure_has_a_panel_a_criterion_and_marks_the_template() -> None:
    from matplotlib.figure import Figure

    rows = judge_rows(
        [
            judgement(triple, score, corruption, criterion=criterion, document=document)
            for criterion in ("consistency", "factuality")
            for document in ("job_description", "resume_matched")
            for triple, score, corruption in (("a", 4, "none"), ("b", 5, "none"), ("a", 2, "x"))
        ]
        + [judgement("a", 3, writing_mode="sections")]
    )
    for draws in (figure_2(rows), worth(rows)):
        assert len(draws) == 2
        for draw, criterion in zip(draws, ("consistency", "factuality"), strict=True):
            axes = Figure().subplots()
            draw(axes)
            title = axes.get_title()
            assert criterion in title and "judged by template\n(not a benchmark)" in title
    axes = Figure().subplots()
    figure_2(rows)[1](axes)
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["ours: m\nsections", "ours: m\nwhole"]
    assert [len(bars) for bars in axes.containers if hasattr(bars, "patches")] == [2, 1]
