"""Whole builds that cost money: the cap, the kill, and the replay without a key."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.bill import Price
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.building import build, one_line, parts, spawn
from hr_pipeline_tests.endpoint import Endpoint

KEY = "sk-of-a-paid-build"
PRICE = Price(2.0, 10.0)


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A template teacher's recording, with which the endpoint answers."""
    lake = tmp_path_factory.mktemp("template") / "lake"
    assert build(lake) == 0
    return str(Lake(lake).recording_path)


@pytest.fixture
def endpoint(replies: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Endpoint]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    with Endpoint(latency_ms=5, replies=replies, tokenizer="words-1.4", key=KEY) as endpoint:
        yield endpoint


@pytest.fixture
def priced(endpoint: Endpoint, tmp_path: Path) -> tuple[str, ...]:
    """Options of a build whose model has a price."""
    prices = tmp_path / "prices.yaml"
    prices.write_text(f"as_of: 2026-01-01\nmodels: {{m: {{prompt: {PRICE.prompt}, "
                      f"completion: {PRICE.completion}}}}}\n")  # fmt: skip
    model = ("--teacher", "openai", "--model", "m", "--base-url", endpoint.url)
    return (*model, "--prices", str(prices), "--set", "teacher.concurrency=4")


def dollars(lake: Path) -> float:
    with closing(Recording(Lake(lake).recording_path)) as recording:
        return sum(PRICE.of(p, c) for _, _, _, p, c in recording.counts())


def test_a_build_stops_at_its_cap_and_goes_on_under_a_higher_one(
    endpoint: Endpoint,
    priced: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole, capped = tmp_path / "whole", tmp_path / "capped"
    assert build(whole, *priced) == 0
    price = dollars(whole)
    endpoint.reset()
    capsys.readouterr()
    cap = ("--budget-usd", f"{0.6 * price:.6f}")
    assert build(capped, *priced, *cap) == 3
    assert "stopped at the budget" in one_line(capsys)
    spent = dollars(capped)
    assert 0.3 * price < spent <= 0.6 * price
    assert build(capped, *priced, *cap) == 3  # the account is still open: the cap still holds
    assert dollars(capped) <= 0.6 * price
    assert build(capped, *priced, "--budget-usd", f"{3 * price:.6f}") == 0
    assert set(endpoint.paid().values()) == {1}
    assert parts(capped) == parts(whole)


def test_a_recording_is_replayed_elsewhere_without_key_and_endpoint(
    endpoint: Endpoint,
    priced: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "replies.jsonl"
    assert build(here, *priced) == 0
    assert main(["recording", "export", "--lake", str(here), "--out", str(file)]) == 0
    assert main(["recording", "import", str(file), "--lake", str(there)]) == 0
    endpoint.set(down=True)
    endpoint.reset()
    monkeypatch.delenv("OPENAI_API_KEY")
    assert build(there, *priced) == 0
    assert endpoint.stats()["requests"] == 0
    assert parts(there) == parts(here)


def test_a_build_killed_twice_ends_as_if_undisturbed(
    endpoint: Endpoint, priced: tuple[str, ...], tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert build(whole, *priced) == 0
    calls = endpoint.stats()["ok"]
    endpoint.reset()
    endpoint.set(latency_ms=40)
    kills = []
    for share in (0.3, 0.7):
        process = spawn(killed, *priced)
        while endpoint.stats()["ok"] < share * calls and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.2)  # what was being answered is answered
        with closing(Recording(Lake(killed).recording_path)) as recording:
            kills.append((recording.keys(), endpoint.paid()))
    assert build(killed, *priced) == 0
    final = endpoint.paid()
    assert not [key for kept, paid in kills for key in kept if final[key] > paid[key]]
    assert final.total() - len(final) <= 2 * 4  # the slots, at each kill
    assert parts(killed) == parts(whole)
