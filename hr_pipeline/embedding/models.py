"""Texts to unit vectors: character n-grams by default, a sentence-transformers model by name."""

from pathlib import Path
from typing import Any, Protocol

from hr_pipeline.lake.errors import InputError

LEXICAL = "lexical"
Matrix = Any  # a unit vector a row: scipy CSR of "lexical", else a float32 array


class Embedder(Protocol):
    """Makes vectors of texts; `name` says which model."""

    name: str

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        """Vectors of both, to be compared by cosine (their product)."""


class _Simple:
    def __init__(self, name: str) -> None:
        self.name = name

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        vectors = embed([*queries, *corpus], self.name)
        return vectors[: len(queries)], vectors[len(queries) :]


def open_embedder(
    model: str = LEXICAL,
    *,
    cache: Path | None = None,
    base_url: str = "",
    key_variable: str = "OPENAI_API_KEY",
    query_prompt: str = "",
    trust_remote_code: bool = False,
    batch: int = 64,
) -> Embedder:
    """The embedder of this name; see docs/embedders.md. Raises InputError."""
    return _Simple(model)


def embed(texts: list[str], model: str = LEXICAL) -> Any:
    """One unit vector per text: a sparse TF-IDF matrix for "lexical", else a dense float32 array.

    Lexical weights come from `texts` themselves: embed all that is to be compared at once.
    InputError where a model is named and sentence-transformers is not installed.
    """
    if model == LEXICAL:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        return vectorizer.fit_transform(texts)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        mend = f"install '.[train]', or use {LEXICAL}"
        raise InputError("sentence-transformers is not installed", model, mend) from error
    return SentenceTransformer(model).encode(texts, normalize_embeddings=True)
