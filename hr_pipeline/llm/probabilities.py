"""Token probabilities of a reply, where the endpoint gave them (`logprobs`, `top_logprobs`)."""

import math
from dataclasses import dataclass
from typing import Any

import orjson

MOST_ALTERNATIVES = 20  # that the chat completions API gives for a token
WITH_PROBABILITIES = (("logprobs", True), ("top_logprobs", MOST_ALTERNATIVES))


@dataclass(frozen=True)
class Token:
    """One token of a reply, and the probabilities of what could have stood there (by token, some
    of 1 in sum)."""

    text: str
    alternatives: dict[str, float]


def token_probabilities(completion: bytes) -> list[Token]:
    """The tokens of a chat completion as it was received; none where it tells no probabilities."""
    try:
        content = orjson.loads(completion)["choices"][0]["logprobs"]["content"]
        return [_token(held) for held in content or ()]
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
        return []


def _token(held: dict[str, Any]) -> Token:
    """Alternatives that differ by more than their text (the bytes of a part of a letter) add up."""
    alternatives: dict[str, float] = {}
    for other in held["top_logprobs"] or [held]:
        text = str(other["token"])
        alternatives[text] = alternatives.get(text, 0.0) + math.exp(min(float(other["logprob"]), 0))
    return Token(str(held["token"]), alternatives)
