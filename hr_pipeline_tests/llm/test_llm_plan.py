"""The plan: what a dry run counts, what recorded conversations say, and how well both foretell."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.bill import Price
from hr_pipeline.llm.calibration import calibrate
from hr_pipeline.llm.client import HttpTeacher
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.estimate import Conversation, Estimate, conversations, estimate, shares
from hr_pipeline.llm.plan import (
    Limits,
    Plan,
    TaskPlan,
    compare_with_bill,
    order_of,
    plan_and_bill,
    plan_from_json,
    plan_text,
)
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.survey import MOST_KEPT, Asked, Survey, Surveyor
from hr_pipeline.llm.task import Prompt, ReplyError, Task
from hr_pipeline_tests.endpoint import Endpoint

PROMPT = Prompt("say", "Please say $word aloud.", "0")
PRICE = Price(2.0, 10.0)


def parse(reply: str, word: str) -> str:
    if reply == "no":
        raise ReplyError("Say more than no.")
    return reply


def template(word: str, _: np.random.Generator) -> str:
    return f"{word}!"


SAY: Task[str, str] = Task("say", PROMPT, lambda word: {"word": word}, parse, template)


def asked_for(word: str) -> str:
    return PROMPT.render({"word": word})


# -- the survey --------------------------------------------------------------------------------


def survey(words: list[str], recording: Recording | None = None) -> Survey:
    found = Survey("m", (("temperature", 0.5),))
    with Engine(Surveyor(1, found, "here", recording), None) as engine:
        list(engine.in_order(lambda word: engine.ask(SAY, word), words))
    return found


def test_each_request_counts_once() -> None:
    asked = survey(["one", "two", "one", "two", "three"]).asked["here", "say"]
    characters = sum(len(asked_for(word)) for word in ("one", "two", "three"))
    assert asked == Asked(3, characters, 3, characters, len("one!two!three!"), 0)


def test_re_asks_are_calls_and_no_questions() -> None:
    task = Task("say", PROMPT, SAY.fields, parse, lambda word, rng: "no")
    found = Survey("m", ())
    with Engine(Surveyor(1, found, "here", None), None, max_reasks=2) as engine:
        calls, _ = calibrate(engine, [(task, "one")], 50)
    asked = found.asked["here", "say"]
    assert (asked.questions, asked.calls, calls) == (1, 3, 3)
    assert asked.question_characters == len(asked_for("one"))
    assert asked.prompt_characters > 3 * asked.question_characters  # each repeats what was said


def test_what_is_recorded_of_the_model_is_found_and_answers(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "recording.sqlite")
    request = Request("m", (("user", asked_for("one")),), (("temperature", 0.5),))
    other = Request("m", (("user", asked_for("two")),), (("temperature", 1.0),))
    for made in (request, other):
        recording.put(made.key(), "say", made, Reply("recorded", 7, 3))
    found = survey(["one", "two"], recording)
    assert (found.asked["here", "say"].found, found.asked["here", "say"].questions) == (1, 1)
    assert found.questions("say") == ["two"]
    recording.close()


def test_the_kept_questions_are_the_same_in_whatever_order_they_come() -> None:
    words = [f"w{i}" for i in range(3 * MOST_KEPT)]
    kept = survey(words).questions("say")
    assert len(set(kept)) == MOST_KEPT
    assert kept == survey(words[::-1]).questions("say") != words[:MOST_KEPT]


def test_a_part_stands_for_the_whole() -> None:
    half = Asked(2, 20, 3, 40, 10, 1)
    assert half.times(2) == half + half


# -- conversations -----------------------------------------------------------------------------


def recorded(*texts: str, tokens: tuple[int, int] = (10, 5), **fields: Any) -> tuple[str, Reply]:
    """A call: its messages, by turns of user and assistant."""
    roles = ("user", "assistant", "user", "assistant", "user")
    messages = [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]
    return json.dumps({"model": "m", "messages": messages, **fields}), Reply("x", *tokens)


def test_calls_are_put_together_by_their_question() -> None:
    one, two = asked_for("one"), asked_for("two")
    calls = [
        recorded(one, "bad", "mend", tokens=(40, 6)),
        recorded(one, tokens=(10, 5)),
        recorded(two, tokens=(11, 7), response_format={"type": "json_schema"}),
    ]
    assert conversations(calls, PROMPT, {}) == [
        Conversation(len(one), 2, 50, 11),
        Conversation(len(two), 1, 11, 7),
    ]


@pytest.mark.parametrize(
    "call",
    [
        recorded("Please shout one aloud."),
        recorded("aloud. Please say one"),
        recorded(asked_for("one"), temperature=1),
        recorded(asked_for("one"), tokens=(0, 0)),
        recorded(asked_for("one"), "bad", "mend"),
    ],
    ids=["another prompt", "in another order", "other parameters", "not counted", "no question"],
)
def test_what_tells_nothing_of_this_run_is_left_out(call: tuple[str, Reply]) -> None:
    assert conversations([call], PROMPT, {}) == []


# -- the estimate ------------------------------------------------------------------------------


def test_without_recorded_conversations_it_is_rough_and_says_so() -> None:
    found = estimate(Asked(3, 30, 4, 80, 40), [Conversation(10, 1, 5, 5)])
    assert found == Estimate(4, 20, 10, 0, None)


def test_what_grows_with_the_question_is_foretold_exactly() -> None:
    seen = [Conversation(n, 1, 3 * n + 7, 5 * n) for n in range(10, 20)]
    found = estimate(Asked(questions=100, question_characters=100 * 50), seen)
    assert (found.calls, found.conversations) == (100, 10)
    assert found.prompt_tokens == pytest.approx(100 * 157)
    assert found.completion_tokens == pytest.approx(100 * 250)
    assert found.spread == pytest.approx((0, 0, 0), abs=1e-6)


def test_nothing_left_to_ask_costs_nothing_for_certain() -> None:
    found = estimate(Asked(found=9), [Conversation(10, 1, 5, 5)] * 9)
    assert (found.calls, found.prompt_tokens, found.spread) == (0, 0, (0, 0, 0))


def draws(seed: int, n: int) -> list[Conversation]:
    """Heavy-tailed replies in step with the question's length, and 30 of 100 asked again."""
    rng = np.random.default_rng(seed)
    found = []
    for characters in rng.integers(2_000, 6_000, n):
        reasks = int(rng.random() < 0.3)
        factors = rng.lognormal(-0.125, 0.5, 1 + reasks)
        prompt = characters * (1 + 1.8 * reasks) / 4
        found.append(
            Conversation(characters, 1 + reasks, int(prompt), int(characters / 4 * factors.sum()))
        )
    return found


def test_the_interval_holds_the_bill_in_about_95_of_100_runs() -> None:
    inside, ratios = 0, []
    for seed in range(300):
        run = draws(seed, 1_000)
        asked = Asked(questions=1_000, question_characters=sum(c.characters for c in run))
        task = TaskPlan.of("t", asked, estimate(asked, run[:40]))
        plan = Plan("m", 0, {}, (task,), PRICE)
        bill = sum(PRICE.of(c.prompt_tokens, c.completion_tokens) for c in run)
        low, high = plan.interval() or (0, 0)
        inside += low <= bill <= high
        ratios.append((plan.dollars() or 0) / bill)
    assert 0.91 <= inside / 300 <= 0.99
    assert abs(np.mean(ratios) - 1) < 0.02  # no bias


# -- the calibration ---------------------------------------------------------------------------


def test_each_task_is_asked_first_and_then_those_that_cost() -> None:
    order = shares({"cheap": 1.0, "dear": 99.0, "free": 0.0}, {}, 50)
    assert len(order) == 50
    assert sorted(order[:4]) == ["cheap", "cheap", "dear", "dear"]
    assert order.count("cheap") == 2 and "free" not in order
    half = shares({"a": 50.0, "b": 50.0}, {"a": 200}, 20)
    assert abs(half.count("a") - half.count("b")) <= 2


@given(
    st.dictionaries(st.text(max_size=3), st.floats(0, 1e9), max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(0, 5), max_size=5),
    st.integers(0, 50),
)
def test_never_more_questions_than_ordered(
    weights: dict[str, float], recorded: dict[str, int], most: int
) -> None:
    order = shares(weights, recorded, most)
    assert len(order) <= most and {t for t in order} <= {t for t in weights if weights[t] > 0}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(latency_ms=20, reask_rate=0.5, words=6) as started:
        yield started


@pytest.mark.parametrize("most", [0, 2, 3, 17, 50])
def test_a_calibration_makes_no_call_too_many_and_leaves_no_question_half_asked(
    endpoint: Endpoint, tmp_path: Path, most: int
) -> None:
    def long_enough(reply: str, _: str) -> str:
        if len(reply.split()) < 6:
            raise ReplyError("That was cut.")
        return reply

    task = Task("say", PROMPT, SAY.fields, long_enough, template)
    numbers = count()
    questions = ((task, f"{most} {next(numbers)}") for _ in range(60))
    endpoint.reset()
    recording = Recording(tmp_path / "recording.sqlite")
    teacher = HttpTeacher("m", provider("openai", endpoint.url, "", "NO_KEY"))
    with Engine(teacher, recording, concurrency=8, max_reasks=2) as engine:
        made, latency_s = calibrate(engine, questions, most)
        assert made == endpoint.stats()["requests"] <= most
        assert most - made < 3
        seen = conversations(recording.samples("say", "m", 1000), PROMPT, {})
    assert sum(c.calls for c in seen) == made
    assert all(c.calls <= 2 for c in seen)
    assert made == 0 or 0.02 <= latency_s < 0.5


# -- the plan in words -------------------------------------------------------------------------

TASKS = (
    TaskPlan("list", 0, 300, 310, 30_000, 12_000, 0, None),
    TaskPlan("write", 200, 1_000, 1_300, 2_000_000, 1_000_000, 40, (1e9, 1e8, 4e9)),
)
CALIBRATED = Plan(
    "m", 5.0, {"targets": ["rjdb"]}, TASKS[1:], PRICE, Price(1, 5), "list, 2026-03-21",
    Limits(60, 0, 16, 2.0), 48,
)  # fmt: skip


def test_dollars_live_and_batch_and_their_interval() -> None:
    assert CALIBRATED.dollars() == pytest.approx(14.0)
    assert CALIBRATED.dollars(batch=True) == pytest.approx(7.0)
    low, high = CALIBRATED.interval() or (0, 0)
    assert low < 14.0 < high and low * high == pytest.approx(14.0**2)


def test_hours_are_those_of_the_slowest_limit() -> None:
    assert Limits(60, 0, 16, 2.0).hours(3_600, 0) == (1.0, "60 requests a minute")
    assert Limits(60, 1_000, 16, 2.0).hours(60, 120_000) == (2.0, "1,000 tokens a minute")
    found = Limits(6_000, 0, 4, 40.0).hours(360, 0)
    assert found == (1.0, "4 in flight, 40.0 s each")
    assert Limits().hours(360, 1_000) is None


def test_hours_tell_from_which_latency_on_they_are_too_few() -> None:
    untimed = Plan("m", 0, {}, TASKS[1:], PRICE, PRICE, limits=Limits(60, 0, 16))
    assert "more where a call takes over 16.0 s, 16 in flight" in plan_text(untimed)
    assert "more where" not in plan_text(CALIBRATED)


def test_the_text_tells_what_the_estimate_rests_on() -> None:
    text = plan_text(CALIBRATED)
    assert "$14.00 live, $7.00 in the batch lane; 95 of 100" in text
    assert "1,300      300    200" in text and "40 recorded" in text
    assert "48 calls were made" in text and "list, 2026-03-21" in text
    assert "0.4 hours live, at 60 requests a minute" in text
    rough = plan_text(Plan("m", 0, {}, TASKS, PRICE, PRICE))
    assert "Rough" in rough and "95 of 100" not in rough and "--rpm" in rough
    assert plan_text(Plan("m", 0, {}, ())) == "Nothing of this asks a teacher."


def test_without_a_price_calls_and_tokens_are_told_and_how_to_give_one() -> None:
    text = plan_text(Plan("llama", 0, {}, TASKS))
    assert "No price is known for 'llama'" in text and "--prices FILE" in text
    assert "2,030,000" in text and "$" not in text.replace("live $", "").replace("batch $", "")


@pytest.mark.parametrize("plan", [CALIBRATED, Plan("m", 0.0, {}, TASKS)])
def test_a_kept_plan_is_read_as_it_was(plan: Plan) -> None:
    assert plan_from_json(plan.to_json()) == plan


def test_the_totals_stand_in_the_file_for_whoever_reads_it() -> None:
    totals = json.loads(CALIBRATED.to_json())["totals"]
    assert totals["calls"] == 1_300 and totals["dollars"] == pytest.approx(14.0)
    assert totals["between"] == pytest.approx(list(CALIBRATED.interval() or ()))


# -- the bill ----------------------------------------------------------------------------------


def test_the_plan_stands_beside_the_bill() -> None:
    lines = compare_with_bill(
        CALIBRATED, [("extra", 1, 10, 10), ("write", 1_200, 1_900_000, 1_100_000)]
    ).splitlines()
    assert lines[0] == "plan and bill"
    by_task = {line.split()[0]: line.split() for line in lines[2:]}
    assert by_task["write"][1:] == [
        "1,300", "1,200", "3,000,000", "3,000,000", "14.00", "14.80", "0.95"
    ]  # fmt: skip
    assert by_task["extra"][-1] == "0.00" and by_task["total"][2] == "1,201"
    nothing = compare_with_bill(Plan("m", 0, {}, TASKS), [])
    assert nothing.splitlines()[-1].split()[-1] == "-"


def test_the_newest_plan_of_the_very_build_is_found(tmp_path: Path) -> None:
    lake, where = Lake(tmp_path / "lake"), tmp_path / "recording.sqlite"
    config = {"resources": {"run": {"config": {"raw": "r", "seed": 1}}}, "ops": {"a": {"n": 1}}}
    assert plan_and_bill(lake, where, "m", ["rjdb"], config) == ""
    assert not where.exists()
    recording = Recording(where)
    request = Request("m", (("user", "x"),))
    recording.put(request.key(), "write", request, Reply("x", 2_000_000, 1_000_000))
    recording.close()
    for made in (4e12, 0.0):  # the newer plan counts from before the call
        lake.write_plan(Plan("m", made, order_of(["rjdb"], config), TASKS, PRICE).to_json())
    said = plan_and_bill(lake, where, "m", ("rjdb",), config)
    assert said.splitlines()[-1].split()[2] == "1"
    assert plan_and_bill(lake, where, "other", ["rjdb"], config) == ""
    assert plan_and_bill(lake, where, "m", ["graph"], config) == ""
    assert plan_and_bill(lake, where, "m", ["rjdb"], config | {"ops": {}}) == ""
