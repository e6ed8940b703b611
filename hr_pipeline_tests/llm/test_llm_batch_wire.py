"""The provider's side of the batch lane: addresses, and the lines of its files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.llm.batch_store import OPEN
from hr_pipeline.llm.batch_wire import BatchApi, line_of, read_outcome
from hr_pipeline.llm.request import Request, Schema
from hr_pipeline_tests.endpoint import Endpoint

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RESPONSE = st.fixed_dictionaries(
    {}, optional={"status_code": st.sampled_from([200, 400, 500, "x"]) | JSON, "body": JSON}
)
LINE = st.fixed_dictionaries(
    {"custom_id": st.text() | JSON}, optional={"response": RESPONSE | JSON, "error": JSON}
)


@pytest.mark.parametrize("api_version", ["", "2024-10-21"])
def test_an_azure_resource_takes_batches_too(
    api_version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HR_TEST_KEY", "k")
    request = Request("deployment", (("user", "say w1"),))
    with Endpoint(key="k") as endpoint:
        facts = {"kind": "azure", "base_url": endpoint.azure_url, "api_version": api_version}
        api = BatchApi(facts | {"key_variable": "HR_TEST_KEY", "structured": True}, 1, 5.0)
        created = api.create("tag", api.upload("tag", [(request.key(), request.text())]), 0.0)
        assert api.find("tag", 0.0).id == created.id == api.retrieve(created.id).id
        assert created.endpoint == f"{'' if api_version else '/v1'}/chat/completions"
        assert api.find("another", 0.0) is None


def test_a_line_is_the_live_request_without_what_only_the_recording_knows() -> None:
    schema = Schema("answer", {"type": "object"})
    request = Request("m", (("user", 'say "é\ud800"'),), (("seed", 7),), schema, sample=3)
    line = json.loads(line_of(request.key(), request.text(), "/v1/chat/completions", True))
    assert line["body"] == request.body()
    assert (line["custom_id"], line["method"]) == (request.key(), "POST")
    plain = json.loads(line_of(request.key(), request.text(), "/v1/chat/completions", False))
    assert plain["body"] == request.body(with_schema=False)


def test_an_empty_reply_is_a_failure_that_was_paid_for() -> None:
    body = {"choices": [{"message": {"content": "  "}}], "usage": {"prompt_tokens": 3}}
    line = {"custom_id": "k", "response": {"status_code": 200, "body": body}, "error": None}
    outcome = read_outcome(json.dumps(line).encode())
    assert outcome is not None and outcome.reply is not None
    assert (outcome.state, outcome.reply.prompt_tokens) == (OPEN, 3)


@given(LINE | JSON)
def test_any_json_line_is_an_outcome_or_none(line: object) -> None:
    outcome = read_outcome(json.dumps(line).encode())
    named = isinstance(line, dict) and isinstance(line.get("custom_id"), str)
    assert (outcome is not None) == named
    if outcome is not None:
        assert outcome.key == line["custom_id"]  # type: ignore[index]


@given(st.binary())
def test_what_is_no_json_is_passed_over(line: bytes) -> None:
    assert read_outcome(b"\xff" + line) is None


@given(st.text(min_size=1).filter(str.strip))
def test_a_reply_comes_out_of_its_line_as_it_went_in(text: str) -> None:
    body = {"choices": [{"message": {"content": text}}]}
    line = {"custom_id": "k", "response": {"status_code": 200, "body": body}}
    outcome = read_outcome(json.dumps(line).encode())
    assert outcome is not None and outcome.reply is not None
    assert outcome.reply.text == text
