"""Dense vectors: each text embedded once, and never again where a cache keeps its vector."""

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Protocol

import numpy as np

from hr_pipeline.embedding.cache import Vectors
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.progress import progress

QUERY, DOCUMENT = "query", "document"


class Encoder(Protocol):
    """A model; what it makes of a text depends on the text and `identity(role)` alone."""

    name: str
    at_once: int  # texts: so many are lost at most when the process is killed

    def identity(self, role: str) -> str:
        """The model and what it puts before texts of this role."""

    def encode(self, texts: list[str], role: str) -> np.ndarray:
        """(texts, width) float32, of any length. Raises InputError."""

    def sight(self) -> str:
        """What is told beside the progress."""


class Dense:
    """An embedder of dense vectors, float32 and of length 1.

    Texts are embedded in the order of their length, which spares a model padding. With whom a text
    shares a batch may change its vector in the last bits, so scores are rounded to 1e-5.
    """

    def __init__(self, encoder: Encoder, cache: Path | None, log: Callable[[str], object]) -> None:
        self.name, self._encoder, self._cache, self._log = encoder.name, encoder, cache, log

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[np.ndarray, np.ndarray]:
        if self._encoder.identity(QUERY) == self._encoder.identity(DOCUMENT):
            vectors, rows = self._vectors([*corpus, *queries], DOCUMENT)
            n = len(corpus)
            return _taken(vectors, rows[n:]), _taken(vectors, rows[:n])
        return _taken(*self._vectors(queries, QUERY)), _taken(*self._vectors(corpus, DOCUMENT))

    def _vectors(self, texts: list[str], role: str) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of the distinct texts (distinct, width), (0, 0) where there are none; and the row
        of each text among them."""
        places: dict[str, int] = {}
        rows = np.array([places.setdefault(text, len(places)) for text in texts], np.int64)
        distinct = list(places)
        vectors = np.empty((0, 0), np.float32)
        with closing(Vectors(self._cache)) if self._cache else nullcontext() as cache:
            for place, vector in self._found(distinct, role, cache):
                if not vectors.size:
                    vectors = np.empty((len(distinct), len(vector)), np.float32)
                if vector.shape != vectors.shape[1:]:
                    raise InputError(
                        f"vectors of {vectors.shape[1]} and of {len(vector)} numbers",
                        f"embedder {self.name}",
                        f"the model has changed; delete {self._cache or 'what was kept'}",
                    )
                vectors[place] = vector
        return vectors, rows

    def _found(
        self, texts: list[str], role: str, cache: Vectors | None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(place, vector) of each text: first those that are kept, then those that are made."""
        known = set()
        for place, vector in cache.get(self._encoder.identity(role), texts) if cache else ():
            known.add(place)
            yield place, vector
        new = sorted(set(range(len(texts))) - known, key=lambda place: (-len(texts[place]), place))
        what = f"embedding with {self.name}"
        yield from progress(
            self._made(texts, new, role, cache), what, len(new), self._log, self._encoder.sight
        )
        if new:
            told = self._encoder.sight()
            self._log(f"{what}: {len(new):,} of {len(texts):,} texts were new, {told}")

    def _made(
        self, texts: list[str], places: list[int], role: str, cache: Vectors | None
    ) -> Iterator[tuple[int, np.ndarray]]:
        for start in range(0, len(places), self._encoder.at_once):
            some = places[start : start + self._encoder.at_once]
            written = [texts[place] for place in some]
            made = unit(self._encoder.encode(written, role))
            if cache:
                cache.put(self._encoder.identity(role), written, made)
            yield from zip(some, made, strict=True)


def _taken(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """These rows; no copy where they are the first ones in order, for there may be a million."""
    first = np.array_equal(rows, np.arange(len(rows)))
    return vectors[: len(rows)] if first else vectors[rows]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows brought to length 1, as float32; a row of noughts stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
