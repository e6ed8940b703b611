"""Causal language models as trainers and measures use them: loaded, read with a prompt and answer,
asked for the likeliest answers, and changed by low-rank matrices.

A prompt is worded as `llm.causal` will word it when the trained model is asked through the engine:
by the tokenizer's chat template, or as "User: ...", a blank line, "Assistant:". The answer follows
(after a space where there is no template) and ends with the tokenizer's end mark.
"""

import json
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.llm.causal import asking_tokens
from hr_pipeline.llm.weights import ADAPTER, base_of, folder_of, weights_of
from hr_pipeline.training.examples import Example
from hr_pipeline.training.settings import LoraSettings, Settings

logging.set_verbosity_error()
logging.disable_progress_bar()

IGNORED = -100  # as a label: this position is not learnt
TAIL_SHARE = 0.25  # of a prompt that is cut, what stays of its end
STAGE = "training/low-rank"


@dataclass(frozen=True)
class Causal:
    """A causal language model with the tokenizer that it reads and writes through."""

    model: Any
    tokenizer: Any


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of prompt and answer, and labels: the answer's ids, IGNORED for the prompt."""

    input_ids: list[int]
    labels: list[int]
    cut: bool


def device_of(settings: Settings) -> torch.device:
    """Where a training computes: on the accelerator, unless there is none or the CPU is asked."""
    if settings.device == "cpu" or not torch.accelerator.is_available():
        return torch.device("cpu")
    return torch.accelerator.current_accelerator() or torch.device("cpu")


def load(name: str, settings: Settings) -> Causal:
    """The model of a folder or of a name on the Hub, in evaluation mode, on `device_of(settings)`:
    bfloat16 on an accelerator, else float32. An adapter is merged into its base. Raises InputError.
    """
    device = device_of(settings)
    folder = folder_of(name)
    base = base_of(folder)
    loaded = folder_of(base) if base else folder
    for one in {folder, loaded}:
        if not (found := weights_of(one)) or found[0].suffix != ".safetensors":
            mend = "save it again with save_pretrained of transformers or peft"
            raise InputError("its weights are not safetensors", str(one), mend)
    own = any((folder / file).is_file() for file in ("tokenizer.json", "tokenizer_config.json"))
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            loaded,
            dtype=torch.float32 if device.type == "cpu" else torch.bfloat16,
            use_safetensors=True,
            trust_remote_code=settings.trust_remote_code,
        )
        if base:
            with warnings.catch_warnings(category=FutureWarning, action="ignore"):
                model = PeftModel.from_pretrained(model, folder).merge_and_unload()
        tokenizer = AutoTokenizer.from_pretrained(
            folder if own else loaded, trust_remote_code=settings.trust_remote_code
        )
    except Exception as error:  # each kind of broken folder has an error of its own
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"the model cannot be loaded ({reason})", name) from error
    if tokenizer.eos_token_id is None:
        raise InputError("its tokenizer has no end mark (eos_token)", name)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Causal(model.to(device).eval(), tokenizer)


def prompt_ids(tokenizer: Any, prompt: str, most: int) -> tuple[list[int], bool]:
    """The ids of a prompt as it is asked, at most `most`, and whether it was cut. What is taken out
    is one stretch of the prompt's own text, so that its first words, its last quarter and the words
    of the form around it stay. Raises InputError where the form alone is longer."""

    def ids(left: int) -> list[int]:
        tail = round(TAIL_SHARE * left)
        text = prompt[: left - tail] + prompt[len(prompt) - tail :]
        return asking_tokens(tokenizer, [{"role": "user", "content": text}])

    if len(whole := ids(len(prompt))) <= most:
        return whole, False
    left = bisect_right(range(len(prompt)), most, key=lambda kept: len(ids(kept))) - 1
    if left < 0:
        raise InputError(f"a prompt's form alone is longer than {most}", "max_prompt", "raise it")
    return ids(left), True


def is_cut(causal: Causal, settings: Settings, prompt: str) -> bool:
    """Whether a model that is asked this prompt does not see the whole of it."""
    return prompt_ids(causal.tokenizer, prompt, settings.max_prompt)[1]


def answer_ids(tokenizer: Any, answer: str) -> list[int]:
    """The ids of an answer as it follows its prompt, without the end mark."""
    text = answer if tokenizer.chat_template else f" {answer}"
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def encode(tokenizer: Any, example: Example, most: int) -> Encoded:
    """Prompt (cut to `most` ids), answer and end mark; the answer is never cut."""
    prompt, cut = prompt_ids(tokenizer, example.prompt, most)
    answer = [*answer_ids(tokenizer, example.target), tokenizer.eos_token_id]
    return Encoded(prompt + answer, [IGNORED] * len(prompt) + answer, cut)


def counts(rows: Sequence[Encoded], settings: Settings) -> dict[str, int]:
    """What a model's card tells of the rows that were learnt."""
    answers = [sum(label != IGNORED for label in row.labels) for row in rows]
    return {
        "rows": len(rows),
        "prompts_cut": sum(row.cut for row in rows),
        "answers_over_max_answer": sum(n - 1 > settings.max_answer for n in answers),
        "tokens": sum(len(row.input_ids) for row in rows),
        "answer_tokens": sum(answers),
    }


def answer_all(causal: Causal, prompts: Sequence[str], settings: Settings) -> list[str]:
    """The likeliest answer to each prompt, token by token, at most `max_answer` of them, in the
    prompts' order; `batch` prompts of about one length are answered together."""
    asked = [prompt_ids(causal.tokenizer, prompt, settings.max_prompt)[0] for prompt in prompts]
    order = sorted(range(len(asked)), key=lambda place: (len(asked[place]), place))
    answers = [""] * len(asked)
    for start in range(0, len(order), settings.batch):
        places = order[start : start + settings.batch]
        written = _written(causal, [asked[place] for place in places], settings.max_answer)
        for place, ids in zip(places, written, strict=True):
            text = causal.tokenizer.decode(ids, skip_special_tokens=True)
            answers[place] = text if causal.tokenizer.chat_template else text.removeprefix(" ")
    return answers


@torch.inference_mode()
def _written(causal: Causal, rows: list[list[int]], most: int) -> list[list[int]]:
    """New ids of each row of a batch, padded at the left, without end mark and padding."""
    longest, end = max(map(len, rows)), causal.tokenizer.eos_token_id
    padding = causal.tokenizer.pad_token_id
    device = next(causal.model.parameters()).device
    ids = torch.tensor([[padding] * (longest - len(row)) + row for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows], device=device)
    was_training = causal.model.training
    causal.model.eval()
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
        made = causal.model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=most,
            do_sample=False,
            eos_token_id=end,
            pad_token_id=padding,
            use_cache=True,
        )
    causal.model.train(was_training)
    new = [row[longest:].tolist() for row in made]
    return [row[: row.index(end)] if end in row else row for row in new]


def low_rank(model: Any, settings: LoraSettings, seed: int) -> PeftModel:
    """The model, frozen, with trainable changes of low rank in float32; drawn from the seed."""
    listed = [name.strip() for name in settings.targets.split(",")]
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules="all-linear" if settings.targets == "all-linear" else listed,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(), warnings.catch_warnings(category=FutureWarning, action="ignore"):
        torch.manual_seed(draw_integer(seed, STAGE, settings.rank, 2**63))
        try:
            return get_peft_model(model, config)
        except ValueError as error:
            raise InputError(str(error).split("\n")[0], "targets") from error


def save_adapter(model: PeftModel, tokenizer: Any, folder: Path, base: str) -> None:
    """Adapter and tokenizer into a folder that is there. `base` names the model that is changed: on
    the Hub, a folder of this machine, or "./NAME" for a folder within this one."""
    model.save_pretrained(str(folder), safe_serialization=True)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # peft's, which tells where the base lay
    path = folder / ADAPTER
    facts = json.loads(path.read_text("utf-8")) | {"base_model_name_or_path": base}
    if isinstance(facts["target_modules"], list):  # made from a set, in no order
        facts["target_modules"].sort()
    path.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
