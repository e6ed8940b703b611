"""A survey: the template teacher answers a dry run, and counts what a model would be asked."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, fields
from typing import Any

from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import Task
from hr_pipeline.llm.template import TemplateTeacher

MOST_KEPT = 64  # questions of a task, for a calibration


@dataclass
class Asked:
    """What was asked in one task, each request once. `questions` have no recorded reply, `found`
    have one; `calls` are the questions and their re-asks. Characters are of prompts and replies."""

    questions: float = 0
    question_characters: float = 0
    calls: float = 0
    prompt_characters: float = 0
    reply_characters: float = 0
    found: float = 0

    def __add__(self, other: "Asked") -> "Asked":
        names = [field.name for field in fields(self)]
        return Asked(*(getattr(self, name) + getattr(other, name) for name in names))

    def times(self, factor: float) -> "Asked":
        """Where only a part was gone through."""
        return Asked(*(getattr(self, field.name) * factor for field in fields(self)))


class Survey:
    """What a dry run asked, by the place that asked and the task; and some questions of each task,
    drawn by their keys, so that they are a fair sample whatever the order."""

    def __init__(self, model: str, parameters: tuple[tuple[str, Any], ...]) -> None:
        self.model, self.parameters = model, parameters
        self.asked: dict[tuple[str, str], Asked] = defaultdict(Asked)
        self.tasks: dict[str, Task] = {}
        self._kept: dict[str, list[tuple[int, Any]]] = defaultdict(list)
        self._seen: set[str] = set()

    def questions(self, task: str) -> list[Any]:
        """A sample of the questions without a recorded reply, in an order that is as good as
        drawn."""
        return [question for _, question in sorted(self._kept[task], reverse=True)]

    def note(
        self, place: str, task: Task, question: Any, request: Request, reply: Reply, found: bool
    ) -> None:
        """A request that came up. Asked a second time, it would cost nothing."""
        key = request.key()
        if key in self._seen:
            return
        self._seen.add(key)
        self.tasks[task.name] = task
        asked, is_question = self.asked[place, task.name], len(request.messages) == 1
        if found:
            asked.found += is_question
            return
        asked.calls += 1
        asked.prompt_characters += request.characters
        asked.reply_characters += len(reply.text)
        if is_question:
            asked.questions += 1
            asked.question_characters += request.characters
            self._keep(task.name, -int(key, 16), question)

    def _keep(self, task: str, rank: int, question: Any) -> None:
        kept = self._kept[task]
        if len(kept) < MOST_KEPT:
            heapq.heappush(kept, (rank, question))
        elif rank > kept[0][0]:
            heapq.heapreplace(kept, (rank, question))


class Surveyor(TemplateTeacher):
    """Answers with what is recorded of the real model, else by the template; nothing is sent."""

    def __init__(self, seed: int, survey: Survey, place: str, recording: Recording | None) -> None:
        super().__init__(seed)
        self._survey, self._place, self._recording = survey, place, recording

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        survey = self._survey
        parameters = task.with_own(survey.parameters)
        real = Request(survey.model, request.messages, parameters, request.schema, request.sample)
        found = self._recording.get(real.key()) if self._recording else None
        reply = found or await super().reply(task, question, request, key)
        survey.note(self._place, task, question, real, reply, found is not None)
        return reply
