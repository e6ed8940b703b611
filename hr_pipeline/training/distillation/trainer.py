"""Distillation of a teacher into a small causal model (KDJPPR 4.3) on transformers' Trainer.

`fit` is a kind of trainer (`fitting.Fit`). What is published is the student's adapter, as that of
teachers, and beside it the feature adapters W_i, which answering does not need.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import Trainer

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.training.causal.lora import ADAPTER, fitted, open_base, publishable
from hr_pipeline.training.causal.lora import fit as tune
from hr_pipeline.training.causal.models import (
    IGNORED,
    Causal,
    Encoded,
    counts,
    encode,
    load,
    low_rank,
)
from hr_pipeline.training.distillation.distiller import Counts, Distiller
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.program import Training
from hr_pipeline.training.runs.checkpoints import SafeCheckpoints, arguments, run
from hr_pipeline.training.runs.fingerprints import compared, fingerprints
from hr_pipeline.training.runs.processes import processes
from hr_pipeline.training.settings import TINY, DistillationSettings

FEATURES = "feature_adapters.safetensors"
STAGE = "training/feature-adapters"
SIZE = "student"  # of a model made from scratch
TEACHER = "teacher."  # before the names of its tensors


class DistillationTrainer(SafeCheckpoints, Trainer):
    """The loss is the Distiller's, its means taken over the whole step: every accumulated batch of
    every process."""

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Tensor:
        counted = torch.zeros(3, dtype=torch.long, device=device)
        for batch in batch_samples:
            counted += Counts.of(batch).to(device)
        return self.accelerator.reduce(counted, "sum")

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """As the Trainer, which makes up for the mean that processes take of their gradients; the
        terms are told as they are and as they count."""
        settings: DistillationSettings = self.distiller.settings
        loss, terms = super().compute_loss(model, inputs, True, num_items_in_batch)
        if self.model.training:
            self.tell(nll=terms["nll"])
            if settings.alpha:
                self.tell(kd=terms["kd"], kd_weighted=settings.alpha * terms["kd"])
            if settings.beta:
                self.tell(hid=terms["hid"], hid_weighted=settings.beta * terms["hid"])
        return (loss, terms) if return_outputs else loss

    @property
    def distiller(self) -> Distiller:
        return self.accelerator.unwrap_model(self.model)


def fit(training: Training, examples: Sequence[Example]) -> Fitted:
    """Learn the examples' answers, and from the teacher. Raises InputError, TrainingStopped."""
    settings: DistillationSettings = training.settings
    args = arguments(
        training,
        activation_checkpointing=False,  # of the student alone, see below
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
    )
    taught = teacher_name(training, examples)
    with args.main_process_first(local=False):
        teacher = load(taught, settings) if taught else None
        base = open_base(training, examples, SIZE, teacher and teacher.tokenizer)
    rows = [encode(base.tokenizer, one, settings.max_prompt) for one in examples]
    distiller = make_distiller(training, base, teacher)
    trainer = DistillationTrainer(
        model=distiller,
        args=args,
        train_dataset=rows,
        data_collator=partial(collated, padding=base.tokenizer.pad_token_id),
    )
    before = fingerprints(distiller), distiller.teacher and fingerprints(distiller.teacher)
    with disable_input_dtype_casting(distiller) if args.bf16 else nullcontext():
        run(trainer, training)
    still, disturbed = compared(distiller, before[0])
    if before[1]:
        disturbed += [TEACHER + name for name in compared(distiller.teacher, before[1])[1]]
    tuned = Causal(distiller.student, base.tokenizer)
    folder = training.workspace / ADAPTER
    publishable(training, tuned, folder, SIZE)
    if learnt := {f"adapters.{n}": w.data.cpu() for n, w in enumerate(distiller.adapters)}:
        save_file(learnt, folder / FEATURES)
    facts = {"compared_ids": distiller.compared_ids, "aligned_layers": len(distiller.adapters)}
    return fitted(training, tuned, folder, (still, disturbed), counts(rows, settings) | facts)


def teacher_name(training: Training, examples: Sequence[Example]) -> str:
    """Of the model to learn from; "" where no loss needs one. A tiny one is made here, fine-tuned
    on the examples."""
    settings: DistillationSettings = training.settings
    if not settings.taught:
        return ""
    if training.teacher != TINY:
        return training.teacher
    if processes() > 1:
        what = "a tiny teacher is made by one process"
        raise InputError(what, "teacher", "train models/teacher first, or leave --processes out")
    workspace = training.workspace / "teacher"
    workspace.mkdir(exist_ok=True)
    of_teacher = replace(training, workspace=workspace, settings=replace(settings, model=TINY))
    return str(tune(of_teacher, examples).folder)


def make_distiller(training: Training, base: Causal, teacher: Causal | None) -> Distiller:
    """The student with its changes of low rank, its adapters, and the teacher."""
    settings: DistillationSettings = training.settings
    student = low_rank(base.model, settings, training.seed)
    if settings.gradient_checkpointing:
        base.model.activation_checkpointing_enable({"use_reentrant": False})
    return Distiller(
        student,
        teacher.model if teacher else None,
        settings,
        ids=shared_ids(base, teacher) if teacher else len(base.tokenizer),
        length=settings.max_prompt + settings.max_answer,
        seed=draw_integer(training.seed, STAGE, "", 2**63),
    )


def shared_ids(student: Causal, teacher: Causal) -> int:
    """How many ids, from 0, both tokenizers know. Raises InputError where one of them means another
    text to the teacher, or none."""
    ours, theirs = (
        one.tokenizer.convert_ids_to_tokens(list(range(len(one.tokenizer))))
        for one in (student, teacher)
    )
    where, mend = "teacher", "both have to read through one tokenizer"
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            what = f"id {place:,} is {other!r} to the teacher and {one!r} to the student"
            raise InputError(what, where, mend)
    if len(ours) > (most := teacher.model.get_input_embeddings().weight.shape[0]):
        what = f"the student's tokenizer has {len(ours):,} ids, the teacher {most:,}"
        raise InputError(what, where, mend)
    return min(len(ours), len(theirs))


def collated(rows: Sequence[Encoded], padding: int) -> dict[str, Tensor]:
    """[batch, length] each, padded at the right."""

    def padded(lists: Sequence[list[int]], value: int) -> Tensor:
        return pad_sequence([torch.tensor(one) for one in lists], True, value)

    ids = [row.input_ids for row in rows]
    return {
        "input_ids": padded(ids, padding),
        "attention_mask": padded([[1] * len(one) for one in ids], 0),
        "labels": padded([row.labels for row in rows], IGNORED),
    }
