"""A distillation that is done in seconds: random models of two dozen ids' width learn to count.

python -m hr_pipeline_tests.training.distilling FOLDER KEY=VALUE... runs it in a process of its own,
or in one of several.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hr_pipeline.lake.store import Lake
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.program import Training
from hr_pipeline.training.reporting import Reporter
from hr_pipeline.training.runs.processes import WorkIsOver
from hr_pipeline.training.settings import DistillationSettings, settings_of

# Answers of unequal length, so that a mean of means would not be the mean.
EXAMPLES = [Example(f"{n}", f"Count to {n}!", " ".join("again" for _ in range(1 + n % 7)))
            for n in range(24)]  # fmt: skip
QUICK = ("batch=4", "steps=8", "checkpoint_steps=4", "log_steps=1", "learning_rate=0.01",
         "max_prompt=32", "max_answer=16", "epochs=1")  # fmt: skip
SIZES = {
    "student": (32, 2, 16),
    "teacher": (48, 3, 24),
}  # width, blocks, ids beyond the tokenizer's


def make_models(folder: Path, tokenizer: Any = None) -> None:
    """Folders "student" and "teacher" of random models that read through one tokenizer."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from hr_pipeline.training.tiny_tokenizer import make_tokenizer

    texts = [text for one in EXAMPLES for text in (one.prompt, one.target)]
    tokenizer = tokenizer or make_tokenizer(texts, 280)
    for seed, (name, (width, blocks, beyond)) in enumerate(SIZES.items()):
        torch.manual_seed(seed)
        config = Qwen2Config(
            vocab_size=len(tokenizer) + beyond,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=blocks,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=128,
            initializer_range=0.1,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
        )
        Qwen2ForCausalLM(config).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)


def training(models: Path, workspace: Path, *given: str) -> Training:
    settings = settings_of(DistillationSettings, "distilled", "tiny", [*QUICK, *given])
    workspace.mkdir(parents=True, exist_ok=True)
    return Training(
        name="distilled",
        settings=replace(settings, model=str(models / "student")),
        seed=1,
        lake=Lake(workspace / "lake"),
        pinned={},
        workspace=workspace,
        report=Reporter(silent=os.environ.get("RANK", "0") != "0"),
        teacher=str(models / "teacher"),
    )


def distil(models: Path, workspace: Path, *given: str) -> Fitted:
    import torch

    from hr_pipeline.training.distillation.trainer import fit

    torch.set_num_threads(1)
    return fit(training(models, workspace, *given), EXAMPLES)


def main(argv: Sequence[str]) -> int:
    with suppress(WorkIsOver):
        distil(Path(argv[0]), Path(argv[1]), *argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
