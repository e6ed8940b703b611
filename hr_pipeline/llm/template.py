"""The template teacher: rule-made replies without a model, a key or a network. Not a benchmark."""

from typing import Any

from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.recording import Request
from hr_pipeline.llm.task import Reply, Task

TEMPLATE = "template"
VERSION = (
    1  # raised with every change of a template's words or tables: older replies are not reused
)
NOT_A_BENCHMARK = "written by the template teacher from rules: not a benchmark"


class TemplateTeacher:
    """Answers by the task's own `template` function; its draws are keyed by the request."""

    model = TEMPLATE

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.parameters: tuple[tuple[str, Any], ...] = (("seed", seed), ("version", VERSION))

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        return Reply(task.template(question, rng(self.seed, f"template/{task.name}", key)))

    async def close(self) -> None:
        """Nothing is held."""
