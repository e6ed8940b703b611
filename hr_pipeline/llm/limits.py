"""Learning an endpoint's rate limit from its refusals (429), without being told and without being
slowed by refusals that have nothing to do with speed.

A limit is a bucket that fills at some rate; a request takes one unit out, or is refused. So what is
accepted while it refuses is the rate at which it fills, however fast one asks. A refusal by chance
takes the same share at any pace. Hence: where more are refused than chance explains, the accepted
rate is measured and the pace goes clearly below it. A limit then stops refusing, and the pace goes
up to it; chance goes on refusing, and the earlier pace is taken up again. From then on the pace
creeps up near the measured limit, and strides where it is far from it.
"""

from collections import deque
from math import sqrt
from typing import NamedTuple

OPENING, OPENING_RATE = 400, 1000.0  # the first requests are spread a little: a small bucket shows
SLOWEST = 0.05  # requests a second
MARGIN = 0.97  # of the limit: a bucket that is drawn faster than it fills refuses
CHECK = 0.75  # of the limit, while looking whether it is one
LEAST_SHARE = 0.03  # of the rate of the whole run: where a minute's requests are spent at once
ENOUGH = 4  # accepted requests that a measure rests on
CREEP, WALK, STRIDE = 1.01, 1.05, 1.5  # growth of the pace: near the limit, beyond it, far off
REMEMBERED = 300  # requests that the share of refusals by chance is averaged over


class Trial:
    """What happened to the requests sent at one pace.

    `excess` counts the refusals of late beyond the `tolerated` share, and is never below zero.
    """

    def __init__(self, start: float, tolerated: float) -> None:
        self.start, self.tolerated = start, tolerated
        self.sent = self.refused = self.held = 0
        self.seen_to = start  # when the last counted request was sent
        self.excess = 0.0
        self._began = start  # the excess, and what happened since
        self._refused_since = self.accepted_since = 0

    @property
    def share(self) -> float:
        return self.refused / max(self.sent, 1)

    @property
    def share_since(self) -> float:
        return self._refused_since / max(self._refused_since + self.accepted_since, 1)

    @property
    def accepted_rate(self) -> float:
        """Requests a second since the excess began."""
        return max(self.accepted_since, 0.5) / max(self.seen_to - self._began, 0.001)

    @property
    def accepted_rate_in_all(self) -> float:
        return max(self.sent - self.refused, 0.5) / max(self.seen_to - self.start, 0.001)

    def count(self, sent: float, refused: bool) -> None:
        """A request that was sent at `sent`."""
        self.seen_to = sent
        self.sent += 1
        if refused:
            self._refuse()
            self.excess -= self.tolerated
        else:
            self.accepted_since += 1
            self.excess = max(self.excess - self.tolerated, 0.0)

    def correct(self, sent: float) -> None:
        """One that was counted as accepted is refused after all."""
        if self.excess and sent > self._began:
            self.accepted_since -= 1
        self._refuse()

    def _refuse(self) -> None:
        if not self.excess:
            self._began, self._refused_since, self.accepted_since = self.seen_to, 0, 0
        self.refused += 1
        self._refused_since += 1
        self.excess += 1

    def begin_again(self, now: float, tolerated: float) -> None:
        """From here at a slightly other pace; the excess stays."""
        self.start, self.tolerated = now, tolerated
        self.sent = self.refused = self.held = 0


class Ticket:
    """One request on its way: when it went, and whether it was refused."""

    __slots__ = ("counted", "refused", "sent", "trial")

    def __init__(self, trial: Trial, sent: float) -> None:
        self.trial, self.sent = trial, sent
        self.refused: bool | None = None  # None: not answered yet
        self.counted = False


class Check(NamedTuple):
    """A slower pace is tried; what was seen at the faster one."""

    rate: float | None  # to go back to, where chance refuses
    share: float
    accepted: int
    confirms: bool  # a check before found chance


class LimitLearner:
    """`rate` is the pace in requests a second, None while no limit is known.

    A refusal comes back at once and an answer late, so shares are of what was *sent*: a request not
    refused within the time that refusals take counts as accepted, and is corrected if it is refused
    after all.
    """

    def __init__(self, told: float | None = None) -> None:
        self.told = self.rate = told
        self.chance = 0.0  # share of refusals that no slowing down takes away
        self._chance_from = 0  # requests
        self._limit = told  # as last measured; None: not known
        self._check: Check | None = None
        self._clear = 0  # times that the pace grew since there were too many refusals
        self._empty: float | None = None  # when the bucket was last known to be empty
        self._accepted = self._accepted_then = 0  # in all, and when the bucket was empty
        self._first_sent = 0.0
        self._opening = OPENING
        self._lag = 0.05  # seconds within which a refusal is back
        self._open: deque[Ticket] = deque()
        self._trial = Trial(0.0, self._tolerated())

    @property
    def pace(self) -> float | None:
        """Requests a second that may be sent now."""
        return OPENING_RATE if self.rate is None and self._opening else self.rate

    def tell(self, rate: float, now: float) -> None:
        """The endpoint has said its limit, in requests a second."""
        if self.told is None or abs(rate - self.told) > 0.01 * rate:
            self.told = self._limit = rate
            self._check = None
            self._go_at(min(rate, self.rate or rate), now)

    def sent(self, now: float, held: bool) -> Ticket:
        """A request goes; `held`: it waited for the pace."""
        ticket = Ticket(self._trial, now)
        self._trial.held += held
        self._first_sent = self._first_sent or now
        self._opening -= self._opening > 0
        self._open.append(ticket)
        self._settle(now)
        return ticket

    def answered(self, ticket: Ticket, refused: bool, now: float) -> None:
        """The endpoint has answered this request, or refused it because of its rate."""
        ticket.refused = refused
        if refused:
            took = now - ticket.sent
            self._lag = max(0.9 * self._lag + 0.1 * (2 * took + 0.01), min(2 * took, 1.0))
            if ticket.counted:
                self._accepted -= 1
                ticket.trial.correct(ticket.sent)
        self._settle(now)

    def _settle(self, now: float) -> None:
        """Count, in order of sending, what is decided."""
        while self._open and (
            self._open[0].refused is not None or now - self._open[0].sent > self._lag
        ):
            ticket = self._open.popleft()
            ticket.counted = True
            ticket.trial.count(ticket.sent, bool(ticket.refused))
            self._accepted += not ticket.refused
            self._judge(self._trial, now)

    def _judge(self, trial: Trial, now: float) -> None:
        if self._check:
            self._end_check(trial, self._check, now)
        elif trial.excess > self._most_excess():
            self._slow_down(trial, now)
        elif (
            self.rate and trial.sent >= 10 and now - trial.start >= (1 if self._is_near() else 0.25)
        ):
            self._speed_up(trial, self.rate, now)

    def _tolerated(self) -> float:
        """Share of refusals that nothing is concluded from."""
        if self.rate is None:
            return min(self.chance + 0.2, 0.95)
        return self.chance + 0.02 + 0.15 * sqrt(self.chance * (1 - self.chance))

    def _most_excess(self) -> float:
        """Of refusals: chance passes it once in some thousand requests."""
        if self.rate is None:
            return 12.0
        spread = self.chance * (1 - self.chance)
        return 2.5 + 2.5 * spread / (self._tolerated() - self.chance)

    def _slow_down(self, trial: Trial, now: float) -> None:
        """To the measured limit where it was seen before, else below, to see whether it is one."""
        self._limit = self._measured(trial)
        self._empty, self._accepted_then = trial.seen_to, self._accepted
        is_known, self._clear = self.rate is not None and self._clear >= 3, 0
        if is_known and self.rate:
            self._go_at(min(MARGIN * self._limit, 0.99 * self.rate), now)
        else:
            self._begin_check(Check(self.rate, trial.share_since, trial.accepted_since, False), now)

    def _measured(self, trial: Trial) -> float:
        """The limit: what was accepted between two moments at which the bucket was empty, which are
        the last two slowings down, unless it overflowed between them."""
        short, long = trial.accepted_rate, 0.0
        if self._empty is not None and trial.seen_to > self._empty:
            long = (self._accepted - self._accepted_then) / (trial.seen_to - self._empty)
        is_long_right = long >= 0.8 * short or (long and trial.accepted_since < ENOUGH)
        return (long if is_long_right else short) / (1 - self.chance)

    def _begin_check(self, check: Check, now: float) -> None:
        assert self._limit is not None
        self._check = check
        on_average = self._accepted / max(now - self._first_sent, 0.001)
        self._go_at(max(CHECK * self._limit, LEAST_SHARE * on_average), now)

    def _end_check(self, trial: Trial, check: Check, now: float) -> None:
        """At the slower pace as few were refused as by chance, or as many as before, or neither.

        Many refusals may also be a bucket that had just run dry, so these are checked twice.
        """
        before = max(check.share - self.chance, 0.03)
        spread = self.chance * (1 - self.chance) + check.share * (1 - check.share) / 3
        if trial.sent < min(4 / before + 36 * spread / before**2, 200):
            return
        self._check = None
        expected = trial.sent * self.chance
        if trial.refused <= expected + 2 * sqrt(expected) + 1:
            self._go_to_limit(trial, check, now)
            return
        is_measured = check.accepted >= ENOUGH
        is_chance = is_measured and 0.5 <= (trial.share - self.chance) / before <= 1.5
        if is_chance and (check.confirms or trial.share < 0.4):
            self._learn_chance(trial)
            self._limit = None
            self._go_at(check.rate, now)
        else:
            self._limit = trial.accepted_rate_in_all / (1 - self.chance)
            back_to = check.rate if is_chance else self.rate
            accepted = trial.sent - trial.refused
            self._begin_check(Check(back_to, trial.share, accepted, is_chance), now)

    def _go_to_limit(self, trial: Trial, check: Check, now: float) -> None:
        """A limit was what refused. One that rests on very few requests is found anew."""
        assert self._limit is not None
        if trial.share < self.chance:
            self._learn_chance(trial)
        self._go_at(max(MARGIN * self._limit, self.rate or 0.0), now)
        if check.accepted < ENOUGH:
            self._limit = None

    def _learn_chance(self, trial: Trial) -> None:
        self._chance_from = min(self._chance_from, REMEMBERED) + trial.sent
        self.chance += (trial.share - self.chance) * trial.sent / self._chance_from

    def _speed_up(self, trial: Trial, rate: float, now: float) -> None:
        """All went well: faster, where the pace is what holds the requests back. Refusals below the
        limit are chance."""
        self._clear += 1
        expected = trial.sent * self.chance
        below = self._limit is not None and rate <= self._limit
        if below or trial.refused < expected - 2 * sqrt(expected):
            self._learn_chance(trial)
        if 2 * trial.held >= trial.sent:
            rate *= CREEP if self._is_near() else self._step(rate)
            self.rate = rate if self.told is None else min(rate, self.told)
        trial.begin_again(now, self._tolerated())

    def _is_near(self) -> bool:
        return bool(self.rate and self._limit and 0.9 <= self.rate / self._limit < 1.06)

    def _step(self, rate: float) -> float:
        return WALK if self._limit and 0.9 <= rate / self._limit < 1.3 else STRIDE

    def _go_at(self, rate: float | None, now: float) -> None:
        if rate is not None:
            rate = max(rate, SLOWEST)
            rate = rate if self.told is None else min(rate, self.told)
        self.rate = rate
        self._trial = Trial(now, self._tolerated())
