"""What is sent and what comes back: the full request with its key, and the reply with its body."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson

CHARACTERS_A_TOKEN = 4  # of a model that nothing is known of


@dataclass(frozen=True)
class Schema:
    """The JSON schema that a structured reply keeps; sent where the endpoint supports it."""

    name: str
    schema: dict[str, Any]

    def response_format(self) -> dict[str, Any]:
        """The field of the chat completions API."""
        held = {"name": self.name, "schema": self.schema, "strict": True}
        return {"type": "json_schema", "json_schema": held}


@dataclass(frozen=True)
class Request:
    """The full request. Its key depends on all that can change the answer, and on nothing else:
    not on the base URL, not on a row number."""

    model: str
    messages: tuple[tuple[str, str], ...]  # (role, content)
    parameters: tuple[tuple[str, Any], ...] = ()
    schema: Schema | None = None
    sample: int = 0  # counts answers to one question, where several are wanted

    def body(self, with_schema: bool = True) -> dict[str, Any]:
        """The request as the chat completions API takes it."""
        messages = [{"role": role, "content": content} for role, content in self.messages]
        body = {"model": self.model, "messages": messages, **dict(self.parameters)}
        if self.schema and with_schema:
            body["response_format"] = self.schema.response_format()
        return body

    @cached_property
    def encoded(self) -> bytes:
        """The body as it goes over the wire, built once."""
        return canonical_json(self.body())

    @cached_property
    def encoded_without_schema(self) -> bytes:
        """The same for an endpoint that takes no schema; the key stays."""
        return canonical_json(self.body(with_schema=False))

    def text(self) -> str:
        """What the recording keeps and the key is made of."""
        if self.sample:
            return canonical_json(self.body() | {"sample": self.sample}).decode()
        return self.encoded.decode()

    def key(self) -> str:
        return _key(self.encoded) if not self.sample else key_of(self.text())

    @cached_property
    def characters(self) -> int:
        """Of all messages: what prompt tokens are estimated from."""
        return sum(len(content) for _, content in self.messages)


def key_of(request_text: str) -> str:
    """The key of a request in its canonical text: 32 hex digits of SHA-256."""
    return _key(request_text.encode())


def _key(request: bytes) -> str:
    return sha256(request).hexdigest()[:32]


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no blanks, UTF-8; half characters, which UTF-8 has not, as JSON escapes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Reply:
    """What came back, with the tokens the provider counted (0 where it said nothing).

    `body` is the chat completion as it was received; b"" for replies that no endpoint made.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    body: bytes = field(default=b"", compare=False, repr=False)

    def completion(self) -> bytes:
        """The chat completion that the recording keeps: the one received, or one made of the text.

        `read_completion` gives an equal reply back.
        """
        if self.body:
            return self.body
        made: dict[str, Any] = {"choices": [{"message": {"content": self.text}}]}
        if self.prompt_tokens or self.completion_tokens:
            made["usage"] = {
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": self.completion_tokens,
            }
        return canonical_json(made)


def read_completion(body: bytes) -> Reply:
    """The reply in a chat completion, whatever shape a server gives it; ValueError where it is
    none. Text is "" where there is none."""
    try:
        completion = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            completion = json.loads(body)  # reads half characters; raises ValueError
        except RecursionError:
            raise ValueError("no chat completion") from None
    choices = completion.get("choices") if isinstance(completion, dict) else None
    if not isinstance(choices, list):
        raise ValueError("no chat completion")
    usage = completion.get("usage")
    counted = usage if isinstance(usage, dict) else {}
    prompt, completed = (_count(counted, n) for n in ("prompt_tokens", "completion_tokens"))
    return Reply(_content(choices), prompt, completed, body)


def _content(choices: list[Any]) -> str:
    first = choices[0] if choices else None
    message = first.get("message") if isinstance(first, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):  # parts, of which the text ones count
        content = "".join(str(p.get("text") or "") for p in content if isinstance(p, dict))
    return content if isinstance(content, str) else ""


def _count(usage: dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0
