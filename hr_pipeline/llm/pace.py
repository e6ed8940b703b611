"""Pace: when the next request may go, and how long its answer is waited for."""

import asyncio
import math
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from hr_pipeline.llm.limits import LimitLearner, Ticket

CATCH_UP_S = 0.05  # a timer that comes late is made up for by so much
LONGEST_PAUSE_S = 60.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Pacer:
    """Lets requests go in turn at the limit that was told, read from headers, or learned.

    `rpm`, `tpm`: requests and tokens a minute that the account allows; 0: not known.
    """

    def __init__(self, rpm: float = 0, tpm: float = 0) -> None:
        self.learner = LimitLearner(rpm / 60 if rpm else None)
        self._tokens_a_second = tpm / 60
        self._next = 0.0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped: BaseException | None = None

    async def turn(self, tokens: int) -> Ticket:
        """Wait until a request of about so many tokens may go."""
        if self._stopped:
            raise self._stopped
        now = time.monotonic()
        waits = bool(self._waiting) or now < self._next
        if waits:
            free = asyncio.get_running_loop().create_future()
            self._waiting.append((free, tokens))
            self._arm(now)
            await free
            now = time.monotonic()
        else:
            self._charge(tokens, now)
        return self.learner.sent(now, waits)

    def answered(self, ticket: Ticket, refused: bool, headers: Mapping[str, str]) -> None:
        """The endpoint has answered; its headers may say how much is left."""
        now = time.monotonic()
        self.learner.answered(ticket, refused, now)
        if "x-ratelimit-limit-requests" in headers or "x-ratelimit-limit-tokens" in headers:
            self._read(headers, now)

    def stop(self, reason: BaseException | None) -> None:
        """No further request goes: who waits, or comes, gets the reason. None: they go again."""
        self._stopped = reason
        if self._timer:
            self._timer.cancel()
            self._timer = None  # the next run has a loop of its own
        while reason and self._waiting:
            free, _ = self._waiting.popleft()
            if not free.done():
                free.set_exception(reason)

    def _read(self, headers: Mapping[str, str], now: float) -> None:
        limits = {unit: _number(headers.get(f"x-ratelimit-limit-{unit}")) for unit in _UNITS}
        if limits["requests"]:
            self.learner.tell(limits["requests"] / 60, now)
        if limits["tokens"]:
            self._tokens_a_second = limits["tokens"] / 60
        for unit in _UNITS:
            left = _number(headers.get(f"x-ratelimit-remaining-{unit}"))
            reset = seconds_of(headers.get(f"x-ratelimit-reset-{unit}", ""))
            if left == 0 and reset:
                self._next = max(self._next, now + min(reset, LONGEST_PAUSE_S))

    def _charge(self, tokens: int, now: float) -> None:
        pace = self.learner.pace
        cost = max(
            1 / pace if pace else 0.0,
            tokens / self._tokens_a_second if self._tokens_a_second else 0.0,
        )
        self._next = max(self._next, now - CATCH_UP_S) + cost if cost else self._next

    def _arm(self, now: float) -> None:
        if self._timer is None and self._waiting:
            wait = max(0.0, self._next - now)
            self._timer = asyncio.get_running_loop().call_later(wait, self._release)

    def _release(self) -> None:
        self._timer = None
        now = time.monotonic()
        while self._waiting and now >= self._next:
            free, tokens = self._waiting.popleft()
            if not free.done():
                self._charge(tokens, now)
                free.set_result(None)
        self._arm(now)


_UNITS = ("requests", "tokens")


def _number(text: str | None) -> float | None:
    """None where it is no number that counts something."""
    try:
        number = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None


def seconds_of(text: str) -> float:
    """A duration as rate-limit headers write it ("6m0s", "120ms", "1.5"); 0 where it is none."""
    text = text.strip().lower()
    parts = _DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return _number(text) or 0.0


class Deadline:
    """How long an answer is waited for: four times what 99 of 100 answers take, at least 5 s and at
    most `longest_s`; `longest_s` until a hundred answers are known.

    What is learned holds for the requests under way too. An answer that comes after its deadline
    may be billed and is not seen, so a request that passed one gets twice the four times, and so
    on; from what is answered then, slower answers are learned.
    """

    ENOUGH, KEPT, LEAST_S = 100, 512, 5.0

    def __init__(self, longest_s: float) -> None:
        self.longest_s = longest_s
        self._learned_s = math.inf  # four times what 99 of 100 answers take
        self._took: deque[float] = deque(maxlen=self.KEPT)
        self._since = 0
        self._passed: dict[str, int] = {}
        self._under_way: dict[asyncio.Timeout, tuple[str, float]] = {}

    def of(self, key: str) -> float:
        """Seconds for this request."""
        learned = self._learned_s * 2 ** self._passed.get(key, 0)
        return min(max(learned, self.LEAST_S), self.longest_s)

    @asynccontextmanager
    async def over(self, key: str) -> AsyncIterator[None]:
        """What is awaited inside ends with TimeoutError when the deadline of the request passes."""
        started = asyncio.get_running_loop().time()
        async with asyncio.timeout(self.of(key)) as timeout:
            self._under_way[timeout] = key, started
            try:
                yield
            finally:
                del self._under_way[timeout]

    def answered(self, key: str, seconds: float) -> None:
        self._passed.pop(key, None)
        self._took.append(seconds)
        self._since += 1
        if len(self._took) >= self.ENOUGH and self._since >= self.ENOUGH // 2:
            self._since = 0
            self._learned_s = 4 * sorted(self._took)[int(0.99 * len(self._took))]
            for timeout, (waiting, started) in self._under_way.items():
                if not timeout.expired():
                    timeout.reschedule(started + self.of(waiting))

    def passed(self, key: str) -> None:
        self._passed[key] = self._passed.get(key, 0) + 1
