"""Token probabilities as the chat completions API gives them."""

import re
from math import log
from typing import Any

_TOKENS = re.compile(r"\d|[^\d]+")


def tokens_of(text: str, prompt: bytes) -> list[dict[str, Any]]:
    """The tokens of a reply: a digit is one, with its neighbours as alternatives, which are the
    likelier the more the prompt's identity makes them; all else is certain."""
    return [_token(token, prompt) for token in _TOKENS.findall(text)]


def _token(token: str, prompt: bytes) -> dict[str, Any]:
    doubt = prompt[0] / 1000 if token.isdecimal() else 0.0
    likely = {token: 1 - 2 * doubt}
    if doubt:
        likely |= {str((int(token) + step) % 10): doubt for step in (-1, 1)}
    top = [_held(text, probability) for text, probability in likely.items()]
    return top[0] | {"top_logprobs": top}


def _held(text: str, probability: float) -> dict[str, Any]:
    return {"token": text, "logprob": log(probability), "bytes": list(text.encode())}
