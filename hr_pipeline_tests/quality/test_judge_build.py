"""Whole builds of the judgements: by the template judge, and by a model behind an endpoint."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.quality.judges.assets import JudgementsConfig
from hr_pipeline.quality.judges.judging import judging_settings
from hr_pipeline_tests.building import build, build_arguments, one_line
from hr_pipeline_tests.endpoint import Endpoint

SIZES = ("quality/judgements.sample=12", "quality/judgements.twins=8")
JUDGEMENTS = 12 * 4 + 8 * 4 * 4
KEY = "sk-planted-key-that-nobody-may-find"


def judge(lake: Path, *more: str, command: str = "build", settings: tuple[str, ...] = ()) -> int:
    """Exit code of a build, or plan, of quality/judges from 32 triples."""
    order = [command, "quality/judges", *build_arguments(lake)[2:], *more]
    for setting in (*SIZES, *settings):
        order += ["--set", setting]
    return main(order)


def rows(lake: Path, dataset: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Lake(lake).table(dataset).to_pylist()
    return found


@pytest.fixture(scope="module")
def template_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judged by the template; the released triples are its own, exported and imported."""
    folder = tmp_path_factory.mktemp("judged")
    lake = folder / "lake"
    assert build(lake) == 0
    export = ["export", "rjdb", "--format", "jsonl", "--out", str(folder), "--lake", str(lake)]
    assert main(export) == 0
    assert main(["import", "rjdb", str(folder / "template-train.jsonl"), "--lake", str(lake)]) == 0
    assert judge(lake) == 0
    return lake


@pytest.fixture
def lake(template_lake: Path, tmp_path: Path) -> Path:
    """A lake in which nothing is judged yet, and nothing recorded."""
    left_out = shutil.ignore_patterns("quality", "rjdb_released", "recording*")
    return Path(shutil.copytree(template_lake, tmp_path / "lake", ignore=left_out))


def test_documents_and_their_twins_are_judged_by_each_criterion(template_lake: Path) -> None:
    build = Lake(template_lake).require("quality/judgements")
    assert build.rows_in == build.rows + build.rows_lost == 2 * JUDGEMENTS
    assert build.notice and build.recipe.teacher == "template"
    judged = rows(template_lake, "quality/judgements")
    assert {row["corpus"] for row in judged} == {"ours", "released"}
    originals = [r for r in judged if r["corruption"] == "none" and r["corpus"] == "ours"]
    assert len(originals) == 12 * 4 and {r["samples"] for r in judged} == {5}
    assert {(r["document"], r["criterion"]) for r in originals} == {
        (document, criterion)
        for document in ("job_description", "resume_matched")
        for criterion in ("consistency", "factuality")
    }
    twins = [r for r in judged if r["corruption"] != "none" and r["corpus"] == "ours"]
    assert {r["triple_id"] for r in twins} < {r["triple_id"] for r in originals}


def test_the_template_judge_ranks_every_kind_of_twin_below_originals(template_lake: Path) -> None:
    found = rows(template_lake, "quality/judges")
    aucs = {
        (row["document"], row["criterion"], row["measure"]): row["value"]
        for row in found
        if row["measure"].startswith("AUC") and row["corpus"] == "ours"
    }
    assert len(aucs) == 2 * 2 * 4 * 2 and min(aucs.values()) >= 0.9
    means = [row for row in found if row["measure"] == "mean score"]
    assert len(means) == 8 and all(r["ci_low"] <= r["value"] <= r["ci_high"] for r in means)
    assert {row["writing_mode"] for row in means} == {"whole", "not said"}


@pytest.fixture(scope="module")
def endpoint(template_lake: Path) -> Iterator[Endpoint]:
    replies = Lake(template_lake).recording_path
    with Endpoint(latency_ms=0, key=KEY, replies=str(replies)) as started:
        yield started


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def by_model(endpoint: Endpoint, *more: str) -> tuple[str, ...]:
    address = ("judge.kind=openai", "judge.model=gpt-4o-mini", f"judge.base_url={endpoint.url}")
    return (*address, *more)


def test_a_model_judges_what_the_teacher_wrote_as_planned_and_is_asked_once(
    endpoint: Endpoint, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    assert judge(lake, "--json", command="plan", settings=by_model(endpoint)) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["model"] == "template" and planned["judge"]["model"] == "gpt-4o-mini"
    assert endpoint.stats()["requests"] == 0
    assert judge(lake, settings=by_model(endpoint)) == 0
    assert "plan and bill" in capsys.readouterr().err
    with closing(Recording(Lake(lake).recording_path)) as recording:
        made = {task: n for task, model, n, _, _ in recording.counts() if model == "gpt-4o-mini"}
    assert set(made) == {"judge_consistency", "judge_factuality"}
    assert sum(made.values()) == sum(endpoint.paid().values())
    assert planned["judge"]["totals"]["calls"] == pytest.approx(sum(made.values()), rel=0.1)
    judged = rows(lake, "quality/judgements")
    assert {(r["judge"], r["teacher"], r["weighting"]) for r in judged} == {
        ("gpt-4o-mini", "template", "samples")
    }
    assert Lake(lake).require("quality/judges").notice  # for the teacher is the template
    asked = endpoint.stats()["requests"]
    assert judge(lake, "--force", settings=by_model(endpoint)) == 0
    assert endpoint.stats()["requests"] == asked


@pytest.mark.parametrize(
    ("told", "weighting", "samples"),
    [("given", "probabilities", 1), ("left out", "samples", 5), ("refused", "samples", 5)],
)
def test_token_probabilities_weigh_one_reply_where_the_endpoint_tells_them(
    told: str, weighting: str, samples: int, endpoint: Endpoint, lake: Path
) -> None:
    endpoint.reset()
    endpoint.set(logprobs=told)
    wanted = by_model(endpoint, "quality/judgements.weighting=probabilities")
    assert judge(lake, settings=wanted) == 0
    judged = rows(lake, "quality/judgements")
    assert len(judged) >= 0.9 * JUDGEMENTS
    assert {(r["weighting"], r["samples"]) for r in judged} == {(weighting, samples)}
    if weighting == "probabilities":
        assert len({r["score"] for r in judged}) > 20  # finer than whole numbers
    endpoint.set(logprobs="given")


WRONG = {
    "no cap for the judge": (("--budget-usd", "5"), (), "judge.budget_usd"),
    "no model": ((), ("judge.model=",), "judge.model"),
}


@pytest.mark.parametrize(("more", "settings", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_one_line(
    more: tuple[str, ...],
    settings: tuple[str, ...],
    told: str,
    endpoint: Endpoint,
    lake: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert judge(lake, *more, settings=by_model(endpoint, *settings)) == 2
    assert told in one_line(capsys)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sample": 0}, "judgements.sample: at least 1 is needed"),
        ({"twins": -1}, "judgements.twins: at least 0 is needed"),
        ({"samples": 101}, "at most 100 replies are asked for a question"),
        ({"weighting": "most"}, "there is no 'most'; use samples or probabilities"),
    ],
)
def test_a_size_or_weighting_that_cannot_be_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        judging_settings(JudgementsConfig(**given).model_dump())


def test_the_judge_keeps_to_a_cap_of_its_own(
    endpoint: Endpoint, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    capped = by_model(endpoint, "judge.budget_usd=0.000001")
    assert judge(lake, "--budget-usd", "5", settings=capped) == 3
    assert "budget" in one_line(capsys) and not endpoint.paid()


def test_in_the_batch_lane_one_round_holds_all_samples(
    endpoint: Endpoint, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reset()
    endpoint.set(batch_s=0.05)
    batched = by_model(endpoint, "judge.lane=batch")
    assert judge(lake, settings=batched) == 1
    assert f"{JUDGEMENTS * 5:,} requests open" in one_line(capsys)
    for _ in range(3):  # the questions, and two rounds of re-asks
        assert main(["batches", "--wait", "--lake", str(lake)]) == 0
        if judge(lake, settings=batched) == 0:
            break
    assert set(endpoint.paid().values()) <= {1, 5}  # samples are equal but for their number
    judged = rows(lake, "quality/judgements")
    assert {row["judge"] for row in judged} == {"gpt-4o-mini"} and len(judged) >= 0.9 * JUDGEMENTS
