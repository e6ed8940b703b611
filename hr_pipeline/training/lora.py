"""Fine-tuning of a causal model by low-rank changes, on answers alone (TRL's SFTTrainer).

`fit` is a kind of trainer (`fitting.Fit`). The base is frozen and stays as it is; what is published
is the adapter, with the tokenizer, and for a model made from scratch its base in "base".
"""

import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from datasets import Dataset, disable_progress_bars
from peft.helpers import disable_input_dtype_casting
from trl import SFTConfig, SFTTrainer

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.weights import base_of, folder_of
from hr_pipeline.training.causal import (
    Causal,
    Encoded,
    answer_all,
    answer_ids,
    counts,
    encode,
    load,
    low_rank,
    prompt_ids,
    save_adapter,
)
from hr_pipeline.training.checkpoints import SafeCheckpoints, arguments, run
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fingerprints import compared, fingerprints
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.likelihood import log_likelihoods
from hr_pipeline.training.program import Training, fresh_folder
from hr_pipeline.training.reporting import curve_of
from hr_pipeline.training.settings import TINY, LoraSettings
from hr_pipeline.training.tiny_causal import tiny_base

BASE = "base"  # folder of a base made from scratch, in that of its adapter


class LoraTrainer(SafeCheckpoints, SFTTrainer):
    """The loss is the mean over the answer tokens of the whole step (TRL's nll), made without the
    logits of all positions."""


def fit(training: Training, examples: Sequence[Example]) -> Fitted:
    """Learn the examples' answers. Raises InputError, TrainingStopped."""
    settings: LoraSettings = training.settings
    base = open_base(training, examples)
    rows = [encode(base.tokenizer, one, settings.max_prompt) for one in examples]
    trainer = lora_trainer(training, base, rows)
    before = fingerprints(trainer.model)
    with disable_input_dtype_casting(trainer.model) if trainer.args.bf16 else nullcontext():
        run(trainer, training)
    moved = compared(trainer.model, before)
    tuned = Causal(trainer.accelerator.unwrap_model(trainer.model), base.tokenizer)
    folder = training.workspace / "adapter"
    if trainer.is_world_process_zero():
        publishable(training, tuned, folder)
    trainer.accelerator.wait_for_everyone()
    return fitted(training, tuned, folder, moved, counts(rows, settings))


def fitted(
    training: Training,
    tuned: Causal,
    folder: Path,
    moved: tuple[list[str], list[str]],
    facts: dict[str, Any],
) -> Fitted:
    """What a causal model that was trained gives back; `moved` as `compared` tells it."""
    settings: LoraSettings = training.settings

    def likelihood(prompts: Sequence[str], answers: Sequence[str]) -> list[list[float]]:
        asked = [prompt_ids(tuned.tokenizer, one, settings.max_prompt)[0] for one in prompts]
        said = [answer_ids(tuned.tokenizer, one) for one in answers]
        return log_likelihoods(tuned.model, asked, said, settings.batch)

    return Fitted(
        folder=folder,
        predict=lambda prompts: answer_all(tuned, prompts, settings),
        curve=curve_of(training.workspace),
        still=moved[0],
        disturbed=moved[1],
        facts=facts,
        likelihood=likelihood,
    )


def open_base(
    training: Training, examples: Sequence[Example], size: str = "teacher", tokenizer: Any = None
) -> Causal:
    """The model that is to be changed: where the settings say tiny, one made from scratch, which
    reads through `tokenizer` where it is given."""
    model = training.settings.model
    if model == TINY:
        return tiny_base(training, examples, size, tokenizer)
    if base_of(folder_of(model)):
        raise InputError("this is an adapter, no whole model", model, "merge it into its base")
    return load(model, training.settings)


def lora_trainer(training: Training, base: Causal, rows: Sequence[Encoded]) -> LoraTrainer:
    """Ready to run: the base with low-rank changes, and the rows."""
    settings: LoraSettings = training.settings
    model = low_rank(base.model, settings, training.seed)
    longest = max((len(row.input_ids) for row in rows), default=0)
    more: dict[str, Any] = {
        "packing": settings.packing,
        "max_length": max(longest, settings.max_prompt + settings.max_answer),
        "completion_only_loss": True,
    }
    disable_progress_bars()
    data = {"input_ids": [r.input_ids for r in rows], "labels": [r.labels for r in rows]}
    return LoraTrainer(
        model=model,
        args=arguments(training, SFTConfig, **more),
        train_dataset=Dataset.from_dict(data),
        processing_class=base.tokenizer,
    )


def publishable(training: Training, tuned: Causal, folder: Path, size: str = "teacher") -> None:
    """Write the files of an adapter that finds its base wherever it is published."""
    model = training.settings.model
    fresh_folder(folder)
    if model == TINY:
        shutil.copytree(training.workspace / f"base-{size}", folder / BASE)
        name = f"./{BASE}"
    else:
        name = str(folder_of(model)) if Path(model).expanduser().is_dir() else model
    save_adapter(tuned.model, tuned.tokenizer, folder, name)
