"""The client against a real local server: what is tried again, what stops at once, what leaks."""

import asyncio
import logging
import sqlite3
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from llm_server import WORD, ChatServer, Said, error

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.client import OpenAITeacher, TeacherUnavailable
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.recording import Recording, Request
from hr_pipeline.llm.task import Reply, RequestRefused

KEY = "sk-planted-4f9a8b7c6d5e"
REQUEST = Request("m", (("user", "say é"),))
OK = Said(content="fine")


def teacher_of(server: ChatServer, **settings: Any) -> OpenAITeacher:
    settings = {"base_url": server.url, "longest_wait_s": 0.02, "attempts": 4} | settings
    return OpenAITeacher("m", **settings)


def reply_of(teacher: OpenAITeacher, request: Request = REQUEST) -> Reply:
    async def ask() -> Reply:
        try:
            return await teacher.reply(WORD, "q", request, request.key())
        finally:
            await teacher.close()

    return asyncio.run(ask())


# -- what passes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        error(429),
        error(500),
        error(503),
        error(408),
        error(409),
        Said(drop=True),
        Said(content="late", delay=0.5),
        Said(body='{"choices": [', headers={"Content-Type": "application/json"}),
    ],
    ids=["429", "500", "503", "408", "409", "dropped", "timeout", "half a body"],
)
def test_what_may_pass_is_tried_again(server: ChatServer, trouble: Said) -> None:
    server.script.extend([trouble, trouble, OK])
    assert reply_of(teacher_of(server, timeout_s=0.25)).text == "fine"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        (error(429), "status 429"),
        (error(500), "status 500"),
        (Said(drop=True), "APIConnectionError"),
        (Said(content="late", delay=0.3), "APITimeoutError"),
        (Said(body="{", headers={"Content-Type": "application/json"}), "JSONDecodeError"),
    ],
)
def test_it_gives_up_after_the_attempts_and_says_why(
    server: ChatServer, trouble: Said, cause: str
) -> None:
    server.script.extend([trouble] * 9)
    with pytest.raises(TeacherUnavailable) as caught:
        reply_of(teacher_of(server, attempts=3, timeout_s=0.1))
    assert len(server.asked) == 3
    assert cause in str(caught.value) and "3 attempts" in str(caught.value)


def test_an_endpoint_that_is_not_there_is_unavailable(server: ChatServer) -> None:
    server.close()
    with pytest.raises(TeacherUnavailable, match="APIConnectionError"):
        reply_of(teacher_of(server))


def test_it_waits_as_long_as_retry_after_says(server: ChatServer) -> None:
    server.script.extend([error(429, headers={"Retry-After": "0.4"}), OK])
    reply_of(teacher_of(server, longest_wait_s=5.0))
    assert 0.4 <= server.times[1] - server.times[0] < 2.0


@pytest.mark.parametrize("said", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT", "soon", "-1", "nan"])
def test_no_retry_after_holds_it_longer_than_the_longest_wait(
    server: ChatServer, said: str
) -> None:
    server.script.extend([error(429, headers={"Retry-After": said}), OK])
    began = time.monotonic()
    assert reply_of(teacher_of(server, longest_wait_s=0.1)).text == "fine"
    assert time.monotonic() - began < 3


# -- what stops the run ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (error(401, "wrong key"), "401: wrong key"),
        (error(403, "not here"), "403: not here"),
        (error(404, "no such model m"), "404: no such model m"),
        (error(429, "pay first", "insufficient_quota"), "quota is used up"),
        (Said(status=404, body="<html>nginx</html>", headers={"Content-Type": "text/html"}), "404"),
        (Said(body="<html>hello</html>", headers={"Content-Type": "text/html"}), "no chat comple"),
        (Said(body={"error": {"message": "x"}}), "no chat completion"),
    ],
)
def test_what_the_user_must_mend_stops_at_once_in_one_line(
    server: ChatServer, refusal: Said, said: str
) -> None:
    server.script.extend([refusal] * 5)
    with pytest.raises(InputError) as caught:
        reply_of(teacher_of(server))
    assert len(server.asked) == 1
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_refused_for_its_content_loses_its_row_and_no_key(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    server.script.append(error(status, f"content filter {KEY}"))
    with pytest.raises(RequestRefused) as caught:
        reply_of(teacher_of(server, key_variable="MY_KEY"))
    assert len(server.asked) == 1
    assert f"{status}: content filter" in str(caught.value) and KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        ([{"index": 0}], ""),
        ([{"index": 0, "message": None}], ""),
        ("none", ""),
        ([{"message": {"role": "assistant", "content": [{"type": "text", "text": "a"}]}}], "a"),
    ],
)
def test_odd_choices_are_read_or_count_as_empty(
    server: ChatServer, choices: object, text: str
) -> None:
    server.script.append(Said(body={"choices": choices}))
    assert reply_of(teacher_of(server)).text == text


def test_no_key_is_said_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(InputError, match="environment variable MY_KEY: no key") as caught:
        OpenAITeacher("m", key_variable="MY_KEY")
    assert KEY not in str(caught.value)


def test_a_base_url_needs_no_key(server: ChatServer) -> None:
    server.script.append(OK)
    assert reply_of(teacher_of(server)).text == "fine"
    assert server.asked[0][0] == "/v1/chat/completions"


# -- what goes over the wire -------------------------------------------------------------------


def test_messages_model_parameters_and_key_reach_the_wire(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    teacher = teacher_of(
        server, key_variable="MY_KEY", parameters={"temperature": 0.3, "max_tokens": 9, "seed": 4}
    )
    messages = (("user", "say é"), ("assistant", "bad 😀"), ("user", "again"))
    server.script.append(OK)
    reply_of(teacher, Request(teacher.model, messages, teacher.parameters))
    _, body, headers = server.asked[0]
    wire = [{"role": role, "content": content} for role, content in messages]
    assert body == {
        "model": "m", "messages": wire, "temperature": 0.3, "max_tokens": 9, "seed": 4
    }  # fmt: skip
    assert headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (Said(content="x\ny "), Reply("x\ny ", 7, 3)),
        (Said(content=""), Reply("", 7, 3)),
        (Said(content=None), Reply("", 7, 3)),
        (Said(content="x", usage=None), Reply("x", 0, 0)),
        (
            Said(content="\ud83d \U0001f600 \u2028 \x00"),
            Reply("\ud83d \U0001f600 \u2028 \x00", 7, 3),
        ),
    ],
)
def test_the_reply_comes_back_as_it_was_with_its_tokens(
    server: ChatServer, said: Said, reply: Reply
) -> None:
    server.script.append(said)
    assert reply_of(teacher_of(server)) == reply


def test_a_teacher_that_was_closed_opens_again(server: ChatServer) -> None:
    teacher = teacher_of(server)
    assert reply_of(teacher) == reply_of(teacher)
    assert len(server.asked) == 2


# -- the key stays inside ----------------------------------------------------------------------


def everything_said(failure: BaseException) -> str:
    """The error as Python and as Dagster tell it, with all that led to it."""
    from dagster._utils.error import serializable_error_info_from_exc_info

    assert failure.__traceback__ is not None
    told = serializable_error_info_from_exc_info((type(failure), failure, failure.__traceback__))
    return "".join(traceback.format_exception(failure)) + told.to_string() + repr(failure)


@pytest.mark.parametrize(
    "trouble",
    [
        error(401, f"Incorrect API key provided: {KEY}."),
        error(403, "x" * 195 + KEY),
        error(404, f"Bearer {KEY}", KEY),
        error(500, KEY),
        error(429, KEY, "insufficient_quota"),
        Said(drop=True),
        Said(body=f"<html>{KEY}</html>", headers={"Content-Type": "text/html"}),
    ],
)
def test_the_key_stands_in_no_error_no_log_and_no_file(
    server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    trouble: Said,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, name)
    monkeypatch.setenv("MY_KEY", KEY)
    server.script.extend([OK, trouble, trouble])
    teacher = teacher_of(server, key_variable="MY_KEY", attempts=2)
    with (
        pytest.raises((InputError, TeacherUnavailable)) as caught,
        Engine(teacher, Recording(tmp_path / "r.sqlite"), concurrency=1) as engine,
    ):
        list(engine.in_order(lambda word: engine.ask(WORD, word), ["a", "b"]))
    assert server.asked[0][2]["authorization"] == f"Bearer {KEY}"
    assert len(caplog.text) > 100
    assert KEY not in caplog.text and KEY not in everything_said(caught.value)
    assert KEY[:12] not in str(caught.value)
    assert KEY not in "".join(capfd.readouterr())
    assert KEY not in repr(vars(engine)) and KEY not in repr(teacher)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and all(KEY.encode() not in path.read_bytes() for path in files)
    with sqlite3.connect(tmp_path / "r.sqlite") as db:
        assert db.execute("SELECT count(*) FROM replies").fetchone() == (1,)
    assert KEY not in (Recording(tmp_path / "r.sqlite").request_text(engine_key()) or KEY)


def engine_key() -> str:
    return Request("m", (("user", "say a"),)).key()


@pytest.mark.parametrize("broken", ["sk-a\nb-planted", "sk-é-planted", "sk a planted", "sk-\x7f"])
def test_what_is_no_key_is_refused_without_being_repeated(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setenv("MY_KEY", broken)
    with pytest.raises(InputError, match="MY_KEY") as caught:
        teacher_of(server, key_variable="MY_KEY")
    assert "planted" not in str(caught.value)
