"""Both transports on one real server: the same bytes out, the same answers and failures back."""

import asyncio
import dataclasses
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from llm_server import WORD, ChatServer, Said, error, last

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.providers import Provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Request, Schema, canonical_json, read_completion
from hr_pipeline.llm.transport import TRANSPORTS, NoResponse, Response

KEY = "sk-planted-4f9a8b7c6d5e"
REQUEST = Request("m", (("user", "say é 😀"), ("assistant", "a\u2028b")), (("temperature", 0.3),))
WITH_SCHEMA = dataclasses.replace(REQUEST, schema=Schema("word", {"type": "object"}))
BOTH = pytest.mark.parametrize("transport", sorted(TRANSPORTS))

Outcome = tuple[int, bytes] | tuple[str, bool]


def outcomes(
    transport: str,
    url: str,
    requests: int = 1,
    timeout_s: float = 5.0,
    request: Request = REQUEST,
    with_schema: bool = True,
) -> list[Outcome]:
    """What comes of the same request, sent one after the other: (status, body) or (cause, timed
    out)."""

    async def ask() -> list[Outcome]:
        sender, found = TRANSPORTS[transport](Provider(base_url=url, key=KEY)), list[Outcome]()
        for _ in range(requests):
            try:
                answer: Response = await sender.send(request, with_schema, timeout_s)
                found.append((answer.status, answer.body))
            except NoResponse as failure:
                found.append((str(failure), failure.timed_out))
        await sender.close()
        return found

    return asyncio.run(ask())


# -- out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [REQUEST, WITH_SCHEMA], ids=["plain", "schema"])
@pytest.mark.parametrize("with_schema", [True, False])
def test_both_send_the_same_to_the_same_address(
    server: ChatServer, request_: Request, with_schema: bool
) -> None:
    for transport in sorted(TRANSPORTS):
        outcomes(transport, server.url, request=request_, with_schema=with_schema)
    (path, body, headers), (other_path, other_body, other_headers) = server.asked
    assert path == other_path == "/v1/chat/completions"
    assert body == other_body == request_.body(with_schema)
    assert ("response_format" in body) == (with_schema and request_.schema is not None)
    for name in ("authorization", "content-type"):
        assert headers[name] == other_headers[name]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"] == f"hr-pipeline/{version('hr-pipeline')}"


@BOTH
def test_a_connection_is_used_again_and_a_closed_transport_opens_again(
    server: ChatServer, transport: str
) -> None:
    async def ask_twice() -> None:
        for _ in range(2):
            for _ in range(3):
                assert (await sender.send(REQUEST, True, 5)).status == 200
            await sender.close()

    sender = TRANSPORTS[transport](Provider(base_url=server.url))
    asyncio.run(ask_twice())
    asyncio.run(ask_twice())  # in another event loop
    assert len(server.asked) == 12 and server.connections == 4


# -- back --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Said(content="fine"), "fine"),
        (Said(content="ünï 😀 \u2028 \x00 \ud83d"), "ünï 😀 \u2028 \x00 \ud83d"),
        (Said(content="x" * 3_000_000), "x" * 3_000_000),
        (Said(content="pressed " * 999, encoding="gzip"), "pressed " * 999),
        (Said(body={"choices": [{"message": {"content": None}}]}), ""),
    ],
    ids=["plain", "odd letters", "3 MB", "gzip", "no content"],
)
def test_a_completion_comes_back_whole(server: ChatServer, said: Said, text: str) -> None:
    server.script.extend([said, said])
    (ours,), (theirs,) = (outcomes(transport, server.url) for transport in sorted(TRANSPORTS))
    assert ours == theirs and ours[0] == 200
    assert isinstance(ours[1], bytes) and read_completion(ours[1]).text == text


@BOTH
@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 422, 429, 500, 503, 529])
def test_every_status_comes_back_with_its_body_and_headers(
    server: ChatServer, transport: str, status: int
) -> None:
    async def ask() -> Response:
        sender = TRANSPORTS[transport](Provider(base_url=server.url))
        try:
            return await sender.send(REQUEST, True, 5)
        finally:
            await sender.close()

    body = f'{{"error": {{"message": "no {status}"}}}}'
    headers = {"Retry-After": "3", "X-RateLimit-Remaining-Requests": "0"}
    server.script.append(Said(status=status, body=body, headers=headers))
    answer = asyncio.run(ask())
    assert (answer.status, answer.body) == (status, body.encode())
    assert answer.headers["retry-after"] == "3" and answer.headers.get("retry-after-ms") is None
    assert "x-ratelimit-remaining-requests" in answer.headers
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Said(body="<html>hello</html>"), (200, b"<html>hello</html>")),
        (Said(body='{"choices": ['), (200, b'{"choices": [')),
        (Said(body=b"\xff\xfe"), (200, b"\xff\xfe")),
        (Said(drop=True), ("the connection was lost", False)),
        (Said(reset=True), ("the connection was lost: connection reset by peer", False)),
        (Said(content="late", delay=1.0), ("no answer in time", True)),
        (Said(content="half", cut=20), ("the connection was lost", False)),
        (Said(body=b"no gzip", headers={"Content-Encoding": "gzip"}), None),
    ],
    ids=["html", "half a body", "no text", "dropped", "reset", "hang", "cut", "no gzip"],
)
def test_what_is_no_answer_is_told_alike(
    server: ChatServer, said: Said, outcome: Outcome | None
) -> None:
    server.script.extend([said, said])
    (ours,), (theirs,) = (outcomes(kind, server.url, timeout_s=0.4) for kind in sorted(TRANSPORTS))
    assert ours == theirs
    assert ours == outcome or (outcome is None and "the connection was lost" in str(ours[0]))


@BOTH
def test_an_answer_that_trickles_in_is_not_waited_for_longer_than_the_deadline(
    server: ChatServer, transport: str
) -> None:
    server.script.append(Said(content="x" * 200, trickle_s=0.02))
    began = time.monotonic()
    assert outcomes(transport, server.url, timeout_s=0.4) == [("no answer in time", True)]
    assert time.monotonic() - began < 2


@BOTH
def test_after_a_failure_the_next_request_goes_through(server: ChatServer, transport: str) -> None:
    server.script.extend([Said(drop=True), Said(content="late", delay=0.6), Said(reset=True)])
    *_, (status, body) = outcomes(transport, server.url, requests=4, timeout_s=0.3)
    assert status == 200 and read_completion(body).text == last(REQUEST.body()).upper()


@BOTH
def test_an_endpoint_that_is_not_there_is_named_so(server: ChatServer, transport: str) -> None:
    server.close()
    assert outcomes(transport, server.url) == [("no connection: connection refused", False)]


@BOTH
def test_a_host_that_has_no_address_is_named_so(server: ChatServer, transport: str) -> None:
    assert outcomes(transport, "http://nowhere.invalid/v1") == [
        ("no connection: no such host", False)
    ]


@BOTH
@pytest.mark.parametrize("status", [301, 307])
def test_no_redirect_carries_the_key_elsewhere(
    server: ChatServer, transport: str, status: int
) -> None:
    other = ChatServer()
    server.script.append(Said(status=status, body="", headers={"Location": other.url}))
    assert outcomes(transport, server.url) == [(status, b"")]
    assert not other.asked
    other.close()


# -- proxies -----------------------------------------------------------------------------------


@pytest.fixture
def proxy(server: ChatServer) -> Iterator[ChatServer]:
    """A proxy that answers by itself: what passes it stands in `asked` with the whole address."""
    proxy = ChatServer()
    yield proxy
    proxy.close()


@BOTH
@pytest.mark.parametrize(
    ("environment", "passes"),
    [
        ({"HTTP_PROXY": "http://{proxy}"}, True),
        ({"http_proxy": "http://{proxy}"}, True),
        ({"HTTP_PROXY": "{proxy}"}, True),
        ({"ALL_PROXY": "http://{proxy}"}, True),
        ({"HTTPS_PROXY": "http://{proxy}"}, False),
        ({"HTTP_PROXY": "http://{proxy}", "NO_PROXY": "example.com"}, True),
        ({"HTTP_PROXY": "http://{proxy}", "NO_PROXY": "example.com,127.0.0.1"}, False),
        ({"HTTP_PROXY": "http://{proxy}", "no_proxy": "*"}, False),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else str(value),
)
def test_proxies_of_the_environment_are_used(
    server: ChatServer,
    proxy: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    transport: str,
    environment: dict[str, str],
    passes: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(proxy=proxy.url[7:-3]))
    ((status, _),) = outcomes(transport, server.url)
    assert status == 200
    assert [path for path, _, _ in proxy.asked] == passes * [f"{server.url}/chat/completions"]
    assert len(server.asked) == (not passes)


@BOTH
def test_a_proxy_gets_its_own_password_and_a_dead_one_is_named_so(
    server: ChatServer, proxy: ChatServer, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://me:hush@")[:-3])
    outcomes(transport, server.url)
    assert proxy.asked[0][2]["proxy-authorization"] == "Basic bWU6aHVzaA=="
    proxy.close()
    ((cause, timed_out),) = outcomes(transport, server.url)
    assert cause == "no connection: connection refused" and not timed_out


def test_a_proxy_that_the_http_transport_cannot_use_is_said_in_one_line(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:hush@127.0.0.1:1")
    with pytest.raises(InputError, match="teacher.transport=sdk") as caught:
        outcomes("http", server.url)
    assert "hush" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert outcomes("http", server.url)[0][0] == 200


# -- a whole run -------------------------------------------------------------------------------


def test_runs_through_faults_end_with_the_same_answers_counts_and_recordings(
    server: ChatServer, tmp_path: Path
) -> None:
    faults = [error(429, headers={"retry-after-ms": "5"}), error(500), Said(drop=True)]
    faults += [Said(body='{"choi'), error(400, "filtered")]

    def answer(body: dict[str, Any], _: dict[str, str]) -> Said:
        seen = server.bodies().count(body)
        number = int(last(body)[4:]) % 8
        refused = number == 4
        return faults[number] if number < len(faults) and (seen == 1 or refused) else Said(
            content=f"{last(body)} é {body['temperature']}"
        )  # fmt: skip

    server.answer = answer
    runs = []
    for transport in sorted(TRANSPORTS):
        server.asked.clear()
        recording = Recording(tmp_path / f"{transport}.sqlite")
        teacher = HttpTeacher(
            "m",
            Provider(base_url=server.url, key=KEY),
            parameters={"temperature": 0.5},
            transport=transport,
        )
        with Engine(teacher, recording, concurrency=4) as engine:
            answers = list(engine.in_order(lambda w: _ask(engine, w), [f"{i}" for i in range(40)]))
            held = {key: (recording.request_text(key), recording.get(key)) for key in _keys(engine)}
        runs.append((answers, engine.counts, held, sorted(map(canonical_json, server.bodies()))))
    ours, theirs = runs
    assert ours == theirs
    assert len(ours[2]) == 35 and ours[0][4].startswith("word: 400")
    assert all(reply.body for _, reply in ours[2].values() if reply)


async def _ask(engine: Engine, word: str) -> str:
    try:
        return (await engine.ask(WORD, word)).value
    except Exception as lost:
        return str(lost)


def _keys(engine: Engine) -> list[str]:
    assert engine.recording
    return sorted(engine.recording.keys())
