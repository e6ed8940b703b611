"""A whole build with the openai teacher, against a real HTTP server on this machine."""

import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.building import build, one_line, spawn, tree

KEY = "sk-planted-key-that-nobody-may-find"


class Endpoint(ThreadingHTTPServer):
    """Answers chat completions with the replies that a template run has recorded."""

    daemon_threads = True

    def __init__(self, replies: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = replies
        self.asked: Counter[str] = Counter()
        self.refuse_key = False
        self.pause_s = 0.0  # before an answer
        self.fail_first = False  # each request fails once, in turns with 429, 500 and a reset
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """Connections that the client drops are no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        question = json.dumps(body["messages"], sort_keys=True)
        with self.server.lock:
            self.server.asked[question] += 1
            times, turn = self.server.asked[question], len(self.server.asked)
        if self.server.refuse_key:
            return self.answer(401, {"error": {"message": "Incorrect API key provided"}})
        if self.server.fail_first and times == 1:
            if turn % 3 == 2:
                self.close_connection = True
                return self.connection.close()
            return self.answer(429 if turn % 3 else 500, {"error": {"message": "busy"}})
        time.sleep(self.server.pause_s)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.server.replies[question]},
        }
        usage = {"prompt_tokens": 100, "completion_tokens": 200, "total_tokens": 300}
        self.answer(200, {"choices": [choice | {"finish_reason": "stop"}], "usage": usage})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(
            {"id": "x", "object": "chat.completion", "created": 0, "model": "m"} | body
        ).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if status == 429:
            self.send_header("retry-after", "0.05")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def template_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("template") / "lake"
    assert build(lake) == 0
    return lake


@pytest.fixture
def endpoint(template_lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    recording = Recording(Lake(template_lake).recording_path)
    replies = {json.dumps(r["messages"], sort_keys=True): text for r, text in recorded(recording)}
    recording.close()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = Endpoint(replies)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def recorded(recording: Recording) -> Iterator[tuple[dict[str, Any], str]]:
    for key in recording.keys():  # noqa: SIM118 (a method of ours)
        reply, request = recording.get(key), recording.request_text(key)
        assert reply is not None and request is not None
        yield json.loads(request), reply.text


def openai(endpoint: Endpoint) -> tuple[str, ...]:
    return ("--teacher", "openai", "--model", "m", "--base-url", endpoint.url)


def test_the_model_writes_the_same_triples_through_faults_and_is_never_asked_twice(
    endpoint: Endpoint, template_lake: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    endpoint.fail_first = True
    assert build(lake, *openai(endpoint)) == 0
    assert set(endpoint.asked.values()) == {2}  # the fault and the answer
    ours, theirs = (Lake(root).table("rjdb/triples") for root in (lake, template_lake))
    aside = ["teacher", "request_ids"]
    assert ours.drop_columns(aside).equals(theirs.drop_columns(aside))
    assert set(ours.column("teacher").to_pylist()) == {"m"}
    assert Lake(lake).require("rjdb/triples").notice == ""
    total = endpoint.asked.total()
    assert build(lake, *openai(endpoint), "--force") == 0
    assert endpoint.asked.total() == total
    for path, content in tree(lake).items():
        assert KEY.encode() not in content, path


def test_a_refused_key_stops_the_run_at_once_in_one_line(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.refuse_key = True
    assert build(tmp_path / "lake", *openai(endpoint)) == 2
    line = one_line(capsys)
    assert "Incorrect API key" in line and KEY not in line
    assert endpoint.asked.total() <= 64  # no more than the window of requests in flight


def test_ctrl_c_ends_a_build_with_one_line_and_keeps_what_was_answered(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    endpoint.pause_s = 0.1
    process = spawn(tmp_path / "lake", *openai(endpoint))
    while endpoint.asked.total() < 40 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1].decode()
    assert process.returncode == 1
    assert said.splitlines()[-1] == "hr-pipeline: stopped; run the same command to go on"
    assert "Traceback" not in said and "Stack Trace" not in said
    recording = Recording(Lake(tmp_path / "lake").recording_path)
    assert len(recording.keys()) == endpoint.asked.total()
    recording.close()


def test_a_whole_recording_needs_neither_key_nor_address(
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lake = tmp_path / "lake"
    assert build(lake, *openai(endpoint)) == 0
    monkeypatch.delenv("OPENAI_API_KEY")
    capsys.readouterr()
    total = endpoint.asked.total()
    assert build(lake, "--teacher", "openai", "--model", "m", "--force") == 0
    assert endpoint.asked.total() == total
    assert build(tmp_path / "other", "--teacher", "openai", "--model", "m") == 2
    assert "environment variable OPENAI_API_KEY: no key" in one_line(capsys)
