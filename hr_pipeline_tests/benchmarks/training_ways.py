"""Ways to train one step, as benchmarks/training_cases.py measures them. Models have random weights
and texts random ids: cost does not depend on them. A step is forward, backward and AdamW over what
is trained; rows are of one length, their first four fifths a prompt."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, Qwen2Config

from hr_pipeline.training.causal.models import low_rank
from hr_pipeline.training.distillation.distiller import Distiller
from hr_pipeline.training.distillation.taps import layers_of
from hr_pipeline.training.settings import DistillationSettings

IGNORED = -100
PROMPT = 4 / 5
TAU, ALPHA, BETA = 3.0, 1.0, 0.5
Step = Callable[[], None]


@dataclass(frozen=True)
class Size:
    """Of a Qwen2."""

    width: int
    layers: int
    heads: int
    groups: int
    inner: int
    ids: int
    tied: bool


@dataclass(frozen=True)
class Scale:
    """`ids`: how many the tokenizer knows; `tokens`: of a row; `product` and `copied`: sizes of the
    ceilings' matrices and vectors; `steps` are timed, one before them is not."""

    teacher: Size
    student: Size
    tuned: Size
    ids: int
    tokens: int
    product: int
    copied: int
    steps: int

    @property
    def answers(self) -> int:
        """Tokens of a row that are to be learnt."""
        return self.tokens - int(PROMPT * self.tokens)


SCALES = {
    "gpu": Scale(  # Qwen2.5-14B, -3B and -7B
        Size(5120, 48, 40, 8, 13824, 152064, False),
        Size(2048, 36, 16, 2, 11008, 151936, True),
        Size(3584, 28, 28, 4, 18944, 152064, False),
        *(151665, 1024, 8192, 2**31, 3),
    ),
    "cpu": Scale(
        Size(160, 6, 5, 1, 416, 24576, False),
        Size(96, 4, 3, 1, 256, 24448, True),
        Size(128, 4, 4, 1, 320, 24576, False),
        *(24320, 240, 1024, 2**24, 3),
    ),
}


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def made(size: Size) -> Any:
    """A causal model of random weights, bfloat16 on a GPU, else float32."""
    config = Qwen2Config(
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.groups,
        intermediate_size=size.inner,
        vocab_size=size.ids,
        tie_word_embeddings=size.tied,
        max_position_embeddings=32768,
        use_cache=False,
    )
    torch.manual_seed(0)
    kind = torch.bfloat16 if device().type == "cuda" else torch.float32
    with device():
        return AutoModelForCausalLM.from_config(config, dtype=kind, attn_implementation="sdpa")


@dataclass(frozen=True)
class Weights:
    """How many weights of a model a token meets in the blocks' linear layers, and in the head."""

    body: int
    head: int

    @classmethod
    def of(cls, model: Any) -> "Weights":
        body = sum(w.numel() for w in layers_of(model).parameters() if w.dim() == 2)
        return cls(body, model.get_output_embeddings().weight.numel())


def batch_of(rows: int, scale: Scale) -> dict[str, Tensor]:
    """[rows, tokens] each."""
    ids = torch.randint(0, scale.ids, (rows, scale.tokens), device=device())
    labels = ids.clone()
    labels[:, : -scale.answers] = IGNORED
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def saving_memory(model: Any) -> None:
    """Layers are computed again in the backward pass."""
    enable = getattr(model, "activation_checkpointing_enable", None)
    (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})


def optimizer_of(module: nn.Module) -> torch.optim.Optimizer:
    trained = [one for one in module.parameters() if one.requires_grad]
    fused = device().type == "cuda"
    return torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.0, fused=fused)


def autocast() -> Any:
    return torch.autocast(device().type, torch.bfloat16, enabled=device().type == "cuda")


def uncast(model: nn.Module) -> Any:
    """LoRA's float32 weights do not make float32 copies of the inputs: ours in training, and the
    published ones are in bfloat16."""
    return disable_input_dtype_casting(model) if device().type == "cuda" else nullcontext()


def tuning(weights: Weights, rows: int, scale: Scale) -> float:
    """Useful operations of a step of fine-tuning on answers."""
    return scale.tokens * rows * 4 * weights.body + scale.answers * rows * 4 * weights.head


# -- the ways ------------------------------------------------------------------------------


class Way:
    """Models of one way to train, and its step."""

    def __init__(self, scale: Scale, saving: bool) -> None:
        self.scale, self.saving = scale, saving

    def step(self, rows: int) -> Step:
        raise NotImplementedError

    def useful(self, rows: int) -> float:
        """Floating-point operations that a step needs at least: 2 a weight and token forward, 2
        back where a gradient has to come through, 2 more for a gradient of the weight itself. What
        is computed again does not count, nor attention between positions."""
        raise NotImplementedError


class Ours(Way):
    """hr_pipeline.training's Distiller; `taught` by a teacher, or by answers alone."""

    def __init__(self, scale: Scale, saving: bool, taught: bool = True) -> None:
        super().__init__(scale, saving)
        student = made(scale.student if taught else scale.tuned)
        teacher = made(scale.teacher) if taught else None
        self.weights = Weights.of(student)
        self.teacher = Weights.of(teacher) if teacher is not None else Weights(0, 0)
        settings = DistillationSettings(alpha=ALPHA, beta=BETA, tau=TAU)
        if not taught:
            settings = replace(settings, alpha=0.0, beta=0.0)
        tuned = low_rank(student, settings, 1)
        if saving:
            saving_memory(student)
        self.distiller = Distiller(
            tuned, teacher, settings, ids=scale.ids, length=scale.tokens, seed=1
        ).to(device())
        self.distiller.train()
        self.adapters = sum(one.numel() for one in self.distiller.adapters)
        self.optimizer = optimizer_of(self.distiller)

    def step(self, rows: int) -> Step:
        def step() -> None:
            with uncast(self.distiller):
                self.distiller(**batch_of(rows, self.scale))["loss"].backward()
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)

        return step

    def useful(self, rows: int) -> float:
        answers = rows * self.scale.answers
        teaching = rows * self.scale.tokens * 2 * self.teacher.body
        teaching += answers * (2 * self.teacher.head + 6 * self.adapters)
        return tuning(self.weights, rows, self.scale) + teaching


class Published(Way):
    """As the authors of KDJPPR wrote it: whole logits of both models in float32, all their hidden
    states, losses over every position, the smaller vocabulary lengthened by zeros, layers spread
    evenly, adapters with a bias that no optimizer knows."""

    def __init__(self, scale: Scale, saving: bool) -> None:
        super().__init__(scale, saving)
        base = made(scale.student)
        self.teacher = made(scale.teacher).requires_grad_(False).eval()
        self.weights = Weights.of(base), Weights.of(self.teacher)
        self.student = low_rank(base, DistillationSettings(), 1)
        if saving:
            saving_memory(base)
        self.student.train()
        self.optimizer = optimizer_of(self.student)
        widths = scale.student.width, scale.teacher.width
        with device():
            kind = base.get_output_embeddings().weight.dtype
            self.adapters = [nn.Linear(*widths, dtype=kind) for _ in range(scale.student.layers)]

    def step(self, rows: int) -> Step:
        def step() -> None:
            with uncast(self.student):
                self.loss(batch_of(rows, self.scale)["input_ids"]).backward()
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)

        return step

    def loss(self, ids: Tensor) -> Tensor:
        """Prompts are learnt like answers."""
        with autocast():
            ours = self.student(input_ids=ids, labels=ids, output_hidden_states=True)
            with torch.no_grad():
                theirs = self.teacher(input_ids=ids, output_hidden_states=True)
            last, end = len(self.adapters) - 1, self.scale.teacher.layers - 1
            hidden = ids.new_zeros((), dtype=torch.float32)
            for n, adapter in enumerate(self.adapters):
                of_teacher = theirs.hidden_states[round(n * end / last)]
                hidden = hidden + _divergence(adapter(ours.hidden_states[n]), of_teacher)
            hidden = hidden / len(self.adapters) / self.scale.teacher.width
            short = theirs.logits.shape[-1] - ours.logits.shape[-1]
            logits = functional.pad(ours.logits.float(), (0, max(short, 0)))
            wanted = functional.pad(theirs.logits.float(), (0, max(-short, 0)))
            loss: Tensor = ours.loss + ALPHA * _divergence(logits, wanted) / self.scale.tokens
            return loss + BETA * hidden

    def useful(self, rows: int) -> float:
        """Of what the way computes: heads and adapters at every position."""
        student, teacher = self.weights
        widths = self.scale.student.width * self.scale.teacher.width
        adapters = 6 * widths * len(self.adapters)
        each = 2 * (teacher.body + teacher.head) + 4 * (student.body + student.head) + adapters
        return rows * self.scale.tokens * each


def _divergence(ours: Tensor, theirs: Tensor) -> Tensor:
    probabilities = functional.softmax(theirs / TAU, -1)
    kl = functional.kl_div(functional.log_softmax(ours / TAU, -1), probabilities, reduction="sum")
    return kl * TAU**2 / len(ours)
