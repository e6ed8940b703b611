"""A student that learns from a teacher: one module, so that whatever trains, moves, saves or keeps
in step its parameters over several devices finds the feature adapters W_i among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from hr_pipeline.lake.errors import InputError
from hr_pipeline.training.causal.models import IGNORED
from hr_pipeline.training.distillation.losses import Lesson, answer_loss, feature_kl
from hr_pipeline.training.distillation.taps import layers_of, outputs_of
from hr_pipeline.training.settings import DistillationSettings

_SCALED = ("final_logit_softcapping", "logit_scale", "logits_scaling")  # what heads elsewhere do


@dataclass(frozen=True)
class Counts:
    """What the means of a step are taken over: the whole batch of all devices and accumulations."""

    answers: Tensor
    examples: Tensor
    positions: Tensor

    @staticmethod
    def of(batch: Mapping[str, Tensor]) -> Tensor:
        """[3]: predicted answer tokens, examples, and positions that are no padding."""
        mask = batch["attention_mask"]
        answers = (batch["labels"][:, 1:] != IGNORED).sum()
        return torch.stack([answers, torch.full_like(answers, len(mask)), mask.sum()])


class Distiller(nn.Module):
    """L = nll + alpha * kd + beta * hid (KDJPPR, Equation 11).

    Means over the positions whose next token is an answer's: `nll` of that token; `kd`, tau^2 times
    the divergence of the student's distribution from the teacher's; `hid`, the same of hidden
    states without tau^2, also a mean over the student's layers. `faithful`: Equations 4 to 10 to
    the letter, a mean over the examples; there n is `length`, the most tokens an example can have,
    and hidden states count at every position that is no padding.

    `student` is a LoRA model; the teacher stays outside of the registered parameters: nothing
    saves, trains or spreads it. With alpha 0 its head is not used, and layers above the last that
    is compared are taken off it; with beta 0 no layer is looked at; with both 0 it is not needed
    at all. `ids` is how many ids both tokenizers have. Every W_i is drawn from `seed` and kept in
    float32. Raises InputError where a model has what the closed form of the gradient does not
    know, or where the teacher has fewer layers than the student.
    """

    accepts_loss_kwargs = True  # so that a Trainer counts over accumulated batches

    def __init__(
        self,
        student: nn.Module,
        teacher: nn.Module | None,
        settings: DistillationSettings,
        *,
        ids: int,
        length: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.settings, self.ids, self.length = settings, ids, length
        self.student = student
        if settings.taught and teacher is None:
            raise ValueError("there is no teacher")
        # A tuple, since a module would be registered.
        self._outside = (_frozen(teacher) if teacher is not None and settings.taught else None,)
        ours = _plain(student)
        _check_head(ours)
        self.adapters = nn.ParameterList()
        if self.teacher is not None:
            _check_head(self.teacher)
            if not settings.alpha:
                _cut_above(self.teacher, self.pairs()[-1][1])
        if settings.beta > 0:
            draws, shape = torch.Generator().manual_seed(seed), (_width(self.teacher), _width(ours))
            for _ in self.pairs():
                drawn = torch.randn(shape, generator=draws) * shape[1] ** -0.5
                self.adapters.append(nn.Parameter(drawn.to(_head(ours).device)))

    @property
    def teacher(self) -> Any:
        """Frozen; None where no loss needs it."""
        return self._outside[0]

    def pairs(self) -> list[tuple[nn.Module, nn.Module]]:
        """(student's layer, teacher's layer) that are aligned, by the setting `layers`: its first
        layers, or ones spread evenly from its first to its last."""
        ours, theirs = layers_of(_plain(self.student)), layers_of(self.teacher)
        last, end = len(ours) - 1, len(theirs) - 1
        if last > end:
            what = f"the student has {last + 1} layers, its teacher {end + 1}"
            raise InputError(what, "beta", "use a deeper teacher, or beta=0")
        if self.settings.layers == "first" or self.settings.faithful or not last:
            return list(zip(ours, theirs, strict=False))
        return [(layer, theirs[round(n * end / last)]) for n, layer in enumerate(ours)]

    @property
    def compared_ids(self) -> int:
        """Over which both distributions are taken; 0 where none are compared."""
        if self.teacher is None or not self.settings.alpha:
            return 0
        sizes = len(_head(_plain(self.student))), len(_head(self.teacher))
        return max(sizes) if self.settings.faithful else min(*sizes, self.ids)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor,
        num_items_in_batch: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """`loss`, which is differentiable, and its terms `nll`, `kd`, `hid`, before their weights:
        shares of this batch in the means over `num_items_in_batch`, `Counts.of` all batches that
        make up the step (default: of this one). All three inputs are [batch, length]."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        counted = num_items_in_batch
        if counted is None:
            counted = Counts.of(inputs | {"labels": labels})
        counts = Counts(*counted.to(torch.float32).unbind())
        targets = nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED).flatten()
        answers = (targets != IGNORED).nonzero().squeeze(1)
        rows = attention_mask.flatten().nonzero().squeeze(1) if self.settings.faithful else answers
        half = _head(_plain(self.student)).dtype == torch.bfloat16
        with torch.autocast(input_ids.device.type, torch.bfloat16, enabled=half):
            teacher, wanted = self._look_at_teacher(inputs, answers, rows)
            student, found = self._look_at_student(inputs, answers, rows)
            hid = self._features(found, wanted, counts)
            loss, nll, kd = self._answers(student, teacher, targets[answers], counts)
        return {"loss": loss + self.settings.beta * hid, "nll": nll, "kd": kd, "hid": hid.detach()}

    @torch.no_grad()
    def _look_at_teacher(
        self, inputs: dict[str, Tensor], answers: Tensor, rows: Tensor
    ) -> tuple[Tensor | None, list[Tensor]]:
        if self.teacher is None:
            return None, []
        tapped = [layer for _, layer in self.pairs()] if self.settings.beta > 0 else []
        with outputs_of(tapped, rows) as features:
            hidden = _last_hidden(self.teacher, inputs)
        return hidden.flatten(0, 1)[answers] if self.settings.alpha > 0 else None, features

    def _look_at_student(
        self, inputs: dict[str, Tensor], answers: Tensor, rows: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        model = _plain(self.student)
        tapped = [layer for layer, _ in self.pairs()] if self.settings.beta > 0 else []
        with outputs_of(tapped) as features:
            hidden = _last_hidden(model, inputs)
        return hidden.flatten(0, 1)[answers], [one.flatten(0, 1)[rows] for one in features]

    def _features(self, found: list[Tensor], wanted: list[Tensor], counts: Counts) -> Tensor:
        """A layer at a time, computed again in the backward pass."""
        total = counts.answers.new_zeros(())
        for adapter, ours, theirs in zip(self.adapters, found, wanted, strict=True):
            total = total + checkpoint(
                feature_kl, adapter, ours, theirs, self.settings.tau, use_reentrant=False
            )
        rows = counts.positions if self.settings.faithful else counts.answers
        return total / (rows * max(len(self.adapters), 1))

    def _answers(
        self, rows: Tensor, theirs: Tensor | None, targets: Tensor, counts: Counts
    ) -> tuple[Tensor, Tensor, Tensor]:
        tau, faithful = self.settings.tau, self.settings.faithful
        nll_weight = 1 / (counts.examples if faithful else counts.answers)
        kl_weight = nll_weight * tau**2 / (self.length if faithful else 1)
        head, lesson = _head(_plain(self.student)), None
        if theirs is not None:
            other = _head(self.teacher)
            weight = self.settings.alpha * kl_weight
            lesson = Lesson(theirs.to(other.dtype), other, weight, tau, self.compared_ids)
        loss, nll, kl = answer_loss(
            rows.to(head.dtype), head, targets, nll_weight, lesson, self.settings.chunk
        )
        return loss, nll_weight * nll, kl_weight * kl


def _plain(model: Any) -> Any:
    """The causal model inside of PEFT's, its layers changed by LoRA."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _frozen(teacher: nn.Module) -> nn.Module:
    return teacher.requires_grad_(False).eval()


def _cut_above(model: Any, layer: nn.Module) -> None:
    """Take off the layers above this one."""
    layers = layers_of(model)
    kept = list(layers).index(layer) + 1
    del layers[kept:]
    model.config.get_text_config().num_hidden_layers = kept


def _last_hidden(model: Any, inputs: dict[str, Tensor]) -> Tensor:
    """What the head reads, [batch, length, d]."""
    return model.base_model(**inputs, use_cache=False).last_hidden_state


def _head(model: Any) -> Tensor:
    """The output layer, [ids, d]."""
    return model.get_output_embeddings().weight


def _width(model: Any) -> int:
    return int(_head(model).shape[1])


def _check_head(model: Any) -> None:
    layer, config = model.get_output_embeddings(), model.config.get_text_config()
    name = type(model).__name__
    if type(layer) is not nn.Linear or layer.weight.requires_grad:
        mend = "leave it out of the setting targets"
        raise InputError("the output layer has to stay as it is", name, mend)
    known = [one for one in _SCALED if getattr(config, one, None) not in (None, 1, 1.0)]
    if layer.bias is not None or known:
        what = f"logits that are more than a product ({', '.join(known) or 'bias'})"
        raise InputError(what, name, "distil models of another kind")
