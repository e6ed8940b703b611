"""Precision, recall, F1, accuracy and their intervals; the paper's table as it is printed."""

from collections.abc import Iterator
from typing import Any

import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.tm_eval.published import METRICS, published_rows
from hr_pipeline.tm_eval.results import HERE, beside, beside_the_paper, result_rows

COUNTS = {  # label, said: how many
    (True, True): 30,
    (True, False): 8,
    (True, None): 12,
    (False, True): 10,
    (False, False): 35,
    (False, None): 5,
}


def answers(task: str, counts: dict[tuple[bool, bool | None], int]) -> Iterator[dict[str, Any]]:
    for (label, said), count in counts.items():
        yield from [{"task": task, "label": label, "said": said}] * count


def ours(rows: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["task"], row["metric"]): row for row in rows if row["source"] == HERE}


def test_an_answer_that_is_neither_is_wrong_and_no_yes() -> None:
    lost = [{"key": "title/title-00001"}, {"key": "title/title-00002"}, {"key": "project/x"}]
    found = ours(result_rows("m", answers("title", COUNTS), lost, seed=1))
    assert {metric for _, metric in found} == set(METRICS) and {t for t, _ in found} == {"title"}
    assert found["title", "precision"]["value"] == 75.0  # 30 of the 40 that were said Yes
    assert found["title", "recall"]["value"] == 60.0  # 30 of the 50 that are Yes
    assert found["title", "f1"]["value"] == pytest.approx(2 * 75 * 60 / 135, abs=1e-5)
    assert found["title", "accuracy"]["value"] == 65.0  # 65 of 100
    for row in found.values():
        assert (row["items"], row["unparsed"], row["unanswered"]) == (100, 17, 2)
        assert row["ci_low"] < row["value"] < row["ci_high"]
    # 1.96 sqrt(0.65 * 0.35 / 100) = 9.3 points
    assert found["title", "accuracy"]["ci_low"] == pytest.approx(55.7, abs=1.5)
    assert found["title", "accuracy"]["ci_high"] == pytest.approx(74.3, abs=1.5)


def test_who_never_says_yes_has_no_precision() -> None:
    found = ours(result_rows("m", answers("project", {(True, False): 5, (False, False): 5}), [], 1))
    assert [found["project", metric]["value"] for metric in METRICS] == [0, 0, 0, 50]
    assert found["project", "precision"]["ci_high"] == 0


def test_who_is_always_right() -> None:
    found = ours(result_rows("m", answers("title", {(True, True): 5, (False, False): 5}), [], 1))
    assert {row["value"] for row in found.values()} == {100}
    assert {row["ci_low"] for row in found.values()} == {100}


def test_the_papers_rows_keep_the_contract_beside_a_model_of_the_same_name() -> None:
    rows = list(result_rows("Qwen2.5-7B", answers("title", COUNTS), [], seed=1))
    table = CONTRACTS["tm_eval/results"].table(rows)
    contract = CONTRACTS["tm_eval/results"]
    contract.require_unique([contract.key_hashes(table)])
    assert table.num_rows == 16 * 8 + 4


def test_the_table_is_the_printed_one() -> None:
    """Sums over the 16 models as printed, and what does not follow from its own figures."""
    rows = list(published_rows())
    assert len(rows) == 128 and {row["items"] for row in rows} == {None}
    sums = {
        (task, metric): round(
            sum(r["value"] for r in rows if (r["task"], r["metric"]) == (task, metric)), 2
        )
        for task in ("title", "project")
        for metric in METRICS
    }
    assert sums == {
        ("title", "precision"): 1051.33,
        ("title", "recall"): 1034.33,
        ("title", "f1"): 1042.54,
        ("title", "accuracy"): 1057.90,
        ("project", "precision"): 1009.91,
        ("project", "recall"): 1010.39,
        ("project", "f1"): 1010.04,
        ("project", "accuracy"): 1029.67,
    }
    odd = [row for row in rows if "make" in row["source"]]
    assert [(row["model"], row["task"], row["value"]) for row in odd] == [
        ("Qwen2.5-7B", "title", 63.56)
    ]
    assert odd[0]["source"].endswith("63.65")


def test_tables_show_ours_with_intervals_beside_the_papers() -> None:
    rows = list(result_rows("m", answers("title", COUNTS), [], seed=1))
    head, *lines = beside(rows, "title")
    assert len(lines) == 17 and all(len(line) == len(head) for line in lines)
    (line,) = [line for line in lines if line[0] == "m (here)"]
    assert line[1].startswith("75.00 [") and line[-3:] == ("100", "17", "0")
    assert ("NeuMF", "56.22", "57.13", "56.67", "56.85", "", "", "") in lines
    assert len(beside(rows, "project")) == 17
    assert "| m (here) | 75.00 [" in beside_the_paper(rows)
