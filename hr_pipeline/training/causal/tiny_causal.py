"""Causal models made from scratch, so that trainers of large ones can be proved on a CPU.

Low-rank changes of a random model learn little, for all else is frozen. So a tiny base is first
trained whole, as language models are: to go on with the training's texts, which it reads without
order, prompts apart from answers. What answers what is left to the trainer.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from hr_pipeline.lake.rng import draw_integer, rng
from hr_pipeline.training.causal.models import Causal, load
from hr_pipeline.training.examples import Example
from hr_pipeline.training.program import Training
from hr_pipeline.training.tiny_tokenizer import make_tokenizer

# width, blocks, ids of the head beyond the tokenizer's: as with Qwen2.5, heads of one tokenizer
# differ by size
SIZES = {"teacher": (128, 3, 96), "student": (96, 3, 32)}
CONTEXT = 4096
STAGE = "training/tiny-causal"
STEPS, WINDOWS, WINDOW, RATE = 60, 8, 64, 4e-3


def base_folder(training: Training, size: str) -> Path:
    """Where a training keeps the base that it has made."""
    return training.workspace / f"base-{size}"


def tiny_base(
    training: Training, examples: Sequence[Example], size: str, tokenizer: Any = None
) -> Causal:
    """A base of this size, made from the examples' texts, as well as its tokenizer where none is
    given. It is kept in the workspace, where a training that goes on finds it."""
    folder = base_folder(training, size)
    if not folder.exists():
        texts = [text for one in examples for text in (one.prompt, one.target)]
        training.report.say(f"making a tiny {size} from {len(texts):,} texts")
        tokenizer = tokenizer or make_tokenizer(texts)
        model = tiny_causal(size, texts, tokenizer, training.seed)
        new = folder.with_name(f".{folder.name}")
        shutil.rmtree(new, ignore_errors=True)
        model.save_pretrained(new)
        tokenizer.save_pretrained(new)
        new.rename(folder)
    return load(str(folder), training.settings)


def tiny_causal(
    size: str, texts: Iterable[str], tokenizer: Any, seed: int, steps: int = STEPS
) -> LlamaForCausalLM:
    """A Llama of this size on the CPU, trained for `steps` to go on with the texts; the same for
    the same texts in the same order, tokenizer and seed."""
    width, blocks, beyond = SIZES[size]
    config = LlamaConfig(
        vocab_size=len(tokenizer) + beyond,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=blocks,
        num_attention_heads=width // 32,
        num_key_value_heads=width // 32,
        max_position_embeddings=CONTEXT,
        initializer_range=width**-0.5,  # else a head that stays frozen tells nothing apart
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draw_integer(seed, STAGE, size, 2**63))
        model = LlamaForCausalLM(config)
    _read(model, _stream(texts, tokenizer), seed, size, steps)
    return model.eval()


def _stream(texts: Iterable[str], tokenizer: Any) -> np.ndarray:
    """All texts' ids, one after the other, each with its end mark."""
    rows = tokenizer(list(texts))["input_ids"]
    return np.concatenate([[*row, tokenizer.eos_token_id] for row in rows])


def _read(model: Any, stream: np.ndarray, seed: int, size: str, steps: int) -> None:
    """Train every weight on windows drawn from the stream."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    length = min(WINDOW, len(stream))
    model.train()
    for step in range(steps):
        draws = rng(seed, STAGE, f"{size}/{step}")
        starts = draws.integers(0, len(stream) - length + 1, WINDOWS)
        ids = torch.from_numpy(np.stack([stream[one : one + length] for one in starts]))
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, (step + 1) / 10, 2 * (1 - step / steps))
        model(input_ids=ids, labels=ids).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
