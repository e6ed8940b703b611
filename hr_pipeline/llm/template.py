"""The template teacher: rule-made replies without a model, a key or a network. Not a benchmark."""

import json
from typing import Any

from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import Task

TEMPLATE = "template"
# Raised with every change of a template's words or tables: older replies are not reused.
VERSION = 2
JSON_RATE = 0.1  # of answers that are data, as models give them that were sent a schema
NOT_A_BENCHMARK = "written by the template teacher from rules: not a benchmark"


def written_as_json(field: str, value: Any, draw: int) -> str:
    """An object of one field, as models write it; which of the ways is drawn by the caller."""
    plain = json.dumps({field: value}, ensure_ascii=False)
    ways = (
        plain,
        f"```json\n{json.dumps({field: value}, ensure_ascii=False, indent=2)}\n```",
        f"Here is the answer:\n\n{plain[:-1]},}}",
        "\ufeff" + plain.replace(f'"{field}"', f"“{field}”"),
    )
    return ways[draw % len(ways)]


class TemplateTeacher:
    """Answers by the task's own `template` function; its draws are keyed by the request."""

    model = TEMPLATE

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.parameters: tuple[tuple[str, Any], ...] = (("seed", seed), ("version", VERSION))

    def admit(self, task: Task, request: Request, key: str) -> None:
        """Everything is answered at once."""

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        return Reply(task.template(question, rng(self.seed, f"template/{task.name}", key)))

    def stop(self, reason: BaseException) -> None:
        """Nothing is in flight."""

    async def close(self) -> None:
        """Nothing is held."""
