"""Table 2 and the agreement of annotators, beside figures worked out by hand."""

import pytest

from hr_pipeline.quality.study.scores import agreement, result_text, study_result, table_2
from hr_pipeline.quality.study.sheets import Scores

KINDS = {"a": "Dice", "b": "Dice", "c": "generated", "d": "generated", "e": "generated"}
KEY = {item: {"kind": kind, "written_by": ""} for item, kind in KINDS.items()}


def realism(**scores: float) -> Scores:
    return {item: {"realism": score} for item, score in scores.items()}


def test_table_2_is_over_items_that_are_means_over_annotators() -> None:
    scores = {"1": realism(a=60, b=70, c=10), "2": realism(a=80, c=30, d=40), "3": realism(c=50)}
    found = {(row["documents"], row["criterion"]): row for row in table_2(scores, KINDS)}
    dice = found["Dice", "realism"]
    assert (dice["mean"], dice["sd"], dice["n"], dice["paper"]) == (70, 0, 2, 63.4)
    generated = found["generated", "realism"]  # c: 30, d: 40; nobody scored e
    assert (generated["mean"], generated["n"], generated["paper"]) == (35, 2, 67.9)
    assert generated["sd"] == pytest.approx(50**0.5, abs=1e-5)
    # Student's t with one degree of freedom: 12.706 * sd / sqrt(2)
    assert generated["ci_high"] == pytest.approx(35 + 12.7062 * 5, abs=1e-3)
    assert generated["ci_low"] == pytest.approx(35 - 12.7062 * 5, abs=1e-3)
    nothing = found["generated", "consistency"]
    assert (nothing["mean"], nothing["sd"], nothing["n"], nothing["paper"]) == (None, None, 0, 65.4)


def test_one_item_has_a_mean_and_no_interval() -> None:
    (row,) = (row for row in table_2({"1": realism(a=60)}, KINDS) if row["n"])
    assert (row["mean"], row["sd"], row["ci_low"]) == (60, None, None)


def test_alpha_is_that_of_interval_data() -> None:
    """1 - observed / expected disagreement, both mean squared differences: within the items (1, 2),
    (2, 2), (4, 3), and over all pairs of the six values."""
    values = [1, 2, 2, 2, 4, 3]
    observed = (2 * (1 - 2) ** 2 + 2 * 0 + 2 * (4 - 3) ** 2) / len(values)
    expected = sum((x - y) ** 2 for x in values for y in values) / (len(values) * 5)
    scores = {"1": realism(a=1, b=2, c=4), "2": realism(a=2, b=2, c=3)}
    assert agreement(scores, "realism", KINDS) == pytest.approx(1 - observed / expected, abs=1e-5)


def test_alpha_leaves_out_what_only_one_has_scored() -> None:
    scores = {"1": realism(a=1, b=2, c=4, d=100), "2": realism(a=2, b=2, c=3), "3": realism(e=7)}
    pairs = {"1": realism(a=1, b=2, c=4), "2": realism(a=2, b=2, c=3)}
    assert agreement(scores, "realism", KINDS) == agreement(pairs, "realism", KINDS)


def test_alpha_is_1_for_annotators_of_one_mind() -> None:
    scores = {name: realism(a=10, b=50, c=90) for name in "123"}
    assert agreement(scores, "realism", KINDS) == 1


@pytest.mark.parametrize(
    "scores",
    [{}, {"1": {}}, {"1": realism(a=5, b=9)}, {"1": realism(a=5, b=5), "2": realism(a=5, b=5)}],
    ids=["nobody", "nothing", "one alone", "all equal"],
)
def test_where_alpha_is_not_defined_there_is_none(scores: dict[str, Scores]) -> None:
    assert agreement(scores, "realism", KINDS) is None


def test_missing_scores_are_counted_and_unknown_figures_shown_as_such() -> None:
    result = study_result({"annotator-1": realism(a=60, c=70), "annotator-2": {}}, KEY)
    assert result["missing"] == {"annotator-1": 8, "annotator-2": 10}
    said = result_text(result)
    assert "Scores missing, of 10 each: annotator-1: 8, annotator-2: 10" in said
    (line,) = (s for s in said.splitlines() if "realism" in s and "63.4" in s)
    assert line.split() == ["Dice", "realism", "60.0", "?", "?", "-", "?", "1", "63.4"]
