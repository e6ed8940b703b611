"""What the endpoint can be told, on its command line or while it runs."""

import argparse
from dataclasses import Field, dataclass, field, fields
from typing import Any


def option(default: Any, help: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass
class Options:
    """Rates and shares are of requests, drawn by prompt and attempt."""

    latency_ms: float = option(500.0, "mean time to answer")
    jitter: float = option(0.0, "sigma of a lognormal spread of the latency; the mean stays")
    seed: int = option(0, "of all draws")
    key: str = option("", "the key that requests must show; none is asked for if empty")
    model: str = option("mock-model", "the name that GET /v1/models lists; any name is answered")
    down: str = option("", "an outage: every request is answered 503, or hangs", ("503", "hang"))

    fail_429: float = option(0.0, "share answered 429")
    retry_after: float = option(1.0, "seconds that such a 429 tells to wait; 0: it tells nothing")
    fail_500: float = option(0.0, "share answered 500")
    fail_400: float = option(0.0, "share of prompts refused for their content, every time")
    reset_rate: float = option(0.0, "share whose connection is reset")
    hang_rate: float = option(0.0, "share never answered")
    hang_s: float = option(3600.0, "longest hang, then 504")
    malformed: float = option(0.0, "share of replies whose text is cut in half")
    no_schema: bool = option(False, "answer 400 to response_format, as older servers do")

    logprobs: str = option(
        "given",
        "token probabilities, to requests that want them; refused: with 400",
        ("given", "left out", "refused"),
    )

    rpm: float = option(0.0, "hard limit of requests a minute; 0: none")
    tpm: float = option(0.0, "hard limit of tokens a minute, prompt and reply; 0: none")
    burst_s: float = option(1.0, "size of the limits' buckets, in seconds of their rate")
    ratelimit_headers: bool = option(False, "send x-ratelimit-* headers")
    retry_after_ms: bool = option(False, "send retry-after-ms with every 429")

    reply: str = option(
        "words",
        "what is answered where nothing else fits; fenced: JSON of answer and score in a fence",
        ("words", "echo", "fenced"),
    )
    words: int = option(145, "words of a reply")
    replies: str = option("", "a recording: its replies, found by the messages alone")
    tokenizer: str = option("chars/4", "how tokens are counted", ("chars/4", "words-1.4"))
    tail: float = option(
        0.0, "sigma of a lognormal factor, mean 1, on the count of reply tokens; the text stays"
    )
    reask_rate: float = option(
        0.0, "share of prompts whose first reply is cut in half until it is asked to be mended"
    )

    width: int = option(16, "numbers in a vector")
    longest_text: int = option(0, "characters of a text that gets a vector; 0: any number")
    vectors: str = option(
        "right",
        "what is wrong with answers to requests for vectors",
        ("right", "too few", "ragged", "nulls", "none"),
    )

    batch_s: float = option(1.0, "seconds that a batch takes")
    batch_expire_share: float = option(0.0, "share of requests that expire, and their batch too")
    batch_fail_share: float = option(0.0, "share of requests that end with 500")
    batch_refuse_share: float = option(0.0, "share of prompts that end with 400, every time")
    batch_max_requests: int = option(50_000, "requests a file")
    batch_max_bytes: int = option(200_000_000, "bytes a file")

    def set(self, name: str, value: Any) -> None:
        """One option, of the type it has; True switches an outage on. Raises ValueError."""
        if name not in _FIELDS:
            raise ValueError(f"there is no option {name!r}")
        if name == "down" and isinstance(value, bool):
            value = "503" if value else ""
        kind = type(getattr(self, name))
        setattr(self, name, kind(value))


_FIELDS: dict[str, Field] = {item.name: item for item in fields(Options)}


def add_options(parser: argparse.ArgumentParser) -> None:
    for name, item in _FIELDS.items():
        facts: dict[str, Any] = {"help": item.metadata["help"]}
        if isinstance(item.default, bool):
            facts["action"] = "store_true"
        else:
            facts |= {"type": type(item.default), "default": item.default}
            facts["help"] += "" if item.default == "" else f" (default: {item.default})"
        if item.metadata["choices"]:
            facts["choices"] = item.metadata["choices"]
        parser.add_argument(flag(name), **facts)


def options_of(arguments: argparse.Namespace) -> Options:
    return Options(**{name: getattr(arguments, name) for name in _FIELDS})


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")
