"""The engine: asks tasks of a teacher, records, parses, asks again with the reason, keeps order."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import well_formed
from hr_pipeline.llm.recording import Recording, Request
from hr_pipeline.llm.task import (
    Input,
    Reply,
    ReplyError,
    RequestRefused,
    Task,
    Value,
    load_mending_prompt,
)

MOST_REFUSALS = 20  # in a row from the start, before the run is stopped
Row = TypeVar("Row")
Result = TypeVar("Result")


class Teacher(Protocol):
    """What answers tasks."""

    model: str
    parameters: tuple[tuple[str, Any], ...]

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """A parsed reply, and the keys of the requests that led to it (the last one holds it)."""

    value: Value
    request_ids: tuple[str, ...]


class Unanswered(Exception):
    """No usable reply after all re-asks; `raw` is the last reply."""

    def __init__(self, task: str, reason: str, raw: str, request_ids: tuple[str, ...]) -> None:
        super().__init__(f"{task}: {reason}")
        self.task, self.reason, self.raw, self.request_ids = task, reason, raw, request_ids


class Engine:
    """Every answer goes through the recording (None: nothing is recorded).

    `counts` holds, by task: "<task>/replies", "<task>/calls" (replies not found in the recording),
    "<task>/reasks" and "<task>/unanswered".
    """

    def __init__(
        self,
        teacher: Teacher,
        recording: Recording | None,
        *,
        concurrency: int = 16,
        max_reasks: int = 2,
    ) -> None:
        self.teacher, self.recording = teacher, recording
        self.concurrency, self.max_reasks = concurrency, max_reasks
        self.counts: Counter[str] = Counter()
        self._answered = self._refused = 0
        self._mend = load_mending_prompt()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        if self.recording:
            self.recording.close()

    async def ask(self, task: Task[Input, Value], question: Input) -> Answer[Value]:
        """Ask until a reply parses, at most 1 + max_reasks times; raises Unanswered."""
        messages = [("user", task.prompt.render(task.fields(question)))]
        keys: list[str] = []
        reason = raw = text = ""
        for attempt in range(1 + self.max_reasks):
            if attempt:
                self.counts[f"{task.name}/reasks"] += 1
                messages += [("assistant", text), ("user", self._mend.render({"reason": reason}))]
            request = Request(self.teacher.model, tuple(messages), self.teacher.parameters)
            key = request.key()
            keys.append(key)
            try:
                raw = (await self._reply(task, question, request, key)).text
            except RequestRefused as refusal:
                self._count_refusal(refusal)
                reason = str(refusal)
                break
            text = well_formed(raw)
            try:
                if text != raw:
                    raise ReplyError("The reply holds broken characters; write plain text.")
                return Answer(task.parse(text, question), tuple(keys))
            except ReplyError as error:
                reason = str(error)
        self.counts[f"{task.name}/unanswered"] += 1
        raise Unanswered(task.name, reason, raw, tuple(keys))

    def _count_refusal(self, refusal: RequestRefused) -> None:
        """One refused request is a lost row; nothing but refusals is a wrong setting."""
        self._refused += 1
        if self._refused >= MOST_REFUSALS and not self._answered:
            raise InputError(
                f"the endpoint refuses every request ({refusal})",
                f"teacher {self.teacher.model}",
                "check model and parameters",
            )

    async def _reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        self.counts[f"{task.name}/replies"] += 1
        async with self._asking.setdefault(key, asyncio.Lock()):
            found = self.recording.get(key) if self.recording else None
            if found is not None:
                return found
            reply = await self.teacher.reply(task, question, request, key)
            self.counts[f"{task.name}/calls"] += 1
            self._answered += 1
            if self.recording is None or not reply.text.strip():
                return reply  # an empty reply is a failure: a later run asks again
            self.recording.put(key, task.name, request, reply)
            return self.recording.get(key) or reply  # another process may have been first

    def in_order(
        self, work: Callable[[Row], Awaitable[Result]], rows: Iterable[Row]
    ) -> Generator[Result, None, None]:
        """`work(row)` for every row, `concurrency` at a time; results come in the rows' order.

        Rows are drawn as they are needed and a bounded number of results waits for its turn, so
        memory does not grow with rows. The first error ends all open work and is raised.
        """
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            slots = asyncio.Semaphore(self.concurrency)

            async def one(row: Row) -> Result:
                async with slots:
                    return await work(row)

            async def await_first(task: "asyncio.Task[Result]") -> Result:
                return await task

            window: deque[asyncio.Task[Result]] = deque()
            upcoming = iter(rows)
            try:
                while True:
                    while len(window) < 4 * self.concurrency:
                        try:
                            window.append(loop.create_task(one(next(upcoming))))
                        except StopIteration:
                            break
                    if not window:
                        return
                    yield runner.run(await_first(window.popleft()))
            finally:
                for task in window:
                    task.cancel()
                runner.run(self._settle(list(window)))

    async def _settle(self, tasks: list["asyncio.Task[Any]"]) -> None:
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.teacher.close()
