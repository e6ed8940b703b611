"""API sets and Yes or No, measured by hand; TM-Eval as tm_eval/results measures it."""

from typing import Any

import numpy as np
import pytest

from hr_pipeline.jaqa.pairs.wording import answer_of
from hr_pipeline.tm_eval.careers import PROJECT, TITLE
from hr_pipeline.tm_eval.results import result_rows
from hr_pipeline.training.causal.metrics import (
    APIS,
    LIKELIER,
    SAID,
    api_metrics,
    likelier,
    next_metrics,
    next_task,
    read_apis,
)

Rows = list[dict[str, Any]]


def values(rows: Rows, task: str) -> dict[str, float]:
    return {row["metric"]: row["value"] for row in rows if row["task"] == task}


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        ("These APIs are needed: .NET, Node.js.", {".net", "node.js"}),
        (" The APIs are: pandas, and NumPy\n", {"pandas", "numpy"}),
        (answer_of(["a, b", 'say "hi"']), {"a, b", 'say "hi"'}),
        ("These APIs are needed: .", set()),
        ("These APIs are needed: pandas, num", None),  # cut
        ("pandas", None),
        ("", None),
    ],
)
def test_replies_are_read(reply: str, names: set[str] | None) -> None:
    assert read_apis(reply) == names


def test_api_sets_by_hand() -> None:
    pairs = [{"apis": ["A", "b"]}, {"apis": ["c"]}, {"apis": ["d", "e", "f", "g"]}]
    answers = [frozenset({"a", "x"}), None, frozenset({"d", "e", "f"})]
    found = values(api_metrics(pairs, answers), APIS)
    assert found == {
        "precision": 0.8,  # 4 of 5
        "recall": 0.57143,  # 4 of 7
        "f1": 0.66667,  # 8 of 12
        "precision, mean of pairs": 0.5,  # 1/2, 0, 1
        "recall, mean of pairs": 0.41667,  # 1/2, 0, 3/4
        "f1, mean of pairs": 0.45238,  # 1/2, 0, 6/7
        "unreadable": 0.33333,
    }
    assert {row["rows"] for row in api_metrics(pairs, answers)} == {3}


def test_nothing_said_and_nothing_asked() -> None:
    silent = values(api_metrics([{"apis": ["a"]}], [frozenset()]), APIS)
    assert silent == dict.fromkeys(silent, 0.0)
    assert api_metrics([], []) == []
    assert next_metrics([], [], SAID) == []


def test_api_sets_of_any_answers() -> None:
    draw = np.random.default_rng(3)
    names = list("abcdefgh")
    for _ in range(50):
        pairs = [{"apis": list(draw.choice(names, draw.integers(1, 6), False))} for _ in range(7)]
        answers = [frozenset(draw.choice(names, draw.integers(0, 8), False)) for _ in pairs]
        found = values(api_metrics(pairs, answers), APIS)
        assert all(0 <= value <= 1 for value in found.values())
        precision, recall, f1 = (found[name] for name in ("precision", "recall", "f1"))
        harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0
        assert f1 == pytest.approx(harmonic, abs=2e-5)
        whole = [frozenset(pair["apis"]) for pair in pairs]
        best = values(api_metrics(pairs, whole), APIS)
        assert best == dict.fromkeys(best, 1.0) | {"unreadable": 0.0}


def items(size: int, seed: int) -> tuple[Rows, list[bool | None]]:
    draw = np.random.default_rng(seed)
    rows = [
        {"item_id": str(n), "task": (TITLE, PROJECT)[n % 2], "label": bool(draw.random() < 0.5)}
        for n in range(size)
    ]
    return rows, [(True, False, None)[int(draw.integers(3))] for _ in rows]


@pytest.mark.parametrize("seed", range(3))
def test_tm_eval_as_its_results_are_counted(seed: int) -> None:
    rows, said = items(60, seed)
    answers = [row | {"said": one} for row, one in zip(rows, said, strict=True)]
    measured = next_metrics(rows, said, SAID)
    ours = [row for row in result_rows("m", answers, [], 1) if row["source"] == "this build"]
    assert len(ours) == 8
    for row in ours:
        found = values(measured, next_task(row["task"], SAID))
        assert found[row["metric"]] == pytest.approx(row["value"] / 100, abs=1e-5)
        assert found["neither"] == pytest.approx(row["unparsed"] / row["items"], abs=1e-5)


def test_ties_are_neither() -> None:
    said = likelier([(-1.0, -2.0), (-2.0, -1.0), (-1.5, -1.5)])
    assert said == [True, False, None]
    rows = [{"task": TITLE, "label": True}] * 3
    found = values(next_metrics(rows, said, LIKELIER), next_task(TITLE, LIKELIER))
    assert (found["accuracy"], found["recall"], found["neither"]) == (0.33333, 0.33333, 0.33333)
    assert found["precision"] == 1.0
