"""Fine-tuning of a causal model by low-rank changes, on answers alone (TRL's SFTTrainer).

`fit` is a kind of trainer (`fitting.Fit`). The base is frozen and stays as it is; what is published
is the adapter, with the tokenizer, and for a model made from scratch its base in "base".
"""

import shutil
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset, disable_progress_bars
from peft.helpers import disable_input_dtype_casting
from trl import SFTConfig, SFTTrainer

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.weights import base_of, folder_of
from hr_pipeline.training.causal.likelihood import likelihoods
from hr_pipeline.training.causal.models import (
    Causal,
    Encoded,
    answer_all,
    counts,
    encode,
    is_cut,
    load,
    low_rank,
    save_adapter,
)
from hr_pipeline.training.causal.tiny_causal import base_folder, tiny_base
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.program import Training, fresh_folder
from hr_pipeline.training.reporting import curve_of
from hr_pipeline.training.runs.checkpoints import SafeCheckpoints, arguments, run
from hr_pipeline.training.runs.fingerprints import compared, fingerprints
from hr_pipeline.training.settings import TINY, LoraSettings

ADAPTER = "adapter"  # folder of the final files, in the workspace
BASE = "base"  # folder of a base made from scratch, in that of its adapter


class LoraTrainer(SafeCheckpoints, SFTTrainer):
    """The loss is the mean over the answer tokens of the whole step (TRL's nll). Logits are made in
    parts and not kept; on a GPU of answers alone, on a CPU of every position."""


def fit(training: Training, examples: Sequence[Example]) -> Fitted:
    """Learn the examples' answers. Raises InputError, TrainingStopped."""
    settings: LoraSettings = training.settings
    args = sft_arguments(training)
    with args.main_process_first(local=False):
        base = open_base(training, examples)
    rows = [encode(base.tokenizer, one, settings.max_prompt) for one in examples]
    trainer = lora_trainer(training, base, rows, args)
    before = fingerprints(trainer.model)
    with disable_input_dtype_casting(trainer.model) if trainer.args.bf16 else nullcontext():
        run(trainer, training)
    moved = compared(trainer.model, before)
    tuned = Causal(trainer.model, base.tokenizer)
    folder = training.workspace / ADAPTER
    publishable(training, tuned, folder)
    return fitted(training, tuned, folder, moved, counts(rows, settings))


def fitted(
    training: Training,
    tuned: Causal,
    folder: Path,
    moved: tuple[list[str], list[str]],
    facts: dict[str, Any],
) -> Fitted:
    """A causal model after its training; `moved` as `fingerprints.compared` tells it."""
    settings = training.settings
    return Fitted(
        folder=folder,
        predict=partial(answer_all, tuned, settings=settings),
        curve=curve_of(training.workspace),
        still=moved[0],
        disturbed=moved[1],
        facts=facts,
        likelihood=partial(likelihoods, tuned, settings),
        is_cut=partial(is_cut, tuned, settings),
    )


def open_base(
    training: Training, examples: Sequence[Example], size: str = "teacher", tokenizer: Any = None
) -> Causal:
    """The model that is to be changed. Where the settings say tiny it is made from scratch, of this
    size, and reads through `tokenizer`, or through one made for it."""
    model = training.settings.model
    if model == TINY:
        return tiny_base(training, examples, size, tokenizer)
    if base_of(folder_of(model)):
        raise InputError("this is an adapter, no whole model", model, "merge it into its base")
    return load(model, training.settings)


def sft_arguments(training: Training) -> SFTConfig:
    settings: LoraSettings = training.settings
    room = settings.max_prompt + settings.max_answer
    return arguments(training, SFTConfig, packing=settings.packing, max_length=room)


def lora_trainer(
    training: Training, base: Causal, rows: Sequence[Encoded], args: SFTConfig
) -> LoraTrainer:
    """Ready to run: the base with low-rank changes, and the rows.

    Packed rows (as many as fit into `max_prompt` + `max_answer` ids, or into the longest row) do
    not see each other: each starts at position 0, from which the attention's mask is made.
    """
    longest = max((len(row.input_ids) for row in rows), default=0)
    args.max_length = max(longest, args.max_length or 0)  # nothing is cut here
    data = {"input_ids": [r.input_ids for r in rows], "labels": [r.labels for r in rows]}
    model = low_rank(base.model, training.settings, training.seed)
    disable_progress_bars()
    with warnings.catch_warnings(category=FutureWarning, action="ignore"):  # among the libraries
        return LoraTrainer(
            model=model,
            args=args,
            train_dataset=Dataset.from_dict(data),
            processing_class=base.tokenizer,
        )


def publishable(training: Training, tuned: Causal, folder: Path, size: str = "teacher") -> None:
    """Write the files of an adapter that finds its base wherever it is published."""
    model = training.settings.model
    fresh_folder(folder)
    if model == TINY:
        shutil.copytree(base_folder(training, size), folder / BASE)
        name = f"./{BASE}"
    else:
        name = str(folder_of(model)) if Path(model).expanduser().is_dir() else model
    save_adapter(tuned.model, tuned.tokenizer, folder, name)
