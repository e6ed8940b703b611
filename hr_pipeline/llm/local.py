"""The teacher that runs in this process: requests in flight are gathered and answered together."""

import asyncio
from collections.abc import Mapping
from typing import Any

from hr_pipeline.llm.causal import Writing, opened, reply_all
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import RequestRefused, Task
from hr_pipeline.llm.weights import folder_of, name_of

QUIET_S = 0.02  # when no request came for so long, those that wait are answered

_Waiting = tuple[Request, str, "asyncio.Future[Reply]"]  # with its key


class LocalTeacher:
    """A causal language model of Hugging Face transformers, from a folder or by name.

    `model` names it with a hash of its weights, so that other weights are asked anew. `batch`:
    requests answered at once, at most. It is loaded when the first reply is not in the recording.
    JSON schemas are ignored. Raises InputError for what the user must mend, RequestRefused for a
    prompt that is too long.
    """

    def __init__(
        self,
        model: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        batch: int = 16,
        timeout_s: float = 300.0,
    ) -> None:
        self.model, self.folder = name_of(model), folder_of(model)
        self.parameters = tuple(sorted((parameters or {}).items()))
        self._batch, self._timeout_s = batch, timeout_s
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._stopped: BaseException | None = None

    def admit(self, task: Task, request: Request, key: str) -> None:
        """Raises InputError for parameters that it does not know."""
        Writing.of(request.parameters)

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        if self._stopped:
            raise self._stopped
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()
        self._waiting.append((request, key, answer))
        if self._work is None:
            self._work = loop.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        """Until nothing waits; one batch at a time, in a thread beside the loop."""
        while self._waiting:
            await self._gather()
            batch, self._waiting = self._waiting[: self._batch], self._waiting[self._batch :]
            replies: list[Any]
            try:
                replies = await asyncio.to_thread(self._replies, batch)
            except Exception as error:
                replies = [error] * len(batch)
            for (_, _, answer), reply in zip(batch, replies, strict=True):
                if not answer.done():
                    failed = isinstance(reply, Exception)
                    answer.set_exception(reply) if failed else answer.set_result(reply)
        self._work = None

    async def _gather(self) -> None:
        """Wait for others while they come."""
        seen = 0
        while seen < len(self._waiting) < self._batch:
            seen = len(self._waiting)
            await asyncio.sleep(QUIET_S)

    def _replies(self, batch: list[_Waiting]) -> list[Reply | RequestRefused]:
        model = opened(self.folder, self.model)
        requests = [(request, key) for request, key, _ in batch]
        replies = reply_all(model, requests, lambda: self._stopped is not None, self._timeout_s)
        if self._stopped:
            raise self._stopped  # what was written until then is cut
        return replies

    def stop(self, reason: BaseException) -> None:
        """No further request is answered; what is being written is left within a token."""
        self._stopped = reason
        waiting, self._waiting = self._waiting, []
        for _, _, answer in waiting:
            if not answer.done():
                answer.set_exception(reason)

    async def close(self) -> None:
        """Nothing is under way; the next run may ask again."""
        if self._work is not None:
            self._stopped = self._stopped or RequestRefused("the run has ended")
            await self._work
        self._stopped = None
