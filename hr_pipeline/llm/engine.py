"""The engine: asks tasks of a teacher, records, retries, parses, asks again with the reason."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.text import well_formed
from hr_pipeline.llm.bill import Bill
from hr_pipeline.llm.crew import Crew
from hr_pipeline.llm.durable import GroupedRecording
from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import (
    Input,
    Passing,
    ReplyError,
    RequestOpen,
    RequestRefused,
    Task,
    Value,
    load_mending_prompt,
)

MOST_REFUSALS = 20  # in a row from the start, before the run is stopped
MOST_LIMITED = 100  # refusals of one request because of the rate, before its row is given up
LONGEST_WAIT_S = 60.0
ROWS_A_SLOT = 4  # rows at work for each request in flight: some parse or wait for another try
WINDOW_A_SLOT = 16  # rows drawn for each request in flight: one slow row holds up no other
Row = TypeVar("Row")
Result = TypeVar("Result")


class Teacher(Protocol):
    """What answers tasks. `reply` makes one attempt; it may raise Passing and RequestRefused."""

    model: str
    parameters: tuple[tuple[str, Any], ...]

    def admit(self, task: Task, request: Request, key: str) -> None: ...

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply: ...

    def stop(self, reason: BaseException) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """A parsed reply, and the keys of the requests that led to it (the last one holds it)."""

    value: Value
    request_ids: tuple[str, ...]
    reply: Reply


class Unanswered(Exception):
    """No usable reply after all re-asks, or none at all; `raw` is the last reply."""

    def __init__(self, task: str, reason: str, raw: str, request_ids: tuple[str, ...]) -> None:
        super().__init__(f"{task}: {reason}")
        self.task, self.reason, self.raw, self.request_ids = task, reason, raw, request_ids


class Engine:
    """Every answer goes through the recording (None: nothing is recorded).

    `concurrency`: requests in flight at most; `attempts`: tries of one request through failures
    that may pass. `counts` holds, by task: "<task>/replies", of them "<task>/found" in the
    recording and "<task>/calls" to the teacher, their "<task>/prompt_tokens" and
    "<task>/completion_tokens", "<task>/reasks", "<task>/unanswered", of them "<task>/given_up"
    after failures of the endpoint, and "retries/<cause>".
    """

    def __init__(
        self,
        teacher: Teacher,
        recording: Recording | None,
        *,
        concurrency: int = 16,
        max_reasks: int = 2,
        attempts: int = 8,
        bill: Bill | None = None,
    ) -> None:
        self.teacher, self.recording = teacher, recording
        self.concurrency, self.max_reasks, self.attempts = concurrency, max_reasks, attempts
        self.bill = bill or Bill()
        self.counts: Counter[str] = Counter()
        self._answered = self._refused = 0
        self._mend = load_mending_prompt()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._grouped: GroupedRecording | None = None
        self._slots = asyncio.Semaphore(concurrency)
        self._rows_open = 0
        self._results: Generator[Any, None, None] | None = None
        self._is_open = False
        self._stopped: BaseException | None = None
        self._halt = asyncio.Event()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._results is not None:
            self._results.close()  # left in the middle: what is in flight is recorded
        if self.recording:
            self.recording.close()

    @property
    def gave_up(self) -> int:
        """Rows lost to the endpoint's failures: another run may win them."""
        return sum(n for name, n in self.counts.items() if name.endswith("/given_up"))

    def work(self) -> dict[str, Any]:
        """What was done, for the record: the counts, and the dollars where a price is known."""
        dollars = {}
        if self.bill.price:
            dollars["dollars"] = round(self.bill.spent - self.bill.spent_before, 6)
        return dict(sorted(self.counts.items())) | dollars

    def sight(self) -> str:
        """The same in a few words, while it goes on."""
        counts = dict(self.counts)

        def total(kind: str) -> int:
            return sum(n for name, n in counts.items() if name.endswith(f"/{kind}"))

        retries = sum(n for name, n in counts.items() if name.startswith("retries/"))
        said = [f"{total('calls'):,} calls", f"{total('found'):,} found"]
        said += [f"{retries:,} retries"] if retries else []
        said += [f"{total('reasks'):,} re-asks"] if total("reasks") else []
        if self.bill.price:
            cap = f" of ${self.bill.cap:g}" if self.bill.cap else ""
            said.append(f"${self.bill.spent:,.2f}{cap}")
        return ", ".join(said)

    async def ask(
        self, task: Task[Input, Value], question: Input, sample: int = 0
    ) -> Answer[Value]:
        """Ask until a reply parses, at most 1 + max_reasks times; raises Unanswered. `sample`
        counts the answers, where several to one question are wanted."""
        parameters = task.with_own(self.teacher.parameters)
        messages = [("user", task.prompt.render(task.fields(question)))]
        keys: list[str] = []
        reason = raw = text = ""
        for attempt in range(1 + self.max_reasks):
            if attempt:
                self.counts[f"{task.name}/reasks"] += 1
                messages += [("assistant", text), ("user", self._mend.render({"reason": reason}))]
            request = Request(self.teacher.model, tuple(messages), parameters, task.schema, sample)
            key = request.key()
            keys.append(key)
            try:
                reply = await self._reply(task, question, request, key)
                raw = reply.text
            except RequestRefused as refusal:
                self._count_refusal(refusal)
                reason = str(refusal)
                break
            except Passing as failure:
                self.counts[f"{task.name}/given_up"] += 1
                reason = f"the endpoint failed {self.attempts} times: {failure.cause}"
                break
            text = well_formed(raw)
            try:
                if text != raw:
                    raise ReplyError("The reply holds broken characters; write plain text.")
                return Answer(task.parse(text, question), tuple(keys), reply)
            except ReplyError as error:
                reason = str(error)
        self.counts[f"{task.name}/unanswered"] += 1
        raise Unanswered(task.name, reason, raw, tuple(keys))

    async def answer(self, task: Task[Input, Value], question: Input) -> Answer[Value] | Unanswered:
        """As `ask`, but a question that stays unanswered gives the failure itself."""
        try:
            return await self.ask(task, question)
        except Unanswered as failure:
            return failure

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
        counts = self.counts
        counts[f"{task.name}/replies"] += 1
        async with self._asking.setdefault(key, asyncio.Lock()):
            found = await self._grouped.get(key) if self._grouped else None
            if found is not None:
                counts[f"{task.name}/found"] += 1
                return found
            reply = await self._call(task, question, request, key)
            counts[f"{task.name}/calls"] += 1
            counts[f"{task.name}/prompt_tokens"] += reply.prompt_tokens
            counts[f"{task.name}/completion_tokens"] += reply.completion_tokens
            return reply

    async def _call(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        """Try until the teacher answers; between tries the slot is free for others."""
        failures = limited = 0
        while True:
            try:
                return await self._attempt(task, question, request, key)
            except Passing as failure:
                self.counts[f"retries/{failure.cause}"] += 1
                failures += not (failure.limited or failure.free)
                limited += failure.limited
                if failures >= self.attempts or limited >= MOST_LIMITED:
                    raise
                await self._wait(_wait_s(failure, failures))

    async def _attempt(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        """One call in a slot, which is kept until the reply is durable."""
        async with self._slots:
            if self._stopped:
                raise self._stopped
            self.teacher.admit(task, request, key)
            held = await self.bill.reserve(task.name, request)
            reply: Reply | None = None
            try:
                reply = await self.teacher.reply(task, question, request, key)
            finally:
                self.bill.settle(held, reply)
            self._answered += 1
            if self._grouped is None or not reply.text.strip():
                return reply  # an empty reply is a failure: a later run asks again
            return await self._grouped.put(Recorded(key, task.name, request, reply))

    async def _wait(self, seconds: float) -> None:
        """Seconds, or less when the run is stopped."""
        try:
            await asyncio.wait_for(self._halt.wait(), seconds)
        except TimeoutError:
            return

    def in_order(
        self,
        work: Callable[[Row], Awaitable[Result]],
        rows: Iterable[Row],
        settle: Callable[[Result], Awaitable[Result]] | None = None,
    ) -> Generator[Result, None, None]:
        """`work(row)` for every row, in the rows' order, with `concurrency` requests in flight.

        Rows are drawn as they are needed and a bounded number of results waits for its turn, so
        memory does not grow with rows. An error ends the run: no new call is made, calls in flight
        end and are recorded, then the error is raised. Where requests wait for a batch, no result
        comes after the first such row; all rows are gone through, the open requests are submitted,
        and RequestsOpen is raised. One such run goes on at a time.

        `settle` gets each result in the rows' order, one at a time, and gives the one that comes
        out; it may ask too (what depends on all rows before is decided there).
        """
        self._results = self._in_order(work, rows, settle)
        return self._results

    def _in_order(
        self,
        work: Callable[[Row], Awaitable[Result]],
        rows: Iterable[Row],
        settle: Callable[[Result], Awaitable[Result]] | None,
    ) -> Generator[Result, None, None]:
        async def or_leave(result: Awaitable[Result]) -> Result | None:
            try:
                return await result
            except RequestOpen:
                self._rows_open += 1
                return None

        async def settle_or_leave(result: Result | None) -> Result | None:
            return None if result is None or settle is None else await or_leave(settle(result))

        self._rows_open = 0
        crew = Crew(
            lambda row: or_leave(work(row)),
            rows,
            size=ROWS_A_SLOT * self.concurrency,
            window=WINDOW_A_SLOT * self.concurrency,
            start=self._open,
            stop=self._stop,
            finish=self._close,
            settle=settle_or_leave if settle else None,
        )
        with closing(crew.results()) as results:
            for result in results:
                if not self._rows_open:
                    yield result  # type: ignore[misc]
        if self._rows_open:  # only a BatchTeacher leaves requests open
            self.teacher.submit(self.bill)  # type: ignore[attr-defined]

    def _open(self) -> None:
        """What belongs to one event loop."""
        if self._is_open:
            raise RuntimeError("an engine works on one run at a time")
        self._is_open = True
        self._slots = asyncio.Semaphore(self.concurrency)
        self._halt, self._stopped = asyncio.Event(), None
        self._asking = WeakValueDictionary()
        self.bill.stop(None)
        if self.recording:
            self._grouped = GroupedRecording(self.recording, min(32, self.concurrency // 2))

    def _stop(self, reason: BaseException) -> None:
        self._stopped = reason
        self._halt.set()
        self.bill.stop(reason)
        self.teacher.stop(reason)

    async def _close(self) -> None:
        try:
            if self._grouped:
                await self._grouped.close()
        finally:
            self._grouped, self._is_open = None, False
            await self.teacher.close()


def _wait_s(failure: Passing, failures: int) -> float:
    """Seconds before the next try: what the endpoint says, else doubling, the second half of it
    drawn. So the tries of a request outlast an outage that the teacher is patient with.

    The draw needs no seed: it changes when a call is made, not what comes of it.
    """
    if failure.free:
        return 0.0
    drawn = random.uniform(0.5, 1.0) * min(LONGEST_WAIT_S, 0.5 * 2 ** max(failures - 1, 0))
    if failure.wait_s is None:
        return drawn
    return min(failure.wait_s, LONGEST_WAIT_S) + 0.1 * min(drawn, 1.0)
