"""Whole builds in the batch lane, by command and by sensor, against a local endpoint."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from hr_pipeline.cli import main
from hr_pipeline.definitions import defs
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.batch_store import BatchStore
from hr_pipeline.llm.recording import Recording
from hr_pipeline.resources import Run, Teacher
from hr_pipeline.sensors import fetch_batches
from hr_pipeline_tests.building import build, one_line, parts, tree
from hr_pipeline_tests.endpoint import Endpoint

KEY = "sk-planted-key-of-the-batch-lane"
MOST_ROUNDS = 12


@pytest.fixture(scope="module")
def template_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("template") / "lake"
    assert build(lake) == 0
    return lake


@pytest.fixture(scope="module")
def endpoint(template_lake: Path) -> Iterator[Endpoint]:
    """Answers as the template teacher does; some first replies are cut."""
    replies = str(Lake(template_lake).recording_path)
    with Endpoint(latency_ms=1, key=KEY, replies=replies, reask_rate=0.03, seed=2) as one:
        yield one


@pytest.fixture
def arguments(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Of a build with the endpoint as its teacher."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint.reset()
    endpoint.set(batch_s=0.05, batch_fail_share=0.0, batch_expire_share=0.0)
    return openai(endpoint)


def openai(endpoint: Endpoint) -> tuple[str, ...]:
    return ("--teacher", "openai", "--model", "gpt-4o-mini", "--base-url", endpoint.url)


@pytest.fixture
def lake(template_lake: Path, tmp_path: Path) -> Path:
    """A lake whose sources are made."""
    return with_sources(template_lake, tmp_path / "lake")


def with_sources(template_lake: Path, lake: Path) -> Path:
    shutil.copytree(template_lake / "sources", lake / "sources")
    return lake


@pytest.fixture(scope="module")
def live_parts(
    endpoint: Endpoint, template_lake: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The Parquet files of the same build in the live lane."""
    lake = with_sources(template_lake, tmp_path_factory.mktemp("live") / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("NO_PROXY", "127.0.0.1")
        assert build(lake, *openai(endpoint)) == 0
    return parts(lake)


def test_the_same_command_again_and_again_gives_the_datasets_of_the_live_lane(
    arguments: tuple[str, ...],
    live_parts: dict[str, bytes],
    endpoint: Endpoint,
    lake: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rounds = 0
    endpoint.set(batch_fail_share=0.05, batch_expire_share=0.05)
    while build(lake, *arguments, "--lane", "batch", "--last-round", "live"):
        line = one_line(capsys)
        assert re.search(r"RequestsOpen: \d+ requests? open in \d+ batch(es)? \(batch_", line)
        rounds += 1
        assert rounds < MOST_ROUNDS
        assert main(["batches", "--lake", str(lake), "--wait", "--every", "0.1"]) == 0
        assert "under way: 0" in capsys.readouterr().err
    assert parts(lake) == live_parts
    assert endpoint.stats()["ok"] > 0  # re-asks and failures went live
    assert endpoint.stats()["batch_requests"] > endpoint.stats()["ok"]
    assert set(endpoint.paid().values()) == {1}
    assert main(["batches", "--lake", str(lake)]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) > rounds and all("gpt-4o-mini" in line for line in listed[1:])
    for path, content in tree(lake).items():
        assert KEY.encode() not in content, path


def tick(lake: Path, cursor: str | None, instance: dg.DagsterInstance) -> Any:
    """What the sensor does in one evaluation."""
    context = dg.build_sensor_context(
        instance=instance,
        cursor=cursor,
        definitions=defs,
        resources={"run": Run(lake_root=str(lake)), "teacher": Teacher()},
    )
    return fetch_batches.evaluate_tick(context)


def waiting(lake: Path) -> list[str]:
    """The runs whose builds wait for batches."""
    recording = Recording(Lake(lake).recording_path)
    try:
        return [build.run_id for build in BatchStore(recording).waiting()]
    finally:
        recording.close()


def test_the_sensor_fetches_and_goes_on_until_the_build_is_done(
    arguments: tuple[str, ...], live_parts: dict[str, bytes], endpoint: Endpoint, lake: Path
) -> None:
    cursor, launched = None, list[dg.RunRequest]()
    assert build(lake, *arguments, "--lane", "batch") == 1
    job, succeeded = defs.resolve_implicit_global_asset_job_def(), False
    with dg.DagsterInstance.get() as instance:
        for _ in range(100):
            found = tick(lake, cursor, instance)
            cursor = found.cursor
            for request in found.run_requests or []:
                launched.append(request)
                succeeded = job.execute_in_process(
                    instance=instance,
                    run_config=request.run_config,
                    asset_selection=list(request.asset_selection or []),
                    tags=dict(request.tags),
                    raise_on_error=False,
                ).success
            if succeeded:
                break
        assert succeeded
        assert len({request.run_key for request in launched}) == len(launched) > 2
        assert not tick(lake, cursor, instance).run_requests
    assert waiting(lake) == []
    assert parts(lake) == live_parts
    assert endpoint.stats()["ok"] == 0  # all of it in batches
    assert set(endpoint.paid().values()) == {1}


def test_the_sensor_looks_where_the_environment_says_that_replies_are_kept(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere.sqlite"
    Recording(elsewhere).close()
    with dg.DagsterInstance.ephemeral() as instance:
        assert "no recording" in tick(lake, None, instance).skip_message
        monkeypatch.setenv("HR_PIPELINE_RECORDING", str(elsewhere))
        assert "under way: 0" in tick(lake, None, instance).skip_message


def test_a_run_is_launched_once_when_its_batches_have_ended_and_it_is_over(
    arguments: tuple[str, ...], endpoint: Endpoint, lake: Path
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert "no recording" in tick(lake, None, instance).skip_message
        endpoint.set(batch_s=1.0)
        assert build(lake, *arguments, "--lane", "batch") == 1
        endpoint.set(batch_s=0.05)
        (run_id,) = waiting(lake)
        early = tick(lake, None, instance)
        assert not early.run_requests and "batches under way: 1" in early.skip_message
        assert main(["batches", "--lake", str(lake), "--wait", "--every", "0.1"]) == 0
        first = tick(lake, early.cursor, instance)
        again = tick(lake, early.cursor, instance)  # the cursor was not kept: the daemon died
        assert [r.run_key for r in first.run_requests] == [r.run_key for r in again.run_requests]
        (request,) = first.run_requests
        assert request.tags["hr_pipeline/goes_on"] == run_id
        assert request.run_config["resources"]["teacher"]["config"]["lane"] == "batch"
        assert dg.AssetKey(["rjdb", "triples"]) in request.asset_selection
        assert KEY not in json.dumps(request.run_config)
        later = tick(lake, first.cursor, instance)
        assert not later.run_requests and waiting(lake) == []


def test_at_the_cap_a_part_goes_into_batches_and_a_higher_cap_goes_on(
    arguments: tuple[str, ...],
    endpoint: Endpoint,
    lake: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    batch = (*arguments, "--lane", "batch", "--budget-usd")
    assert build(lake, *batch, "0.004") == 3
    assert "stopped at the budget" in one_line(capsys)
    requests = endpoint.stats()["batch_requests"]
    assert main(["batches", "--lake", str(lake), "--wait", "--every", "0.1"]) == 0
    assert build(lake, *batch, "5") == 1
    assert "open in" in one_line(capsys)
    assert main(["batches", "--lake", str(lake), "--cancel"]) == 0
    assert "batches called off: 1" in capsys.readouterr().err
    assert waiting(lake) == [] and requests < 100


def test_a_live_build_is_refused_while_its_batches_are_under_way(
    endpoint: Endpoint,
    arguments: tuple[str, ...],
    lake: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint.set(batch_s=60)
    assert build(lake, *arguments, "--lane", "batch") == 1
    capsys.readouterr()
    endpoint.reset()
    assert build(lake, *arguments) == 2
    assert "under way" in one_line(capsys)
    assert endpoint.stats()["requests"] == 0
