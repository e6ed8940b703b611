"""Trains an encoder-decoder (Flan-T5, or a small one made from scratch) on prompts and answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
)
from transformers.utils import logging

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.llm.weights import folder_of
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.program import Training, fresh_folder
from hr_pipeline.training.reporting import curve_of
from hr_pipeline.training.runs.checkpoints import SafeCheckpoints, arguments, run
from hr_pipeline.training.runs.fingerprints import compared, fingerprints
from hr_pipeline.training.settings import TINY, Settings
from hr_pipeline.training.students.flat_text import cut
from hr_pipeline.training.students.tiny_t5 import make_t5
from hr_pipeline.training.tiny_tokenizer import make_tokenizer

TINY_VOCABULARY = 2048
IGNORED = -100  # label of a place that is no answer's
MODEL = "model"  # folder of the final files, in the workspace
AT_ONCE = 1024  # texts given to the tokenizer
Tokens = npt.NDArray[np.int32]
Feature = dict[str, Tokens]


class StudentTrainer(SafeCheckpoints, Seq2SeqTrainer):
    """Checkpoints of ours, the loop of transformers."""


@dataclass(frozen=True)
class EncoderDecoder:
    """A model with its tokenizer, and how long its prompts and answers may be."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings

    def tokens(self, text: str) -> list[int]:
        """Without marks."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompts(self, texts: Sequence[str]) -> list[tuple[Tokens, bool]]:
        """Of each at most `max_prompt` tokens, the end mark last, and whether it was cut."""
        room = self.settings.max_prompt - 1
        return [
            (
                self._ended(whole if len(whole) <= room else cut(text, room, self.tokens)),
                len(whole) > room,
            )
            for text, whole in zip(texts, self._tokenized(texts), strict=True)
        ]

    def answers(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each and the end mark."""
        return [self._ended(whole) for whole in self._tokenized(texts)]

    def _tokenized(self, texts: Sequence[str]) -> Iterator[list[int]]:
        for start in range(0, len(texts), AT_ONCE):
            some = list(texts[start : start + AT_ONCE])
            yield from self.tokenizer(some, add_special_tokens=False)["input_ids"]

    def _ended(self, tokens: list[int]) -> Tokens:
        return np.array([*tokens, self.tokenizer.eos_token_id], np.int32)

    def predict(self, prompts: Sequence[str]) -> list[str]:
        """The likeliest answer to each, token by token, in their order. Prompts alike in length are
        answered together, so that little is padded."""
        encoded = [tokens for tokens, _ in self.prompts(prompts)]
        by_length = sorted(range(len(prompts)), key=lambda place: (len(encoded[place]), place))
        answers = [""] * len(prompts)
        model = self.model.eval()
        for start in range(0, len(prompts), self.settings.batch):
            places = by_length[start : start + self.settings.batch]
            ids, mask = self._padded([encoded[place] for place in places])
            made = model.generate(
                input_ids=ids, attention_mask=mask, generation_config=self._greedy
            )
            texts = self.tokenizer.batch_decode(made, skip_special_tokens=True)
            for place, text in zip(places, texts, strict=True):
                answers[place] = text.strip()
        return answers

    @property
    def _greedy(self) -> GenerationConfig:
        config = self.model.config
        return GenerationConfig(
            max_new_tokens=self.settings.max_answer,
            do_sample=False,
            num_beams=1,
            pad_token_id=self.tokenizer.pad_token_id,
            eos_token_id=self.tokenizer.eos_token_id,
            decoder_start_token_id=config.decoder_start_token_id,
        )

    def _padded(self, rows: Sequence[Tokens]) -> tuple[torch.Tensor, torch.Tensor]:
        ids, mask = padded(rows, self.tokenizer.pad_token_id)
        return ids.to(self.model.device), mask.to(self.model.device)


def fit(training: Training, examples: Sequence[Example]) -> Fitted:
    """Learn the answers to the prompts. Cut prompts are counted; an answer longer than `max_answer`
    is never cut: its example is left out, and counted. Raises InputError where none is left or the
    model cannot be loaded, TrainingStopped."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    student = _opened(training, examples)
    features, facts = _encoded(student, examples)
    if not features:
        mend = "raise max_answer" if examples else "build its dataset with more rows"
        raise InputError("there is no example to learn from", training.name, mend)
    before = fingerprints(student.model)
    start = student.model.config.decoder_start_token_id
    trainer = StudentTrainer(
        model=student.model,
        args=arguments(training, Seq2SeqTrainingArguments, remove_unused_columns=False),
        train_dataset=features,
        data_collator=partial(collate, padding=student.tokenizer.pad_token_id, start=start),
        compute_loss_func=answer_loss,
    )
    run(trainer, training)
    still, disturbed = compared(student.model, before)
    folder = fresh_folder(training.workspace / MODEL)
    student.model.save_pretrained(folder)
    student.tokenizer.save_pretrained(folder)
    return Fitted(folder, student.predict, curve_of(training.workspace), still, disturbed, facts)


def _opened(training: Training, examples: Sequence[Example]) -> EncoderDecoder:
    settings = training.settings
    if settings.model == TINY:
        made = make_tokenizer(
            (text for one in examples for text in (one.prompt, one.target)), TINY_VOCABULARY
        )
        seed = draw_integer(training.seed, "training/weights", "", 2**63)
        return EncoderDecoder(make_t5(made, seed), made, settings)
    folder = folder_of(settings.model)
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=settings.trust_remote_code
        )
        model = AutoModelForSeq2SeqLM.from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=settings.trust_remote_code,
        )
    except Exception as error:  # each kind of broken folder has an error of its own
        reason = str(error).strip().split("\n")[0]
        mend = "name an encoder-decoder with weights as safetensors, google/flan-t5-base say"
        raise InputError(f"the model cannot be loaded ({reason})", settings.model, mend) from error
    return EncoderDecoder(model, tokenizer, settings)


def _encoded(
    student: EncoderDecoder, examples: Sequence[Example]
) -> tuple[list[Feature], dict[str, Any]]:
    """The examples as tokens, and what happened to them: rows in = used + left out."""
    features: list[Feature] = []
    facts = {"examples": len(examples), "used": 0, "left_out_long_answer": 0, "prompts_cut": 0}
    prompts = student.prompts([example.prompt for example in examples])
    answers = student.answers([example.target for example in examples])
    for (prompt, shorter), answer in zip(prompts, answers, strict=True):
        if len(answer) > student.settings.max_answer:
            facts["left_out_long_answer"] += 1
            continue
        facts["prompts_cut"] += shorter
        features.append({"prompt": prompt, "answer": answer})
    facts["used"] = len(features)
    return features, facts


def collate(features: Sequence[Feature], padding: int, start: int) -> dict[str, torch.Tensor]:
    """A batch, padded at the right to its longest: int64 of rows x tokens. The decoder reads the
    answer one place later than it has to tell it, after `start`."""
    answers = [feature["answer"] for feature in features]
    ids, mask = padded([feature["prompt"] for feature in features], padding)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "decoder_input_ids": padded([np.array([start, *a[:-1]]) for a in answers], padding)[0],
        "labels": padded(answers, IGNORED)[0],
    }


def padded(rows: Sequence[npt.NDArray[Any]], value: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows filled up at the right with `value`, and 1 where they hold something."""
    tensors = [torch.from_numpy(row).long() for row in rows]
    mask = [torch.ones_like(tensor) for tensor in tensors]
    return (
        pad_sequence(tensors, batch_first=True, padding_value=value),
        pad_sequence(mask, batch_first=True, padding_value=0),
    )


def answer_loss(
    outputs: Mapping[str, Any],
    labels: torch.Tensor,
    num_items_in_batch: torch.Tensor | int | None = None,
) -> torch.Tensor:
    """Cross-entropy of answer tokens, as a mean over those of the whole step: T5's own is a mean
    over one micro-batch, so that accumulation would weigh short answers more."""
    logits = outputs["logits"].float().flatten(0, 1)
    total = cross_entropy(logits, labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (labels.ne(IGNORED).sum() if num_items_in_batch is None else num_items_in_batch)
