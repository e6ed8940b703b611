"""Whole builds: items from careers, a model behind a real local endpoint, the command's table."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.template import NOT_A_BENCHMARK
from hr_pipeline_tests.building import one_line
from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.tm_eval.career_world import NOTICE, write_careers

SIZES = ("--set", "tm_eval/items.title=40", "--set", "tm_eval/items.project=40")
ITEMS = 80


def evaluate(lake: Path, *more: str) -> int:
    return main(["evaluate", "tm_eval", "--lake", str(lake), *SIZES, *more])


def by_model(endpoint: Endpoint, model: str = "m-1") -> tuple[str, ...]:
    return ("--teacher", "openai", "--model", model, "--base-url", endpoint.url)


def rows(lake: Path, dataset: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Lake(lake).table(dataset).to_pylist()
    return found


def figures(lake: Path) -> dict[tuple[str, str], tuple[float, int]]:
    here = [r for r in rows(lake, "tm_eval/results") if r["source"] == "this build"]
    return {(r["task"], r["metric"]): (r["value"], r["unparsed"]) for r in here}


@pytest.fixture(scope="module")
def template_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything of tm_eval, by the template."""
    lake = tmp_path_factory.mktemp("tm_eval") / "lake"
    write_careers(Lake(lake), 150)
    order = ["build", "tm_eval", "--keep", "--lake", str(lake), *SIZES]
    assert main(order) == 0
    return lake


@pytest.fixture
def lake(template_lake: Path, tmp_path: Path) -> Path:
    """The items are there, and nothing is asked or recorded."""
    left_out = shutil.ignore_patterns("answers*", "results*", "recording*")
    return Path(shutil.copytree(template_lake, tmp_path / "lake", ignore=left_out))


@pytest.fixture(scope="module")
def endpoint(template_lake: Path) -> Iterator[Endpoint]:
    """It answers as the template has."""
    with Endpoint(latency_ms=0, replies=str(Lake(template_lake).recording_path)) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_whole_build_says_what_its_careers_and_answers_are(template_lake: Path) -> None:
    kept = Lake(template_lake)
    assert kept.require("tm_eval/items").rows == ITEMS
    for name in ("items", "statistics", "baselines"):
        assert kept.require(f"tm_eval/{name}").notice == NOTICE
    for name in ("answers", "results"):
        assert kept.require(f"tm_eval/{name}").notice == f"{NOT_A_BENCHMARK}; {NOTICE}"
    assert {row["model"] for row in rows(template_lake, "tm_eval/answers")} == {"template"}
    assert all(row["prompt_hash"] for row in rows(template_lake, "tm_eval/answers"))


def test_a_model_is_asked_each_item_once_and_gets_what_its_answers_deserve(
    endpoint: Endpoint, lake: Path, template_lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    assert evaluate(lake, *by_model(endpoint)) == 0
    assert sum(endpoint.paid().values()) == ITEMS
    assert figures(lake) == figures(template_lake)  # the same replies
    assert Lake(lake).require("tm_eval/results").notice == NOTICE
    out = capsys.readouterr().out
    assert "m-1 (here)" in out and "R1-Distill-Qwen-1.5B w/KD" in out
    assert f"m-1: {NOTICE}" in out
    # Again, and again by force: all is found in the recording.
    assert evaluate(lake, *by_model(endpoint)) == 0
    assert main(["build", "tm_eval", "--keep", "--force", "--lake", str(lake), *SIZES,
                 *by_model(endpoint)]) == 0  # fmt: skip
    assert sum(endpoint.paid().values()) == ITEMS


def test_replies_that_say_nothing_are_counted_and_not_asked_again(lake: Path) -> None:
    with Endpoint(latency_ms=0, reply="words") as talking:
        assert evaluate(lake, *by_model(talking)) == 0
        assert sum(talking.paid().values()) == ITEMS
    assert {row["said"] for row in rows(lake, "tm_eval/answers")} == {None}
    found = figures(lake)
    assert set(found.values()) == {(0.0, ITEMS // 2)} and len(found) == 8


def test_items_that_an_endpoint_refuses_are_in_the_ledger_and_no_figure(lake: Path) -> None:
    with Endpoint(latency_ms=0, reply="words", fail_400=0.3) as failing:
        assert evaluate(lake, *by_model(failing)) == 0
    build = Lake(lake).require("tm_eval/answers")
    assert build.rows_in == ITEMS == build.rows + build.rows_lost and 5 < build.rows_lost < 45
    assert build.lost_by_cause == {"row: no_reply": build.rows_lost}
    here = [r for r in rows(lake, "tm_eval/results") if r["metric"] == "accuracy" and r["items"]]
    assert sum(row["unanswered"] for row in here) == build.rows_lost
    assert sum(row["items"] for row in here) == build.rows


def test_every_model_that_was_asked_these_items_is_shown(
    endpoint: Endpoint, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in ("m-1", "m-2"):
        assert evaluate(lake, *by_model(endpoint, model)) == 0
    capsys.readouterr()
    assert evaluate(lake, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    here = list(dict.fromkeys(r["model"] for r in shown if r["source"] == "this build"))
    assert here == ["template", "m-2", "m-1"]
    both = f"{NOT_A_BENCHMARK}; {NOTICE}"
    assert {r["notice"] for r in shown if r["model"] == "template"} == {both}
    assert len(shown) == 16 * 8 + 3 * 8
    # Other items: what was said of the former ones is not shown beside.
    other = ["build", "tm_eval/items", "--keep", "--lake", str(lake), "--seed", "7", *SIZES]
    assert main(other) == 0
    assert evaluate(lake, "--json", *by_model(endpoint, "m-3"), "--set", "teacher.attempts=1") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {r["model"] for r in shown if r["source"] == "this build"} <= {"m-3"}


@pytest.mark.parametrize(
    ("split", "words"), [("tests", "there is no split 'tests'"), ("dev", "no item is in")]
)
def test_a_split_without_items_is_told(
    split: str, words: str, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(lake, "--set", f"tm_eval/answers.split={split}") == 2
    assert words in one_line(capsys)
    assert not Lake(lake).current("tm_eval/answers")


def test_a_local_model_is_evaluated(lake: Path, tmp_path: Path) -> None:
    """One with random weights: what it says is neither; items too long for it are in the ledger."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from hr_pipeline_tests.llm.tiny_model import make

    make(str(tmp_path / "tiny"))
    local = ("--teacher", "local", "--model", str(tmp_path / "tiny"))
    assert evaluate(lake, *local, "--set", "teacher.parameters={max_tokens: 4}") == 0
    build = Lake(lake).require("tm_eval/answers")
    assert build.rows + build.rows_lost == ITEMS and build.rows > 20
    asked = rows(lake, "tm_eval/answers")
    assert {row["model"] for row in asked} == {build.recipe.teacher}
    assert str(build.recipe.teacher).startswith("tiny")
    assert sum(row["said"] is None for row in asked) == sum(
        {task: unparsed for (task, _), (_, unparsed) in figures(lake).items()}.values()
    )


def test_an_imported_file_is_asked_too(
    endpoint: Endpoint, lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, order = tmp_path / "out", ["--lake", str(lake)]
    assert main(["export", "tm_eval", "--format", "json", "--out", str(out), *order]) == 0
    assert main(["import", "tm_eval", str(out / "made-up-title-test.json"), *order]) == 0
    released = ("--set", "tm_eval/answers.items=tm_eval_released/items")
    assert evaluate(lake, *by_model(endpoint), *released) == 0
    asked = rows(lake, "tm_eval/answers")
    assert len(asked) == 40 and {row["item_id"].split("-")[0] for row in asked} == {"released"}
    assert Lake(lake).require("tm_eval/results").notice == NOTICE
    capsys.readouterr()
    assert evaluate(lake, "--set", "tm_eval/answers.items=sources/careers") == 2
    assert "use tm_eval/items or tm_eval_released/items" in one_line(capsys)
