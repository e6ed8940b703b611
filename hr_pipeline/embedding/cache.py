"""The cache of vectors: one SQLite file, by model and text, so that only new texts are embedded."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.sqlite import open_wal

_ASKED_AT_ONCE = 500
_TABLE = """CREATE TABLE IF NOT EXISTS vectors
    (model TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, text))"""


class Vectors:
    """Open from one program or several at once. A vector is float32 under the SHA-256 of its text;
    what `put` has returned from outlives a killed process. InputError where the file fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._surely():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = open_wal(path)
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_TABLE)

    def get(self, model: str, texts: Sequence[str]) -> Iterator[tuple[int, np.ndarray]]:
        """(place in `texts`, vector) of those that are kept; the texts are all different."""
        places = {_hash(text): place for place, text in enumerate(texts)}
        hashes = list(places)
        for start in range(0, len(hashes), _ASKED_AT_ONCE):
            some = hashes[start : start + _ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            sql = f"SELECT text, vector FROM vectors WHERE model = ? AND text IN ({marks})"
            with self._surely():
                rows = self._db.execute(sql, (model, *some)).fetchall()
                found = [(places[text], np.frombuffer(vector, "<f4")) for text, vector in rows]
            yield from found

    def put(self, model: str, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep float32 vectors, a row a text, as one transaction."""
        rows = zip(texts, vectors.astype("<f4", copy=False), strict=True)
        with self._surely(), self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                ((model, _hash(text), vector.tobytes()) for text, vector in rows),
            )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _surely(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, sqlite3.Error) as error:
            mend = "if it is damaged, delete it with its -wal and -shm: vectors are made again"
            raise InputError(
                f"the cache of vectors cannot be read or written ({error})", str(self._path), mend
            ) from error


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
