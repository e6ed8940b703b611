"""The engine: order, bounds, re-asks, the recording, and the way errors end a run."""

import asyncio
import gc
import random
import threading
import tracemalloc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llm_server import WORD, ChatServer, Said, error, last

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.engine import WINDOW_A_SLOT, Answer, Engine, Unanswered
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.template import TemplateTeacher


def engine_of(
    server: ChatServer, path: Path, concurrency: int = 4, max_reasks: int = 2, **settings: Any
) -> Engine:
    """`settings` of the teacher, but for `attempts`."""
    attempts = settings.pop("attempts", 3)
    teacher = HttpTeacher("m", provider("openai", server.url, "", "NO_KEY"), **settings)
    recording = Recording(path / "recording.sqlite")
    return Engine(
        teacher, recording, concurrency=concurrency, max_reasks=max_reasks, attempts=attempts
    )


def ask_all(engine: Engine, words: Iterator[str] | list[str]) -> list[Answer[str]]:
    return list(engine.in_order(lambda word: engine.ask(WORD, word), words))


def words(n: int) -> list[str]:
    return [f"w{i}" for i in range(n)]


# -- order and bounds --------------------------------------------------------------------------


def test_answers_keep_the_rows_order_and_requests_stay_within_the_concurrency(
    server: ChatServer, tmp_path: Path
) -> None:
    chance = random.Random(1)
    server.answer = lambda body, _: Said(content=last(body).upper(), delay=chance.random() / 50)
    with engine_of(server, tmp_path, concurrency=5) as engine:
        answers = ask_all(engine, words(60))
    assert [a.value for a in answers] == [f"SAY W{i}" for i in range(60)]
    assert 2 < server.most_in_flight <= 5
    assert engine.counts == {
        "word/replies": 60,
        "word/calls": 60,
        "word/prompt_tokens": 60 * 7,
        "word/completion_tokens": 60 * 3,
    }


def test_one_slow_reply_does_not_hold_the_others_up(server: ChatServer, tmp_path: Path) -> None:
    release = threading.Event()

    def answer(body: dict, _: dict) -> Said:
        if last(body) == "say w0":
            assert release.wait(10)
        elif last(body) == "say w6":
            release.set()
        return Said(content=last(body))

    server.answer = answer
    with engine_of(server, tmp_path, concurrency=2) as engine:
        assert len(ask_all(engine, words(10))) == 10


def test_rows_are_drawn_as_they_are_needed(tmp_path: Path) -> None:
    drawn: list[int] = []

    def rows() -> Iterator[str]:
        for i in range(100_000):
            drawn.append(i)
            yield f"w{i}"

    engine = Engine(TemplateTeacher(1), None, concurrency=3)
    results = engine.in_order(lambda word: engine.ask(WORD, word), rows())
    assert drawn == []
    for i in range(50):
        assert next(results).value.startswith(f"w{i}-")
        assert len(drawn) <= i + 1 + WINDOW_A_SLOT * 3
    results.close()
    assert len(drawn) < 51 + WINDOW_A_SLOT * 3


def test_an_endless_source_can_be_left_in_the_middle(server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda body, _: Said(content="ok", delay=0.01)
    endless = (f"w{i}" for i in iter(int, 1))
    with engine_of(server, tmp_path) as engine:
        results = engine.in_order(lambda word: engine.ask(WORD, word), endless)
        next(results)
        results.close()
    assert server.in_flight <= 4


def test_memory_does_not_grow_with_the_rows() -> None:
    class Row:
        def __init__(self) -> None:
            self.load = bytes(10_000)

    alive: weakref.WeakSet[Row] = weakref.WeakSet()
    most = 0

    def rows(n: int) -> Iterator[Row]:
        for _ in range(n):
            row = Row()
            alive.add(row)
            yield row

    async def work(row: Row) -> Row:
        await asyncio.sleep(0)
        return row

    engine = Engine(TemplateTeacher(1), None, concurrency=4)
    peaks = []
    for n in (300, 3_000):
        gc.collect()
        tracemalloc.start()
        for _ in engine.in_order(work, rows(n)):
            most = max(most, len(alive))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most <= WINDOW_A_SLOT * 4 + 2
    assert peaks[1] < 1.5 * peaks[0] + 100_000


def test_no_rows_give_no_answers(server: ChatServer, tmp_path: Path) -> None:
    with engine_of(server, tmp_path) as engine:
        assert ask_all(engine, []) == []


# -- re-asks -----------------------------------------------------------------------------------


def test_a_reask_carries_the_reason_and_the_reply_before(
    server: ChatServer, tmp_path: Path
) -> None:
    server.script.extend([Said(content="bad one"), Said(content=None), Said(content="good")])
    with engine_of(server, tmp_path) as engine:
        (answer,) = ask_all(engine, ["w$x"])
    first, second, third = (body["messages"] for body in server.bodies())
    assert answer.value == "good" and len(set(answer.request_ids)) == 3
    assert first == [{"role": "user", "content": "say w$x"}]
    assert second[:2] == [*first, {"role": "assistant", "content": "bad one"}]
    assert "'bad' is not a word that answers 'w$x'; it costs $5." in second[2]["content"]
    assert third[:4] == [*second, {"role": "assistant", "content": ""}]
    assert "The reply is empty" in third[4]["content"] and len(third) == 5
    assert [engine.counts[f"word/{n}"] for n in ("replies", "calls", "reasks")] == [3, 3, 2]


@pytest.mark.parametrize("max_reasks", [0, 2])
def test_what_stays_unusable_is_unanswered_with_the_last_reply_and_all_keys(
    server: ChatServer, tmp_path: Path, max_reasks: int
) -> None:
    server.answer = lambda body, _: Said(content=f"bad {len(body['messages'])} \ud83d")
    with engine_of(server, tmp_path, max_reasks=max_reasks) as engine:
        with pytest.raises(Unanswered) as caught:
            ask_all(engine, ["w"])
        assert engine.recording is not None
        stored = [engine.recording.get(key) for key in caught.value.request_ids]
    raw = [f"bad {1 + 2 * i} \ud83d" for i in range(1 + max_reasks)]
    assert [reply.text for reply in stored if reply] == raw
    assert caught.value.raw == raw[-1] and caught.value.task == "word"
    assert len(server.asked) == 1 + max_reasks
    assert engine.counts["word/unanswered"] == 1


def test_a_reply_with_half_characters_is_asked_again(server: ChatServer, tmp_path: Path) -> None:
    server.script.extend([Said(content="half \ud83d"), Said(content="whole")])
    with engine_of(server, tmp_path) as engine:
        assert ask_all(engine, ["w"])[0].value == "whole"
    assert server.bodies()[1]["messages"][1]["content"] == "half \\ud83d"


# -- nothing is asked twice --------------------------------------------------------------------


def test_a_second_run_asks_nothing_and_answers_the_same(server: ChatServer, tmp_path: Path) -> None:
    server.script.extend([Said(content="bad")])
    with engine_of(server, tmp_path, concurrency=1) as engine:
        first = ask_all(engine, words(10))
    asked = len(server.asked)
    server.answer = lambda body, _: error(500)
    with engine_of(server, tmp_path, concurrency=7) as engine:
        assert ask_all(engine, words(10)) == first
    assert len(server.asked) == asked == 11
    assert engine.counts == {"word/replies": 11, "word/found": 11, "word/reasks": 1}


def test_a_run_that_was_stopped_goes_on_where_it_was(server: ChatServer, tmp_path: Path) -> None:
    with engine_of(server, tmp_path, concurrency=1) as engine:
        results = engine.in_order(lambda word: engine.ask(WORD, word), words(20))
        before = [next(results) for _ in range(6)]
        results.close()
    with engine_of(server, tmp_path) as engine:
        answers = ask_all(engine, words(20))
    assert answers[:6] == before and len(answers) == 20
    texts = [last(body) for body in server.bodies()]
    assert set(texts) == {f"say w{i}" for i in range(20)}
    assert len(texts) <= 21  # one was under way


def test_the_same_question_at_the_same_time_is_asked_once(
    server: ChatServer, tmp_path: Path
) -> None:
    server.answer = lambda body, _: Said(content=f"reply {len(server.asked)}", delay=0.02)
    with engine_of(server, tmp_path, concurrency=8) as engine:
        answers = ask_all(engine, ["same"] * 30)
    assert len(server.asked) == 1 and len(set(answers)) == 1


def test_the_reply_that_another_process_recorded_first_is_the_one_used(
    server: ChatServer, tmp_path: Path
) -> None:
    """Else the row would name a request whose recorded reply is not what it was made from."""
    engine = engine_of(server, tmp_path)
    other = engine_of(server, tmp_path)
    nested: list[Answer[str]] = []

    def answer(body: dict, _: dict) -> Said:
        if not nested:
            server.answer = lambda body, _: Said(content="first to end")
            other_run = threading.Thread(
                target=lambda: nested.extend(run_elsewhere(server, tmp_path))
            )
            other_run.start()
            other_run.join()
        return Said(content="late")

    server.answer = answer
    answers = ask_all(engine, ["w"])
    other.__exit__()
    assert [a.value for a in answers + nested] == ["first to end"] * 2
    engine.__exit__()


def run_elsewhere(server: ChatServer, path: Path) -> list[Answer[str]]:
    with engine_of(server, path) as engine:
        return ask_all(engine, ["w"])


# -- errors ------------------------------------------------------------------------------------


def test_an_error_in_one_row_ends_the_run_and_calls_in_flight_are_recorded(
    server: ChatServer, tmp_path: Path
) -> None:
    server.answer = lambda body, _: Said(content=last(body), delay=0.1)

    async def work(word: str) -> str:
        if word == "w7":
            await asyncio.sleep(0.15)
            raise InputError("wrong", "here")
        return (await engine.ask(WORD, word)).value

    with engine_of(server, tmp_path) as engine:
        got = []
        with pytest.raises(InputError, match="here: wrong"):
            for result in engine.in_order(work, words(1000)):
                got.append(result)
        assert engine.recording is not None
        recorded = engine.recording.keys()
    assert got == [f"say w{i}" for i in range(7)]
    assert len(recorded) == len(server.asked) == 8  # the second four were in flight


def test_a_refused_key_ends_the_run_after_at_most_one_call_per_slot(
    server: ChatServer, tmp_path: Path
) -> None:
    server.answer = lambda body, _: error(401)
    with engine_of(server, tmp_path, concurrency=3) as engine, pytest.raises(InputError):
        ask_all(engine, words(1_000))
    assert len(server.asked) <= 6


def test_an_error_of_the_rows_source_surfaces(server: ChatServer, tmp_path: Path) -> None:
    def rows() -> Iterator[str]:
        yield from words(5)
        raise RuntimeError("no more rows")

    with engine_of(server, tmp_path) as engine, pytest.raises(RuntimeError, match="no more rows"):
        ask_all(engine, rows())


def test_it_works_in_a_thread_again_and_again(server: ChatServer, tmp_path: Path) -> None:
    got: list[list[str]] = []
    engine = engine_of(server, tmp_path)

    def run() -> None:
        got.append([a.value for a in ask_all(engine, words(5))])

    for _ in range(2):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(20)
    engine.__exit__()
    assert got == [[f"SAY W{i}" for i in range(5)]] * 2


# -- refusals and empty replies ----------------------------------------------------------------


def test_a_refused_request_loses_its_row_only(server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda body, _: (
        error(400, "content filter") if last(body) == "say w1" else Said(content=last(body))
    )

    async def lost_or_said(word: str) -> str:
        try:
            return (await engine.ask(WORD, word)).value
        except Unanswered as failure:
            return failure.reason

    with engine_of(server, tmp_path) as engine:
        said = list(engine.in_order(lost_or_said, words(3)))
    assert said == ["say w0", "400: content filter", "say w2"]


def test_an_endpoint_that_refuses_everything_stops_the_run(
    server: ChatServer, tmp_path: Path
) -> None:
    server.answer = lambda *_: error(400, "unknown parameter")

    async def lost(word: str) -> None:
        with pytest.raises(Unanswered):
            await engine.ask(WORD, word)

    with (
        pytest.raises(InputError, match="refuses every request .400: unknown parameter"),
        engine_of(server, tmp_path) as engine,
    ):
        list(engine.in_order(lost, words(100)))
    assert len(server.asked) < 40


def test_an_empty_reply_is_asked_again_by_a_later_run(server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda *_: Said(content="")
    with pytest.raises(Unanswered), engine_of(server, tmp_path, max_reasks=0) as engine:
        ask_all(engine, ["w"])
    server.answer = lambda body, _: Said(content=last(body))
    with engine_of(server, tmp_path, max_reasks=0) as engine:
        assert ask_all(engine, ["w"])[0].value == "say w"
