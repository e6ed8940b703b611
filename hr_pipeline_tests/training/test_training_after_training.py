"""What is asked after a training: which rows, in which words, beside which floors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.jaqa.pairs.wording import answer_of
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.tm_eval.published import TABLE_1
from hr_pipeline.training.causal.after_training import (
    Asked,
    HeldOut,
    measured,
    next_prompt,
    student_of_paper,
)
from hr_pipeline.training.measures.published import main_results
from hr_pipeline_tests.training.small_lake import pair, put, small_lake

BOTH = ("jaqa/pairs", "tm_eval/items")
FIGURES = main_results("Qwen2.5-14B w/SFT", "Qwen2.5-3B w/KD")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return small_lake(tmp_path_factory.mktemp("lake"))


def held_out(lake: Lake, datasets: Sequence[str] = BOTH, seed: int = 1, most: int = 0) -> HeldOut:
    return HeldOut.of(lake.rows, datasets, seed, most)


class Knowing:
    """Answers as the held-out rows say, but for every third item; remembers what it was asked."""

    def __init__(self, held: HeldOut) -> None:
        self.answers = {row["question"]: answer_of(row["apis"]) for row in held.pairs}
        self.answers |= {next_prompt(item): "Yes" if item["label"] else "No" for item in held.items}
        self.wrong = {next_prompt(item) for item in held.items[::3]}
        self.asked: list[str] = []

    def predict(self, prompts: Sequence[str]) -> list[str]:
        self.asked += prompts
        return ["I cannot say" if one in self.wrong else self.answers[one] for one in prompts]

    def likelihood(self, prompts: Sequence[str], answers: Sequence[str]) -> list[list[float]]:
        assert tuple(answers) == ("Yes", "No")
        yes = [self.answers[one] == "Yes" for one in prompts]
        return [[-1.0, -2.0] if one else [-2.0, -1.0] for one in yes]


def test_all_held_out_rows_are_asked_and_no_other(lake: Lake) -> None:
    held = held_out(lake)
    assert {row["split"] for row in held.pairs} == {row["split"] for row in held.items} == {"test"}
    assert (len(held.pairs), len(held.items)) == (6, 16)
    knowing = Knowing(held)
    measured(held, Asked(knowing.predict), FIGURES)
    assert len(knowing.asked) == 22 and set(knowing.asked) == set(knowing.answers)


def test_some_rows_of_each_task_drawn_by_the_seed(lake: Lake) -> None:
    held = held_out(lake, most=3)
    assert (len(held.pairs), len(held.items)) == (3, 6)
    assert [item["task"] for item in held.items] == ["title"] * 3 + ["project"] * 3
    assert held_out(lake, most=3) == held != held_out(lake, seed=2, most=3)
    assert held.train == held_out(lake).train
    assert held_out(lake, most=1_000) == held_out(lake)


def test_without_tm_eval(lake: Lake) -> None:
    held = held_out(lake, BOTH[:1])
    rows = measured(held, Asked(Knowing(held).predict), FIGURES)
    assert {row["task"] for row in rows} == {"APIs of a job"}


def test_nothing_held_out_is_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put(lake, "jaqa/pairs", [pair(1, "train"), pair(2, "dev")])
    with pytest.raises(InputError, match="the test split is empty"):
        held_out(lake, BOTH[:1])


def test_what_knows_all_is_worth_all_but_what_it_does_not_say(lake: Lake) -> None:
    held = held_out(lake)
    knowing = Knowing(held)
    rows = measured(held, Asked(knowing.predict, knowing.likelihood), FIGURES)
    found = {(row["task"], row["metric"]): row for row in rows}
    assert len(found) == len(rows) == 7 + 2 * 2 * 5
    assert found["APIs of a job", "f1"]["value"] == 1
    assert found["next title, said", "accuracy"]["value"] == pytest.approx(5 / 8)
    assert found["next title, said", "neither"]["value"] == pytest.approx(3 / 8)
    assert found["next title, likelier", "accuracy"]["value"] == 1
    assert found["next project, likelier", "neither"]["value"] == 0


def test_beside_floors_and_the_paper(lake: Lake) -> None:
    held = held_out(lake)
    knowing = Knowing(held)
    found: dict[Any, Any] = {
        (row["task"], row["metric"]): row
        for row in measured(held, Asked(knowing.predict, knowing.likelihood), FIGURES)
    }
    apis = found["APIs of a job", "f1"]
    assert apis["lexical"] == 1 > apis["majority"] and apis["paper_student"] is None
    for way in ("said", "likelier"):
        accuracy = found[f"next project, {way}", "accuracy"]
        assert accuracy["majority"] == 0.5
        assert (accuracy["paper_teacher"], accuracy["paper_student"]) == (0.7267, 0.6402)
        assert "KDJPPR Table 1" in accuracy["source"]
        assert found[f"next project, {way}", "neither"]["majority"] is None


def test_prompts_that_did_not_fit_are_counted(lake: Lake) -> None:
    held = held_out(lake)
    cut = {held.pairs[0]["question"], next_prompt(held.items[0]), next_prompt(held.items[1])}
    model = Asked(Knowing(held).predict, is_cut=cut.__contains__)
    rows = [row for row in measured(held, model, FIGURES) if row["metric"] == "prompts cut"]
    shares = {row["task"]: row["value"] for row in rows}
    assert shares == {"APIs of a job": 0.16667, "next title": 0.25, "next project": 0.0}


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("Qwen/Qwen2.5-7B", "Qwen2.5-7B w/KD"),
        ("models/Qwen2.5-3B/", "Qwen2.5-3B w/KD"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", "R1-Distill-Qwen-1.5B w/KD"),
        ("tiny", "Qwen2.5-3B w/KD"),
    ],
)
def test_the_line_of_the_paper(model: str, line: str) -> None:
    assert student_of_paper(model) == line and line in TABLE_1
