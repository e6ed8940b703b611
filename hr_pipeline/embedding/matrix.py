"""Vectors of many texts, a row each, as all models give them."""

from dataclasses import dataclass
from typing import Any

Matrix = Any  # unit vectors, or nought where a text has none: scipy CSR, a float32 array, or Parts


@dataclass(frozen=True)
class Parts:
    """Vectors of several models side by side: their cosine is the mean of the models' cosines."""

    parts: tuple[Matrix, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return self.parts[0].shape[0], sum(part.shape[1] for part in self.parts)

    def __getitem__(self, rows: Any) -> "Parts":
        return Parts(tuple(part[rows] for part in self.parts))


def cosines(queries: Matrix, corpus: Matrix) -> Any:
    """Of every pair: a dense array (queries, corpus), not rounded."""
    if isinstance(queries, Parts):
        pairs = zip(queries.parts, corpus.parts, strict=True)
        return sum(cosines(ours, theirs) for ours, theirs in pairs) / len(queries.parts)
    product = queries @ corpus.T
    return product.toarray() if hasattr(product, "toarray") else product
