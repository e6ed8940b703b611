"""What a model is asked for an item, how its reply is read, and what the template replies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.llm.task import Task, load_prompt
from hr_pipeline.llm.template import JSON_RATE, written_as_json
from hr_pipeline.text.phrases import tokens
from hr_pipeline.tm_eval.careers import PROJECT, apis_key
from hr_pipeline.tm_eval.replies import said_in

_UNCLEAR_RATE = 0.02
_UNCLEAR = (
    "That depends on what this person wants.",
    "Both are possible: yes for the skills, as to the step itself no.",
    "<think>The jobs and the projects point to",
)
_SENTENCES = {
    True: "it goes on from what this person has done so far.",
    False: "little of what this person has done so far leads there.",
}


@dataclass(frozen=True)
class ItemQuestion:
    """An item as text, and the same in parts, for the template teacher."""

    text: str
    task: str
    career: tuple[str, ...]
    projects: tuple[tuple[str, ...], ...]
    target: tuple[str, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "ItemQuestion":
        """A row of tm_eval/items or of tm_eval_released/items."""
        projects = tuple(tuple(apis) for apis in row["projects"])
        parts = (tuple(row["career"]), projects, tuple(row["target"]))
        return cls(row["input"], row["task"], *parts)


def answer_by_template(question: ItemQuestion, rng: np.random.Generator) -> str:
    """Yes where a part of the target was there before, in the words a model would use; now and then
    another answer, or none."""
    if rng.random() < _UNCLEAR_RATE:
        return _UNCLEAR[int(rng.integers(len(_UNCLEAR)))]
    yes = bool(rng.random() < (0.8 if is_familiar(question) else 0.2))
    word = "Yes" if yes else "No"
    if rng.random() < JSON_RATE:
        return written_as_json("result", word, int(rng.integers(4)))
    ways = (
        *(word, word, f"{word}.", word.lower(), f"**{word}**", f"Answer: {word}"),
        f"{word}, {_SENTENCES[yes]}",
        f"<think>\nIs it a likely step? Perhaps {'no' if yes else 'yes'}.\n</think>\n\n{word}",
    )
    return ways[int(rng.integers(len(ways)))]


def is_familiar(question: ItemQuestion) -> bool:
    """Whether a word of the title stood in a job before, or a third of the APIs in a project."""
    if question.task == PROJECT:
        target = apis_key(question.target)
        known = apis_key(api for apis in question.projects for api in apis)
        return 3 * len(target & known) >= len(target)
    words = {word for title in question.career for word in tokens(title)}
    return not words.isdisjoint(tokens(question.target[0]))


JUDGE_NEXT: Task[ItemQuestion, bool | None] = Task(
    name="judge_next",
    prompt=load_prompt("hr_pipeline.tm_eval", "answer_item"),
    fields=lambda question: {"input": question.text},
    parse=lambda reply, question: said_in(reply),  # never asked again: None is counted
    template=answer_by_template,
)
