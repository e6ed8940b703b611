"""The endpoint over real connections: replies, faults, limits, keys, counts."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validate  # type: ignore[import-untyped]

from hr_pipeline.llm.probabilities import WITH_PROBABILITIES, token_probabilities
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request, Schema, read_completion
from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.endpoint.draws import lognormal, uniform
from hr_pipeline_tests.endpoint.options import Options
from hr_pipeline_tests.endpoint.replies import sample

ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "score": {"type": "integer", "maximum": 5}},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Endpoint]:
    with Endpoint(latency_ms=0) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running: Endpoint) -> Endpoint:
    """One process for all tests; each finds it as new."""
    running.set(**asdict(Options(latency_ms=0)))
    running.reset()
    return running


class Got:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def reply(self) -> Reply:
        assert self.status == 200, self.body
        return read_completion(self.body)


def post(
    endpoint: Endpoint,
    request: Request,
    path: str = "/v1/chat/completions",
    key: dict[str, str] | None = None,
    timeout_s: float = 10,
) -> Got:
    connection = HTTPConnection(urlsplit(endpoint.url).netloc, timeout=timeout_s)
    try:
        connection.request("POST", path, request.encoded, key or {})
        got = connection.getresponse()
        return Got(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
    finally:
        connection.close()


def say(word: str, *more: tuple[str, str], model: str = "m") -> Request:
    return Request(model, (("user", f"say {word}"), *more))


# -- replies ---------------------------------------------------------------------------------


def test_same_request_gets_the_same_words_and_another_one_others(endpoint: Endpoint) -> None:
    first = post(endpoint, say("a")).reply
    assert post(endpoint, say("a")).reply == first
    assert post(endpoint, say("b")).reply.text != first.text
    assert len(first.text.split()) == 145
    assert first.prompt_tokens == 2 and first.completion_tokens == -(-len(first.text) // 4)


def test_echo_gives_the_last_message_back(endpoint: Endpoint) -> None:
    endpoint.set(reply="echo")
    assert post(endpoint, say("ä \u2028")).reply.text == "say ä \u2028"


def test_structured_reply_keeps_the_schema(endpoint: Endpoint) -> None:
    request = Request("m", (("user", "x"),), schema=Schema("answer", ANSWER))
    held = json.loads(post(endpoint, request).reply.text)
    assert isinstance(held["answer"], str) and 0 <= held["score"] <= 5 and len(held) == 2
    endpoint.set(no_schema=True)
    refused = post(endpoint, request)
    assert refused.status == 400 and b"response_format" in refused.body
    assert post(endpoint, say("a")).status == 200


def test_offered_function_is_called_by_its_schema(endpoint: Endpoint) -> None:
    tool = {"type": "function", "function": {"name": "note", "parameters": ANSWER}}
    request = Request("m", (("user", "x"),), (("tools", [tool]),))
    choice = json.loads(post(endpoint, request).body)["choices"][0]
    called = choice["message"]["tool_calls"][0]["function"]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    assert called["name"] == "note" and set(json.loads(called["arguments"])) == {"answer", "score"}


def test_fenced_reply_holds_json(endpoint: Endpoint) -> None:
    endpoint.set(reply="fenced")
    text = post(endpoint, say("a")).reply.text
    assert text.startswith("```json\n") and text.endswith("\n```")
    assert set(json.loads(text[8:-4])) == {"answer", "score"}


def test_tokens_are_words_times_1_4(endpoint: Endpoint) -> None:
    endpoint.set(tokenizer="words-1.4", reply="echo")
    reply = post(endpoint, Request("m", (("user", "one two three four five"),))).reply
    assert (reply.prompt_tokens, reply.completion_tokens) == (7, 7)


def test_heavy_tail_changes_the_count_and_not_the_text(endpoint: Endpoint) -> None:
    plain = [post(endpoint, say(str(n))).reply for n in range(40)]
    endpoint.set(tail=1.0)
    tailed = [post(endpoint, say(str(n))).reply for n in range(40)]
    assert [reply.text for reply in plain] == [reply.text for reply in tailed]
    assert [r.prompt_tokens for r in plain] == [r.prompt_tokens for r in tailed]
    ratios = [b.completion_tokens / a.completion_tokens for a, b in zip(plain, tailed, strict=True)]
    assert min(ratios) < 0.5 and max(ratios) > 2
    assert tailed == [post(endpoint, say(str(n))).reply for n in range(40)]


def test_reply_is_mended_only_when_asked_to(endpoint: Endpoint) -> None:
    endpoint.set(reask_rate=0.4)
    cut = [n for n in range(50) if len(post(endpoint, say(str(n))).reply.text.split()) < 145]
    assert 10 <= len(cut) <= 30
    again = post(endpoint, say(str(cut[0]))).reply.text
    mended = post(endpoint, say(str(cut[0]), ("assistant", again), ("user", "mend it"))).reply.text
    assert len(mended.split()) == 145 and mended.startswith(again)
    assert endpoint.stats()["malformed"] == len(cut) + 1


def test_recorded_replies_are_found_by_their_messages_alone(tmp_path: Path) -> None:
    path = tmp_path / "recording.sqlite"
    recording = Recording(path)
    for word in ("a", "b"):
        request = Request("template", (("user", f"say {word}"),), (("seed", 1),))
        recording.put(request.key(), "word", request, Reply(f"the right {word}"))
    recording.close()
    with Endpoint(latency_ms=0, replies=str(path)) as endpoint:
        assert post(endpoint, say("a")).reply.text == "the right a"
        talk = say("b", ("assistant", "wrong"), ("user", "mend it"))
        assert post(endpoint, talk).reply.text == "the right b"
        assert post(endpoint, say("c")).status == 400


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string", "maxLength": 20},
            {"type": "integer", "minimum": 3, "maximum": 9},
            {"type": "number", "minimum": 0, "maximum": 1},
            {"enum": ["a", 1]},
            {"const": None},
            {"type": ["boolean", "null"]},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda held: {"type": "array", "items": held, "minItems": 2}, inner),
        st.builds(lambda held: {"anyOf": [held, {"type": "null"}]}, inner),
        st.builds(
            lambda held: {"type": "object", "properties": held},
            st.dictionaries(st.sampled_from("abc"), inner),
        ),
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_samples_keep_any_schema(schema: dict[str, Any]) -> None:
    validate(sample(schema, Random(0)), schema)
    assert sample({"$ref": "#/$defs/x", "$defs": {"x": schema}}, Random(0)) == sample(
        schema, Random(0)
    )


# -- faults ----------------------------------------------------------------------------------


def test_faults_come_in_their_shares_and_repeat(endpoint: Endpoint) -> None:
    endpoint.set(fail_429=0.2, fail_500=0.2, retry_after=3)
    statuses = [post(endpoint, say(str(n))).status for n in range(100)]
    stats = endpoint.stats()
    assert 10 <= statuses.count(429) == stats["err429"] <= 32
    assert 10 <= statuses.count(500) == stats["err500"] <= 32
    again = [post(endpoint, say(str(n))).status for n in range(100)]
    assert again != statuses, "a second attempt is drawn anew"
    endpoint.reset()
    backwards = [post(endpoint, say(str(n))).status for n in reversed(range(100))]
    assert backwards[::-1] == statuses, "whatever the order"
    endpoint.set(fail_429=1)
    assert post(endpoint, say("x")).headers["retry-after"] == "3"


def test_connections_are_reset_and_hang(endpoint: Endpoint) -> None:
    endpoint.set(reset_rate=1)
    with pytest.raises((ConnectionResetError, HTTPException)):
        post(endpoint, say("a"))
    endpoint.set(reset_rate=0, hang_rate=1)
    with pytest.raises(TimeoutError):
        post(endpoint, say("a"), timeout_s=0.2)
    endpoint.set(hang_s=0.05)
    assert post(endpoint, say("a")).status == 504
    stats = endpoint.stats()
    assert (stats["reset"], stats["hung"], stats["in_flight"]) == (1, 2, 0)


def test_malformed_reply_is_whole_at_another_attempt(endpoint: Endpoint) -> None:
    endpoint.set(malformed=0.5)
    lengths = {len(post(endpoint, say("a")).reply.text.split()) for _ in range(12)}
    assert 145 in lengths and len(lengths) == 2


def test_refused_content_is_refused_every_time(endpoint: Endpoint) -> None:
    endpoint.set(fail_400=0.3)
    first, second = ([post(endpoint, say(str(n))).status for n in range(30)] for _ in range(2))
    assert first == second and 3 <= first.count(400) <= 16


def test_outage_ends_when_it_is_switched_off(endpoint: Endpoint) -> None:
    endpoint.set(down=True)
    assert post(endpoint, say("a")).status == 503
    endpoint.set(down="hang")
    with pytest.raises(TimeoutError):
        post(endpoint, say("a"), timeout_s=0.2)
    endpoint.set(down=False)
    assert post(endpoint, say("a")).status == 200
    assert endpoint.stats()["unavailable"] == 2


def test_nonsense_is_refused_with_a_reason(endpoint: Endpoint) -> None:
    for body in (b"{", b"[]", b"{}", b'{"messages": []}', b'{"messages": [{"role": "user"}]}'):
        connection = HTTPConnection(urlsplit(endpoint.url).netloc)
        connection.request("POST", "/v1/chat/completions", body)
        got = connection.getresponse()
        assert got.status == 400 and json.loads(got.read())["error"]["message"]
        connection.close()
    with pytest.raises(ValueError, match="no option"):
        Endpoint(colour="red")


# -- limits ----------------------------------------------------------------------------------


def test_hard_limit_refuses_and_says_so(endpoint: Endpoint) -> None:
    endpoint.set(rpm=300, burst_s=2, ratelimit_headers=True, retry_after_ms=True)
    got = [post(endpoint, say(str(n))) for n in range(14)]
    assert [answer.status for answer in got[:10]] == [200] * 10
    refused = got[-1]
    assert refused.status == 429 and refused.headers["retry-after"] == "1"
    assert 1 <= int(refused.headers["retry-after-ms"]) <= 200
    assert refused.headers["x-ratelimit-limit-requests"] == "300"
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.headers["x-ratelimit-reset-requests"].endswith("s")
    time.sleep(0.25)
    assert post(endpoint, say("x")).status == 200, "the bucket fills again"
    assert endpoint.stats()["err429_limit"] == endpoint.stats()["err429"] >= 2


def test_tokens_are_limited_too(endpoint: Endpoint) -> None:
    endpoint.set(tpm=6000, burst_s=1, ratelimit_headers=True)
    statuses = [post(endpoint, say(str(n))).status for n in range(4)]
    assert statuses[0] == 200 and statuses[-1] == 429, "a reply is more than 100 tokens"
    assert "x-ratelimit-limit-tokens" in post(endpoint, say("x")).headers


# -- addresses, keys, counts -------------------------------------------------------------------


def test_key_is_asked_for_in_either_header(endpoint: Endpoint) -> None:
    endpoint.set(key="sk-right")
    for shown, status in (
        ({}, 401),
        ({"Authorization": "Bearer sk-wrong"}, 401),
        ({"Authorization": "Bearer sk-right"}, 200),
        ({"api-key": "sk-right"}, 200),
    ):
        assert post(endpoint, say("a"), key=shown).status == status
    assert endpoint.stats()["unauthorised"] == 2


def test_azure_addresses_are_served(endpoint: Endpoint) -> None:
    deployment = "/openai/deployments/gpt%2D4o/chat/completions"
    body = Request("ignored", (("user", "say a"),))
    assert post(endpoint, body, f"{deployment}?api-version=2024-10-21").reply.text
    assert post(endpoint, body, deployment).status == 404
    assert post(endpoint, body, "/openai/v1/chat/completions").reply.text


def test_bill_is_kept_by_the_keys_of_the_recording(endpoint: Endpoint) -> None:
    once, twice = say("once"), say("twice")
    for request in (once, twice, twice):
        post(endpoint, request)
    assert endpoint.paid() == {once.key(): 1, twice.key(): 2}
    stats = endpoint.stats()
    assert (stats["ok"], stats["duplicate_ok"], stats["duplicate_paid"]) == (3, 1, 1)
    assert sum(second[1] for second in stats["series"]) == 3


def test_reply_for_a_client_that_has_gone_is_billed(endpoint: Endpoint) -> None:
    endpoint.set(latency_ms=150)
    with pytest.raises(TimeoutError):
        post(endpoint, say("a"), timeout_s=0.05)
    deadline = time.monotonic() + 5
    while endpoint.stats()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.02)
    stats = endpoint.stats()
    assert (stats["aborted"], stats["ok"]) == (1, 0)
    assert endpoint.paid() == {say("a").key(): 1}


@given(st.integers(0, 10), st.binary(max_size=8), st.floats(0.1, 2))
def test_draws_are_uniform_numbers(seed: int, identity: bytes, sigma: float) -> None:
    u = uniform(seed, identity, "x")
    assert 0 < u < 1 and u == uniform(seed, identity, "x")
    assert lognormal(u, sigma) > 0


def test_lognormal_factors_have_mean_1() -> None:
    drawn = [lognormal(uniform(0, b"%d" % n, "x"), 0.8) for n in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(1, abs=0.03)


def test_token_probabilities_are_given_left_out_or_refused(endpoint: Endpoint) -> None:
    asking = Request("m", (("user", "7"),), WITH_PROBABILITIES)
    endpoint.set(reply="echo")
    (token,) = token_probabilities(post(endpoint, asking).body)
    assert token.text == "7" and set(token.alternatives) == {"6", "7", "8"}
    assert sum(token.alternatives.values()) == pytest.approx(1)
    assert not token_probabilities(post(endpoint, say("7")).body)
    endpoint.set(logprobs="left out")
    assert post(endpoint, asking).reply.text == "7"
    assert not token_probabilities(post(endpoint, asking).body)
    endpoint.set(logprobs="refused")
    assert post(endpoint, asking).status == 400
    assert post(endpoint, say("7")).status == 200
