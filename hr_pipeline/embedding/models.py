"""Texts to unit vectors: one interface to all models, opened by their names."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hr_pipeline.embedding.lexical import LEXICAL, Lexical
from hr_pipeline.embedding.matrix import Matrix, Parts
from hr_pipeline.embedding.names import ENDPOINT, names_in


class Embedder(Protocol):
    """Makes vectors of texts; `name` says which model."""

    name: str

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        """Vectors of both, to be compared by cosine (their product). Raises InputError."""


class Sum:
    """Several embedders, whose cosines count alike."""

    def __init__(self, embedders: list[Embedder]) -> None:
        self.name = "+".join(embedder.name for embedder in embedders)
        self._embedders = embedders

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        """Both as Parts."""
        pairs = [embedder.pair(queries, corpus) for embedder in self._embedders]
        return Parts(tuple(ours for ours, _ in pairs)), Parts(tuple(theirs for _, theirs in pairs))


def open_embedder(
    model: str = LEXICAL,
    *,
    cache: Path | None = None,
    base_url: str = "",
    key_variable: str = "OPENAI_API_KEY",
    query_prompt: str = "",
    trust_remote_code: bool = False,
    batch: int = 64,
    corpus_alone: bool = False,
    log: Callable[[str], object] = lambda line: None,
) -> Embedder:
    """The embedder of this name: "lexical", a sentence-transformers model by name or folder,
    "openai:MODEL" behind an endpoint, or several of them as "A+B" (docs/embedders.md).

    `cache`: file in which dense vectors are kept; `query_prompt`: put before each query, in place
    of the model's own; `batch`: texts at a time; `corpus_alone`: "lexical" weighs by the corpus
    alone (see Lexical); `log` hears of long work. Raises InputError.
    """
    from hr_pipeline.embedding.dense import Dense, Encoder

    def opened(name: str) -> Embedder:
        if name == LEXICAL:
            return Lexical(corpus_alone)
        encoder: Encoder
        if name.startswith(ENDPOINT):
            from hr_pipeline.embedding.endpoint import Endpoint

            bare = name.removeprefix(ENDPOINT)
            encoder = Endpoint(bare, base_url, key_variable, query_prompt, batch)
        else:
            from hr_pipeline.embedding.transformer import Transformer

            encoder = Transformer(name, query_prompt, trust_remote_code, batch)
        return Dense(encoder, cache, log)

    return together([opened(name) for name in names_in(model)])


def together(embedders: list[Embedder]) -> Embedder:
    """One embedder of several, or the only one."""
    return embedders[0] if len(embedders) == 1 else Sum(embedders)
