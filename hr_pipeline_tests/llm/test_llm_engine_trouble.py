"""The engine when things go wrong: what is durable, what is tried again, how a run ends."""

import _thread
import gc
import re
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llm_server import WORD, ChatServer, Said, error, last
from test_llm_engine import ask_all, engine_of, words

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.client import TeacherUnavailable
from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.pace import Deadline
from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply, Request


@pytest.fixture(autouse=True)
def nothing_stays(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No thread, no open connection, no exception that nobody took."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    threads = [t.name for t in threading.enumerate() if t.name.startswith(("crew", "recording"))]
    assert threads == []
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert [str(w.message) for w in warned if "unclosed" in str(w.message)] == []


@pytest.fixture
def server(server: ChatServer) -> ChatServer:
    """With room for many connections at once: else some wait for a second."""
    server._server.socket.listen(128)
    return server


def key_of(engine: Engine, word: str) -> str:
    return Request("m", (("user", f"say {word}"),), engine.teacher.parameters).key()


def answers_or_losses(engine: Engine, some: list[str]) -> list[str]:
    async def work(word: str) -> str:
        try:
            return (await engine.ask(WORD, word)).value
        except Unanswered as lost:
            return f"lost: {lost.reason}"

    return list(engine.in_order(work, some))


# -- durable -----------------------------------------------------------------------------------


class Slow(Recording):
    """A disk that takes its time."""

    def put_many(self, rows: Sequence[Recorded]) -> dict[str, Reply]:
        time.sleep(0.03)
        return super().put_many(rows)


def test_never_more_calls_are_unrecorded_than_there_are_slots(
    server: ChatServer, tmp_path: Path
) -> None:
    """So a kill at any moment loses at most so many."""
    unrecorded: list[int] = []
    reader = Recording(tmp_path / "recording.sqlite")

    def answer(body: dict, _: dict) -> Said:
        recorded = len(reader.keys())  # first: more may be recorded meanwhile, never fewer
        unrecorded.append(len(server.asked) - recorded)
        return Said(content="ok")

    server.answer = answer
    with engine_of(server, tmp_path, concurrency=6) as engine:
        engine.recording = Slow(tmp_path / "recording.sqlite")
        ask_all(engine, words(80))
    assert 4 <= max(unrecorded) <= 6


def test_a_reply_is_durable_before_it_is_parsed(server: ChatServer, tmp_path: Path) -> None:
    reader = Recording(tmp_path / "recording.sqlite")
    stored: list[str | None] = []

    def parse(reply: str, word: str) -> str:
        recorded = reader.get(key_of(engine, word))
        stored.append(recorded.text if recorded else None)
        return reply

    with engine_of(server, tmp_path) as engine:
        task = replace(WORD, parse=parse)
        list(engine.in_order(lambda word: engine.ask(task, word), words(20)))
    assert sorted(stored, key=str) == sorted(f"SAY W{i}" for i in range(20))


def test_a_recording_that_fails_ends_the_run_in_one_line(
    server: ChatServer, tmp_path: Path
) -> None:
    class Full(Recording):
        def put_many(self, rows: Sequence[Recorded]) -> dict[str, Reply]:
            raise InputError("the disk is full", "recording.sqlite")

    with engine_of(server, tmp_path) as engine:
        engine.recording = Full(tmp_path / "recording.sqlite")
        with pytest.raises(InputError, match="the disk is full"):
            ask_all(engine, words(1000))
    assert len(server.asked) <= 12


# -- tried again -------------------------------------------------------------------------------


TROUBLES = {
    "500": error(500),
    "503": error(503),
    "429": error(429, headers={"Retry-After": "0"}),
    "drop": Said(drop=True),
    "reset": Said(reset=True),
    "hang": Said(content="late", delay=0.5),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_passes_costs_no_row(server: ChatServer, tmp_path: Path, trouble: str) -> None:
    failed: set[str] = set()

    def answer(body: dict, _: dict) -> Said:
        said = last(body)
        if said in failed or not said.endswith(("1", "4")):
            return Said(content=said)
        failed.add(said)
        return TROUBLES[trouble]

    server.answer = answer
    with engine_of(server, tmp_path, concurrency=8, timeout_s=0.25) as engine:
        assert answers_or_losses(engine, words(20)) == [f"say {word}" for word in words(20)]
    retries = sum(n for name, n in engine.counts.items() if name.startswith("retries/"))
    assert retries >= 4 and not engine.gave_up


def test_a_row_that_always_fails_is_lost_alone_after_so_many_tries(
    server: ChatServer, tmp_path: Path
) -> None:
    server.answer = lambda body, _: error(500) if last(body) == "say w3" else Said(content="ok")
    with engine_of(server, tmp_path, attempts=3) as engine:
        said = answers_or_losses(engine, words(10))
    assert said.pop(3) == "lost: the endpoint failed 3 times: status 500"
    assert said == ["ok"] * 9
    assert engine.counts["word/given_up"] == engine.counts["word/unanswered"] == engine.gave_up == 1
    assert [last(body) for body in server.bodies()].count("say w3") == 3


def test_refusals_of_the_rate_are_no_failures(server: ChatServer, tmp_path: Path) -> None:
    server.script.extend([error(429, headers={"retry-after-ms": "1"})] * 12)
    with engine_of(server, tmp_path, attempts=2, concurrency=1) as engine:
        assert answers_or_losses(engine, ["w"]) == ["SAY W"]
    assert engine.counts["retries/429"] == 12


@pytest.mark.parametrize(
    ("headers", "least_s"),
    [({"Retry-After": "1"}, 1.0), ({"retry-after-ms": "300", "Retry-After": "9"}, 0.3)],
)
def test_the_wait_that_the_endpoint_asks_for_is_kept_and_the_slot_is_free(
    server: ChatServer, tmp_path: Path, headers: dict[str, str], least_s: float
) -> None:
    server.script.append(error(429, headers=headers))
    with engine_of(server, tmp_path, concurrency=1) as engine:
        ask_all(engine, words(10))
    asked = [last(body) for body in server.bodies()]
    first, again = (i for i, said in enumerate(asked) if said == "say w0")
    assert least_s <= server.times[again] - server.times[first] <= least_s + 0.5
    assert again == len(asked) - 1 == 10  # all others went meanwhile


def test_hangs_cost_the_learned_deadline_only(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deadline, "LEAST_S", 0.3)
    hung: set[str] = set()

    def answer(body: dict, _: dict) -> Said:
        hangs = last(body) in ("say w3", "say w150") and last(body) not in hung
        hung.add(last(body))
        return Said(content="ok", delay=20 if hangs else 0.005)

    server.answer = answer
    started = time.monotonic()
    with engine_of(server, tmp_path, concurrency=16, timeout_s=20) as engine:
        ask_all(engine, words(300))
    assert time.monotonic() - started < 5
    assert engine.counts["retries/no answer in time"] >= 2


# -- outages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("outage", ["refused", "503", "hang"])
def test_a_total_outage_ends_the_run_in_one_line(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outage: str
) -> None:
    monkeypatch.setattr(Deadline, "LEAST_S", 0.3)
    began = 0.0

    def answer(body: dict, _: dict) -> Said:
        nonlocal began
        if len(server.asked) <= 150:
            return Said(content="ok")
        began = began or time.monotonic()
        return error(503) if outage == "503" else Said(content="late", delay=5)

    server.answer = answer
    if outage == "refused":
        server.close()
        began = time.monotonic()
    with engine_of(server, tmp_path, 16, patience_s=0.6, timeout_s=20, attempts=8) as engine:
        with pytest.raises(TeacherUnavailable, match="has not answered for 1 s") as caught:
            answers_or_losses(engine, words(10_000))
        assert time.monotonic() - began < 0.6 + 0.3 + 1.0
        assert engine.recording is not None and engine.gave_up == 0
        assert len(engine.recording.keys()) == (0 if outage == "refused" else 150)
    assert "\n" not in str(caught.value)
    assert "what was answered is kept: run again to go on" in str(caught.value)


def test_a_short_outage_costs_no_row(server: ChatServer, tmp_path: Path) -> None:
    began: list[float] = []

    def answer(body: dict, _: dict) -> Said:
        if len(server.asked) > 50:
            began.append(time.monotonic())
            if began[-1] - began[0] < 1.2:
                return error(503)
        return Said(content="ok", delay=0.002)

    server.answer = answer
    with engine_of(server, tmp_path, 16, patience_s=3, attempts=8) as engine:
        assert answers_or_losses(engine, words(400)) == ["ok"] * 400
    assert engine.counts["retries/status 503"] > 30 and engine.gave_up == 0


def test_a_refused_key_ends_the_run_while_others_wait(server: ChatServer, tmp_path: Path) -> None:
    """Rows between two tries, at the pace and at a slot are let go at once."""

    def answer(body: dict, _: dict) -> Said:
        if len(server.asked) <= 12:
            return error(429, headers={"Retry-After": "50"})
        return error(401, "Incorrect API key")

    server.answer = answer
    started = time.monotonic()
    with (
        engine_of(server, tmp_path, rpm=6000) as engine,
        pytest.raises(InputError, match="401: Incorrect API key"),
    ):
        ask_all(engine, words(1000))
    assert time.monotonic() - started < 3 and len(server.asked) <= 20


# -- the caller goes ---------------------------------------------------------------------------


def leave(engine: Engine, how: str) -> None:
    results = engine.in_order(lambda word: engine.ask(WORD, word), words(1000))
    for _ in range(5):
        next(results)
    if how == "interrupt in the caller":
        raise KeyboardInterrupt
    if how == "interrupt while waiting":
        threading.Timer(0.1, _thread.interrupt_main).start()
        list(results)
    if how == "error":
        for _ in results:
            raise ValueError("the caller's own")
    results.close()


@pytest.mark.parametrize(
    ("how", "raised"),
    [
        ("interrupt in the caller", KeyboardInterrupt),
        ("interrupt while waiting", KeyboardInterrupt),
        ("error", ValueError),
        ("enough", None),
    ],
)
def test_when_the_caller_goes_calls_in_flight_are_recorded(
    server: ChatServer, tmp_path: Path, how: str, raised: type[BaseException] | None
) -> None:
    server.answer = lambda body, _: Said(content=last(body), delay=0.1)
    engine: Any = engine_of(server, tmp_path, concurrency=8)
    started = time.monotonic()
    try:
        with engine:
            leave(engine, how)
    except (KeyboardInterrupt, ValueError) as error_of_the_caller:
        assert type(error_of_the_caller) is raised
    else:
        assert raised is None
    assert time.monotonic() - started < 2
    recording = Recording(tmp_path / "recording.sqlite")
    assert len(recording.keys()) == len(server.asked) >= 8
    assert server.in_flight == 0


def test_one_run_goes_on_at_a_time(server: ChatServer, tmp_path: Path) -> None:
    with engine_of(server, tmp_path) as engine:
        outer = engine.in_order(lambda word: engine.ask(WORD, word), words(1000))
        next(outer)
        with pytest.raises(RuntimeError, match=re.escape("works on one run at a time")):
            ask_all(engine, words(2))
        outer.close()
        assert len(ask_all(engine, words(2))) == 2
