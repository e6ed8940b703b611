"""What a run will cost: totals of tokens from recorded conversations, with their uncertainty."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.llm.request import CHARACTERS_A_TOKEN, Reply
from hr_pipeline.llm.survey import Asked
from hr_pipeline.llm.task import Prompt

ENOUGH_TO_FIT = 8  # conversations, before tokens are fitted to the question's length
LEAST_OF_A_TASK = 2  # conversations, from which a spread can be seen


@dataclass(frozen=True)
class Conversation:
    """A question with its re-asks, as they were recorded; `characters` are of the question."""

    characters: int
    calls: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Estimate:
    """What the open questions of a task will take. It rests on so many recorded `conversations`; on
    0 it is rough. `spread`: variances and covariance of the two totals of tokens (prompt, both,
    completion); None where it is not known."""

    calls: float
    prompt_tokens: float
    completion_tokens: float
    conversations: int
    spread: tuple[float, float, float] | None


def conversations(
    samples: Iterable[tuple[str, Reply]], prompt: Prompt | None, parameters: Mapping[str, Any]
) -> list[Conversation]:
    """Recorded requests (as JSON) and replies, put together by their question. Left out are those
    asked by another prompt (None: any) or with other parameters, those without a count of tokens,
    and re-asks whose question is not among them."""
    held: dict[tuple[str, Any], list[tuple[int, Reply]]] = {}
    for text, reply in samples:
        request = json.loads(text)
        own = {name: value for name, value in request.items() if name not in _NO_PARAMETERS}
        messages = request["messages"]
        question = messages[0]["content"], request.get("sample")
        counted = reply.prompt_tokens or reply.completion_tokens
        if counted and own == dict(parameters) and _is_made_by(prompt, question[0]):
            held.setdefault(question, []).append((len(messages), reply))
    return [
        Conversation(
            len(question),
            len(replies),
            sum(reply.prompt_tokens for _, reply in replies),
            sum(reply.completion_tokens for _, reply in replies),
        )
        for (question, _), replies in held.items()
        if min(length for length, _ in replies) == 1
    ]


_NO_PARAMETERS = ("model", "messages", "response_format", "sample")
_FIELD = re.compile(r"\$\w+|\$\{\w+\}")


def _is_made_by(prompt: Prompt | None, text: str) -> bool:
    """Whether all that the prompt says around its fields stands in the text, in this order."""
    at = 0
    for part in _FIELD.split(prompt.text if prompt else ""):
        at = text.find(part.replace("$$", "$"), at) + len(part)
        if at < len(part):
            return False
    return True


def estimate(asked: Asked, seen: list[Conversation]) -> Estimate:
    """From conversations of the same task; the template's texts where there are none."""
    if len(seen) < LEAST_OF_A_TASK or not asked.questions:
        return Estimate(
            asked.calls,
            asked.prompt_characters / CHARACTERS_A_TOKEN,
            asked.reply_characters / CHARACTERS_A_TOKEN,
            0,
            None if asked.questions else (0.0, 0.0, 0.0),
        )
    x = np.array([c.characters for c in seen], dtype=float)
    y = np.array([(c.calls, c.prompt_tokens, c.completion_tokens) for c in seen], dtype=float)
    away = x - x.mean()
    square = float(away @ away)
    fits = len(seen) >= ENOUGH_TO_FIT and square > 0
    slope = away @ y / square if fits else np.zeros(3)
    ahead = asked.question_characters / asked.questions - float(x.mean())
    mean = np.maximum(y.mean(axis=0) + slope * ahead, 0.0)
    residual = y - y.mean(axis=0) - np.outer(away, slope)
    covariance = residual.T @ residual / (len(seen) - (2 if fits else 1))
    # The mean is uncertain, and the run itself is a draw of so many questions around it.
    n = asked.questions
    share = 1 / len(seen) + (ahead**2 / square if fits else 0.0) + 1 / n
    spread = n**2 * share * covariance
    calls, prompt, completion = (float(value) for value in n * mean)
    return Estimate(
        max(calls, n),
        prompt,
        completion,
        len(seen),
        (float(spread[1, 1]), float(spread[1, 2]), float(spread[2, 2])),
    )


def shares(weights: Mapping[str, float], recorded: Mapping[str, int], most: int) -> list[str]:
    """The tasks of `most` calibration questions, in the order in which to ask: first some of each
    task of which too little is recorded, then by weight (the expected cost)."""
    chosen: list[str] = []
    for task, weight in sorted(weights.items(), key=lambda item: -item[1]):
        if weight > 0:
            chosen += [task] * (LEAST_OF_A_TASK - recorded.get(task, 0))
    chosen = chosen[:most]
    total = sum(weights.values())
    while total > 0 and len(chosen) < most:
        chosen.append(
            max(weights, key=lambda t: weights[t] / total * (len(chosen) + 1) - chosen.count(t))
        )
    return chosen
