"""The engine's benchmark runner as a process: what it asks for, what it writes, what it imports."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline_tests.benchmarks.clients import Client, Finished, rows_in
from hr_pipeline_tests.benchmarks.engine_table import record_of, tables
from hr_pipeline_tests.benchmarks.kills import RUNNER
from hr_pipeline_tests.endpoint import Endpoint


@pytest.fixture(scope="module")
def running() -> Iterator[Endpoint]:
    with Endpoint(latency_ms=5, reply="fenced") as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running: Endpoint) -> Endpoint:
    running.set(malformed=0)
    running.reset()
    return running


def run(endpoint: Endpoint, out: Path, rows: int, *flags: str) -> Finished:
    command = [sys.executable, str(RUNNER), "--base-url", endpoint.url, "--out", str(out)]
    done = Client([*command, "--n", str(rows), *flags], out.with_suffix(".log")).wait(30)
    assert not done.code, out.with_suffix(".log").read_text()
    return done


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_only_new_rows_are_asked_for(endpoint: Endpoint, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    for rows, first, asked in ((40, 0, 40), (40, 0, 40), (44, 0, 44), (45, -1, 45)):
        run(endpoint, out, rows, "--first", str(first))
        assert endpoint.stats()["requests"] == asked
        assert [row["id"] for row in rows_of(out)] == list(range(first, first + rows))


def test_cut_structured_replies_lose_no_row(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.set(malformed=0.3)
    out = tmp_path / "rows.jsonl"
    run(endpoint, out, 60, "--structured")
    assert rows_in(out) == (60, 60)
    stats = endpoint.stats()
    assert stats["malformed"] >= 5 and stats["ok"] == 60
    answers = [json.loads(row["text"]) for row in rows_of(out)]
    assert all(set(answer) == {"answer", "score"} for answer in answers)


def test_process_is_measured_and_shown(endpoint: Endpoint, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = run(endpoint, out, 30)
    assert 0 < done.cpu_s < 30 and 20 < done.peak_mib < 500 and done.wall_s < 30
    figures = record_of(endpoint.stats(), vars(done), rows_in(out))
    place = {"scenario": "throughput", "phase": "", "rows": 31}
    shown = tables([figures | place | {"client": client} for client in ("ours", "raw", "b")])
    assert "| ours |" in shown and "| 30 | 1 | 0 | 0 |" in shown, "one of 31 rows is lost"
    assert "rate, of the best peer's, at 500 ms | 1.00" in shown


def test_client_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    child = "import subprocess; subprocess.run(['sleep', '60'])"
    done = Client([sys.executable, "-c", child], tmp_path / "log").wait(0.3)
    assert done.was_stopped and done.code == -9 and done.wall_s < 10


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import json, sys;"
        " import hr_pipeline_tests.benchmarks.engine_run as run;"
        " run.HttpTeacher('m', run.provider('openai', 'http://127.0.0.1:9/v1'));"
        " print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not {"dagster", "sqlalchemy", "openai", "pandas", "torch"} & loaded
