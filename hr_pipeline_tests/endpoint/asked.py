"""A chat request as the endpoint reads it, and what identifies it."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

_CANONICAL = orjson.OPT_SORT_KEYS


@dataclass(frozen=True)
class Asked:
    """`key` is of the whole canonical body: 32 hex digits, as the recording makes them of a request
    that is no further sample. `prompt` is of the messages up to the first user's: the same for all
    that is asked in one conversation."""

    body: dict[str, Any]
    key: str
    prompt: bytes
    is_first: bool  # of its conversation: nothing was answered yet

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.body["messages"]

    @property
    def tool(self) -> dict[str, Any] | None:
        """The function that the reply is to call: the first of those offered."""
        tools = self.body.get("tools")
        return tools[0]["function"] if tools else None

    @property
    def schema(self) -> dict[str, Any] | None:
        """Of the structured reply that is asked for; {} where any JSON object will do."""
        wanted = self.body.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            return wanted["json_schema"].get("schema") or {}
        return {} if wanted.get("type") == "json_object" else None


def read(raw: bytes, deployment: str = "") -> Asked:
    """Raises ValueError with what is wrong. `deployment`: the model that the address names."""
    return asked_of(orjson.loads(raw), deployment)


def asked_of(body: Any, deployment: str = "") -> Asked:
    if not isinstance(body, dict):
        raise ValueError("the body is no object")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages is no list, or empty")
    if not all(isinstance(m, dict) and isinstance(m.get("role"), str) for m in messages):
        raise ValueError("a message has no role")
    if deployment:
        body.setdefault("model", deployment)
    if not isinstance(body.get("model"), str):
        raise ValueError("model is missing")
    key = sha256(orjson.dumps(body, option=_CANONICAL)).hexdigest()[:32]
    is_first = all(message["role"] != "assistant" for message in messages)
    return Asked(body, key, identity(opening(messages)), is_first)


def opening(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages up to the first user's."""
    for place, message in enumerate(messages):
        if message["role"] == "user":
            return messages[: place + 1]
    return messages


def identity(messages: list[dict[str, Any]]) -> bytes:
    """Of messages alone, whatever model and parameters go with them."""
    return sha256(orjson.dumps(messages, option=_CANONICAL)).digest()[:16]


def text_of(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):  # parts, of which the text ones count
        return "".join(str(part.get("text") or "") for part in content)
    return content or ""
