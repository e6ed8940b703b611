"""A sentence-transformers model, by its name on the hub or its folder."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hr_pipeline.embedding.dense import DOCUMENT, QUERY
from hr_pipeline.embedding.lexical import LEXICAL
from hr_pipeline.embedding.names import names_in
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.lake.store import file_sha256

_PROMPTS = {QUERY: ("query",), DOCUMENT: ("document", "passage", "corpus")}  # names models use
_DECIDING = frozenset((".bin", ".json", ".model", ".py", ".safetensors", ".txt"))  # kinds of files
_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")  # of a model on the hub


class Transformer:
    """An Encoder; torch takes a GPU where there is one.

    Queries get `query_prompt` before them, else the model's own prompt for queries, if it has one.
    A text that is longer than the model reads is cut there, as the model's makers have set it.
    """

    def __init__(self, model: str, query_prompt: str, trust_remote_code: bool, batch: int) -> None:
        self._model = _load(model, trust_remote_code)
        self._query_prompt, self.at_once = query_prompt, batch
        self._layers = repr(self._model)
        self._weights = _fingerprint(self._model)
        is_folder = Path(model).is_dir()  # its path is this machine's own
        self.name = f"{Path(model).resolve().name}@{self._weights[:8]}" if is_folder else model

    def identity(self, role: str) -> str:
        way = role if "Router" in self._layers else ""  # queries may have layers of their own
        made_of = short_hash(self._layers, self._model.max_seq_length, way, self._prompt(role))
        return f"{self._weights} {made_of}"

    def sight(self) -> str:
        return f"on {self._model.device.type}"

    def encode(self, texts: list[str], role: str) -> np.ndarray:
        encode = self._model.encode_query if role == QUERY else self._model.encode_document
        prompt = self._prompt(role)
        return encode(texts, prompt=prompt, batch_size=self.at_once, show_progress_bar=False)

    def _prompt(self, role: str) -> str:
        """What is put before a text."""
        if role == QUERY and self._query_prompt:
            return self._query_prompt
        own = self._model.prompts
        return next((own[name] for name in _PROMPTS[role] if own.get(name)), "")


def folders_hash(model: str) -> str:
    """What is in the folders that a name of an embedder names ("A+B" may name several); "" for
    models by name, and for others."""
    folders = map(Path, names_in(model))
    files = [p for f in folders if f.is_dir() for p in sorted(f.rglob("*")) if p.is_file()]
    facts = [(path, path.stat()) for path in files if path.suffix in _DECIDING]
    return short_hash(*(_hash(p, s.st_size, s.st_mtime_ns) for p, s in facts)) if facts else ""


@cache
def _hash(path: Path, size: int, changed: int) -> str:
    """Read once in a process, for weights are large."""
    return f"{path.name} {file_sha256(path)}"


def _load(model: str, trust_remote_code: bool) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        mend = f"install '.[train]', or use {LEXICAL}"
        raise InputError("sentence-transformers is not installed", model, mend) from error
    if not Path(model).is_dir() and not _NAME.fullmatch(model):
        raise InputError("there is no such folder", f"embedder {model}")
    logging.disable_progress_bar()  # of weights that are read in a moment
    try:
        return SentenceTransformer(model, trust_remote_code=trust_remote_code)
    except Exception as error:  # what loading a model may raise has no common kind
        reason = f"this model cannot be opened ({type(error).__name__}: {error})"[:400]
        mend = "name a sentence-transformers model of the hub, or its folder"
        raise InputError(reason, f"embedder {model}", mend) from error


def _fingerprint(model: Any) -> str:
    """Of all weights, wherever they were read from: 32 hexadecimal digits."""
    import torch

    state = hashlib.sha256()
    for name, weights in model.state_dict().items():
        state.update(name.encode())
        state.update(weights.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return state.hexdigest()[:32]
