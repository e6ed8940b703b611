"""How likely a causal model finds given answers: log p of each after each prompt."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from hr_pipeline.training.causal.models import Causal, answer_ids, prompt_ids
from hr_pipeline.training.settings import Settings

Tokens = Sequence[int]
_HEAD_ROWS = 1 << 14  # of the vocabulary, in float32 at once


def likelihoods(
    causal: Causal, settings: Settings, prompts: Sequence[str], answers: Sequence[str]
) -> list[list[float]]:
    """`log_likelihoods` of texts, worded as they are trained on; prompts are cut as there."""
    tokenizer = causal.tokenizer
    asked = [prompt_ids(tokenizer, prompt, settings.max_prompt)[0] for prompt in prompts]
    said = [answer_ids(tokenizer, answer) for answer in answers]
    return log_likelihoods(causal.model, asked, said, settings.batch)


@torch.no_grad()
def log_likelihoods(
    model: Any, prompts: Sequence[Tokens], answers: Sequence[Tokens], batch: int
) -> list[list[float]]:
    """Natural log p of each answer (token ids, at least one) as the continuation of each prompt
    (ids, at least one): the sum over its tokens, not divided by their number. A list a prompt.

    Answers that differ in their last token alone, "Yes" and "No" say, cost one pass together.
    Logits are made of the answers' positions only, and in float32 whatever the weights are in:
    bfloat16 would make ties of near likelihoods. `batch` prompts of like length go together.
    """
    stems: dict[tuple[int, ...], list[int]] = {}
    for place, answer in enumerate(answers):
        stems.setdefault(tuple(answer[:-1]), []).append(place)
    order = sorted(range(len(prompts)), key=lambda place: -len(prompts[place]))
    found = [[0.0] * len(answers) for _ in prompts]
    was_training = model.training
    model.eval()
    with _head_in_float32(model):
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            for stem, same in stems.items():
                rows = [[*prompts[place], *stem] for place in places]
                told = _log_probabilities(model, rows, len(stem) + 1)
                for one in same:
                    ids = torch.tensor(answers[one], device=told.device).view(1, -1, 1)
                    sums = told.gather(2, ids.expand(len(places), -1, -1)).double().sum((1, 2))
                    for place, value in zip(places, sums.tolist(), strict=True):
                        found[place][one] = value
    model.train(was_training)
    return found


def _log_probabilities(model: Any, rows: list[list[int]], keep: int) -> torch.Tensor:
    """float32 [rows, keep, vocabulary]: of the token after each of the last `keep` of a row."""
    longest = max(map(len, rows))
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows], device=model.device)
    lengths = torch.tensor([[len(row)] for row in rows], device=model.device)
    places = torch.arange(longest, device=model.device) - (longest - lengths)
    made = model(
        input_ids=ids,
        attention_mask=(places >= 0).long(),
        position_ids=places.clamp(min=0),
        logits_to_keep=keep,
        use_cache=False,
    )
    return made.logits.float().log_softmax(-1)


@contextmanager
def _head_in_float32(model: Any) -> Iterator[None]:
    """While it lasts, the head multiplies in float32, a part of the vocabulary at a time, so that
    no whole copy of its weights is made; what the model does to logits after that stays."""
    head = model.get_output_embeddings()
    if type(head) is not torch.nn.Linear or head.weight.dtype == torch.float32:
        yield
        return

    def precise(module: Any, inputs: tuple[torch.Tensor, ...], _: torch.Tensor) -> torch.Tensor:
        hidden = inputs[0].float()
        parts = [hidden @ part.float().T for part in module.weight.split(_HEAD_ROWS)]
        logits = torch.cat(parts, -1)
        return logits if module.bias is None else logits + module.bias.float()

    handle = head.register_forward_hook(precise)
    try:
        yield
    finally:
        handle.remove()
