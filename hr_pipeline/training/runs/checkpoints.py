"""Checkpoints that a kill cannot spoil, for every Trainer class of transformers and TRL.

    class Learner(SafeCheckpoints, Seq2SeqTrainer): ...
    learner = Learner(model=..., args=arguments(training), train_dataset=...)
    run(learner, training)

A checkpoint is a folder `checkpoint-<step>` of safetensors and JSON; it counts once its listing,
which is written last, is there. From it the same command goes on: on a CPU to the very bits.

    weights.safetensors     every trainable tensor of the model by name, and its persistent buffers;
                            what is frozen is in the base model, whose hash the recipe holds
    optimizer.safetensors   moments, by "<parameter>.<field>"; optimizer.json: settings, scheduler
    process-<rank>.json     random generators of a process, and what it has not logged yet
    trainer_state.json      where the Trainer is
"""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from safetensors.torch import load_file, save_file
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import TrainerState

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.listing import is_whole, listed_files, write_listing
from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.training.program import Training, TrainingStopped
from hr_pipeline.training.reporting import keep_curve
from hr_pipeline.training.runs.processes import WorkIsOver, alone

CHECKPOINTS = "checkpoints"
LISTING = "whole.json"
STATE = "trainer_state.json"
KEPT = 2


def arguments(
    training: Training, kind: type[TrainingArguments] = TrainingArguments, **more: Any
) -> Any:
    """The library's arguments as the training's settings say; `more` replaces any of them."""
    settings = training.settings
    cpu = settings.device == "cpu" or not torch.cuda.is_available()
    at_once = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if not cpu and at_once > torch.cuda.device_count():
        where, mend = f"--processes {at_once}", f"use {torch.cuda.device_count()} or fewer"
        raise InputError("there are not that many GPUs on this machine", where, mend)
    scheduled = settings.schedule
    if scheduled == "constant" and settings.warmup_share:
        scheduled = "constant_with_warmup"
    told: dict[str, Any] = {
        "output_dir": str(training.workspace / CHECKPOINTS),
        "num_train_epochs": settings.epochs,
        "max_steps": settings.steps or -1,
        "per_device_train_batch_size": settings.batch,
        "per_device_eval_batch_size": settings.batch,
        "gradient_accumulation_steps": settings.accumulation,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": scheduled,
        "warmup_steps": settings.warmup_share,  # below 1: a share of all steps
        "weight_decay": settings.weight_decay,
        "activation_checkpointing": settings.gradient_checkpointing,
        "seed": draw_integer(training.seed, "training/generators", "", 2**32),  # as NumPy takes it
        "data_seed": draw_integer(training.seed, "training/order", "", 2**63),
        "use_cpu": cpu,
        "bf16": not cpu and torch.cuda.is_bf16_supported(),
        "save_strategy": "steps",
        "save_steps": settings.checkpoint_steps,
        "logging_strategy": "steps",
        "logging_steps": settings.log_steps,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,  # a loss that is not finite ends the training
        "average_tokens_across_devices": True,
        "ddp_find_unused_parameters": False,  # every step uses all that is trained
        "dataloader_pin_memory": not cpu,
        "disable_tqdm": True,
        "log_level": "error",
        "report_to": "none",
    }
    made = kind(**(told | more))
    assert made.device is not None  # sets _n_gpu
    made._n_gpu = min(made._n_gpu, 1)  # one process drives one GPU; more take more processes
    return made


def run(trainer: "SafeCheckpoints", training: Training) -> None:
    """Train, from the newest whole checkpoint where there is one, until the last step.

    Raises TrainingStopped where the loss is not finite, InputError where there is nothing to learn.
    """
    if not len(cast(Any, trainer.train_dataset)):
        raise InputError("there is no row to learn from", f"models/{training.name}")
    trainer.begin(training)
    folder = trainer.folder
    if trainer.is_world_process_zero():
        _remove_broken(folder, training)
    trainer.accelerator.wait_for_everyone()
    found = checkpoints_in(folder)
    state = TrainerState.load_from_json(str(found[-1] / STATE)) if found else TrainerState()
    if trainer.is_world_process_zero():
        keep_curve(training.workspace, state.global_step)
    if found:
        training.report.say(f"going on from step {state.global_step:,} of {state.max_steps:,}")
    if found and state.global_step >= state.max_steps:
        trainer._load_from_checkpoint(str(found[-1]))
        trainer.state = state
    else:
        trainer.train(resume_from_checkpoint=str(found[-1]) if found else None)
    if trainer.args.world_size > 1:
        _leave_others(trainer)


def _leave_others(trainer: "SafeCheckpoints") -> None:
    """The first process goes on alone. Raises WorkIsOver in the others."""
    trainer.accelerator.wait_for_everyone()
    is_first, precision = trainer.is_world_process_zero(), trainer.accelerator.mixed_precision
    trainer.accelerator.end_training()
    if not is_first:
        raise WorkIsOver
    alone()
    AcceleratorState._reset_state(reset_partial_state=True)  # shared by all that know of processes
    Accelerator(cpu=trainer.args.use_cpu, mixed_precision=precision)


def checkpoints_in(folder: Path) -> list[Path]:
    """Checkpoints by their steps, oldest first, whole or not."""
    found = folder.glob("checkpoint-*")
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


def _remove_broken(folder: Path, training: Training) -> None:
    for checkpoint in checkpoints_in(folder):
        if not is_whole(checkpoint, LISTING, hashed=True):
            training.report.say(f"{checkpoint.name} is not whole: removed")
            shutil.rmtree(checkpoint)


class Curve(TrainerCallback):
    """Reports what the Trainer logs, and has the last step logged too."""

    def __init__(self, training: Training, values: set[str]) -> None:
        self.training, self.values = training, values

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        control.should_log |= state.global_step >= state.max_steps
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs and state.is_world_process_zero:
            values = {name: value for name, value in logs.items() if name in self.values}
            workspace = self.training.workspace
            self.training.report.point(workspace, state.global_step, state.max_steps, values)


class SafeCheckpoints(Trainer):
    """Put before a Trainer class: `class Learner(SafeCheckpoints, Seq2SeqTrainer)`.

    A subclass may `tell` parts of its loss in `compute_loss`: they are logged like the loss, as
    means over steps, and stand in the curve.
    """

    model: Any
    optimizer: Any
    lr_scheduler: Any

    def begin(self, training: Training) -> None:
        """Before training: who is told of it."""
        self.remove_callback(PrinterCallback)
        self.told: dict[str, torch.Tensor] = {}
        self.step_loss: Any = 0.0
        self.values = {"loss", "grad_norm", "learning_rate"}
        self.add_callback(Curve(training, self.values))

    @property
    def folder(self) -> Path:
        """Where the checkpoints are."""
        return Path(str(self.args.output_dir))

    # -- what is told, and what stops ------------------------------------------------------

    def tell(self, **parts: torch.Tensor) -> None:
        """Add to the parts of this step's loss: scalars whose sum over the step's micro-batches and
        over the processes is the step's."""
        for name, part in parts.items():
            value = part.detach().float()
            self.told[name] = self.told[name] + value if name in self.told else value

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """As the Trainer, with the means of what was told."""
        if "loss" in logs:
            last = self.state.log_history[-1]["step"] if self.state.log_history else 0
            steps = max(1, self.state.global_step - last)
            for name in sorted(self.told):
                everywhere = self.accelerator.gather(self.told.pop(name).reshape(1))
                logs[name] = float(everywhere.sum()) / steps
                self.values.add(name)
        super().log(logs, *args, **kwargs)

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss = super().training_step(*args, **kwargs)
        self.step_loss = self.step_loss + loss
        return loss

    def _clip_grad_norm(self, model: Any) -> Any:
        """As the Trainer, once a step and before the weights change. The GPU is waited for once."""
        norm = super()._clip_grad_norm(model)
        if not torch.isfinite(norm + self.step_loss):
            step, rate = self.state.global_step + 1, self.args.learning_rate
            raise TrainingStopped(
                f"the loss or its gradient is not finite at step {step:,}; lower learning_rate "
                f"(now {rate:g}) or raise warmup_share, then start again"
            )
        self.step_loss = 0.0
        return norm

    # -- writing ---------------------------------------------------------------------------

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = self.folder / f"checkpoint-{self.state.global_step}"
        folder.mkdir(parents=True, exist_ok=True)
        own = {"generators": _generators(), "unlogged": self._unlogged()}
        (folder / self._own_file).write_text(json.dumps(own))
        if self.args.should_save:
            self._write_state(folder)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            write_listing(folder, LISTING, {"files": listed_files(folder)})
            for older in checkpoints_in(folder.parent)[:-KEPT]:
                shutil.rmtree(older)

    def _write_state(self, folder: Path) -> None:
        weights = {name: tensor.detach() for name, tensor in self._own_tensors().items()}
        save_file({n: t.contiguous() for n, t in weights.items()}, folder / "weights.safetensors")
        held = self.optimizer.state_dict()
        moments = {
            f"{number}.{field}": torch.as_tensor(value).detach().contiguous()
            for number, fields in held["state"].items()
            for field, value in fields.items()
        }
        save_file(moments, folder / "optimizer.safetensors")
        plan = {"groups": held["param_groups"], "scheduler": self.lr_scheduler.state_dict()}
        (folder / "optimizer.json").write_text(json.dumps(plan))
        self.state.save_to_json(str(folder / STATE))

    def _own_tensors(self) -> dict[str, torch.Tensor]:
        """What training changes, by name; tensors that are tied stand there once."""
        persistent = set(self.model.state_dict(keep_vars=True))
        own = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        return own | {n: b for n, b in self.model.named_buffers() if n in persistent}

    @property
    def _own_file(self) -> str:
        return f"process-{self.args.process_index}.json"

    def _unlogged(self) -> dict[str, Any]:
        return {
            "loss": self._tr_loss.item(),
            "since": self._globalstep_last_logged,
            "told": {name: value.item() for name, value in self.told.items()},
        }

    # -- reading ---------------------------------------------------------------------------

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        own = self._own_tensors()
        held = load_file(Path(resume_from_checkpoint) / "weights.safetensors")
        if held.keys() != own.keys():
            raise TrainingStopped(f"{resume_from_checkpoint} is of another model; remove it")
        with torch.no_grad():
            for name, tensor in held.items():
                own[name].copy_(tensor)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        plan = json.loads((Path(checkpoint) / "optimizer.json").read_text())
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in load_file(Path(checkpoint) / "optimizer.safetensors").items():
            number, _, field = name.partition(".")
            state.setdefault(int(number), {})[field] = tensor
        self.optimizer.load_state_dict({"state": state, "param_groups": plan["groups"]})
        self.lr_scheduler.load_state_dict(plan["scheduler"])

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Called once, before the first step that is left."""
        if checkpoint is None:
            return
        own = json.loads((Path(checkpoint) / self._own_file).read_text())
        _set_generators(own["generators"])
        unlogged = own["unlogged"]
        self._tr_loss = torch.tensor(unlogged["loss"], device=self.args.device)
        self._globalstep_last_logged = unlogged["since"]
        self.told = {
            name: torch.tensor(value, device=self.args.device)
            for name, value in unlogged["told"].items()
        }


def _generators() -> dict[str, Any]:
    """States of all generators of this process, as JSON holds them."""
    kind, keys, *rest = np.random.get_state()
    cuda = torch.cuda.get_rng_state().tolist() if torch.cuda.is_available() else []
    return {
        "python": random.getstate(),
        "numpy": [kind, np.asarray(keys).tolist(), *rest],
        "torch": torch.get_rng_state().tolist(),
        "cuda": cuda,  # of the one GPU that a process drives
    }


def _set_generators(held: dict[str, Any]) -> None:
    version, state, gauss = held["python"]
    random.setstate((version, tuple(state), gauss))
    kind, keys, *rest = held["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(torch.tensor(held["torch"], dtype=torch.uint8))
    if held["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state(torch.tensor(held["cuda"], dtype=torch.uint8))
