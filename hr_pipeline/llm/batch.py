"""The batch lane: requests that nobody has answered are gathered, and go to the provider together,
at a lower price and within a day."""

import asyncio
import json
import time
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.batch_rounds import Apis, at_work, push
from hr_pipeline.llm.batch_store import OPEN, REFUSED, SENT, WHOLE_BATCH, Batch, BatchStore, Item
from hr_pipeline.llm.bill import (
    ENOUGH_SEEN,
    FIRST_RATIO,
    FIRST_REPLY_TOKENS,
    FRAME_TOKENS,
    Bill,
    BudgetReached,
    Price,
)
from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import CHARACTERS_A_TOKEN, Reply, Request
from hr_pipeline.llm.task import Passing, RequestOpen, RequestRefused, Task

MOST_FAILURES = 3  # of a request in batches, before its row is given up
LINE_OVERHEAD = 160  # bytes of a line beside the request
SAMPLES = 200  # recorded replies of a task, the newest, that an estimate rests on
NOTED_AT_ONCE = 200
NAMED_BATCHES = 3


class RequestsOpen(Exception):
    """Requests wait for batches; the same build goes on when these have ended."""


@dataclass(frozen=True)
class BatchLimits:
    """Of a batch: `requests` and `bytes` of its file. Providers take 50,000 and 200 MB; smaller
    batches end sooner and are fetched in one go. `tokens`: of all prompts under way at once, where
    the account has such a limit (0: none)."""

    requests: int = 10_000
    bytes: int = 190_000_000
    tokens: int = 0


class Noted(NamedTuple):
    """An open request, as the planning of batches sees it."""

    task: str
    bytes: int
    characters: int


class BatchTeacher:
    """A teacher whose answers come later: `reply` notes what is open, `submit` sends it.

    The results of batches that have ended are in the recording by then (`poll`). With `last_round`
    "live", only first attempts at first questions go into batches; re-asks, and what a batch has
    failed to answer, go to the live teacher. `price` is that of the batch lane; `order` is what it
    takes to run the build again: run_id, lake, run_config and assets.
    """

    def __init__(
        self,
        live: HttpTeacher,
        recording: Recording,
        *,
        key_variable: str = "OPENAI_API_KEY",
        structured: bool = True,
        price: Price | None = None,
        last_round: str = "batch",
        limits: BatchLimits | None = None,
        order: dict[str, Any] | None = None,
    ) -> None:
        self.live, self.recording, self.order = live, recording, order
        self.model, self.parameters = live.model, live.parameters
        self.limits, self.price = limits or BatchLimits(), price
        self._last_live = last_round == "live"
        provider = live.provider
        self._facts = json.dumps(
            {
                "kind": provider.kind,
                "base_url": provider.base_url,
                "api_version": provider.api_version,
                "key_variable": key_variable,
                "structured": structured,
            }
        )
        self.store = BatchStore(recording)
        self._known: Mapping[str, Item] = self.store.unanswered()
        self._open: dict[str, Noted] = {}
        self._sent: set[str] = set()  # under way, and asked for
        self._fresh: list[tuple[str, str, bytes]] = []

    def admit(self, task: Task, request: Request, key: str) -> None:
        """Return where the request is to be asked live; else raise RequestOpen, RequestRefused, or
        Passing where batches have failed too often. Nothing is called, nothing need be reserved."""
        item = self._known.get(key, Item(OPEN, "", 0, ""))
        if item.state == REFUSED:
            raise RequestRefused(item.said)
        if item.state == SENT:
            self._sent.add(key)
            raise RequestOpen
        if self._last_live and (item.failures or _is_reask(request)):
            return
        if item.failures >= MOST_FAILURES:
            self._give_up(item)
        if key not in self._open:
            size = len(request.encoded) + LINE_OVERHEAD
            self._open[key] = Noted(task.name, size, request.characters)
            self._fresh.append((key, task.name, zlib.compress(request.text().encode(), 1)))
            if len(self._fresh) >= NOTED_AT_ONCE:
                self._flush()
        raise RequestOpen

    def _give_up(self, item: Item) -> None:
        if item.said.startswith(WHOLE_BATCH):
            raise InputError(
                f"{item.said}, {item.failures} times",
                f"teacher {self.model}",
                "mend it, then: hr-pipeline batches --again",
            )
        raise Passing(f"{item.failures} batches did not answer it ({item.said})", wait_s=0.0)

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        self.admit(task, request, key)
        return await self.live.reply(task, question, request, key)

    def stop(self, reason: BaseException) -> None:
        self.live.stop(reason)

    async def close(self) -> None:
        await asyncio.to_thread(self._flush)
        await self.live.close()

    def finished(self) -> None:
        """The making has all its answers: no earlier run need be launched again for them."""
        if self.order:
            self.store.overtaken(self.order)

    def _flush(self) -> None:
        rows, self._fresh = self._fresh, []
        if rows:
            self.store.note(rows)

    def submit(self, bill: Bill) -> None:
        """Send what is open, as far as the budget and the account allow. Ends by RequestsOpen, or
        by BudgetReached where the cap keeps something back."""
        self._flush()
        with at_work(self.store):
            with self.store.database.transaction():
                prepared, kept_back = self._prepare(bill)
                tags = {batch.tag for batch in prepared} | {self._known[k].tag for k in self._sent}
                if self.order and tags:
                    self.store.wait(self.order, sorted(tags))
            apis = Apis()
            for batch in prepared:
                push(self.store, apis.of(batch), batch, is_new=True)
        if kept_back:
            raise kept_back
        raise RequestsOpen(self._said(tags))

    def _said(self, tags: set[str]) -> str:
        batches = [batch for batch in self.store.batches() if batch.tag in tags]
        names = [batch.batch_id or batch.tag for batch in batches]
        shown = ", ".join(names[:NAMED_BATCHES] + ["..."] * (len(names) > NAMED_BATCHES))
        number = len(self._open) + len(self._sent)
        return (
            f"{_counted(number, 'request')} open in {_counted(len(batches), 'batch', 'es')} "
            f"({shown}); hr-pipeline batches --wait fetches them, then run the same command again "
            "(the sensor fetch_batches does both)"
        )

    # -- planning --------------------------------------------------------------------------

    def _prepare(self, bill: Bill) -> tuple[list[Batch], BudgetReached | None]:
        """The batches to be sent, durable with the caller's transaction, and why not all are."""
        costs = Costs(self.recording, self.model, self.price, dict(self.parameters))
        full = sum(b.prompt_size for b in self.store.batches(under_way=True, model=self.model))
        prepared: list[Batch] = []
        for keys in self._cut():
            size = sum(map(_tokens, (self._open[key] for key in keys)))
            if self.limits.tokens and full and full + size > self.limits.tokens:
                break  # the next round takes the rest
            room = None if bill.cap is None else bill.cap - bill.spent
            fitting, estimate = costs.fitting([self._open[key] for key in keys], room)
            if fitting:
                size = sum(map(_tokens, (self._open[key] for key in keys[:fitting])))
                batch = self._batch(size, estimate)
                claimed = self.store.prepare(batch, keys[:fitting])
                if claimed:
                    prepared.append(claimed)
                    bill.spent += estimate
                    full += size
            if fitting < len(keys):
                return prepared, _budget_reached(bill, len(self._open), prepared)
        return prepared, None

    def _batch(self, size: int, estimate: float) -> Batch:
        price = self.price or Price(0, 0)
        return Batch(
            tag=uuid.uuid4().hex[:20],
            model=self.model,
            provider=self._facts,
            prompt_price=price.prompt,
            completion_price=price.completion,
            requests=0,
            prompt_size=size,
            estimate=estimate,
            created=time.time(),
        )

    def _cut(self) -> Iterator[list[str]]:
        """The open requests in groups that the limits allow."""
        limits, group = self.limits, list[str]()
        size = tokens = 0
        for key, noted in self._open.items():
            size, tokens = size + noted.bytes, tokens + _tokens(noted)
            full = len(group) >= limits.requests or size > limits.bytes
            if group and (full or (limits.tokens and tokens > limits.tokens)):
                yield group
                group, size, tokens = [], noted.bytes, _tokens(noted)
            group.append(key)
        if group:
            yield group


class Costs:
    """Dollars that requests will cost, judged by recorded replies of the same task."""

    def __init__(
        self, recording: Recording, model: str, price: Price | None, parameters: dict[str, Any]
    ) -> None:
        self._recording, self._model, self._price = recording, model, price
        limit = parameters.get("max_completion_tokens") or parameters.get("max_tokens")
        self._limit = float(limit) if limit else 0.0
        self._usual: dict[str, tuple[float, float, float, float]] = {}

    def fitting(self, requests: Sequence[Noted], room: float | None) -> tuple[int, float]:
        """How many of the first requests fit in `room` dollars (None: all), and what they may cost.

        With averages a and maxima m, n replies cost at most about sum(a) + 3 sqrt(sum(a m)): a cost
        between 0 and m with the mean a has at most the variance a m.
        """
        mean = spread = most = estimate = 0.0
        for number, request in enumerate(requests):
            usually, at_most = self._of(request)
            mean, spread, most = mean + usually, spread + usually * at_most, most + at_most
            with_it = min(mean + 3 * sqrt(spread), most)
            if room is not None and with_it > room:
                return number, estimate
            estimate = with_it
        return len(requests), estimate

    def _of(self, request: Noted) -> tuple[float, float]:
        """Dollars on average and at most."""
        if self._price is None:
            return 0.0, 0.0
        if request.task not in self._usual:
            self._usual[request.task] = self._look_up(request.task)
        prompt, most_prompt, completion, most_completion = self._usual[request.task]
        return (
            self._price.of(prompt * request.characters + FRAME_TOKENS, completion),
            self._price.of(most_prompt * request.characters + FRAME_TOKENS, most_completion),
        )

    def _look_up(self, task: str) -> tuple[float, float, float, float]:
        """Prompt tokens a character and completion tokens, each on average and at most."""
        first = self._limit or FIRST_REPLY_TOKENS
        rows = [
            (reply.prompt_tokens / max(_characters(text), 1), reply.completion_tokens)
            for text, reply in self._recording.samples(task, self._model, SAMPLES)
            if reply.prompt_tokens
        ]
        if len(rows) < ENOUGH_SEEN:
            return FIRST_RATIO, FIRST_RATIO, first, first
        ratios, completions = zip(*rows, strict=True)
        most = 2.0 * max(completions)
        return (
            *(sum(ratios) / len(rows), 1.25 * max(ratios)),
            *(sum(completions) / len(rows), min(most, self._limit or most)),
        )


def committed(recording: Recording, model: str, since: float, price: Price) -> float:
    """Dollars by which the account differs from its recorded replies at the live price: what
    batches under way may cost, less what those that have ended were cheaper. For `Bill.spent`."""
    dollars = 0.0
    for batch in BatchStore(recording).batches(model=model):
        if not batch.closed:
            dollars += batch.estimate
        elif batch.closed >= since:
            dollars -= price.of(batch.prompt_tokens, batch.completion_tokens) - batch.dollars
    return dollars


def _is_reask(request: Request) -> bool:
    return sum(role == "user" for role, _ in request.messages) > 1


def _tokens(noted: Noted) -> int:
    return noted.characters // CHARACTERS_A_TOKEN + 1


def _characters(request_text: str) -> int:
    messages = json.loads(request_text).get("messages") or []
    return sum(len(message.get("content") or "") for message in messages)


def _counted(number: int, word: str, plural: str = "s") -> str:
    return f"{number:,} {word}{'' if number == 1 else plural}"


def _budget_reached(bill: Bill, open_requests: int, prepared: list[Batch]) -> BudgetReached:
    sent = sum(batch.requests for batch in prepared)
    return BudgetReached(
        f"stopped at the budget: ${bill.spent:.4f} of ${bill.cap:g} are spent or held for batches "
        f"under way; {sent:,} of {_counted(open_requests, 'open request')} went into batches, the "
        "next may pass it; a higher --budget-usd goes on from there"
    )
