"""Steps of the LoRA trainer (TRL's loop and ours around it) on rows of random ids."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from peft.helpers import disable_input_dtype_casting
from torch import Tensor
from transformers import TrainerCallback

from hr_pipeline.lake.store import Lake
from hr_pipeline.training.causal.lora import lora_trainer, sft_arguments
from hr_pipeline.training.causal.models import Causal, Encoded
from hr_pipeline.training.program import Training
from hr_pipeline.training.reporting import Reporter
from hr_pipeline.training.settings import LoraSettings
from hr_pipeline.training.tiny_tokenizer import make_tokenizer

Clock = Callable[[], float]


class Times(TrainerCallback):
    """When each step began and ended."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.began, self.took = clock, 0.0, list[float]()

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.began = self.clock()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.took.append(self.clock() - self.began)


def seconds_of_steps(
    model: Any, data: Sequence[dict[str, Tensor]], rows: int, saving: bool, clock: Clock
) -> list[float]:
    """Of each step over `rows` of the data, the last of them with what is logged at the end."""
    settings = LoraSettings(
        batch=rows,
        steps=len(data) // rows,
        max_prompt=data[0]["input_ids"].shape[1],
        log_steps=len(data),
        checkpoint_steps=len(data),
        gradient_checkpointing=saving,
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        report = Reporter(silent=True)
        training = Training("measured", settings, 1, Lake(place), {}, place, report)
        encoded = [
            Encoded(one["input_ids"][0].tolist(), one["labels"][0].tolist(), cut=False)
            for one in data
        ]
        base = Causal(model, make_tokenizer(["text"]))
        trainer = lora_trainer(training, base, encoded, sft_arguments(training))
        trainer.begin(training)
        times = Times(clock)
        trainer.add_callback(times)
        with disable_input_dtype_casting(trainer.model) if trainer.args.bf16 else nullcontext():
            trainer.train()
    return times.took
