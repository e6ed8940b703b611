"""Vectors from an endpoint: a real server, which refuses, fails, and mixes up its answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hr_pipeline.embedding.endpoint as module
from hr_pipeline.embedding.models import Embedder, open_embedder
from hr_pipeline.lake.errors import InputError
from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.endpoint.embeddings import vector_of

TEXTS = [f"text number {i}" for i in range(50)]


@pytest.fixture(scope="module")
def shared() -> Iterator[Endpoint]:
    with Endpoint(latency_ms=0, retry_after=0.02) as endpoint:
        yield endpoint


@pytest.fixture
def server(shared: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """One that has seen nothing and does all that is right."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
    shared.reset()
    yield shared
    right = {"fail_429": 0, "fail_500": 0, "reset_rate": 0, "malformed": 0, "longest_text": 0}
    shared.set(vectors="right", width=16, key="", down="", **right)


def opened(server: Endpoint, **facts: Any) -> Embedder:
    return open_embedder("openai:some-model", base_url=server.url, **{"batch": 4} | facts)


def expected(texts: list[str], width: int = 16) -> np.ndarray:
    vectors = np.array([vector_of(text, width) for text in texts])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_stand_in_the_order_of_the_texts(server: Endpoint) -> None:
    embedder = opened(server)
    queries, corpus = embedder.pair(TEXTS[:3], TEXTS)
    assert embedder.name == "some-model" and corpus.dtype == np.float32
    assert np.allclose(corpus, expected(TEXTS), atol=1e-6)
    assert (queries == corpus[:3]).all()
    assert server.stats()["texts"] == len(TEXTS)


def test_it_goes_on_through_what_passes(server: Endpoint) -> None:
    server.set(fail_429=0.4, reset_rate=0.04, malformed=0.4)
    _, corpus = opened(server).pair([], TEXTS)
    assert np.allclose(corpus, expected(TEXTS), atol=1e-6)
    stats = server.stats()
    assert stats["err429"] and stats["malformed"] and stats["texts"] == len(TEXTS)


def test_only_new_texts_are_sent_each_once(server: Endpoint, tmp_path: Path) -> None:
    facts = {"cache": tmp_path / "vectors.sqlite"}
    opened(server, **facts).pair(TEXTS[:5], [*TEXTS[:20], *TEXTS[:20]])
    assert server.stats()["texts"] == 20
    _, again = opened(server, **facts).pair([], TEXTS[:30])
    assert server.stats()["texts"] == 30
    assert np.allclose(again, expected(TEXTS[:30]), atol=1e-6)
    opened(server, **facts).pair(TEXTS[:30], TEXTS[10:30])
    assert server.stats()["texts"] == 30


def test_tokens_are_told(server: Endpoint) -> None:
    heard: list[str] = []
    opened(server, log=heard.append).pair([], ["four", "eight ch"])
    assert heard == ["embedding with some-model: 2 of 2 texts were new, 5 tokens"]


def test_a_query_prompt_stands_before_queries_alone(server: Endpoint, tmp_path: Path) -> None:
    cache = tmp_path / "vectors.sqlite"
    queries, corpus = opened(server, cache=cache, query_prompt="find: ").pair(["a"], ["a"])
    assert np.allclose(np.concatenate([queries, corpus]), expected(["find: a", "a"]), atol=1e-6)
    assert (opened(server, cache=cache).pair(["a"], [])[0] == corpus).all()


def test_a_text_that_is_refused_is_named_and_others_are_kept(
    server: Endpoint, tmp_path: Path
) -> None:
    server.set(longest_text=100)
    texts = [*TEXTS, "much too long " * 20]
    cache = tmp_path / "vectors.sqlite"
    with pytest.raises(InputError, match="refuses the text 'much too long .*than 100 characters"):
        opened(server, cache=cache).pair([], texts)
    with pytest.raises(InputError, match="refuses the text '' "):
        opened(server, cache=cache).pair([], [*TEXTS, ""])
    before = server.stats()["texts"]
    opened(server, cache=cache).pair([], TEXTS)
    assert server.stats()["texts"] < before + len(TEXTS)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("too few", "1 vectors for 2 texts"),
        ("ragged", "no vectors of one length"),
        ("nulls", "no vectors of one length"),
        ("none", "this is no reply: .*list"),
    ],
)
def test_a_wrong_reply_is_one_line(server: Endpoint, fault: str, said: str) -> None:
    server.set(vectors=fault)
    with pytest.raises(InputError, match=f"embedder some-model: .*{said}"):
        opened(server).pair([], TEXTS[:2])


def test_a_model_that_has_changed_its_width_is_not_mixed(server: Endpoint, tmp_path: Path) -> None:
    facts = {"cache": tmp_path / "vectors.sqlite"}
    opened(server, **facts).pair([], TEXTS[:5])
    server.set(width=8)
    with pytest.raises(InputError, match="vectors of 16 and of 8 numbers; .*vectors.sqlite"):
        opened(server, **facts).pair([], TEXTS)


def test_a_wrong_key_is_not_repeated(server: Endpoint) -> None:
    server.set(key="another-key")
    with pytest.raises(InputError, match="status 401: .*check key") as caught:
        opened(server).pair([], TEXTS)
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize("outage", ["503", "gone"])
def test_an_outage_is_one_line(
    server: Endpoint, outage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRIES", 1)
    if outage == "gone":
        embedder = open_embedder("openai:some-model", base_url="http://127.0.0.1:9/v1")
    else:
        server.set(down="503")
        embedder = opened(server)
    with pytest.raises(InputError, match="(status 503|no answer).*run again") as caught:
        embedder.pair([], TEXTS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "address", "said"),
    [
        ("", "", "no key for the embedder"),
        ("se cret", "http://127.0.0.1:9/v1", "this is no key"),
        ("secret", "127.0.0.1:9/v1", "this is no address"),
        ("secret", "http://user:word@127.0.0.1:9/v1", "this is no address"),
    ],
)
def test_settings_that_cannot_work(
    key: str, address: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", key)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match=said) as caught:
        open_embedder("openai:some-model", base_url=address, key_variable="MY_KEY")
    assert "se cret" not in str(caught.value) and "word" not in str(caught.value)
