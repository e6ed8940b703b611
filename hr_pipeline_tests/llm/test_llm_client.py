"""The client against a real local server: what is tried again, what stops at once, what leaks."""

import asyncio
import dataclasses
import logging
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from llm_server import WORD, ChatServer, Said, error, last

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.client import HttpTeacher, TeacherUnavailable
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request, Schema
from hr_pipeline.llm.task import Passing, RequestRefused, Task
from hr_pipeline.llm.transport import TRANSPORTS

KEY = "sk-planted-4f9a8b7c6d5e"
REQUEST = Request("m", (("user", "say é"),))
OK = Said(content="fine")
ODD = "\ud83d \U0001f600 \u2028 \x00"
PARTS = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
HTML = {"Content-Type": "text/html"}
BOTH = pytest.mark.parametrize("transport", sorted(TRANSPORTS))
STRUCTURED: Task[str, str] = dataclasses.replace(
    WORD, schema=Schema("word", {"type": "object", "properties": {}})
)


def teacher_of(server: ChatServer, key_variable: str = "NO_KEY", **settings: Any) -> HttpTeacher:
    return HttpTeacher("m", provider("openai", server.url, "", key_variable), **settings)


def replies_of(teacher: HttpTeacher, times: int = 1, request: Request = REQUEST) -> list[Reply]:
    """So many attempts at one request, one after the other."""

    async def ask() -> list[Reply]:
        try:
            return [await teacher.reply(WORD, "q", request, request.key()) for _ in range(times)]
        finally:
            await teacher.close()

    return asyncio.run(ask())


def reply_of(teacher: HttpTeacher, request: Request = REQUEST) -> Reply:
    return replies_of(teacher, 1, request)[0]


def failure_of(teacher: HttpTeacher) -> Passing:
    with pytest.raises(Passing) as caught:
        reply_of(teacher)
    return caught.value


# -- what passes -------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        (error(500), "status 500"),
        (error(503), "status 503"),
        (error(408), "status 408"),
        (error(409), "status 409"),
        (error(529), "status 529"),
        (Said(drop=True), "the connection was lost"),
        (Said(content="late", delay=0.6), "no answer"),
        (Said(body='{"choices": ['), "an answer that is no chat completion"),
        (Said(body=""), "an answer that is no chat completion"),
        (Said(body={"error": {"message": "upstream failed", "code": 502}}), "status 502"),
        (Said(body={"error": "overloaded"}), "status 500"),
    ],
)
def test_what_may_pass_can_be_tried_again(
    server: ChatServer, transport: str, trouble: Said, cause: str
) -> None:
    server.script.append(trouble)
    teacher = teacher_of(server, transport=transport, timeout_s=0.3 if trouble.delay else 5)
    failure = failure_of(teacher)
    assert failure.cause.startswith(cause) and not failure.limited and not failure.free
    assert len(server.asked) == 1
    server.script.append(OK)
    assert trouble.delay or reply_of(teacher).text == "fine"


@BOTH
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"Retry-After": "0.4"}, 0.4),
        ({"retry-after": "3600"}, 3600.0),
        ({"Retry-After-Ms": "40", "Retry-After": "1"}, 0.04),
        *[({"Retry-After": said}, None) for said in ("soon", "-1", "nan", "inf", "", "1e999")],
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, None),
    ],
)
def test_a_limit_says_how_long_to_wait(
    server: ChatServer, transport: str, headers: dict[str, str], wait_s: float | None
) -> None:
    server.script.append(error(429, headers=headers))
    failure = failure_of(teacher_of(server, transport=transport))
    assert (failure.cause, failure.limited, failure.wait_s) == ("429", True, wait_s)


def test_a_run_waits_as_long_as_retry_after_says_and_loses_nothing(server: ChatServer) -> None:
    server.script.extend([error(429, headers={"Retry-After": "0.4"}), OK])
    with Engine(teacher_of(server), None, concurrency=1) as engine:
        (answer,) = engine.in_order(lambda word: engine.ask(WORD, word), ["a"])
    assert answer.value == "fine"
    assert 0.4 <= server.times[1] - server.times[0] < 2.0


# -- an endpoint that is gone ------------------------------------------------------------------


def test_an_outage_stops_the_run_after_the_patience_with_its_cause(server: ChatServer) -> None:
    server.close()
    began = time.monotonic()
    with (
        pytest.raises(TeacherUnavailable, match="no connection: connection refused") as caught,
        Engine(teacher_of(server, patience_s=0.5), None, concurrency=8) as engine,
    ):
        list(engine.in_order(lambda word: engine.ask(WORD, word), map(str, range(50))))
    assert 0.5 < time.monotonic() - began < 5
    assert len(str(caught.value).splitlines()) == 1


def test_failures_after_a_pause_are_no_outage(server: ChatServer) -> None:
    """Patience counts from the first failure, not from the last answer before a quiet time."""
    teacher = teacher_of(server, patience_s=0.3)
    reply_of(teacher)
    time.sleep(0.4)
    server.script.extend([error(500)] * 6)
    assert {failure_of(teacher).cause for _ in range(6)} == {"status 500"}


# -- what stops the run ------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (error(401, "wrong key"), "401: wrong key"),
        (error(403, "not here"), "403: not here"),
        (error(404, "no such model m"), "404: no such model m"),
        (error(402, "pay first"), "quota is used up"),
        (error(429, "pay first", "insufficient_quota"), "quota is used up"),
        (Said(status=404, body="<html>nginx</html>", headers=HTML), "404: <html>nginx</html>"),
        (Said(status=404, body={"detail": "Not Found"}), "404: Not Found"),
        (Said(status=307, body="", headers={"Location": "/v2"}), "307"),
        (Said(body="<html>hello</html>", headers=HTML), "no chat completion"),
        (Said(body={"object": "list"}), "no chat completion"),
        (Said(body="[" * 100_000), "no chat completion"),
    ],
)
def test_what_the_user_must_mend_stops_at_once_in_one_line(
    server: ChatServer, transport: str, refusal: Said, said: str
) -> None:
    server.script.extend([refusal] * 5)
    with pytest.raises(InputError) as caught:
        reply_of(teacher_of(server, transport=transport))
    assert len(server.asked) == 1
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_once_answers_have_come_an_odd_one_does_not_stop_the_run(server: ChatServer) -> None:
    teacher = teacher_of(server)
    reply_of(teacher)
    server.script.append(Said(body="<html>please wait</html>", headers=HTML))
    assert failure_of(teacher).cause == "an answer that is no chat completion"


@BOTH
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_refused_for_its_content_loses_its_row_and_no_key(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, transport: str, status: int
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    server.script.append(error(status, f"content filter {KEY}"))
    with pytest.raises(RequestRefused) as caught:
        reply_of(teacher_of(server, "MY_KEY", transport=transport))
    assert len(server.asked) == 1
    assert f"{status}: content filter" in str(caught.value) and KEY not in str(caught.value)


def test_a_prompt_that_a_gateway_flags_loses_its_row_alone(server: ChatServer) -> None:
    flagged = {"message": "flagged", "code": 403, "metadata": {"flagged_input": "say", "x": 1}}
    server.script.append(Said(status=403, body={"error": flagged}))
    with pytest.raises(RequestRefused, match="^403: flagged$"):
        reply_of(teacher_of(server))


def test_an_unknown_transport_is_refused(server: ChatServer) -> None:
    with pytest.raises(InputError, match="no transport 'carrier pigeon'; use http or sdk"):
        teacher_of(server, transport="carrier pigeon")


# -- schemas -----------------------------------------------------------------------------------


def refuse_schemas(body: dict[str, Any], _: dict[str, str]) -> Said:
    if "response_format" in body:
        return error(400, "Unknown parameter: 'response_format'.", delay=0.02)
    return Said(content=last(body), delay=0.02)


@BOTH
@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "Unknown parameter: 'response_format'."),
        Said(status=400, body={"error": {"message": "no", "param": "response_format"}}),
        Said(status=400, body={"error": "failed to parse grammar"}),
        Said(status=422, body={"detail": [{"loc": ["body", "response_format"], "msg": "extra"}]}),
    ],
)
def test_an_endpoint_that_takes_no_schema_is_asked_without(
    server: ChatServer, transport: str, refusal: Said
) -> None:
    server.script.append(refusal)
    teacher = teacher_of(server, transport=transport)
    with Engine(teacher, None, concurrency=1) as engine:
        answers = list(engine.in_order(lambda word: engine.ask(STRUCTURED, word), "abc"))
    assert [answer.value for answer in answers] == ["SAY A", "SAY B", "SAY C"]
    with_schema = ["response_format" in body for body in server.bodies()]
    assert with_schema[0] and not with_schema[-1] and len(with_schema) == 4


def test_a_schema_refused_to_many_at_once_costs_no_row_and_no_key_changes(
    server: ChatServer, tmp_path: Path
) -> None:
    server.answer = refuse_schemas
    words = [f"w{i}" for i in range(60)]
    with Engine(teacher_of(server), Recording(tmp_path / "r.sqlite"), concurrency=12) as engine:
        answers = list(engine.in_order(lambda word: engine.ask(STRUCTURED, word), words))
        assert engine.counts["word/calls"] == 60 and not engine.counts["word/unanswered"]
    assert [answer.value for answer in answers] == [f"say {word}" for word in words]
    refused = sum("response_format" in body for body in server.bodies())
    assert 1 <= refused <= 12 and len(server.asked) == 60 + refused
    schema = STRUCTURED.schema
    keys = [Request("m", (("user", f"say {word}"),), (), schema).key() for word in words]
    assert [answer.request_ids for answer in answers] == [(key,) for key in keys]
    with Engine(teacher_of(server), Recording(tmp_path / "r.sqlite")) as engine:
        again = list(engine.in_order(lambda word: engine.ask(STRUCTURED, word), words))
    assert again == answers and len(server.asked) == 60 + refused


def test_a_refusal_that_only_speaks_of_schemas_takes_them_from_nobody_else(
    server: ChatServer,
) -> None:
    def answer(body: dict[str, Any], _: dict[str, str]) -> Said:
        structured = "response_format" in body
        if last(body) == "say b":
            return error(400, "filtered: database schema" if structured else "filtered")
        return Said(content="with" if structured else "without")

    server.answer = answer
    with Engine(teacher_of(server), None, concurrency=1) as engine:
        first, refused, *_, latest = engine.in_order(lambda word: _tried(engine, word), "abcdef")
    assert refused == "word: 400: filtered"
    assert first == latest == "with"
    assert len(server.asked) == 7  # b with its schema and without


async def _tried(engine: Engine, word: str) -> str:
    try:
        return (await engine.ask(STRUCTURED, word)).value
    except Exception as lost:
        return str(lost)


def test_with_the_setting_off_no_schema_is_sent_and_the_key_stays(server: ChatServer) -> None:
    request = dataclasses.replace(REQUEST, schema=STRUCTURED.schema)
    reply_of(teacher_of(server, takes_schema=False), request)
    reply_of(teacher_of(server), request)
    assert ["response_format" in body for body in server.bodies()] == [False, True]
    sent = server.bodies()[1]["response_format"]
    assert sent == STRUCTURED.schema.response_format() if STRUCTURED.schema else False


# -- what goes over the wire -------------------------------------------------------------------


@BOTH
def test_messages_model_parameters_and_key_reach_the_wire(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    parameters = {"temperature": 0.3, "max_tokens": 9, "seed": 4}
    teacher = teacher_of(server, "MY_KEY", parameters=parameters, transport=transport)
    messages = (("user", "say é"), ("assistant", "bad 😀"), ("user", "again"))
    server.script.append(OK)
    reply_of(teacher, Request(teacher.model, messages, teacher.parameters))
    _, body, headers = server.asked[0]
    wire = [{"role": role, "content": content} for role, content in messages]
    assert body == {"model": "m", "messages": wire} | parameters
    assert headers["authorization"] == f"Bearer {KEY}"


@BOTH
@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (Said(content="x\ny "), Reply("x\ny ", 7, 3)),
        (Said(content=""), Reply("", 7, 3)),
        (Said(content=None), Reply("", 7, 3)),
        (Said(content="x", usage=None), Reply("x", 0, 0)),
        (Said(content=ODD), Reply(ODD, 7, 3)),
        (Said(body={"choices": [{"index": 0}]}), Reply("")),
        (Said(body={"choices": [{"index": 0, "message": None}]}), Reply("")),
        (Said(body={"choices": []}), Reply("")),
        (Said(body={"choices": [{"message": {"content": PARTS}}]}), Reply("ab")),
    ],
)
def test_the_reply_comes_back_as_it_was_with_its_tokens(
    server: ChatServer, transport: str, said: Said, reply: Reply
) -> None:
    server.script.append(said)
    assert reply_of(teacher_of(server, transport=transport)) == reply


@BOTH
def test_a_teacher_that_was_closed_opens_again(server: ChatServer, transport: str) -> None:
    teacher = teacher_of(server, transport=transport)
    assert reply_of(teacher) == reply_of(teacher)
    assert len(server.asked) == 2


# -- the key stays inside ----------------------------------------------------------------------


def everything_said(failure: BaseException) -> str:
    """The error as Python and as Dagster tell it, with all that led to it."""
    from dagster._utils.error import serializable_error_info_from_exc_info

    assert failure.__traceback__ is not None
    told = serializable_error_info_from_exc_info((type(failure), failure, failure.__traceback__))
    return "".join(traceback.format_exception(failure)) + told.to_string() + repr(failure)


@BOTH
@pytest.mark.parametrize(
    "trouble",
    [
        error(401, f"Incorrect API key provided: {KEY}."),
        error(403, "x" * 195 + KEY),
        error(404, f"Bearer {KEY}", KEY),
        error(500, KEY),
        error(429, KEY, "insufficient_quota"),
        Said(drop=True),
        Said(status=404, body="x" * 195 + f"<html>{KEY}</html>", headers=HTML),
        Said(status=307, headers={"Location": "http://127.0.0.1:9/"}),
    ],
)
def test_the_key_stands_in_no_error_no_log_and_no_file(
    server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    transport: str,
    trouble: Said,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    monkeypatch.setenv("MY_KEY", KEY)
    server.script.append(OK)
    server.answer = lambda body, headers: trouble
    teacher = teacher_of(server, "MY_KEY", transport=transport, patience_s=0)
    with (
        pytest.raises((InputError, TeacherUnavailable)) as caught,
        Engine(teacher, Recording(tmp_path / "r.sqlite"), concurrency=1) as engine,
    ):
        list(engine.in_order(lambda word: engine.ask(WORD, word), ["a", *"bcdefg"]))
    assert server.asked[0][2]["authorization"] == f"Bearer {KEY}"
    assert len(caplog.text) > 100 or transport == "http"
    assert KEY not in caplog.text and KEY not in everything_said(caught.value)
    assert KEY[:12] not in str(caught.value)
    assert KEY not in "".join(capfd.readouterr())
    assert KEY not in repr(vars(engine)) and KEY not in repr(teacher) + repr(vars(teacher))
    assert KEY not in str(engine.counts)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and all(KEY.encode() not in path.read_bytes() for path in files)
    recording, first = Recording(tmp_path / "r.sqlite"), Request("m", (("user", "say a"),)).key()
    assert recording.keys() == [first]
    assert KEY not in (recording.request_text(first) or KEY)
    recording.close()
