"""A survey of what a build would embed behind an endpoint: texts are counted, nothing is sent."""

from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from hr_pipeline.embedding.cache import Vectors
from hr_pipeline.embedding.dense import DOCUMENT, QUERY
from hr_pipeline.embedding.endpoint import identity_of
from hr_pipeline.embedding.lexical import Lexical
from hr_pipeline.embedding.matrix import Matrix
from hr_pipeline.embedding.names import ENDPOINT, names_in

CHARACTERS_A_TOKEN = 4  # roughly


class Surveyor:
    """An embedder that compares by n-grams, and keeps the texts that it was given."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, {QUERY: set[str](), DOCUMENT: set[str]()}

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        self.asked[QUERY].update(queries)
        self.asked[DOCUMENT].update(corpus)
        return Lexical(corpus_alone=True).pair(queries, corpus)


@dataclass(frozen=True)
class Unseen:
    """Texts that the cache has no vector of, for one model; characters with what is put before."""

    model: str
    texts: int
    characters: int

    def said(self, dollars: float | None) -> str:
        """In words; `dollars` for a million tokens, None where that is not known."""
        tokens = self.characters // CHARACTERS_A_TOKEN
        price = "its price is not known" if dollars is None else f"${tokens * dollars / 1e6:,.4f}"
        return (
            f"Embedding by {self.model}: {self.texts:,} texts without a vector in the cache, "
            f"roughly {tokens:,} tokens; {price}."
        )


def unseen(surveyor: Surveyor, cache: Path, query_prompt: str) -> list[Unseen]:
    """What each endpoint in the embedder's name would be sent."""
    names = [name for name in names_in(surveyor.name) if name.startswith(ENDPOINT)]
    found = []
    with closing(Vectors(cache)) if cache.exists() else nullcontext() as kept:
        for name in names:
            model, new = name.removeprefix(ENDPOINT), dict[tuple[str, str], int]()
            for role, texts in surveyor.asked.items():
                prompt = query_prompt if role == QUERY else ""
                identity, asked = identity_of(model, prompt), sorted(texts)
                known = {place for place, _ in kept.get(identity, asked)} if kept else set[int]()
                for place, text in enumerate(asked):
                    if place not in known:
                        new[identity, text] = len(prompt) + len(text)
            found.append(Unseen(model, len(new), sum(new.values())))
    return found
