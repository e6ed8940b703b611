"""The cache of vectors: kept through kills, shared by processes, honest when it is damaged."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.embedding.cache import Vectors
from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.lake.errors import InputError
from hr_pipeline_tests.endpoint import Endpoint

TEXTS = [f"text number {i}" for i in range(300)]
EMBED = """
import sys
from pathlib import Path
from hr_pipeline.embedding.models import open_embedder
url, cache, first, last = sys.argv[1:]
texts = [f"text number {i}" for i in range(int(first), int(last))]
open_embedder("openai:some-model", base_url=url, cache=Path(cache), batch=2).pair([], texts)
"""


def embedding(server: Endpoint, cache: Path, first: int, last: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", EMBED, server.url, str(cache), str(first), str(last)]
    return subprocess.Popen(command, env=os.environ | {"OPENAI_API_KEY": "key"})


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(st.characters()), unique=True, max_size=20), n=st.integers(0, 20))
def test_what_was_put_is_got_and_nothing_else(texts: list[str], n: int) -> None:
    vectors = np.random.default_rng(1).standard_normal((len(texts), 3)).astype(np.float32)
    with closing(Vectors(Path(":memory:"))) as cache:
        cache.put("a", texts[:n], vectors[:n])
        cache.put("b", texts[n:], vectors[n:])
        cache.put("a", texts[:n], vectors[:n] + 1)  # what is kept stays
        found = dict(cache.get("a", texts))
    assert set(found) == set(range(min(n, len(texts))))
    assert all((vector == vectors[place]).all() for place, vector in found.items())


def test_more_texts_than_one_statement_takes(tmp_path: Path) -> None:
    texts = [str(i) for i in range(2_345)]
    vectors = np.arange(2 * len(texts), dtype=np.float32).reshape(-1, 2)
    with closing(Vectors(tmp_path / "vectors")) as cache:
        cache.put("model", texts, vectors)
    with closing(Vectors(tmp_path / "vectors")) as cache:
        found = dict(cache.get("model", texts))
    assert len(found) == len(texts) and (found[2_000] == vectors[2_000]).all()


def test_a_killed_process_loses_what_was_under_way_and_no_more(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.sqlite"
    with Endpoint(latency_ms=30) as server:
        process = embedding(server, cache, 0, len(TEXTS))
        while server.stats()["texts"] < 60:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        sent = server.stats()["texts"]
        assert sent < len(TEXTS)
        again = embedding(server, cache, 0, len(TEXTS))
        assert again.wait() == 0
        at_once = 2 * 8  # texts of the requests under way; they may be kept or not
        assert len(TEXTS) <= server.stats()["texts"] <= len(TEXTS) + 2 * at_once
        with closing(Vectors(cache)) as kept:
            assert len(list(kept.get("openai:some-model ''", TEXTS))) == len(TEXTS)


def test_two_processes_fill_one_cache(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.sqlite"
    with Endpoint(latency_ms=5) as server:
        both = [embedding(server, cache, 0, 200), embedding(server, cache, 100, 300)]
        assert [process.wait() for process in both] == [0, 0]
    with closing(Vectors(cache)) as kept:
        assert len(list(kept.get("openai:some-model ''", TEXTS))) == len(TEXTS)


@pytest.mark.parametrize("damage", ["no database", "cut", "a vector that is cut"])
def test_a_damaged_file_is_one_line(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vectors.sqlite"
    vectors = np.ones((len(TEXTS), 64), np.float32)
    with closing(Vectors(path)) as cache:
        cache.put("openai:some-model ''", TEXTS, vectors)
        if damage == "a vector that is cut":
            cache._db.execute("UPDATE vectors SET vector = substr(vector, 1, 9)")
    if damage != "a vector that is cut":
        content = path.read_bytes()
        path.write_bytes(b"hello" * 999 if damage == "no database" else content[: 6 * 4096])
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with pytest.raises(InputError, match="cache of vectors .*delete it") as caught:
        embedder = open_embedder("openai:some-model", base_url="http://127.0.0.1:9", cache=path)
        embedder.pair([], TEXTS)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
