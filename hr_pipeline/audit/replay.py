"""A teacher that answers from the recording alone: what was made with it is made again."""

from dataclasses import dataclass
from typing import Any

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.recording import Call, Recording
from hr_pipeline.llm.request import Reply, Request, read_completion
from hr_pipeline.llm.task import Task
from hr_pipeline.llm.template import TEMPLATE, VERSION, TemplateTeacher


class NotRecorded(InputError):
    """A reply that the recording does not hold, and that only a paid call could give."""


@dataclass(frozen=True)
class Exchange:
    """One request with its reply; `call` is None for what the template teacher said again."""

    key: str
    task: str
    request: Request
    reply: Reply
    call: Call | None


class Replay:
    """The teacher of a build. `reply` gives what is recorded; the template teacher, whose words
    follow from the request, may say it again; for any other, NotRecorded names the key."""

    def __init__(self, build: Build, recording: Recording | None) -> None:
        recipe = build.recipe
        self.build, self.model = build, recipe.teacher or ""
        told = recipe.settings.get("parameters", {})
        self._template: TemplateTeacher | None = None
        if self.model == TEMPLATE:
            told = {"seed": recipe.seed, "version": told.get("version")}
            if told["version"] == VERSION:
                self._template = TemplateTeacher(int(recipe.seed or 0))
        self.parameters: tuple[tuple[str, Any], ...] = tuple(sorted(told.items()))
        self.recording, self.exchanges = recording, list[Exchange]()
        self._max_reasks = recipe.settings.get("max_reasks", 0)

    def engine(self) -> Engine:
        """An engine that asks this teacher, as the build's did."""
        return Engine(self, None, max_reasks=self._max_reasks)

    def admit(self, task: Task, request: Request, key: str) -> None:
        """Everything is answered at once."""

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        call = self.recording.call(key) if self.recording else None
        if call is not None:
            reply = read_completion(call.response)
        elif self._template is not None:
            reply = await self._template.reply(task, question, request, key)
        else:
            raise NotRecorded(
                f"the reply of {self.model} to this {task.name} is not in the recording",
                f"request {key}",
                "name the recording that has it (--recording)",
            )
        self.exchanges.append(Exchange(key, task.name, request, reply, call))
        return reply

    def stop(self, reason: BaseException) -> None:
        """Nothing is in flight."""

    async def close(self) -> None:
        """Nothing is held."""
