"""Learning a rate limit, in virtual time: an endpoint that refuses, and a client that is paced."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest

from hr_pipeline.llm.limits import LimitLearner, Ticket
from hr_pipeline.llm.pace import CATCH_UP_S

SEND_S = 0.0004  # of the client's own time for a request
ROWS_A_SLOT = 4


@dataclass
class Endpoint:
    """Refuses what finds its bucket empty, and some more by chance."""

    rate: Callable[[float], float] | None = None  # requests a second, by the time
    bucket: float = 0.0
    chance: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._random, self._level, self._filled = random.Random(self.seed), self.bucket, 0.0

    def accepts(self, now: float) -> bool:
        if self.rate:
            filled = (now - self._filled) * self.rate(now)
            self._level, self._filled = min(self.bucket, self._level + filled), now
            if self._level < 1:
                return False
            self._level -= 1
        return self._random.random() >= self.chance


@dataclass
class Window(Endpoint):
    """Takes `most` requests in each `length_s` seconds, at once if it must."""

    length_s: float = 60.0
    most: int = 6000

    def accepts(self, now: float) -> bool:
        number = now // self.length_s
        if number != getattr(self, "_number", None):
            self._number, self._taken = number, 0
        self._taken += 1
        return self._taken <= self.most


class Run:
    """`calls` rows through so many slots; a refused one gives its slot back and waits."""

    def __init__(
        self,
        endpoint: Endpoint,
        calls: int,
        *,
        concurrency: int = 256,
        latency_s: float = 0.5,
        refusal_s: float = 0.003,
        told: float | None = None,
        longest_s: float = 10_000.0,
    ) -> None:
        self.endpoint, self.learner = endpoint, LimitLearner(told)
        self.latency_s, self.refusal_s = latency_s, refusal_s
        self.now = self._next = self._busy_until = 0.0
        self.sent: list[tuple[float, bool]] = []  # when, and whether it was refused
        self.done: list[float] = []
        self._slots, self._at_work, self._most_at_work = concurrency, 0, ROWS_A_SLOT * concurrency
        self._rows = calls
        self._again = 0
        self._held = self._is_armed = False
        self._order = count()  # of events at the same time
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._send()
        while len(self.done) < calls and self.now < longest_s:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
            self._send()

    def _at(self, when: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), happens))

    def _send(self) -> None:
        while self._slots and (self._again or (self._rows and self._at_work < self._most_at_work)):
            may_go = max(self._next, self._busy_until)
            if self.now < may_go - 1e-9:
                self._held |= self._next > self.now
                self._arm(may_go)
                return
            self._send_one()
        self._held = False

    def _arm(self, when: float) -> None:
        if not self._is_armed:
            self._is_armed = True
            self._at(when, self._disarm)

    def _disarm(self) -> None:
        self._is_armed = False

    def _send_one(self) -> None:
        if self._again:
            self._again -= 1
        else:
            self._rows -= 1
            self._at_work += 1
        self._slots -= 1
        self._busy_until = self.now + SEND_S
        if pace := self.learner.pace:
            self._next = max(self._next, self.now - CATCH_UP_S) + 1 / pace
        ticket = self.learner.sent(self.now, self._held)
        refused = not self.endpoint.accepts(self.now)
        self.sent.append((self.now, refused))
        took = self.refusal_s if refused else self.latency_s
        self._at(self.now + took, lambda: self._answered(ticket, refused))

    def _answered(self, ticket: Ticket, refused: bool) -> None:
        self._slots += 1
        self.learner.answered(ticket, refused, self.now)
        if refused:
            self._at(self.now + 1.0, self._ask_again)
        else:
            self._at_work -= 1
            self.done.append(self.now)

    def _ask_again(self) -> None:
        self._again += 1

    @property
    def refused(self) -> float:
        return sum(refused for _, refused in self.sent) / len(self.sent)

    @property
    def refused_late(self) -> float:
        """Of the last half."""
        half = self.sent[len(self.sent) // 2 :]
        return sum(refused for _, refused in half) / len(half)

    def pace(self, first: float = 0.1, last: float = 0.9) -> float:
        """Rows a second in the middle of the run."""
        some = self.done[int(first * len(self.done)) : int(last * len(self.done))]
        return (len(some) - 1) / (some[-1] - some[0])


def steady(rate: float) -> Callable[[float], float]:
    return lambda now: rate


# -- limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "bucket", "calls", "refusal_s"),
    [
        (100, 100, 4000, 0.003),
        (100, 100, 4000, 0.03),
        (100, 10, 4000, 0.003),
        (100, 1000, 8000, 0.003),
        (300, 300, 8000, 0.003),
        (400, 400, 16000, 0.003),
    ],
)
def test_an_untold_limit_is_found_and_kept(
    rate: float, bucket: float, calls: int, refusal_s: float
) -> None:
    run = Run(Endpoint(steady(rate), bucket), calls, refusal_s=refusal_s)
    assert run.now <= 1.1 * (calls - bucket) / rate
    assert run.refused < 0.05 and run.refused_late < 0.01


def test_refusals_that_take_long_cost_little_more() -> None:
    run = Run(Endpoint(steady(100), 100), 4000, refusal_s=0.1)
    assert run.now <= 1.1 * 39
    assert run.refused < 0.08 and run.refused_late < 0.015


@pytest.mark.parametrize(
    ("rate", "calls", "concurrency", "latency_s", "slower"),
    [
        (10, 1000, 256, 0.5, 1.1),
        (10, 400, 16, 0.5, 1.1),
        (2, 200, 256, 0.5, 1.3),
        (20, 2000, 256, 5, 1.1),
    ],
)
def test_a_slow_limit_does_not_stall_the_run(
    rate: float, calls: int, concurrency: int, latency_s: float, slower: float
) -> None:
    endpoint = Endpoint(steady(rate), rate)
    run = Run(endpoint, calls, concurrency=concurrency, latency_s=latency_s)
    assert run.now <= slower * calls / rate + latency_s
    assert run.refused_late < 0.05


def test_a_limit_that_was_told_is_kept_from_the_start() -> None:
    run = Run(Endpoint(steady(100), 100), 4000, told=100)
    assert run.now <= 1.05 * 40 and run.refused == 0


def test_a_limit_told_too_high_is_found_all_the_same() -> None:
    run = Run(Endpoint(steady(100), 100), 4000, told=200)
    assert run.now <= 1.1 * 39 and run.refused < 0.05


@pytest.mark.parametrize(("second", "slower"), [(50, 1.1), (200, 1.4)])
def test_a_limit_that_changes_is_found_again(second: float, slower: float) -> None:
    calls = 2100 + int(60 * second)
    run = Run(Endpoint(lambda now: 100 if now < 20 else second, 100), calls)
    assert run.now <= 20 + slower * 60
    assert run.pace(0.8, 1.0) >= 0.9 * second
    assert run.refused < 0.05


@pytest.mark.parametrize(("length_s", "most", "windows"), [(60, 6000, 5), (10, 1000, 14)])
def test_a_minutes_requests_spent_at_once_do_not_stall_the_run(
    length_s: float, most: int, windows: int
) -> None:
    run = Run(Window(length_s=length_s, most=most), 4 * most)
    assert run.now <= windows * length_s
    assert run.refused < 0.08


# -- chance ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chance", "kept"), [(0.05, 0.95), (0.1, 0.95), (0.3, 0.9), (0.45, 0.75)])
def test_refusals_by_chance_do_not_slow_a_run_down(chance: float, kept: float) -> None:
    free = Run(Endpoint(), 8000).pace()
    for seed in range(4):
        assert Run(Endpoint(chance=chance, seed=seed), 8000).pace() >= kept * free


@pytest.mark.parametrize("chance", [0.05, 0.1, 0.3])
def test_a_limit_is_found_among_refusals_by_chance(chance: float) -> None:
    for seed in range(4):
        run = Run(Endpoint(steady(100), 100, chance, seed), 4000)
        assert run.now <= 1.5 * 4000 / (100 * (1 - chance))
        assert run.refused < chance + 0.3


def test_no_refusal_leaves_the_pace_alone() -> None:
    run = Run(Endpoint(), 4000)
    assert run.learner.rate is None and run.now <= 1.05 * 4000 * 0.5 / 256


# -- words -------------------------------------------------------------------------------------


def test_the_endpoints_word_is_kept_and_may_change() -> None:
    learner = LimitLearner()
    learner.tell(50.0, 0.0)
    assert learner.pace == 50.0
    learner.tell(80.0, 1.0)
    learner.tell(80.1, 1.0)  # no news
    assert learner.told == 80.0
    learner.tell(20.0, 2.0)
    assert learner.pace == 20.0
