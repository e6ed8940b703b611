"""The pace of requests and the deadline of answers, in virtual time."""

import asyncio
import math
import random
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import VirtualTime

from hr_pipeline.llm.limits import Ticket
from hr_pipeline.llm.pace import CATCH_UP_S, LONGEST_PAUSE_S, Deadline, Pacer, seconds_of


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    clock = VirtualTime()
    monkeypatch.setattr("hr_pipeline.llm.pace.time", clock)
    return clock


async def send(pacer: Pacer, clock: VirtualTime, tokens: list[int]) -> list[float]:
    """Everybody comes at once; when each went, in seconds from the start."""
    started, times = clock.monotonic(), []

    async def one(n: int) -> None:
        await pacer.turn(n)
        times.append(clock.monotonic() - started)

    await asyncio.gather(*(one(n) for n in tokens))
    return times


def most_in_a_window(times: list[float], length_s: float, weights: list[int]) -> int:
    sums = [0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    ends = [bisect_left(times, start + length_s) for start in times]
    return max(sums[end] - sums[i] for i, end in enumerate(ends))


# -- what the user told ------------------------------------------------------------------------


def test_requests_a_minute_are_kept_in_any_window(clock: VirtualTime) -> None:
    times = clock.run(send(Pacer(rpm=600), clock, [1] * 300))
    assert times == sorted(times) and times[-1] == pytest.approx(29.9, abs=0.2)
    for length_s in (0.5, 1, 10):
        assert most_in_a_window(times, length_s, [1] * 300) <= 10 * (length_s + CATCH_UP_S) + 1


def test_tokens_a_minute_are_kept_in_any_window(clock: VirtualTime) -> None:
    chance = random.Random(1)
    tokens = [chance.choice([10, 100, 1000]) for _ in range(200)]
    times = clock.run(send(Pacer(tpm=60_000), clock, tokens))
    assert times[-1] == pytest.approx(sum(tokens[:-1]) / 1000, abs=0.2)
    for length_s in (1, 10):
        assert most_in_a_window(times, length_s, tokens) <= 1000 * (length_s + CATCH_UP_S) + 1000


def test_of_two_limits_both_are_kept(clock: VirtualTime) -> None:
    tokens = [10, 10, 1000, 10] * 20
    times = clock.run(send(Pacer(rpm=120, tpm=60_000), clock, tokens))
    assert most_in_a_window(times, 10, [1] * len(tokens)) <= 22
    assert most_in_a_window(times, 10, tokens) <= 11_000


def test_without_a_limit_nobody_waits_after_the_opening(clock: VirtualTime) -> None:
    assert clock.run(send(Pacer(), clock, [1] * 1000))[-1] < 1


# -- what the endpoint tells -------------------------------------------------------------------


def headers(**values: str) -> dict[str, str]:
    return {"x-ratelimit-" + name.replace("_", "-"): value for name, value in values.items()}


def pace_after(clock: VirtualTime, told: dict[str, str], n: int = 21) -> float:
    """Seconds that n requests take after these headers were seen."""
    pacer = Pacer()

    async def run() -> float:
        ticket = await pacer.turn(100)
        pacer.answered(ticket, False, told)
        return (await send(pacer, clock, [100] * n))[-1]

    return clock.run(run())


def test_a_limit_in_the_headers_is_the_pace(clock: VirtualTime) -> None:
    assert pace_after(clock, headers(limit_requests="600")) == pytest.approx(2, abs=0.2)
    assert pace_after(clock, headers(limit_tokens="60000")) == pytest.approx(2, abs=0.2)


def test_nothing_left_means_a_pause_until_the_reset(clock: VirtualTime) -> None:
    left = headers(limit_requests="60000", remaining_requests="0", reset_requests="1m3s")
    assert pace_after(clock, left, 1) == pytest.approx(LONGEST_PAUSE_S)
    left = headers(limit_tokens="6000000", remaining_tokens="0", reset_tokens="1.5s")
    assert pace_after(clock, left, 1) == pytest.approx(1.5)


@pytest.mark.parametrize("word", ["", "nan", "inf", "-3", "many", "0"])
def test_words_that_tell_nothing_change_nothing(clock: VirtualTime, word: str) -> None:
    told = headers(limit_requests=word, limit_tokens=word, remaining_tokens="0", reset_tokens=word)
    assert pace_after(clock, told) < 1


# -- who waits ---------------------------------------------------------------------------------


def test_a_stop_frees_everybody_and_the_next_run_has_a_loop_of_its_own(clock: VirtualTime) -> None:
    pacer = Pacer(rpm=60)

    async def run() -> None:
        waiting = [asyncio.create_task(pacer.turn(1)) for _ in range(5)]
        await asyncio.sleep(0.1)  # one has gone, a timer runs
        pacer.stop(KeyError("stop"))
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(end) for end in ended] == [Ticket] + [KeyError] * 4
        with pytest.raises(KeyError):
            await pacer.turn(1)
        pacer.stop(None)
        await asyncio.sleep(2)

    for _ in range(2):
        clock.run(run())
    assert clock.run(send(pacer, clock, [1] * 3))[-1] < 4


def test_who_is_cancelled_takes_no_turn(clock: VirtualTime) -> None:
    pacer = Pacer(rpm=60)

    async def run() -> float:
        await pacer.turn(1)
        started = clock.monotonic()
        waiting = [asyncio.create_task(pacer.turn(1)) for _ in range(10)]
        await asyncio.sleep(0)
        for task in waiting[:9]:
            task.cancel()
        await waiting[9]
        return clock.monotonic() - started

    assert clock.run(run()) == pytest.approx(1, abs=0.1)


# -- durations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360),
        ("1h2m3s", 3723),
        ("120ms", 0.12),
        ("1.5", 1.5),
        (" 2S ", 2),
        ("1d", 86400),
        ("1m30", 0),
        ("-5", 0),
        ("2025-01-01T00:00:00Z", 0),
        ("1e999", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_durations_are_read_as_headers_write_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_every_duration_reads_back(hours: int, minutes: int, seconds: int, parts: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s{parts}ms"
    assert seconds_of(text) == pytest.approx(3600 * hours + 60 * minutes + seconds + parts / 1000)
    assert seconds_of(f"{seconds}.{parts:03}s") == pytest.approx(seconds + parts / 1000)


@given(st.text() | st.text("0123456789.hmsd-+einfa_ "))
def test_no_text_is_anything_but_a_number_of_seconds(text: str) -> None:
    assert 0 <= seconds_of(text) < math.inf


# -- deadlines ---------------------------------------------------------------------------------


def test_the_deadline_follows_the_slowest_of_a_hundred() -> None:
    deadline = Deadline(300)
    for _ in range(99):
        deadline.answered("k", 10)
    assert deadline.of("k") == 300
    deadline.answered("k", 10)
    assert deadline.of("k") == 40
    for _ in range(600):
        deadline.answered("k", 0.1)
    assert deadline.of("k") == 5
    for _ in range(600):
        deadline.answered("k", 100)
    assert deadline.of("k") == 300


def test_a_request_that_passed_its_deadline_gets_twice_as_long() -> None:
    deadline = Deadline(100)
    for _ in range(100):
        deadline.answered("k", 2)
    assert deadline.of("slow") == 8
    for seconds in (16, 32, 64, 100, 100):
        deadline.passed("slow")
        assert deadline.of("slow") == seconds
    assert deadline.of("k") == 8
    deadline.answered("slow", 20)
    assert deadline.of("slow") == 8


def test_a_second_hang_of_a_quick_request_costs_five_seconds_again() -> None:
    deadline = Deadline(300)
    for _ in range(100):
        deadline.answered("k", 0.5)
    deadline.passed("hangs")
    assert deadline.of("hangs") == deadline.of("k") == 5


async def ask(deadline: Deadline, key: str, clock: VirtualTime, takes: list[float]) -> float:
    """Until it is answered: the first try takes so long, the next ... the last for ever."""
    began = clock.monotonic()
    while True:
        started = clock.monotonic()
        try:
            async with deadline.over(key):
                await asyncio.sleep(takes.pop(0) if len(takes) > 1 else takes[0])
        except TimeoutError:
            deadline.passed(key)
        else:
            deadline.answered(key, clock.monotonic() - started)
            return clock.monotonic() - began


def test_hangs_cost_five_seconds_even_those_from_before_the_deadline_was_known(
    clock: VirtualTime,
) -> None:
    deadline, chance = Deadline(300), random.Random(2)

    async def run() -> list[float]:
        took = []

        async def worker(name: int) -> None:
            for i in range(30):
                hangs = [1e9] * ((30 * name + i) % 97 == 0)
                takes = [*hangs, 0.5 * chance.lognormvariate(0, 0.3)]
                took.append(await ask(deadline, f"{name}-{i}", clock, takes))

        await asyncio.gather(*(worker(i) for i in range(64)))
        return took

    took = clock.run(run())
    assert sum(seconds > 4 for seconds in took) >= 15  # 1% hung
    assert max(took) < 8 and deadline.of("k") == 5


def test_an_endpoint_that_grows_slow_is_waited_for_after_a_while(clock: VirtualTime) -> None:
    deadline = Deadline(300)

    async def run() -> list[float]:
        for i in range(200):
            deadline.answered(f"{i}", 1)
        rounds = [
            await asyncio.gather(*(ask(deadline, f"{r}-{i}", clock, [12]) for i in range(64)))
            for r in range(10)
        ]
        return [max(some) for some in rounds]

    took = clock.run(run())
    assert took[0] == 5 + 8 + 12  # two tries too short
    assert took[-1] == pytest.approx(12) and deadline.of("k") == 48
