"""What the endpoint answers: words, an echo, JSON (made from a schema, or in a fence), or recorded
replies; and what it bills.

All is a function of the request alone: asked again, the same request gets the same text.
"""

from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from random import Random
from typing import Any

import orjson

from hr_pipeline_tests.endpoint.asked import Asked, identity, opening, text_of
from hr_pipeline_tests.endpoint.draws import lognormal, uniform
from hr_pipeline_tests.endpoint.options import Options

_VOCABULARY = """
absence appeal apprentice benefit bonus candidate clause colleague conduct contract course
department duty feedback goal grade handover holiday hours interview invoice leave manager
meeting mentor notice office onboarding overtime payroll pension planning policy probation
project promotion record reference report review role rota safety salary schedule shift skill
staff survey team training transfer union vacancy visa wage workshop
"""
WORDS = _VOCABULARY.split()
_TEXTS = 256  # different texts of words; the request's key stands in front and tells them apart


class NoReply(LookupError):
    """The recording holds no reply to these messages."""


@dataclass(frozen=True)
class Made:
    """A reply: its text and what is billed."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    is_cut: bool

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def completion(self, asked: Asked) -> dict[str, Any]:
        usage = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.tokens,
        }
        message: dict[str, Any] = {"role": "assistant", "content": self.text, "refusal": None}
        reason = "stop"
        if asked.tool:
            called = {"name": asked.tool["name"], "arguments": self.text}
            call = {"id": f"call_{asked.key}", "type": "function", "function": called}
            message |= {"content": None, "tool_calls": [call]}
            reason = "tool_calls"
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        return {
            "id": f"chatcmpl-{asked.key}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": asked.body["model"],
            "choices": [choice],
            "usage": usage,
        }


class Replies:
    """Makes replies by the options."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.prepare()

    def prepare(self) -> None:
        """Read what the options name; again, once they have changed."""
        options = self._options
        rng = Random(options.seed)
        self._texts = [" ".join(rng.choices(WORDS, k=options.words - 1)) for _ in range(_TEXTS)]
        self._recorded = recorded(Path(options.replies)) if options.replies else None

    def make(self, asked: Asked, is_cut: bool) -> Made:
        """`is_cut`: half of the text is lost. Raises NoReply."""
        options = self._options
        text = self._text(asked)
        is_cut = is_cut or self._waits_for_mending(asked)
        if is_cut:
            text = text[: max(1, len(text) // 2)]
        prompt = sum(self.count(text_of(message)) for message in asked.messages)
        completion = self.count(text)
        if options.tail:
            drawn = uniform(options.seed, identity(asked.messages), "tail")
            completion = max(1, round(completion * lognormal(drawn, options.tail)))
        return Made(text, prompt, completion, is_cut)

    def _waits_for_mending(self, asked: Asked) -> bool:
        options = self._options
        return (
            bool(options.reask_rate)
            and asked.is_first
            and uniform(options.seed, asked.prompt, "reask") < options.reask_rate
        )

    def _text(self, asked: Asked) -> str:
        if self._recorded is not None:
            return self._found(asked)
        schema = asked.tool.get("parameters", {}) if asked.tool else asked.schema
        if schema is not None:
            return orjson.dumps(sample(schema, Random(asked.prompt))).decode()
        if self._options.reply == "echo":
            return text_of(asked.messages[-1])
        text = f"{asked.prompt.hex()[:12]} {self._texts[asked.prompt[0]]}"
        if self._options.reply == "fenced":
            return f'```json\n{{"answer": "{text}", "score": {asked.prompt[1]}}}\n```'
        return text

    def _found(self, asked: Asked) -> str:
        """The reply to these messages; in a conversation of its own, that to its opening."""
        assert self._recorded is not None
        text = self._recorded.get(identity(plain(asked.messages)))
        if text is None:
            text = self._recorded.get(identity(plain(opening(asked.messages))))
        if text is None:
            raise NoReply("the recording holds no reply to these messages")
        return text

    def count(self, text: str) -> int:
        """Tokens."""
        if self._options.tokenizer == "words-1.4":
            return round(1.4 * len(text.split()))
        return ceil(len(text) / 4)


def plain(messages: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"role": message["role"], "content": text_of(message)} for message in messages]


def recorded(path: Path) -> dict[bytes, str]:
    """All replies of a recording by their messages; of several to the same ones, the last."""
    from hr_pipeline.llm.recording import Recording
    from hr_pipeline.llm.request import read_completion

    if not path.exists():
        raise SystemExit(f"{path}: there is no such recording")
    recording = Recording(path)
    try:
        return {
            identity(plain(orjson.loads(call.request)["messages"])): read_completion(
                call.response
            ).text
            for call in recording.calls()
        }
    finally:
        recording.close()


def sample(schema: dict[str, Any], rng: Random) -> Any:
    """A value that keeps a schema of objects, arrays, enums, references, unions and scalars."""
    return _Sampler(schema, rng).value(schema)


class _Sampler:
    def __init__(self, root: dict[str, Any], rng: Random) -> None:
        self._root, self._rng = root, rng

    def value(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._rng.choice(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema or not schema else "string")
        kind = kind[0] if isinstance(kind, list) else kind
        return getattr(self, f"_{kind}")(schema)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What a reference names, the first of a union."""
        while True:
            union = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                found = self._root
                for part in schema["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
                schema = found
            elif union:
                schema = union[0]
            else:
                return schema

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {name: self.value(held) for name, held in schema.get("properties", {}).items()}

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        count = max(schema.get("minItems", 2), 1)
        return [self.value(schema["items"]) for _ in range(count if "items" in schema else 0)]

    def _string(self, schema: dict[str, Any]) -> str:
        text = " ".join(self._rng.choices(WORDS, k=12 + schema.get("minLength", 0) // 3))
        return text[: schema.get("maxLength")]

    def _integer(self, schema: dict[str, Any]) -> int:
        low, high = schema.get("minimum", 0), schema.get("maximum", 100)
        return self._rng.randint(ceil(low), floor(high))

    def _number(self, schema: dict[str, Any]) -> float:
        return round(self._rng.uniform(schema.get("minimum", 0), schema.get("maximum", 100)), 3)

    def _boolean(self, schema: dict[str, Any]) -> bool:
        return self._rng.random() < 0.5

    def _null(self, schema: dict[str, Any]) -> None:
        return None
