"""The bill: a cap that no interleaving passes, that is used up, and that ends a run cleanly."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_server import WORD, ChatServer, Said

from hr_pipeline.llm.bill import FIRST_REPLY_TOKENS, Bill, BudgetReached, Price
from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request

PRICE = Price(prompt=2.5, completion=10.0)
LIMITED = (("max_completion_tokens", 50),)


def request_of(characters: int, parameters: tuple[tuple[str, int], ...] = ()) -> Request:
    return Request("m", (("user", "x" * characters),), parameters)


def spend(bill: Bill, calls: list[tuple[Request, Reply]], concurrency: int, seed: int = 0) -> int:
    """Make the calls, each lasting some turns of the loop, until the cap; returns how many."""
    chance = random.Random(seed)
    made = 0

    async def work(waiting: Iterator[tuple[Request, Reply]]) -> None:
        nonlocal made
        for request, reply in waiting:
            held = await bill.reserve("t", request)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            made += 1
            bill.settle(held, reply)

    async def run() -> None:
        waiting = iter(calls)
        await asyncio.gather(*(work(waiting) for _ in range(concurrency)), return_exceptions=True)

    asyncio.run(run())
    return made


# -- the cap -----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    tokens=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 50)), max_size=80),
    prices=st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)),
    concurrency=st.integers(1, 12),
    cap=st.floats(0, 0.05),
    seed=st.integers(0, 1000),
)
def test_no_interleaving_of_limited_calls_passes_the_cap(
    tokens: list[tuple[int, int]],
    prices: tuple[float, float],
    concurrency: int,
    cap: float,
    seed: int,
) -> None:
    bill = Bill(Price(*prices), cap)
    calls = [(request_of(100, LIMITED), Reply("x", *counted)) for counted in tokens]
    spend(bill, calls, concurrency, seed)
    assert bill.spent <= cap + 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_no_interleaving_of_heavy_tailed_replies_passes_the_cap(seed: int) -> None:
    chance = random.Random(seed)
    replies = [Reply("x", 25, int(150 * chance.lognormvariate(0, 0.7))) for _ in range(5000)]
    bill = Bill(PRICE, 2.0)
    made = spend(bill, [(request_of(100), reply) for reply in replies], 64, seed)
    assert 0.95 * 2.0 <= bill.spent <= 2.0 and made < 5000


def test_a_task_is_judged_by_its_own_replies() -> None:
    """Short answers of one task say nothing of another's: its first ones are held dearly."""
    bill = Bill(Price(0.0, 10.0), 1.0)
    spend(bill, [(request_of(100), Reply("x", 25, 2))] * 100, 4)

    async def held() -> tuple[float, float]:
        known, new = [await bill.reserve(task, request_of(100)) for task in ("t", "other")]
        return known.dollars, new.dollars

    known, new = asyncio.run(held())
    assert known == pytest.approx(4 * 10 / 1e6) and new == FIRST_REPLY_TOKENS * 10 / 1e6


def test_most_of_the_cap_is_used_by_many_small_calls() -> None:
    bill = Bill(PRICE, 0.5)
    made = spend(bill, [(request_of(400), Reply("x", 100, 30))] * 10_000, 100)
    assert 0.9 * 0.5 <= bill.spent <= 0.5
    assert made == round(bill.spent / PRICE.of(100, 30))


def test_what_was_paid_before_counts() -> None:
    bill = Bill(PRICE, 1.0, spent=0.999)
    assert spend(bill, [(request_of(400), Reply("x", 100, 30))] * 10, 2) == 0
    assert bill.spent == 0.999


def test_without_a_cap_or_a_price_nothing_is_held_back() -> None:
    for bill in (Bill(), Bill(PRICE), Bill(None, 0.0)):
        assert spend(bill, [(request_of(10), Reply("x", 10**6, 10**6))] * 20, 3) == 20
    assert Bill(PRICE).price == PRICE


def test_a_call_without_a_reply_costs_nothing_and_frees_its_room() -> None:
    bill = Bill(PRICE, 0.05)

    async def run() -> None:
        for _ in range(100):
            bill.settle(await bill.reserve("t", request_of(10)), None)

    asyncio.run(run())
    assert bill.spent == 0


def test_the_first_call_may_be_too_dear() -> None:
    async def run() -> None:
        with pytest.raises(BudgetReached, match=r"\$0.0000 of \$0.001 are spent.*may cost \$0.04"):
            await Bill(PRICE, 0.001).reserve("t", request_of(10))

    asyncio.run(run())


# -- waiting -----------------------------------------------------------------------------------


def test_who_waits_for_room_is_let_go_when_the_run_stops() -> None:
    bill = Bill(Price(0.0, 10.0), 1.5 * FIRST_REPLY_TOKENS * 10 / 1e6)

    async def run() -> None:
        held = await bill.reserve("t", request_of(10))
        waiting = [asyncio.create_task(bill.reserve("t", request_of(10))) for _ in range(3)]
        await asyncio.sleep(0.01)
        bill.stop(KeyError("stop"))
        ended = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
        assert [type(end) for end in ended] == [KeyError] * 3
        bill.settle(held, None)

    asyncio.run(run())


def test_one_bill_serves_run_after_run() -> None:
    bill = Bill(PRICE, 0.1)
    call = (request_of(100), Reply("x", 25, 20))
    for _ in range(3):  # each in an event loop of its own, and with calls that wait
        bill.stop(None)
        assert spend(bill, [call] * 50, 8) == 50


# -- in a run ----------------------------------------------------------------------------------


def capped(server: ChatServer, path: Path, cap: float) -> Engine:
    recording = Recording(path / "recording.sqlite")
    tokens = [(counts[2], counts[3], counts[4]) for counts in recording.counts()]
    spent = sum(PRICE.of(prompt, completion) for _, prompt, completion in tokens)
    teacher = HttpTeacher("m", provider("openai", server.url, "", "NO_KEY"))
    return Engine(teacher, recording, concurrency=8, bill=Bill(PRICE, cap, spent))


def test_a_run_ends_at_the_cap_and_goes_on_with_a_higher_one(
    server: ChatServer, tmp_path: Path
) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 1000}
    server.answer = lambda body, _: Said(content="ok", delay=0.005, usage=usage)
    words = [f"w{i}" for i in range(60)]
    with (
        capped(server, tmp_path, 0.4) as engine,
        pytest.raises(BudgetReached, match="a higher --budget-usd goes on from there"),
    ):
        list(engine.in_order(lambda word: engine.ask(WORD, word), words))
    assert engine.recording is not None and engine.bill.spent <= 0.4
    made = len(server.asked)
    assert made == round(engine.bill.spent / PRICE.of(100, 1000)) >= 0.85 * 0.4 / 0.01025
    with capped(server, tmp_path, 2.0) as engine:
        assert len(list(engine.in_order(lambda w: engine.ask(WORD, w), words))) == 60
        assert engine.counts["word/found"] == made
    assert len(server.asked) == 60  # none was asked again
