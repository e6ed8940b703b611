"""The embedder of a build, for making its rows again: nothing is sent."""

from pathlib import Path

import numpy as np

from hr_pipeline.embedding.dense import QUERY, Dense
from hr_pipeline.embedding.endpoint import identity_of
from hr_pipeline.embedding.models import Embedder, open_embedder, together
from hr_pipeline.embedding.names import ENDPOINT, names_in
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake


class _Kept:
    """An Encoder of an endpoint that has only what the cache holds."""

    at_once = 1

    def __init__(self, model: str, query_prompt: str) -> None:
        self.name, self._query_prompt = model, query_prompt

    def identity(self, role: str) -> str:
        return identity_of(self.name, self._query_prompt if role == QUERY else "")

    def sight(self) -> str:
        return "from the cache alone"

    def encode(self, texts: list[str], role: str) -> np.ndarray:
        raise InputError(
            f"the vector of {texts[0][:60]!r} by {self.name} is not in the cache of vectors",
            mend="build again: only the endpoint could make it",
        )


def embedder_of(lake: Lake, build: Build) -> Embedder:
    """As the build's settings name it. Vectors of an endpoint come from the lake's cache alone; a
    model of this machine makes again what the cache does not have. Raises InputError."""
    told = build.recipe.settings["config"]["embedder"]
    names = names_in(told["model"])
    return together([_opened(name, told["query_prompt"], lake.vectors_path) for name in names])


def _opened(name: str, query_prompt: str, cache: Path) -> Embedder:
    if name.startswith(ENDPOINT):
        encoder = _Kept(name.removeprefix(ENDPOINT), query_prompt)
        return Dense(encoder, cache, lambda line: None)
    return open_embedder(name, cache=cache, query_prompt=query_prompt, corpus_alone=True)
