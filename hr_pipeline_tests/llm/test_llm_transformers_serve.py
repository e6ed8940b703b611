"""A server that is not ours: `transformers serve` with a tiny model, by both transports.

It needs torch and transformers with its serving extra (the extra `models`); without them its tests
are skipped.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from llm_server import WORD

from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.structured import schema_of
from hr_pipeline.llm.task import Task
from hr_pipeline.llm.transport import TRANSPORTS

NEEDED = ("torch", "transformers", "fastapi", "uvicorn", "openai")
STARTS_WITHIN_S = 120
WORDS = [f"w{i}" for i in range(6)]
SETTINGS = {"max_completion_tokens": 8, "temperature": 0}
STRUCTURED: Task[str, str] = replace(WORD, schema=schema_of("word", "word", {"type": "string"}))


class Served(NamedTuple):
    url: str
    model: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not all(map(find_spec, NEEDED)):
        pytest.skip("needs torch and transformers[serving]: pip install -e '.[models]'")
    folder, log = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("log") / "serve.txt"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, Path(__file__).with_name("tiny_model.py"), folder, str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield Served(f"http://127.0.0.1:{port}/v1", str(folder))
    finally:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    direct, until = build_opener(ProxyHandler({})), time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            direct.open(url, timeout=1).close()
            return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(f"transformers serve did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def ask_all(
    served: Served, path: Path, transport: str, task: Task[str, str] = WORD, **parameters: Any
) -> tuple[list[Answer[str] | str], Engine]:
    """The answers, in place of each lost row its reason, and the engine that has asked."""

    async def ask(word: str) -> Answer[str] | str:
        try:
            return await engine.ask(task, word)
        except Unanswered as lost:
            return lost.reason

    where = provider("openai", served.url)
    teacher = HttpTeacher(
        served.model, where, parameters=SETTINGS | parameters, transport=transport
    )
    with Engine(teacher, Recording(path), concurrency=2) as engine:
        return list(engine.in_order(ask, WORDS)), engine


def test_replies_are_counted_recorded_and_equal_through_both_transports(
    served: Served, tmp_path: Path
) -> None:
    runs = {}
    for transport in TRANSPORTS:
        answers, engine = ask_all(served, tmp_path / transport, transport)
        assert engine.counts["word/calls"] == len(WORDS)
        tokens = [len(f"say {word}") + len(("<user>", "<end>", "<assistant>")) for word in WORDS]
        assert engine.counts["word/prompt_tokens"] == sum(tokens)
        assert 0 < engine.counts["word/completion_tokens"] <= 8 * len(WORDS)
        assert all(isinstance(answer, Answer) for answer in answers)
        runs[transport] = answers
    assert runs["http"] == runs["sdk"]


def test_a_second_run_asks_nothing(served: Served, tmp_path: Path) -> None:
    first, _ = ask_all(served, tmp_path / "r", "http")
    again, engine = ask_all(Served("http://127.0.0.1:9/v1", served.model), tmp_path / "r", "sdk")
    assert again == first
    assert engine.counts["word/found"] == len(WORDS) and not engine.counts["word/calls"]


@pytest.mark.parametrize("transport", sorted(TRANSPORTS))
def test_a_schema_costs_no_row(served: Served, tmp_path: Path, transport: str) -> None:
    answers, engine = ask_all(served, tmp_path / "r", transport, STRUCTURED)
    assert engine.counts["word/calls"] == len(WORDS) == len(answers)


@pytest.mark.parametrize("transport", sorted(TRANSPORTS))
def test_what_the_server_refuses_is_told_in_its_words(
    served: Served, tmp_path: Path, transport: str
) -> None:
    answers, _ = ask_all(served, tmp_path / "r", transport, no_such_field=1)
    assert set(answers) == {"422: Unexpected fields in the request: {'no_such_field'}"}
