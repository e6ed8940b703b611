"""The losses of the distillation as functions of tensors (KDJPPR 4.3, Equations 3 to 10).

Whole logits are never kept: at 152,064 ids, 32 answers of 205 tokens would be 4 GB a model and
copy. Rows meet the heads in chunks, and what the student's rows need for their gradient is made in
closed form while a chunk's logits are there; the heads themselves are frozen.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Lesson:
    """What a teacher says of the same positions: its last hidden states `rows` [n, e], its output
    layer `head` [ids, e], and how the student's divergence from it counts.

    Both distributions have `width` ids: a longer vector of logits is cut, so that each side is a
    distribution over the ids that both have; a shorter one is lengthened by zeros (Equation 4,
    which gives probability to ids that do not exist). `weight` is a scalar on the same device.
    """

    rows: Tensor
    head: Tensor
    weight: Tensor
    tau: float
    width: int


def answer_loss(
    rows: Tensor,
    head: Tensor,
    targets: Tensor,
    nll_weight: Tensor,
    lesson: Lesson | None = None,
    chunk: int = 1024,
) -> tuple[Tensor, Tensor, Tensor]:
    """(loss, nll, kl) of the student's last hidden states `rows` [n, d], with z = rows @ head.T:

        nll  = sum over rows of -log softmax(z)[target]
        kl   = sum over rows of KL(softmax(z_teacher / tau) || softmax(z / tau))
        loss = nll_weight * nll + lesson.weight * kl

    Only `loss` can be differentiated, by `rows` alone. Raises ValueError where the head is trained.
    """
    if head.requires_grad:
        raise ValueError("the head is trained: its gradient would be missing")
    loss, nll, kl = _AnswerLoss.apply(rows, head, targets, nll_weight, lesson, chunk)
    return loss, nll, kl


class _AnswerLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        head: Tensor,
        targets: Tensor,
        nll_weight: Tensor,
        lesson: Lesson | None,
        chunk: int,
    ) -> tuple[Tensor, Tensor, Tensor]:
        slope = torch.empty_like(rows)
        nll, kl = (rows.new_zeros((), dtype=_wide(rows.dtype)) for _ in range(2))
        with torch.autocast(rows.device.type, enabled=False):
            for start in range(0, len(rows), chunk):
                part = slice(start, start + chunk)
                logits = _widened(rows[part] @ head.T)
                pull = None
                if lesson:
                    theirs = lesson.rows[part] @ lesson.head[: lesson.width].T
                    one, pull = _divergence(logits, theirs, lesson.tau, lesson.width)
                    kl += one
                    pull *= lesson.weight / lesson.tau
                nll += _into_slope(logits, targets[part, None], nll_weight)
                if pull is not None:
                    both = min(pull.shape[1], logits.shape[1])
                    logits[:, :both] += pull[:, :both]
                torch.mm(logits.to(head.dtype), head, out=slope[part])
        ctx.save_for_backward(slope)
        ctx.mark_non_differentiable(nll, kl)
        return nll_weight * nll + (lesson.weight * kl if lesson else 0), nll, kl

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Tensor | None, ...]:
        (slope,) = ctx.saved_tensors
        return slope * given[0].to(slope.dtype), *(None,) * 5


def _divergence(logits: Tensor, theirs: Tensor, tau: float, width: int) -> tuple[Tensor, Tensor]:
    """The sum of KL(softmax(theirs / tau) || softmax(logits / tau)) over `width` ids, and the
    difference of the two, student's minus teacher's: tau times the gradient by `logits`."""
    wanted, ours = (_log_probabilities(one, tau, width) for one in (theirs, logits))
    probabilities = wanted.exp()
    kl = wanted.sub_(ours).mul_(probabilities).sum()
    return kl, ours.exp_().sub_(probabilities)


def _log_probabilities(logits: Tensor, tau: float, width: int) -> Tensor:
    """A tensor of its own; padding by less than nothing cuts."""
    scaled = _widened(functional.pad(logits, (0, width - logits.shape[1]))).div_(tau)
    return scaled.sub_(torch.logsumexp(scaled, -1, keepdim=True))


def _into_slope(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """The sum of -log softmax(logits)[targets]; `logits` become its gradient times `weight`."""
    norms = torch.logsumexp(logits, -1, keepdim=True)
    nll = (norms - logits.gather(1, targets)).sum()
    logits.sub_(norms).exp_().mul_(weight)
    logits.scatter_add_(1, targets, -weight.to(logits.dtype).expand(targets.shape))
    return nll


def feature_kl(adapter: Tensor, rows: Tensor, wanted: Tensor, tau: float) -> Tensor:
    """Sum over rows of KL(softmax(wanted / tau) || softmax(rows @ adapter.T / tau)), Equations 7
    and 8, by autograd: `rows` [n, d] of a layer of the student, `wanted` [n, e] of the teacher's,
    `adapter` [e, d] trained. Log-probabilities are in float32 whatever the layers compute in: near
    -12 those of bfloat16 are 1/16 apart, which drowns small divergences."""
    ours = functional.log_softmax(_widened(functional.linear(rows, adapter)) / tau, -1)
    theirs = functional.log_softmax(_widened(wanted) / tau, -1)
    return functional.kl_div(ours, theirs, log_target=True, reduction="sum")


def _wide(kind: torch.dtype) -> torch.dtype:
    return torch.promote_types(kind, torch.float32)


def _widened(values: Tensor) -> Tensor:
    """In float32 at least."""
    return values.to(_wide(values.dtype))
