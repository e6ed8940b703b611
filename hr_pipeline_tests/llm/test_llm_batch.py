"""The batch lane against a local endpoint: rounds, kills, failures, money, cancelling."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from batch_run import BATCH_PRICE, PRICE, SPEAK, WORDS, Build

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.batch import BatchLimits, Costs, Noted, RequestsOpen, committed
from hr_pipeline.llm.batch_rounds import cancel, forget, poll, tick
from hr_pipeline.llm.batch_store import BatchStore
from hr_pipeline.llm.bill import BudgetReached
from hr_pipeline.llm.client import HttpTeacher, TeacherUnavailable
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.postgres import KINDS, place

QUICK_S = 0.05  # that a batch takes


@pytest.fixture(scope="module")
def one_endpoint() -> Iterator[Endpoint]:
    with Endpoint(latency_ms=1) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(one_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    one_endpoint.reset()
    one_endpoint.set(
        **{f"batch_{name}_share": 0.0 for name in ("expire", "fail", "refuse")},
        **{"batch_s": QUICK_S, "reask_rate": 0.0, "words": WORDS, "down": False, "key": ""},
        **{"batch_max_requests": 50_000, "malformed": 0.0, "fail_400": 0.0, "seed": 0},
    )
    return one_endpoint


@pytest.fixture
def build(endpoint: Endpoint, tmp_path: Path) -> Build:
    return Build(tmp_path / "recording.sqlite", endpoint.url)


def live_answers(build: Build) -> list[str]:
    """What the same build says without batches."""
    recording = Recording(Path(":memory:"))
    with Engine(HttpTeacher("m", build.provider()), recording) as engine:
        words = [f"w{i}" for i in range(build.words)]
        answers = engine.in_order(lambda word: engine.ask(SPEAK, word), words)
        return [answer.value for answer in answers]


def tags_there(build: Build) -> Counter[str]:
    """How many batches the endpoint holds by tag."""
    batches = build.provider().sdk_client(synchronous=True).batches.list(limit=100)
    return Counter(batch.metadata["hr_pipeline"] for batch in batches)


def batches_of(build: Build) -> list:
    recording = build.recording()
    found = BatchStore(recording).batches()
    recording.close()
    return found


# -- rounds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_build_goes_on_in_rounds_to_the_answers_of_the_live_lane(
    kind: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.set(reask_rate=0.4)
    build = Build(place(kind, tmp_path), endpoint.url)
    expected = live_answers(build)
    endpoint.reset()
    with pytest.raises(RequestsOpen, match=r"12 requests open in 3 batches \(batch_0*1, .*3\)"):
        build.run()
    assert build.finish() == expected
    paid = endpoint.paid()
    assert set(paid.values()) == {1}
    assert 12 < len(paid) < 24  # some were asked again
    assert endpoint.stats()["ok"] == 0  # nothing went live
    assert set(tags_there(build).values()) == {1}


def test_what_is_under_way_is_not_sent_again(build: Build, endpoint: Endpoint) -> None:
    endpoint.set(batch_s=30)
    for words, batches in ((12, 3), (12, 3), (14, 4)):
        build.words = words
        with pytest.raises(RequestsOpen, match=f"{words} requests open in {batches} batches"):
            build.run()
    assert len(tags_there(build)) == 4
    assert [batch.requests for batch in batches_of(build)] == [5, 5, 2, 2]


def test_the_last_round_goes_live_under_the_same_recording(
    build: Build, endpoint: Endpoint
) -> None:
    endpoint.set(reask_rate=0.5, batch_fail_share=0.3)
    build.last_round = "live"
    with pytest.raises(RequestsOpen):
        build.run()
    build.wait()
    assert not any(answer.startswith("lost") for answer in build.run())
    assert build.counts["speak/calls"] > 0
    assert len(tags_there(build)) == 3  # the first round's
    assert set(endpoint.paid().values()) == {1}


def test_a_file_keeps_to_the_limits(build: Build, endpoint: Endpoint) -> None:
    endpoint.set(batch_s=30)
    build.limits = BatchLimits(requests=100, bytes=900)
    with pytest.raises(RequestsOpen):
        build.run()
    client = build.provider().sdk_client(synchronous=True)
    files = list(client.files.list())
    assert len(files) > 2
    assert all(file.bytes <= 900 for file in files)
    lines = [json.loads(line) for f in files for line in client.files.content(f.id).iter_lines()]
    assert len({line["custom_id"] for line in lines}) == len(lines) == 12
    assert {line["url"] for line in lines} == {"/v1/chat/completions"}


def test_with_a_limit_of_tokens_the_rest_waits_for_the_next_round(
    build: Build, endpoint: Endpoint
) -> None:
    build.limits = BatchLimits(requests=5, tokens=12)
    with pytest.raises(RequestsOpen, match="12 requests open in 1 batch "):
        build.run()
    assert len(build.finish()) == 12
    assert set(endpoint.paid().values()) == {1}


# -- killed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["file_id", "batch_id"])
@pytest.mark.parametrize("after", [0, 1])
def test_killed_while_sending_each_batch_is_there_once(
    moment: str, after: int, build: Build, endpoint: Endpoint
) -> None:
    build.dies(moment, after)
    assert len(build.finish()) == 12
    assert set(tags_there(build).values()) == {1}
    assert len(tags_there(build)) == 3
    assert set(endpoint.paid().values()) == {1}
    assert len(endpoint.paid()) == 12


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", ["fetching", "fetched"])
def test_killed_while_fetching_nothing_is_lost_or_paid_again(
    kind: str, moment: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    build = Build(place(kind, tmp_path), endpoint.url)
    with pytest.raises(RequestsOpen):
        build.run()
    build.dies(moment, after=1)
    assert build.finish() == live_answers(build)
    assert len(tags_there(build)) == 3
    billed = [batch.prompt_tokens + batch.completion_tokens for batch in batches_of(build)]
    recording = build.recording()
    assert sum(billed) == sum(p + c for _, _, p, c in recording.spent("m", 0.0))


def test_two_processes_send_nothing_twice(build: Build, endpoint: Endpoint) -> None:
    endpoint.set(batch_s=30)
    others = [Build(build.where, build.url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        ends = [threads.submit(other.run) for other in others]
        assert all(isinstance(end.exception(), RequestsOpen) for end in ends)
    assert sum(batch.requests for batch in batches_of(build)) == 12
    assert set(tags_there(build).values()) == {1}


# -- failures ----------------------------------------------------------------------------------


def test_only_what_failed_or_expired_is_sent_again(build: Build, endpoint: Endpoint) -> None:
    endpoint.set(batch_expire_share=0.2, batch_fail_share=0.1, seed=4)
    assert not any(answer.startswith("lost") for answer in build.finish())
    assert set(endpoint.paid().values()) == {1}
    states = Counter(batch.state for batch in batches_of(build))
    assert states["expired"] and len(batches_of(build)) > 3
    sent = sum(batch.requests for batch in batches_of(build))
    assert sent == 12 + sum(batch.requests - batch.done for batch in batches_of(build))


def test_a_request_that_batches_do_not_answer_is_given_up_and_can_be_sent_again(
    build: Build, endpoint: Endpoint
) -> None:
    endpoint.set(batch_fail_share=1.0)
    answers = build.finish()
    assert all("3 batches did not answer it (500: The server had" in answer for answer in answers)
    assert build.counts["speak/given_up"] == 12
    assert len(batches_of(build)) == 9
    endpoint.set(batch_fail_share=0.0)
    assert build.run() == answers  # still given up, without a call
    recording = build.recording()
    assert BatchStore(recording).forgive() == 12
    recording.close()
    assert build.finish() == live_answers(build)


def test_a_refused_request_costs_its_row_alone(build: Build, endpoint: Endpoint) -> None:
    endpoint.set(batch_refuse_share=0.3)
    lost = [answer for answer in build.finish() if answer.startswith("lost")]
    assert 0 < len(lost) < 12
    assert set(lost) == {"lost: 400: The prompt was filtered"}
    assert len(batches_of(build)) == 3  # and was sent once


def test_a_batch_that_fails_as_a_whole_stops_the_run_after_some_rounds(
    build: Build, endpoint: Endpoint
) -> None:
    endpoint.set(batch_max_requests=2)
    with pytest.raises(InputError, match=r"the batch failed: too_many_requests: .*3 times"):
        build.finish()
    assert len(endpoint.paid()) == 2  # the third batch of each round holds two requests
    recording = build.recording()
    BatchStore(recording).forgive()
    recording.close()
    build.limits = BatchLimits(requests=2)
    assert build.finish() == live_answers(build)


def test_a_wrong_key_is_told_in_one_line_and_leaves_nothing_under_way(
    build: Build, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.set(key="sk-right")
    monkeypatch.setenv("HR_TEST_KEY", "sk-planted")
    with pytest.raises(InputError, match="batch lane refused the request .401") as refused:
        build.run()
    assert "HR_TEST_KEY" in str(refused.value) and "sk-planted" not in str(refused.value)
    assert {batch.state for batch in batches_of(build)} <= {"refused", "prepared"}
    monkeypatch.setenv("HR_TEST_KEY", build.key or "sk-right")
    build.key = "sk-right"
    assert len(build.finish()) == 12
    assert set(endpoint.paid().values()) == {1}
    written = [path.read_bytes() for path in Path(build.where).parent.iterdir()]
    assert not any(b"sk-planted" in data or b"sk-right" in data for data in written)


def test_an_endpoint_that_is_down_loses_nothing(
    build: Build, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda s: None)
    endpoint.set(down=True)
    with pytest.raises(TeacherUnavailable, match="run again to go on"):
        build.run()
    endpoint.set(down=False)
    assert build.finish() == live_answers(build)
    assert set(tags_there(build).values()) == {1}


# -- cancelling ---------------------------------------------------------------------------------


def test_a_cancelled_batch_is_fetched_and_the_rest_is_open(
    build: Build, endpoint: Endpoint
) -> None:
    expected = live_answers(build)
    endpoint.reset()
    endpoint.set(batch_s=1.0)
    build.order = {"run_id": "r", "lake": "l", "run_config": {}, "assets": ["a/b"]}
    with pytest.raises(RequestsOpen):
        build.run()
    recording = build.recording()
    store = BatchStore(recording)
    assert len(store.waiting()) == 1
    first = store.batches()[0]
    assert [batch.tag for batch in cancel(recording, first.batch_id)] == [first.tag]
    assert store.waiting() == []  # whoever cancels does not want it launched again
    assert len(cancel(recording)) == 3
    build.wait()
    assert {batch.state for batch in store.batches()} <= {"cancelled", "completed"}
    assert all(item.failures == 0 for item in store.unanswered().values())
    endpoint.set(batch_s=QUICK_S)
    assert build.finish() == expected
    assert set(endpoint.paid().values()) == {1}


def test_a_batch_that_its_endpoint_has_lost_can_be_forgotten(
    build: Build, endpoint: Endpoint
) -> None:
    with pytest.raises(RequestsOpen):
        build.run()
    endpoint.reset()
    recording = build.recording()
    with pytest.raises(InputError, match="knows no batch batch_.*--forget batch_"):
        poll(recording)
    for batch in BatchStore(recording).batches():
        forget(recording, batch.batch_id)
    assert build.finish() == live_answers(build)
    with pytest.raises(InputError, match="no such batch is under way"):
        forget(recording, "batch_000001")


# -- ticks -------------------------------------------------------------------------------------


def test_a_tick_goes_on_where_the_last_one_ended(build: Build, endpoint: Endpoint) -> None:
    endpoint.set(batch_s=30)
    build.limits = BatchLimits(requests=2)
    with pytest.raises(RequestsOpen):
        build.run()
    recording, after, seen = build.recording(), "", []
    tags = sorted(batch.tag for batch in BatchStore(recording).batches())
    for _ in range(7):
        polled = tick(recording, after, 0.0)
        after = polled.after
        seen.append(after)
        assert polled.under_way == 6
    assert seen == [*tags, tags[0]]
    with BatchStore(build.recording()).alone(0) as held:
        assert held and tick(recording, after, 5).is_busy


def test_a_tick_that_is_late_goes_on_with_the_next_group_of_results(
    build: Build, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hr_pipeline.llm.batch_rounds.A_GROUP", 5)
    build.limits = BatchLimits(requests=12)
    with pytest.raises(RequestsOpen):
        build.run()
    time.sleep(2 * QUICK_S)
    recording = build.recording()
    polled = [tick(recording, "", 0.0) for _ in range(3)]
    assert [(p.replies, p.under_way) for p in polled] == [(5, 1), (5, 1), (2, 0)]
    assert build.run() == live_answers(build)


# -- money -------------------------------------------------------------------------------------


def test_the_bill_counts_batches_at_their_price(build: Build, endpoint: Endpoint) -> None:
    build.finish()
    recording = build.recording()
    (_, replies, prompt, completion), *_ = recording.spent("m", 0.0)
    exact = BATCH_PRICE.of(prompt, completion)
    assert replies == 12
    assert sum(batch.dollars for batch in batches_of(build)) == pytest.approx(exact)
    live = PRICE.of(prompt, completion)
    assert live + committed(recording, "m", 0.0, PRICE) == pytest.approx(exact)


def test_the_cap_holds_back_what_could_pass_it_and_a_higher_one_goes_on(
    build: Build, endpoint: Endpoint
) -> None:
    build.cap = 2.5
    with pytest.raises(BudgetReached, match=r"of \$2.5 are spent or held .*higher --budget-usd"):
        build.run()
    sent = sum(batch.requests for batch in batches_of(build))
    assert 0 < sent < 12
    build.wait()
    recording = build.recording()
    assert sum(batch.dollars for batch in batches_of(build)) <= 2.5
    recording.close()
    build.cap = None
    assert len(build.finish()) == 12
    assert set(endpoint.paid().values()) == {1}


def test_a_cap_that_is_used_up_by_batches_under_way_is_told_as_open_requests(
    build: Build, endpoint: Endpoint
) -> None:
    """Asking after requests that are under way costs nothing more."""
    endpoint.set(batch_s=30)
    build.cap = 12 * BATCH_PRICE.of(30, 4096) + 0.01
    for _ in range(2):
        with pytest.raises(RequestsOpen):
            build.run()


def test_estimates_rest_on_recorded_replies_and_grow_less_than_the_worst_case(
    build: Build, endpoint: Endpoint
) -> None:
    build.words = 40
    requests = [Noted("speak", 200, 10)] * 40
    recording = build.recording()
    blind = Costs(recording, "m", BATCH_PRICE, {}).fitting(requests, None)[1]
    assert blind == pytest.approx(40 * BATCH_PRICE.of(30, 4096), rel=0.01)
    bounded = Costs(recording, "m", BATCH_PRICE, {"max_tokens": 100}).fitting(requests, None)[1]
    assert bounded == pytest.approx(40 * BATCH_PRICE.of(30, 100), rel=0.01)
    build.finish()
    spent = sum(batch.dollars for batch in batches_of(build))
    known = Costs(recording, "m", BATCH_PRICE, {}).fitting(requests, None)[1]
    assert spent < known < 3 * spent
    number, estimate = Costs(recording, "m", BATCH_PRICE, {}).fitting(requests, spent / 2)
    assert 2 < number < 20 and estimate <= spent / 2
