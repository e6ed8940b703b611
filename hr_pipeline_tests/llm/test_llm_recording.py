"""The recording: durable, exact, keyed by the request alone, open to several processes; the same
on SQLite and on PostgreSQL."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply, Request, Schema
from hr_pipeline_tests.postgres import KINDS, place

REQUEST = Request(
    "m", (("system", "be brief"), ("user", "say é")), (("a", 1), ("b", {"c": [1, 2]}))
)
ODD = "\ud83d lone, \U0001f600 whole, \x00 \r\n \u2028 e\u0301 é "


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    return place(request.param, tmp_path)


@pytest.fixture
def recording(where: Path | str) -> Iterator[Recording]:
    opened = Recording(where)
    yield opened
    opened.close()


def row(name: str, reply: Reply | str = "yes", task: str = "task", model: str = "m") -> Recorded:
    reply = Reply(reply) if isinstance(reply, str) else reply
    return Recorded(name, task, Request(model, (("user", name),)), reply)


def start(program: str, where: Path | str, *more: str) -> "subprocess.Popen[str]":
    head = (
        "import sys, time\n"
        "from hr_pipeline.llm.recording import Recorded, Recording\n"
        "from hr_pipeline.llm.request import Reply, Request\n"
        "recording, asked = Recording(sys.argv[1]), Request('m', ())\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + program, str(where), *more], stdout=subprocess.PIPE, text=True
    )


# -- durable ----------------------------------------------------------------------------------


def test_a_reply_put_right_before_a_kill_is_there_afterwards(where: Path | str) -> None:
    program = (
        "for i in range(20):\n"
        "    recording.put(f'k{i}', 'task', asked, Reply(f'reply {i}', i, 2))\n"
        "print('done', flush=True)\ntime.sleep(60)"
    )
    writer = start(program, where)
    assert writer.stdout is not None and writer.stdout.readline() == "done\n"
    kill(writer)
    recording = Recording(where)
    assert [recording.get(f"k{i}") for i in range(20)] == [
        Reply(f"reply {i}", i, 2) for i in range(20)
    ]
    recording.close()


def test_a_kill_in_the_middle_of_a_group_loses_it_whole(where: Path | str) -> None:
    program = (
        "group = 0\n"
        "while True:\n"
        "    rows = [(f'{sys.argv[2]}-{group}-{i}', Reply('x' * 5000)) for i in range(16)]\n"
        "    recording.put_many([Recorded(k, 'task', asked, reply) for k, reply in rows])\n"
        "    print(group, flush=True)\n"
        "    group += 1"
    )
    draw, recording = random.Random(1), Recording(where)
    for round_ in range(4):
        writer = start(program, where, str(round_))
        assert writer.stdout is not None and writer.stdout.readline() == "0\n"
        time.sleep(draw.uniform(0, 0.1))
        writer.kill()
        said = [0, *map(int, writer.stdout.read().split("\n")[:-1])]
        kill(writer)
        time.sleep(0.2)  # a server may still be at what it was sent
        held = [key.split("-") for key in recording.keys() if key.startswith(f"{round_}-")]  # noqa: SIM118
        groups = [int(group) for _, group, _ in held]
        assert set(said) <= set(groups)
        assert all(groups.count(group) == 16 for group in set(groups))
    recording.close()


def kill(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


# -- several at once --------------------------------------------------------------------------


def test_processes_that_open_and_write_at_the_same_time_lose_nothing(where: Path | str) -> None:
    program = (
        "me = sys.argv[2]\n"
        "for i in range(100):\n"
        "    recording.put(f'{me}-{i}', 'task', asked, Reply(me))\n"
        "    recording.put(f'shared-{i}', 'task', asked, Reply(me))\n"
        "    assert recording.get(f'{me}-{i}') == Reply(me)\n"
        "print('done')"
    )
    writers = [start(program, where, str(n)) for n in range(3)]
    assert [writer.communicate(timeout=60)[0] for writer in writers] == ["done\n"] * 3
    recording = Recording(where)
    assert list(recording.counts()) == [("task", "m", 4 * 100, 0, 0)]
    recording.close()


def test_two_that_write_the_same_keys_in_groups_agree_on_who_was_first(where: Path | str) -> None:
    """In opposite orders, which must not make them wait for each other."""

    def write(me: str, step: int) -> dict[str, str]:
        recording = Recording(where)
        standing: dict[str, str] = {}
        gate.wait(10)
        for start in range(0, 640, 16):
            rows = [row(f"k{i}", me) for i in range(start, start + 16)][::step]
            given = recording.put_many(rows)
            standing |= {r.key: given.get(r.key, r.reply).text for r in rows}
        recording.close()
        return standing

    gate = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        one, other = [pool.submit(write, *told) for told in (("one", 1), ("other", -1))]
    assert one.result() == other.result() and len(one.result()) == 640
    recording = Recording(where)
    assert {k: r.text for k, r in recording.get_many(recording.keys()).items()} == one.result()
    recording.close()


@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", 20), ("postgresql", 3)])
def test_a_new_recording_can_be_opened_by_many_at_the_same_moment(
    tmp_path: Path, kind: str, rounds: int
) -> None:
    def open_and_put(name: str) -> None:
        gate.wait(10)
        recording = Recording(where)
        recording.put(name, "task", REQUEST, Reply(name))
        recording.close()

    for round_ in range(rounds):
        where, gate = place(kind, tmp_path / str(round_)), threading.Barrier(6)
        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(open_and_put, str(i)) for i in range(6)]:
                done.result()
        recording = Recording(where)
        assert list(recording.counts()) == [("task", "m", 6, 0, 0)]
        recording.close()


def test_one_recording_can_be_used_from_several_threads(recording: Recording) -> None:
    def work(me: int) -> bool:
        for i in range(20):
            recording.put_many([row(f"{me}-{i}-{j}", f"{me}") for j in range(3)])
            recording.open_account(f"model {me}", "run")
        return all(recording.get(f"{me}-{i}-2") == Reply(f"{me}") for i in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert len(recording.keys()) == 4 * 20 * 3


# -- exact ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [ODD, "x" * 1_000_000])
def test_requests_and_replies_come_back_exactly(where: Path | str, text: str) -> None:
    recording = Recording(where)
    request = Request("m", (("user", text),))
    recording.put(request.key(), "task", request, Reply(text, 5, 6))
    recording.close()
    recording = Recording(where)
    assert recording.get(request.key()) == Reply(text, 5, 6)
    assert recording.request_text(request.key()) == request.text()
    recording.close()


@given(st.text(st.characters()).filter(str.strip))
def test_any_text_can_be_asked_and_kept(text: str) -> None:
    recording = Recording(Path(":memory:"))
    request = Request("m", (("user", text),))
    recording.put(request.key(), "task", request, Reply(text))
    assert recording.get(request.key()) == Reply(text)
    recording.close()


def test_what_an_endpoint_sent_is_kept_byte_for_byte(recording: Recording) -> None:
    body = b' {"id": "7",  "choices": [{"message": {"content": "h\xc3\xa9"}, "x": 1.50}]}\n'
    recording.put("k", "task", REQUEST, Reply("hé", body=body))
    kept = recording.get("k")
    assert kept == Reply("hé") and kept.body == body


def test_the_first_reply_stays(recording: Recording) -> None:
    assert recording.put_many([row("k", "first"), row("k", "late"), row("l", "l")]) == {
        "k": Reply("first")
    }
    assert recording.put_many([row("l", "l"), row("k", "second"), row("n", "new")]) == {
        "k": Reply("first")
    }
    assert recording.get_many(["k", "l", "n"]) == {
        "k": Reply("first"), "l": Reply("l"), "n": Reply("new")
    }  # fmt: skip
    assert recording.get("other") is None and recording.request_text("other") is None
    assert recording.put_many([]) == {} and recording.get_many([]) == {}


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_blank_reply_is_refused_and_its_group_with_it(recording: Recording, text: str) -> None:
    with pytest.raises(ValueError, match="without text"):
        recording.put_many([row("good"), row("blank", text)])
    assert recording.keys() == []


def test_as_many_keys_as_wanted_are_looked_up_at_once(recording: Recording) -> None:
    recording.put_many([row(f"k{i}", f"{i}") for i in range(1_234)])
    asked = [f"k{i}" for i in range(0, 2_000)]
    assert recording.get_many(asked) == {f"k{i}": Reply(f"{i}") for i in range(1_234)}


def test_a_token_count_beyond_all_measure_loses_no_reply(recording: Recording) -> None:
    recording.put_many([row("k", Reply("yes", 2**62, 2**63)), row("l", Reply("yes", 1, 1))])
    assert recording.get("k") == Reply("yes", 2**62, 2**63)
    assert list(recording.counts()) == [("task", "m", 2, 2**31, 2**31)]


# -- what is there ----------------------------------------------------------------------------


def test_order_of_recording_is_kept_within_a_group_and_from_run_to_run(where: Path | str) -> None:
    names = [f"{(7 * i) % 450}" for i in range(450)]
    recording = Recording(where)
    recording.put_many([row(name, task=f"t{int(name) % 2}") for name in names[:300]])
    recording.close()
    recording = Recording(where)
    for start in range(300, 450, 10):
        recording.put_many([row(name, task=f"t{int(name) % 2}") for name in names[start:][:10]])
    assert recording.keys() == names
    assert [call.key for call in recording.calls()] == names
    odd = [call.key for call in recording.calls("t1", "m")]
    assert odd == [name for name in names if int(name) % 2]
    assert not list(recording.calls("t1", "other"))
    recording.close()


def test_replies_and_tokens_are_counted_by_task_and_model(recording: Recording) -> None:
    recording.put_many([row("1", Reply("a", 10, 1), "write", "m"), row("2", Reply("b", 20, 2))])
    recording.put_many([row("3", Reply("c", 30, 3), "write", "n")])
    between = next(c.recorded for c in recording.calls() if c.key == "3") + 1e-6
    time.sleep(0.002)
    recording.put_many([row("4", Reply("d", 40, 4), "write", "m")])
    assert list(recording.counts()) == [
        ("task", "m", 1, 20, 2), ("write", "m", 2, 50, 5), ("write", "n", 1, 30, 3)
    ]  # fmt: skip
    assert recording.spent("m", 0.0) == [("task", 1, 20, 2), ("write", 2, 50, 5)]
    assert recording.spent("m", between) == [("write", 1, 40, 4)]
    assert recording.spent("m", time.time() + 60) == recording.spent("other", 0.0) == []
    newest = recording.samples("write", "m", 5)
    assert [reply for _, reply in newest] == [Reply("d", 40, 4), Reply("a", 10, 1)]
    assert newest[0][0] == Request("m", (("user", "4"),)).text()
    assert recording.samples("write", "m", 1) == newest[:1]


# -- accounts ---------------------------------------------------------------------------------


def test_an_account_lasts_until_what_it_pays_for_is_finished(recording: Recording) -> None:
    first = recording.open_account("m", "run 1")
    assert abs(first - time.time()) < 5
    assert recording.open_account("m", "run 1") == first
    assert recording.open_account("m", "run 2") == first  # run 1 was killed
    recording.close_account("m", "run 1")  # which has no say any more
    assert recording.open_account("m", "run 3") == first
    recording.close_account("m", "run 3")
    assert recording.open_account("m", "run 3") == first  # the next dataset of the same build
    recording.close_account("m", "run 3")
    assert recording.open_account("m", "run 4") > first
    assert recording.open_account("n", "run 3") > first


def test_a_transaction_is_kept_or_undone_as_a_whole(recording: Recording) -> None:
    database = recording.database
    with pytest.raises(KeyError), database.transaction():
        recording.put_many([row("lost")])
        with database.transaction():
            recording.put_many([row("lost too")])
        raise KeyError
    with database.transaction():
        recording.put_many([row("kept")])
        assert recording.get("kept") == Reply("yes")
    assert recording.keys() == ["kept"]


def test_what_a_database_refuses_is_said_in_one_line(recording: Recording) -> None:
    with pytest.raises(InputError, match="cannot be read or written") as caught:
        recording.database.execute("SELECT nothing\nFROM nowhere")
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError), recording.database.transaction():
        recording.put_many([row("lost")])
        recording.database.execute("SELECT nothing FROM nowhere")
    assert recording.keys() == []
    assert recording.put_many([row("k")]) == {}


# -- keys and files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        Request("n", REQUEST.messages, REQUEST.parameters),
        Request("m", REQUEST.messages[::-1], REQUEST.parameters),
        Request("m", REQUEST.messages[:1], REQUEST.parameters),
        Request("m", (*REQUEST.messages, ("user", "")), REQUEST.parameters),
        Request("m", (("system", "be brief"), ("user", "say e\u0301")), REQUEST.parameters),
        Request("m", (("system", "be brief"), ("user", "say é ")), REQUEST.parameters),
        Request("m", (("user", "be brief"), ("user", "say é")), REQUEST.parameters),
        Request("m", REQUEST.messages),
        Request("m", REQUEST.messages, REQUEST.parameters[:1]),
        Request("m", REQUEST.messages, (("a", 2), REQUEST.parameters[1])),
        Request("m", REQUEST.messages, (("a", "1"), REQUEST.parameters[1])),
        Request("m", REQUEST.messages, (("a", 1), ("b", {"c": [2, 1]}))),
        Request("m", REQUEST.messages, (("a", 1), ("d", {"c": [1, 2]}))),
        Request("m", REQUEST.messages, REQUEST.parameters, Schema("s", {"type": "object"})),
        Request("m", REQUEST.messages, REQUEST.parameters, sample=1),
    ],
)
def test_each_part_of_a_request_changes_its_key(other: Request) -> None:
    assert other.key() != REQUEST.key()


def test_equal_requests_have_one_key_in_any_process_and_order_of_parameters() -> None:
    turned: tuple[tuple[str, Any], ...] = (("b", {"c": [1, 2]}), ("a", 1))
    assert Request("m", REQUEST.messages, turned).key() == REQUEST.key()
    program = f"from hr_pipeline.llm.request import Request; print({REQUEST!r}.key())"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == REQUEST.key()


def test_a_recording_that_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database, and long enough to be seen as none" * 20)
    for path in (tmp_path / "file", tmp_path / "file" / "r.sqlite", tmp_path):
        with pytest.raises(InputError, match="recording cannot be opened") as caught:
            Recording(path)
        assert str(path) in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_opening_and_writing_load_nothing_heavy(tmp_path: Path) -> None:
    program = "recording.put('k', 't', asked, Reply('x')); print(*sys.modules)"
    writer = start(program, tmp_path / "r.sqlite")
    loaded = set(writer.communicate(timeout=60)[0].split())
    assert not loaded & {"dagster", "sqlalchemy", "openai", "psycopg", "pyarrow", "tenacity"}
