"""Requests for vectors: what is asked, and vectors that follow from the texts alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256, shake_256
from struct import unpack
from typing import Any

import orjson

from hr_pipeline_tests.endpoint.options import Options


@dataclass(frozen=True)
class Wanted:
    """`key`: of model and texts, for the draws."""

    model: str
    texts: list[str]
    key: bytes

    @property
    def tokens(self) -> int:
        return sum(len(text) // 4 + 1 for text in self.texts)


def read(raw: bytes, options: Options) -> Wanted:
    """Raises ValueError with what is wrong."""
    body = orjson.loads(raw)
    texts = body.get("input") if isinstance(body, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("input is no list of texts")
    if not all(texts):
        raise ValueError("input holds an empty text")
    if options.longest_text and max(map(len, texts)) > options.longest_text:
        raise ValueError(f"a text has more than {options.longest_text} characters")
    return Wanted(str(body.get("model")), texts, sha256(orjson.dumps(texts)).digest()[:16])


def vector_of(text: str, width: int) -> list[float]:
    """Numbers between -1 and 1 made of a hash of the text."""
    drawn = shake_256(text.encode()).digest(4 * width)
    return [number / 2**31 for number in unpack(f">{width}i", drawn)]


def answer(wanted: Wanted, options: Options) -> dict[str, Any]:
    """The reply, the last text first; with the fault that the options name."""
    data = list(_vectors(wanted.texts, options))[::-1]
    if options.vectors == "too few":
        data.pop()
    if options.vectors == "ragged":
        data[0]["embedding"].pop()
    if options.vectors == "nulls":
        data[0]["embedding"][0] = None
    if options.vectors == "none":
        return {"object": "list"}
    usage = {"prompt_tokens": wanted.tokens, "total_tokens": wanted.tokens}
    return {"object": "list", "model": wanted.model, "data": data, "usage": usage}


def _vectors(texts: list[str], options: Options) -> Iterator[dict[str, Any]]:
    for index, text in enumerate(texts):
        vector = vector_of(text, options.width)
        yield {"object": "embedding", "index": index, "embedding": vector}
