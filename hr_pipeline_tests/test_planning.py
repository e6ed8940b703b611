"""The plan of a whole build through the command line, and the build that it foretells."""

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline import dry_runs
from hr_pipeline.cli import main
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.plan import plan_from_json
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.assets import TriplesConfig
from hr_pipeline.rjdb.world import evenly_spaced, writing_settings
from hr_pipeline.rjdb.writing import WritingSettings
from hr_pipeline_tests.building import build, build_arguments, one_line, tree
from hr_pipeline_tests.endpoint import Endpoint

KEY = "sk-planted-key-that-nobody-may-find"


@pytest.fixture(scope="module")
def template_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("template") / "lake"
    assert build(lake) == 0
    return lake


@pytest.fixture(scope="module")
def endpoint(template_lake: Path) -> Iterator[Endpoint]:
    replies = Lake(template_lake).recording_path
    with Endpoint(latency_ms=5, key=KEY, replies=str(replies), tokenizer="words-1.4") as started:
        yield started


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def plan(lake: Path, *more: str) -> int:
    """Exit code of the plan of 32 triples."""
    return main(["plan", *build_arguments(lake, *more)[1:]])


def asked(endpoint: Endpoint) -> tuple[str, ...]:
    return ("--teacher", "openai", "--model", "gpt-4o", "--base-url", endpoint.url)


def plan_of(lake: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """The plan as --json prints it."""
    capsys.readouterr()
    assert plan(lake, "--json", *more) == 0
    held: dict[str, Any] = json.loads(capsys.readouterr().out)
    return held


def by_task(planned: dict[str, Any], name: str) -> dict[str, float]:
    return {task["task"]: task[name] for task in planned["tasks"]}


def test_it_foretells_the_calls_of_a_build_and_leaves_nothing_but_itself(
    endpoint: Endpoint, template_lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    lake = tmp_path / "lake"
    planned = plan_of(lake, capsys, *asked(endpoint))
    with closing(Recording(Lake(template_lake).recording_path)) as recording:
        made = {task: replies for task, _, replies, _, _ in recording.counts()}
    assert by_task(planned, "calls") == made
    assert endpoint.stats()["requests"] == 0
    assert planned["totals"]["dollars"] > 0 and planned["totals"]["between"] is None
    (path,) = tree(lake)
    assert path.startswith("plans/")
    assert plan_from_json(tree(lake)[path].decode()).model == "gpt-4o"


def test_a_calibrated_plan_meets_the_bill_and_its_calls_are_not_paid_again(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    lake = tmp_path / "lake"
    planned = plan_of(lake, capsys, *asked(endpoint), "--calibrate", "50")
    made = endpoint.stats()["requests"]
    assert 45 <= made == planned["calibration"] <= 50
    assert all(n >= 2 for n in by_task(planned, "conversations").values())
    assert planned["limits"]["latency_s"] > 0.005
    assert build(lake, *asked(endpoint)) == 0
    assert set(endpoint.paid().values()) == {1}
    with closing(Recording(Lake(lake).recording_path)) as recording:
        spent = recording.spent("gpt-4o", planned["made"])
    billed = sum(2.5 * prompt + 10 * completion for _, _, prompt, completion in spent) / 1e6
    assert planned["totals"]["dollars"] == pytest.approx(billed, rel=0.05)
    low, high = planned["totals"]["between"]
    assert low < billed < high
    again = plan_of(lake, capsys, *asked(endpoint))
    assert again["totals"]["calls"] == again["totals"]["dollars"] == 0
    assert by_task(again, "found")["write_triple"] == 32
    for path, content in tree(lake).items():
        assert KEY.encode() not in content, path


def test_where_rows_are_many_a_part_of_them_is_gone_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_runs, "SAMPLE", 10)
    lake = tmp_path / "lake"
    planned = plan_of(lake, capsys, "--teacher", "openai", "--model", "unknown-model")
    assert by_task(planned, "questions")["write_triple"] == pytest.approx(32)
    assert planned["price"] is None and planned["totals"]["dollars"] is None
    planned = plan_of(lake, capsys, "--set", "rjdb/triples.sample=16")
    assert by_task(planned, "questions")["write_triple"] == pytest.approx(16)
    assert planned["model"] == "template" and planned["totals"]["dollars"] == 0


def test_a_budget_holds_for_the_calibration(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    order = (*asked(endpoint), "--calibrate", "10", "--budget-usd", "0.00001")
    assert plan(tmp_path / "lake", *order) == 3
    assert "budget" in one_line(capsys) and endpoint.stats()["requests"] == 0


WRONG = {
    "no model": (("--teacher", "openai"), "--model"),
    "too many calls": (("--calibrate", "51"), "--calibrate"),
    "fewer calls than none": (("--calibrate", "-1"), "--calibrate"),
    "no such setting": (("--set", "teacher.speed=9"), "speed"),
    "a setting that is none": (("--set", "teacher.concurrency=many"), "concurrency"),
    "no file of prices": (("--prices", "none.yaml"), "none.yaml"),
    "less than no requests": (("--rpm", "-1"), "rpm"),
}


@pytest.mark.parametrize(("more", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_order_is_one_line_before_anything_is_done(
    more: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(tmp_path / "lake", *more) == 2
    assert told in one_line(capsys)
    assert not (tmp_path / "lake").exists()


def test_what_asks_no_teacher_has_an_empty_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "sources", "--lake", str(tmp_path / "lake")]) == 0
    assert "Nothing of this asks a teacher." in capsys.readouterr().out


# -- a sample of the triples -------------------------------------------------------------------


def test_a_sample_is_written_first_and_not_asked_again_with_the_rest(
    endpoint: Endpoint, template_lake: Path, tmp_path: Path
) -> None:
    endpoint.reset()
    lake = tmp_path / "lake"
    assert build(lake, *asked(endpoint), "--set", "rjdb/triples.sample=8") == 0
    made = Lake(lake).require("rjdb/triples")
    assert made.rows == 8 and made.rows_in == made.rows + made.rows_lost
    sample = Lake(lake).table("rjdb/triples").column("triple_id").to_pylist()
    every = Lake(template_lake).table("rjdb/triples").column("triple_id").to_pylist()
    assert sample == every[3::4]  # evenly spaced
    assert build(lake, *asked(endpoint)) == 0
    assert Lake(lake).table("rjdb/triples").column("triple_id").to_pylist() == every
    assert set(endpoint.paid().values()) == {1}


def test_a_sample_of_less_than_nothing_is_one_line() -> None:
    with pytest.raises(InputError, match="sample=-1"):
        writing_settings(TriplesConfig(sample=-1).model_dump())


@given(st.integers(1, 500), st.integers(0, 500))
def test_a_sample_is_spread_evenly_and_is_no_larger_than_all(total: int, sample: int) -> None:
    wanted = WritingSettings(sample=sample).ordered(total)
    assert wanted == (min(sample, total) if sample else total)
    chosen = list(evenly_spaced(range(total), total, wanted))
    assert len(chosen) == wanted
    gaps = {b - a for a, b in pairwise(chosen)}
    assert not gaps or max(gaps) - min(gaps) <= 1
