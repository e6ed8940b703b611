"""A causal language model in this process: replies to several requests at a time."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.llm.request import Reply, Request, canonical_json, read_completion
from hr_pipeline.llm.task import RequestRefused
from hr_pipeline.llm.weights import base_of, folder_of

SPEAKERS = {"system": "System", "user": "User", "assistant": "Assistant"}
IGNORED = ("seed",)  # part of the request's key, and every draw is keyed by that


@dataclass(frozen=True)
class Writing:
    """How a reply is written; temperature 0 takes the likeliest token each time."""

    max_tokens: int = 2048
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0

    @classmethod
    def of(cls, parameters: Iterable[tuple[str, Any]]) -> "Writing":
        """From a request's parameters, by the names of the chat completions API and of vLLM. Raises
        InputError for others, and for values out of range."""
        given = {n: v for n, v in parameters if n not in (*IGNORED, "chat_template_kwargs")}
        if "max_completion_tokens" in given:
            given["max_tokens"] = given.pop("max_completion_tokens")
        where = "teacher.parameters"
        if unknown := ", ".join(sorted(set(given) - set(cls.__dataclass_fields__))):
            known = ", ".join(cls.__dataclass_fields__)
            raise InputError(f"a local model takes no {unknown}", where, f"it takes {known}")
        least = {"max_tokens": 1, "temperature": 0, "top_p": 1e-9, "top_k": 0}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(f"{name} is no number: {value!r}", where)
            if not value >= least.get(name, 1e-9) or (name == "top_p" and value > 1):
                raise InputError(f"{name} is out of range: {value!r}", where)
        whole = {n: int(v) if n in ("max_tokens", "top_k") else float(v) for n, v in given.items()}
        return cls(**whole)  # type: ignore[arg-type]


def asking_tokens(
    tokenizer: Any, messages: Sequence[Mapping[str, str]], told: Mapping[str, Any] | None = None
) -> list[int]:
    """The tokens after which a model writes its reply to `messages` ({role, content} each): by its
    chat template, which gets `told`, or as plain text (see CausalModel)."""
    if tokenizer.chat_template:
        text = tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True, **(told or {})
        )
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    turns = [f"{SPEAKERS[one['role']]}: {one['content']}" for one in messages]
    return list(tokenizer("\n\n".join([*turns, f"{SPEAKERS['assistant']}:"]))["input_ids"])


@dataclass(frozen=True)
class Prompt:
    """A request as the model reads it, with how its reply is written within the context."""

    key: str
    tokens: list[int]
    writing: Writing


class CausalModel:
    """Loaded on the accelerator in bfloat16 where there is one, else on the CPU in float32.

    A model without a chat template is asked in plain text: each message as "User: ..." or
    "Assistant: ...", a blank line between, and "Assistant:" at the end; its reply ends before it
    goes on as "User:". Raises InputError where it cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
            from transformers.utils import logging
        except ImportError as error:
            reason = "torch and transformers are not installed"
            raise InputError(reason, folder.name, "install '.[train]'") from error
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        fast = torch.accelerator.is_available()
        self.device = torch.accelerator.current_accelerator() if fast else torch.device("cpu")
        base = base_of(folder)
        loaded = folder_of(base) if base else folder
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(
                loaded, dtype=torch.bfloat16 if fast else torch.float32
            )
            model = _adapted(model, folder) if base else model
            own = any((folder / f).is_file() for f in ("tokenizer.json", "tokenizer_config.json"))
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder if own else loaded)
        except InputError:
            raise
        except Exception as error:  # each kind of broken folder has an error of its own
            reason = str(error).strip().split("\n")[0]
            raise InputError(f"the model cannot be loaded ({reason})", str(folder)) from error
        self.model = model.to(self.device).eval()
        told = model.generation_config.eos_token_id
        ends = [*(told if isinstance(told, list) else [told]), self.tokenizer.eos_token_id]
        self.ends = sorted({end for end in ends if end is not None})
        self.model.generation_config = GenerationConfig(
            do_sample=False, eos_token_id=self.ends or None, pad_token_id=(self.ends or [0])[0]
        )
        self.context = getattr(model.config.get_text_config(), "max_position_embeddings", None)

    def read(self, request: Request, key: str) -> Prompt:
        """Raises RequestRefused where the prompt leaves no room for a reply."""
        from jinja2 import TemplateError

        parameters = dict(request.parameters)
        messages = [{"role": role, "content": content} for role, content in request.messages]
        told = parameters.get("chat_template_kwargs") or {}
        try:
            tokens = asking_tokens(self.tokenizer, messages, told)
        except TemplateError as error:
            raise RequestRefused(f"the chat template refuses it: {error}") from None
        writing = Writing.of(request.parameters)
        if self.context is not None:
            room = self.context - len(tokens)
            if room < 1:
                said = (
                    f"the prompt has {len(tokens):,} tokens, the model's context {self.context:,}"
                )
                raise RequestRefused(said)
            writing = Writing(**vars(writing) | {"max_tokens": min(writing.max_tokens, room)})
        return Prompt(key, tokens, writing)

    def write(self, prompts: Sequence[Prompt], halted: Callable[[], bool]) -> list[Reply]:
        """Replies to prompts of one Writing, made together. Each row has padding at its left and
        draws of its own, so that it does not depend on the others, but for the last digits of
        floating-point sums. Cut as they are where `halted` says so."""
        import torch

        writing, longest = prompts[0].writing, max(len(prompt.tokens) for prompt in prompts)
        padding = self.model.generation_config.pad_token_id
        rows = [[padding] * (longest - len(p.tokens)) + p.tokens for p in prompts]
        mask = [[0] * (longest - len(p.tokens)) + [1] * len(p.tokens) for p in prompts]
        try:
            made = self.model.generate(
                input_ids=torch.tensor(rows, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
                max_new_tokens=writing.max_tokens,
                logits_processor=_processors(writing, [prompt.key for prompt in prompts]),
                stopping_criteria=[_Halting(halted)],
            )
        except torch.OutOfMemoryError as error:
            reason = f"{len(prompts)} prompts at once do not fit into memory"
            raise InputError(
                reason, self.model.name_or_path, "lower teacher.concurrency"
            ) from error
        return [
            self._reply(prompt, row[longest:].tolist())
            for prompt, row in zip(prompts, made, strict=True)
        ]

    def _reply(self, prompt: Prompt, tokens: list[int]) -> Reply:
        """The text up to the model's end mark; as a chat completion, which is what is recorded."""
        place = next((n for n, token in enumerate(tokens) if token in self.ends), None)
        written = tokens if place is None else tokens[: place + 1]
        text = self.tokenizer.decode(written, skip_special_tokens=True)
        ended = place is not None
        if not self.tokenizer.chat_template:
            text, goes_on, _ = text.partition(f"\n\n{SPEAKERS['user']}:")
            text = text.removeprefix(" ")  # after "Assistant:"
            ended = ended or bool(goes_on)
        said = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop" if ended else "length",
        }
        usage = {"prompt_tokens": len(prompt.tokens), "completion_tokens": len(written)}
        return read_completion(canonical_json({"choices": [said], "usage": usage}))


class _Halting:
    """Ends the writing of all rows after the token at which `halted` says so."""

    def __init__(self, halted: Callable[[], bool]) -> None:
        self.halted = halted

    def __call__(self, tokens: Any, scores: Any, **_: Any) -> Any:
        import torch

        return torch.full((len(tokens),), self.halted(), device=tokens.device)


class _Draws:
    """Noise on the logits whose largest sum is a draw from their distribution (the Gumbel trick).
    Every row has a generator of its own, by the key of its request."""

    def __init__(self, keys: Iterable[str]) -> None:
        import torch

        seeds = [draw_integer(0, "llm/local", key, 2**63) for key in keys]
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, tokens: Any, scores: Any) -> Any:
        import torch

        blank = torch.empty(scores.shape[-1])
        drawn = [blank.clone().exponential_(generator=one) for one in self.generators]
        return scores - torch.stack(drawn).log().to(scores.device)


def _processors(writing: Writing, keys: list[str]) -> Any:
    """What is done to the logits of every token, in the order in which `generate` would do it."""
    from transformers import (
        LogitsProcessorList,
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    chain = LogitsProcessorList()
    if writing.repetition_penalty != 1:
        chain.append(RepetitionPenaltyLogitsProcessor(writing.repetition_penalty))
    if writing.temperature:
        chain.append(TemperatureLogitsWarper(writing.temperature))
        if writing.top_k:
            chain.append(TopKLogitsWarper(writing.top_k))
        if writing.top_p < 1:
            chain.append(TopPLogitsWarper(writing.top_p))
        chain.append(_Draws(keys))
    return chain


def _adapted(model: Any, folder: Path) -> Any:
    """The base model with an adapter's changes in its weights."""
    try:
        from peft import PeftModel
    except ImportError as error:
        raise InputError("peft is not installed", str(folder), "install '.[train]'") from error
    return PeftModel.from_pretrained(model, folder).merge_and_unload()


@lru_cache(maxsize=1)
def opened(folder: Path, name: str) -> CausalModel:
    """The model of this folder, `name` telling which weights; the last one stays in memory."""
    return CausalModel(folder)


def reply_all(
    model: CausalModel,
    requests: Sequence[tuple[Request, str]],
    stopped: Callable[[], bool],
    timeout_s: float,
) -> list[Reply | RequestRefused]:
    """The reply to each (request, key), or why there is none: those alike in `Writing` are written
    together. InputError where one such writing takes longer than `timeout_s` seconds."""
    replies: dict[int, Reply | RequestRefused] = {}
    alike: dict[Writing, list[tuple[int, Prompt]]] = {}
    for place, (request, key) in enumerate(requests):
        try:
            prompt = model.read(request, key)
            alike.setdefault(prompt.writing, []).append((place, prompt))
        except RequestRefused as refusal:
            replies[place] = refusal
    for group in alike.values():
        written = _in_time(model, [prompt for _, prompt in group], stopped, timeout_s)
        replies |= {place: reply for (place, _), reply in zip(group, written, strict=True)}
    return [replies[place] for place in range(len(requests))]


def _in_time(
    model: CausalModel, prompts: list[Prompt], stopped: Callable[[], bool], timeout_s: float
) -> list[Reply]:
    ends = time.monotonic() + timeout_s
    written = model.write(prompts, lambda: stopped() or time.monotonic() > ends)
    if time.monotonic() > ends and not stopped():
        reason = f"the model took over {timeout_s:g} s for {len(prompts)} replies at once"
        mend = "raise teacher.timeout_s, or lower teacher.concurrency or max_tokens"
        raise InputError(reason, "teacher.timeout_s", mend)
    return written
