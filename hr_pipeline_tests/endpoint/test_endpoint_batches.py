"""The endpoint's Files and Batch APIs, driven by the openai package."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from openai import ConflictError, NotFoundError, OpenAI

from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.endpoint.options import Options

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def running() -> Iterator[Endpoint]:
    with Endpoint(latency_ms=0, key="sk-right") as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running: Endpoint) -> Endpoint:
    running.set(
        **asdict(Options(key="sk-right", batch_s=0.2, latency_ms=0, batch_max_requests=100))
    )
    running.reset()
    return running


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[OpenAI]:
    with OpenAI(api_key="sk-right", base_url=endpoint.url, max_retries=0) as client:
        yield client


def lines(count: int) -> list[dict[str, Any]]:
    return [
        {"custom_id": f"row-{n}", "method": "POST", "url": CHAT, "body": body(n)}
        for n in range(count)
    ]


def body(n: int) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": f"say {n}"}]}


def create(client: OpenAI, asked: list[dict[str, Any]], **metadata: str) -> Any:
    data = "\n".join(json.dumps(line) for line in asked).encode()
    file = client.files.create(file=("input.jsonl", data), purpose="batch")
    assert file.bytes == len(data)
    assert client.files.content(file.id).content == data
    return client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata=metadata,
    )


def ended(client: OpenAI, batch: Any) -> tuple[Any, list[str]]:
    """The batch in its last state, and the states it went through."""
    seen: list[str] = []
    for _ in range(1000):
        batch = client.batches.retrieve(batch.id)
        if batch.status not in seen:
            seen.append(batch.status)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch, seen
        time.sleep(0.005)
    raise AssertionError(seen)


def held(client: OpenAI, file: str | None) -> dict[str, dict[str, Any]]:
    if file is None:
        return {}
    found = [json.loads(line) for line in client.files.content(file).text.splitlines()]
    return {line["custom_id"]: line for line in found}


def test_batch_goes_through_its_states_and_answers_all(client: OpenAI, endpoint: Endpoint) -> None:
    batch, states = ended(client, create(client, lines(20), tag="x"))
    assert states == ["validating", "in_progress", "finalizing", "completed"]
    assert batch.metadata == {"tag": "x"} and batch.error_file_id is None
    assert (batch.request_counts.total, batch.request_counts.completed) == (20, 20)
    found = held(client, batch.output_file_id)
    assert set(found) == {f"row-{n}" for n in range(20)}
    live = client.chat.completions.create(**body(3))
    assert found["row-3"]["response"]["body"] == json.loads(live.to_json())
    assert endpoint.stats()["duplicate_paid"] == 1, "the live call was the second"
    assert sum(endpoint.paid().values()) == 21


def test_some_requests_fail_expire_or_are_refused(client: OpenAI, endpoint: Endpoint) -> None:
    endpoint.set(batch_fail_share=0.2, batch_expire_share=0.2, batch_refuse_share=0.2)
    batch, _ = ended(client, create(client, lines(60)))
    assert batch.status == "expired"
    failed = held(client, batch.error_file_id)
    done = held(client, batch.output_file_id)
    assert not set(failed) & set(done) and len(failed) + len(done) == 60
    codes = [(line["error"] or {}).get("code") for line in failed.values()]
    statuses = [(line["response"] or {}).get("status_code") for line in failed.values()]
    assert min(codes.count("batch_expired"), statuses.count(500), statuses.count(400)) >= 4
    assert endpoint.paid().total() == len(done)
    endpoint.set(batch_fail_share=0, batch_expire_share=0)
    again = [line for line in lines(60) if line["custom_id"] in failed]
    batch, _ = ended(client, create(client, again))
    assert batch.status == "completed"
    refused = {
        name for name, line in failed.items() if (line["response"] or {}).get("status_code") == 400
    }
    assert set(held(client, batch.error_file_id)) == refused


def test_cancelled_batch_keeps_what_was_executed(client: OpenAI, endpoint: Endpoint) -> None:
    endpoint.set(batch_s=1.0)
    batch = create(client, lines(40))
    time.sleep(0.4)
    assert client.batches.cancel(batch.id).status == "cancelling"
    batch, states = ended(client, batch)
    assert states[-1] == "cancelled"
    done, rest = held(client, batch.output_file_id), held(client, batch.error_file_id)
    assert 5 <= len(done) <= 35 and len(done) + len(rest) == 40
    assert {line["error"]["code"] for line in rest.values()} == {"batch_cancelled"}
    assert endpoint.paid().total() == len(done)
    with pytest.raises(ConflictError):
        client.batches.cancel(batch.id)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (lines(101), "too_many_requests"),
        ([*lines(2), *lines(1)], "duplicate_custom_id"),
        ([{"custom_id": "a"}], "invalid_json_line"),
        ([lines(1)[0] | {"url": "/v1/embeddings"}], "invalid_url"),
        ([], "empty_file"),
    ],
)
def test_faulty_file_fails_its_batch(
    client: OpenAI, asked: list[dict[str, Any]], code: str
) -> None:
    batch, _ = ended(client, create(client, asked))
    assert batch.status == "failed" and [error.code for error in batch.errors.data] == [code]
    assert batch.output_file_id is None


def test_large_file_fails_its_batch(client: OpenAI, endpoint: Endpoint) -> None:
    endpoint.set(batch_max_bytes=500)
    batch, _ = ended(client, create(client, lines(20)))
    assert batch.errors.data[0].code == "file_too_large"


def test_batches_are_listed_newest_first_in_pages(client: OpenAI) -> None:
    made = [create(client, lines(1), number=str(n)).id for n in range(5)]
    listed = client.batches.list(limit=2)
    assert [batch.id for batch in listed.data] == made[:2:-1] and listed.has_more
    assert [batch.id for batch in listed] == made[::-1], "the client turns the pages"
    with pytest.raises(NotFoundError):
        client.batches.retrieve("batch_none")


def test_files_are_listed_and_deleted(client: OpenAI) -> None:
    batch, _ = ended(client, create(client, lines(1)))
    assert {file.purpose for file in client.files.list()} == {"batch", "batch_output"}
    assert client.files.delete(batch.input_file_id).deleted
    with pytest.raises(NotFoundError):
        client.files.retrieve(batch.input_file_id)
    assert client.models.list().data[0].id == "mock-model"
