"""`python -m hr_pipeline_tests.benchmarks --only retrieval` measures the search for the nearest.

Ours, the bare product with a partial sort, FAISS and scikit-learn take turns on the same vectors,
and of each the best turn counts, so that other work on the machine hits all alike. Peak memory is
that of a process of its own, with its inputs and libraries.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from hr_pipeline.embedding.cache import Vectors
from hr_pipeline.embedding.index import from_index
from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.embedding.topk import top_k
from hr_pipeline.lake.rng import rng
from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import peak_mib

WIDTH, K = 384, 30
SKILLS, APIS, MANY = 30_000, 30_000, 1_000_000
SOME = 1_000  # queries against the many
INDEXED, FEW_DIMENSIONS = 100_000, 24
TURNS = 3
BLOCK = 1024
Search = Callable[[np.ndarray, np.ndarray], object]


def drawn(n: int, key: str) -> np.ndarray:
    """Unit vectors, float32."""
    vectors = rng(1, "retrieval", key).standard_normal((n, WIDTH), np.float32)
    vectors /= np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return vectors


def ours(queries: np.ndarray, corpus: np.ndarray) -> object:
    return top_k(queries, corpus, K)


def product(queries: np.ndarray, corpus: np.ndarray) -> object:
    for start in range(0, len(queries), BLOCK):
        queries[start : start + BLOCK] @ corpus.T
    return None


def bare(queries: np.ndarray, corpus: np.ndarray) -> object:
    """The least that an exact search by numpy does; its nearest are not even in order."""
    found = np.empty((len(queries), K), np.int64)
    for start in range(0, len(queries), BLOCK):
        scores = queries[start : start + BLOCK] @ corpus.T
        found[start : start + BLOCK] = np.argpartition(scores, -K, axis=1)[:, -K:]
    return found


def by_faiss(queries: np.ndarray, corpus: np.ndarray) -> object:
    import faiss

    index = faiss.IndexFlatIP(WIDTH)
    index.add(corpus)
    return index.search(queries, K)


def by_sklearn(queries: np.ndarray, corpus: np.ndarray) -> object:
    """Of unit vectors the nearest by distance are the nearest by cosine, and found faster."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=K, algorithm="brute").fit(corpus).kneighbors(queries)


SEARCHES: dict[str, Search] = {
    "hr-pipeline": ours,
    "bare product": product,
    "bare product and partial sort": bare,
    "faiss.IndexFlatIP": by_faiss,
    "sklearn NearestNeighbors": by_sklearn,
}


def measure(report: Report) -> None:
    """Peaks come first, for a new process counts what its parent holds."""
    report.add(f"peak memory, {SKILLS:,} x {APIS:,}", _peak(SKILLS, APIS), "1,024 MiB")
    report.add(f"peak memory, {SOME:,} x {MANY:,}", _peak(SOME, MANY), "4,096 MiB")
    _beside_others(report)
    _index(report)
    _lexical(report)
    _cache(report)


def _beside_others(report: Report) -> None:
    queries, corpus = drawn(SKILLS, "skills"), drawn(APIS, "apis")
    best = dict.fromkeys(SEARCHES, float("inf"))
    for _ in range(TURNS):
        for name, search in SEARCHES.items():
            started = time.monotonic()
            search(queries, corpus)
            best[name] = min(best[name], time.monotonic() - started)
    for name, seconds in best.items():
        ratio = best["hr-pipeline"] / seconds
        limit = "ours at most 1.2 times" if SEARCHES[name] is bare else ""
        said = "" if name == "hr-pipeline" else f"; ours takes {ratio:.2f} times that"
        report.add(f"{name}, top-{K} of {SKILLS:,} x {APIS:,}", f"{seconds:.1f} s{said}", limit)


def _index(report: Report) -> None:
    """Vectors that fill few of their dimensions, as those of words do."""
    spread = rng(1, "retrieval", "spread").standard_normal((FEW_DIMENSIONS, WIDTH), np.float32)
    vectors = drawn(SOME + INDEXED, "indexed")[:, :FEW_DIMENSIONS] @ spread
    vectors /= np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    started = time.monotonic()
    _, _, how, recall = from_index(vectors[:SOME], vectors[SOME:], K, seed=1)
    said = f"{time.monotonic() - started:.0f} s, recall {recall:.3f}, {how}"
    report.add(f"index over {INDEXED:,}, built by one thread", said)


def _lexical(report: Report) -> None:
    """Names of one to four of 4,000 made-up words."""
    draw = rng(1, "retrieval", "words")
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    words = ["".join(draw.choice(letters[: 8 + i % 18], 3 + i % 8)) for i in range(4_000)]
    names = [" ".join(draw.choice(words, 1 + i % 4)) for i in range(90_000)]
    started = time.monotonic()
    queries, corpus = open_embedder().pair(names[:30_000], names[30_000:])
    embedded = time.monotonic()
    top_k(queries, corpus, K)
    said = f"{embedded - started:.1f} s to embed, {time.monotonic() - embedded:.1f} s to search"
    report.add("lexical, 30,000 x 60,000 names", said)


def _cache(report: Report) -> None:
    vectors, texts = drawn(100_000, "cache"), [f"name {i}" for i in range(100_000)]
    with tempfile.TemporaryDirectory() as folder:
        with closing(Vectors(Path(folder) / "vectors.sqlite")) as cache:
            started = time.monotonic()
            for start in range(0, len(texts), 64):
                cache.put("model", texts[start : start + 64], vectors[start : start + 64])
            written = time.monotonic() - started
        with closing(Vectors(Path(folder) / "vectors.sqlite")) as cache:
            started = time.monotonic()
            assert sum(1 for _ in cache.get("model", texts)) == len(texts)
            read = time.monotonic() - started
    report.add("cache, 100,000 vectors", f"{written:.1f} s to write by 64, {read:.1f} s to read")


def _peak(n: int, m: int) -> str:
    """Of a process that searches once."""
    code = (
        "from hr_pipeline_tests.benchmarks import retrieval as r\n"
        f"r.ours(r.drawn({n}, 'skills'), r.drawn({m}, 'apis'))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the search of {n:,} x {m:,} ended with {process.returncode}")
    return f"{peak_mib(usage):,.0f} MiB"
