"""A whole build on the sample files, by the template and by a model behind a real endpoint."""

import json
import shutil
from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.jaqa.apis.questions import CHOOSE_APIS
from hr_pipeline.jaqa.keys import skill_key
from hr_pipeline.jaqa.pairs.wording import read_answer, read_question
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording, call_of
from hr_pipeline.llm.request import Reply
from hr_pipeline.llm.template import NOT_A_BENCHMARK
from hr_pipeline_tests.building import one_line, pointers
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.endpoint import Endpoint

LOST = "Docker"  # the skill for which the model names strangers only


def build(lake: Path, *more: str) -> int:
    return main(["build", *more, "--raw", str(SAMPLE), "--lake", str(lake)])


@pytest.fixture(scope="module")
def template_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("jaqa") / "lake"
    assert build(lake, "jaqa") == 0
    return lake


def test_every_posting_gives_a_pair_or_stands_in_the_ledger_once(template_lake: Path) -> None:
    lake = Lake(template_lake)
    postings = {row["posting_id"] for row in lake.rows("sources/linkedin_postings")}
    pairs = [row["posting_id"] for row in lake.rows("jaqa/pairs")]
    ledger = lake.rows("jaqa/pairs_ledger")
    lost = [row["key"] for row in ledger if row["step"] == "row"]
    assert sorted([*pairs, *lost]) == sorted(postings) and len(pairs) > 100
    assert lake.require("jaqa/pairs").notice == NOT_A_BENCHMARK


def test_pairs_say_what_was_chosen_for_the_skills_of_their_posting(template_lake: Path) -> None:
    lake = Lake(template_lake)
    chosen = {skill_key(row["skill"]): row["apis"] for row in lake.rows("jaqa/skill_apis")}
    skills = {row["posting_id"]: row["skills"] for row in lake.rows("jaqa/posting_skills")}
    texts = {row["posting_id"]: row for row in lake.rows("sources/linkedin_postings")}
    for row in lake.rows("jaqa/pairs"):
        apis = [api for s in skills[row["posting_id"]] for api in chosen.get(skill_key(s), [])]
        assert row["apis"] == list(dict.fromkeys(apis)) == read_answer(row["answer"])
        assert read_question(row["question"]) == (row["title"], row["job_description"])
        posting = texts[row["posting_id"]]
        assert (row["title_raw"], row["job_description"]) == (
            *(posting["title"], posting["description"]),
        )


def test_each_distinct_skill_is_asked_once_with_its_nearest_apis(template_lake: Path) -> None:
    lake = Lake(template_lake)
    rows = list(lake.rows("jaqa/skill_apis"))
    asked = {
        skill_key(skill) for row in lake.rows("jaqa/posting_skills") for skill in row["skills"]
    }
    assert {skill_key(row["skill"]) for row in rows} <= asked
    assert lake.require("jaqa/skill_apis").rows_in == len(asked)
    assert {len(row["candidates"]) for row in rows} == {30}
    for row in rows:
        assert set(row["apis"]) <= set(row["candidates"]) and row["request_ids"]
    docker = next(row for row in rows if row["skill"] == LOST)
    assert docker["apis"][0] == docker["candidates"][0] == "docker"
    assert any(len(row["request_ids"]) > 1 for row in rows)  # the template named a stranger
    assert any(not row["apis"] for row in rows)


def test_statistics_and_coverage_count_the_pairs(template_lake: Path) -> None:
    lake = Lake(template_lake)
    pairs = list(lake.rows("jaqa/pairs"))
    held = {row["statistic"]: row["ours"] for row in lake.rows("jaqa/statistics")}
    assert held["pairs"] == len(pairs)
    assert held["distinct APIs"] == len({api for row in pairs for api in row["apis"]})
    coverage = list(lake.rows("jaqa/coverage"))
    assert sum(row["pairs"] for row in coverage if row["kind"] == "isco") == len(pairs)
    docker = next(row for row in coverage if (row["kind"], row["name"]) == ("api", "docker"))
    assert docker["pairs"] == sum("docker" in row["apis"] for row in pairs)


def test_a_ceiling_draws_and_tells_and_nothing_unchanged_is_made_again(
    template_lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Path(shutil.copytree(template_lake, tmp_path / "lake"))
    before = pointers(lake)
    all_pairs = {row["pair_id"]: row for row in Lake(lake).rows("jaqa/pairs")}
    assert build(lake, "jaqa", "--set", "jaqa/pairs.pairs=20") == 0
    assert "jaqa/skill_apis: unchanged" in capsys.readouterr().err
    after = pointers(lake)
    assert {name for name in after if after[name] != before[name]} == {
        *("jaqa/pairs", "jaqa/pairs_ledger", "jaqa/statistics", "jaqa/coverage")
    }
    drawn = list(Lake(lake).rows("jaqa/pairs"))
    ledger = Lake(lake).rows("jaqa/pairs_ledger")
    over = {row["key"] for row in ledger if row["cause"] == "over_ceiling"}
    assert len(drawn) == 20 and {row["pair_id"] for row in drawn} | over == set(all_pairs)
    aside = {"split"}  # the group of a posting depends on those that were drawn with it
    for row in drawn:
        same = all_pairs[row["pair_id"]]
        assert {k: v for k, v in row.items() if k not in aside} == {
            k: v for k, v in same.items() if k not in aside
        }


@pytest.fixture
def endpoint_recording(template_lake: Path, tmp_path: Path) -> Path:
    """What the template replied to choose_apis, but strangers for one skill."""
    path = tmp_path / "replies.sqlite"
    ours, theirs = Recording(Lake(template_lake).recording_path), Recording(path)
    calls = []
    for call in ours.calls("choose_apis"):
        messages = json.loads(call.request)["messages"]
        if f"\n{LOST}\n" in messages[0]["content"]:
            stranger = Reply('{"result": ["dockerino"]}')
            call = call_of(*call[:4], stranger, call.recorded)
        calls.append(call)
    theirs.add(calls)
    ours.close()
    theirs.close()
    return path


def test_a_model_that_names_strangers_is_asked_again_and_the_skill_is_lost(
    template_lake: Path, tmp_path: Path, endpoint_recording: Path
) -> None:
    left_out = shutil.ignore_patterns("skill_apis*", "pairs*", "recording*")
    lake = Path(shutil.copytree(template_lake, tmp_path / "lake", ignore=left_out))
    with Endpoint(latency_ms=0, replies=str(endpoint_recording)) as endpoint:
        model = ("--teacher", "openai", "--model", "m", "--base-url", endpoint.url)
        assert build(lake, "jaqa/skill_apis", "jaqa/pairs", "--keep", *model) == 0
        paid = sum(endpoint.paid().values())
        assert build(lake, "jaqa/skill_apis", "--keep", "--force", *model) == 0
        assert sum(endpoint.paid().values()) == paid
    made, theirs = Lake(lake), Lake(template_lake)
    ours = {row["skill"]: row for row in made.rows("jaqa/skill_apis")}
    template = {row["skill"]: row for row in theirs.rows("jaqa/skill_apis")}
    assert set(template) - set(ours) == {LOST}
    assert all(row["apis"] == template[skill]["apis"] for skill, row in ours.items())
    assert {(row["teacher"], row["prompt_hash"]) for row in ours.values()} == {
        ("m", CHOOSE_APIS.prompt.hash)
    }
    (lost,) = made.rows("jaqa/skill_apis_ledger")
    assert (lost["step"], lost["key"], lost["cause"]) == ("row", LOST, "no_usable_reply")
    assert "dockerino" in lost["raw"]
    parts = [row for row in made.rows("jaqa/pairs_ledger") if row["step"] == "skill"]
    assert parts and {(row["cause"], row["raw"]) for row in parts} == {("no_choice_of_apis", LOST)}
    assert not any("docker" in row["apis"] for row in made.rows("jaqa/pairs"))


def test_mistakes_are_told_in_one_line(
    template_lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for setting, said in (
        ("jaqa/skill_apis.candidates=0", "at least 1 is needed"),
        ("jaqa/skill_apis.ecosystems=[cobol]", "no ecosystem cobol"),
        ("jaqa/pairs.pairs=0", "at least 1 is needed"),
        ("jaqa/pairs.test_share=0.97", "leave something for train"),
        ("jaqa/pairs.dev_share=-0.1", "leave something for train"),
    ):
        target = setting.split(".")[0]
        assert build(template_lake, target, "--keep", "--set", setting) == 2
        assert said in one_line(capsys)
    assert main(["export", "jaqa", "--format", "hf", "--out", str(tmp_path)]) == 2
    assert "jaqa has no format" in one_line(capsys)
