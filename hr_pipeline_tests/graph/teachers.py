"""Teachers that answer as the template does, and badly on purpose where a test wants it."""

from collections.abc import Callable
from typing import Any

from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import Task
from hr_pipeline.llm.template import TemplateTeacher

Answer = Callable[[str, Any], str | None]  # (task, question) to a reply, None: as the template


class Moody(TemplateTeacher):
    """`instead` may answer in the template's place; `asked` holds (task, question) as they came."""

    def __init__(self, instead: Answer = lambda task, question: None, seed: int = 3) -> None:
        super().__init__(seed)
        self.instead = instead
        self.asked: list[tuple[str, Any]] = []

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        self.asked.append((task.name, question))
        given = self.instead(task.name, question)
        if given is not None:
            return Reply(given)
        return await super().reply(task, question, request, key)
