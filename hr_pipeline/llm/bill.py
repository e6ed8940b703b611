"""The bill: what replies cost, and the cap that no call may pass."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from hr_pipeline.llm.request import Reply, Request

ENOUGH_SEEN = 30  # replies of a task, to guess from
FIRST_REPLY_TOKENS = 4096  # of a reply, before, where nothing limits it
FIRST_RATIO = 1.0  # tokens a character of a prompt, before
FRAME_TOKENS = 20  # of a request, beside its text


class BudgetReached(Exception):
    """The next call could pass the cap. What was answered is kept; a higher cap goes on."""


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Dollars."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


@dataclass(frozen=True)
class Held:
    """What a call may cost at most, in dollars, until it is settled."""

    dollars: float
    task: str
    characters: int


@dataclass
class Seen:
    """The largest that replies of a task have shown."""

    replies: int = 0
    completion_tokens: int = 0
    tokens_a_character: float = 0.0


class Bill:
    """Counts dollars; with a cap, each call holds the most it may cost before it is made.

    `spent` is what earlier runs of the same account have paid. A price of None: nothing is known of
    money, and nothing is held back. The cap holds to the cent where requests limit their replies
    (max_completion_tokens); else a reply more than twice as long as any of its task before may pass
    it, by that difference.
    """

    def __init__(
        self, price: Price | None = None, cap: float | None = None, spent: float = 0.0
    ) -> None:
        self.price, self.cap, self.spent_before = price, cap, spent
        self.spent = spent
        self._held = 0.0
        self._in_flight = 0
        self._settled: asyncio.Event | None = None  # somebody waits for it
        self._stopped: BaseException | None = None
        self._seen: defaultdict[str, Seen] = defaultdict(Seen)

    async def reserve(self, task: str, request: Request) -> Held:
        """Hold the most that this call may cost. Where there is no room, calls in flight are waited
        for, to show their price; raises BudgetReached where none is in flight."""
        most = 0.0
        if self.cap is not None and self.price is not None:
            while self.spent + self._held + (most := self._most(task, request)) > self.cap:
                if not self._in_flight:
                    raise BudgetReached(
                        f"stopped at the budget: ${self.spent:.4f} of ${self.cap:g} are spent and "
                        f"the next call may cost ${most:.4f}; what was answered is kept, a higher "
                        "--budget-usd goes on from there"
                    )
                self._settled = self._settled or asyncio.Event()
                await self._settled.wait()
                if self._stopped:
                    raise self._stopped
        self._held += most
        self._in_flight += 1
        return Held(most, task, request.characters)

    def settle(self, held: Held, reply: Reply | None) -> None:
        """The call has ended; `reply` is None where there was none to pay for."""
        self._in_flight -= 1
        self._held = self._held - held.dollars if self._in_flight else 0.0
        if reply is not None and self.price:
            self.spent += self.price.of(reply.prompt_tokens, reply.completion_tokens)
            seen = self._seen[held.task]
            seen.replies += 1
            seen.completion_tokens = max(seen.completion_tokens, reply.completion_tokens)
            ratio = max(reply.prompt_tokens - FRAME_TOKENS, 0) / max(held.characters, 1)
            seen.tokens_a_character = max(seen.tokens_a_character, ratio)
        self._wake()

    def stop(self, reason: BaseException | None) -> None:
        """Who waits for room gets the reason. None: a new run begins."""
        self._stopped = reason
        self._wake()

    def _wake(self) -> None:
        if self._settled is not None:
            self._settled.set()
            self._settled = None  # the next to wait may be in another event loop

    def _most(self, task: str, request: Request) -> float:
        """Dollars: twice the longest reply of the task, a quarter more than its densest prompt, and
        guesses on the safe side until enough were seen."""
        assert self.price is not None
        seen = self._seen[task]
        ratio, completion = 1.25 * seen.tokens_a_character, 2.0 * seen.completion_tokens
        if seen.replies < ENOUGH_SEEN:
            ratio, completion = max(ratio, FIRST_RATIO), max(completion, FIRST_REPLY_TOKENS)
        limits: dict[str, Any] = dict(request.parameters)
        limit = limits.get("max_completion_tokens") or limits.get("max_tokens")
        if limit:
            completion = float(limit)
        return self.price.of(ratio * request.characters + FRAME_TOKENS, completion)
