"""The recording: durable, exact, keyed by the request alone, open to several processes."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.recording import Recording, Request
from hr_pipeline.llm.task import Reply

REQUEST = Request(
    "m", (("system", "be brief"), ("user", "say é")), (("a", 1), ("b", {"c": [1, 2]}))
)
ODD = "\ud83d lone, \U0001f600 whole, \x00 \r\n \u2028 e\u0301 é "


def start(program: str, path: Path, *more: str) -> "subprocess.Popen[str]":
    head = (
        "import sys, time\nfrom pathlib import Path\n"
        "from hr_pipeline.llm.recording import Recording, Request\n"
        "from hr_pipeline.llm.task import Reply\n"
        "recording = Recording(Path(sys.argv[1]))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + program, str(path), *more], stdout=subprocess.PIPE, text=True
    )


def test_a_reply_put_right_before_a_kill_is_there_afterwards(tmp_path: Path) -> None:
    program = (
        "for i in range(20):\n"
        "    recording.put(f'k{i}', 'task', Request('m', ()), Reply(f'reply {i}', i, 2))\n"
        "print('done', flush=True)\ntime.sleep(60)"
    )
    writer = start(program, tmp_path / "r.sqlite")
    assert writer.stdout is not None and writer.stdout.readline() == "done\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    recording = Recording(tmp_path / "r.sqlite")
    assert [recording.get(f"k{i}") for i in range(20)] == [
        Reply(f"reply {i}", i, 2) for i in range(20)
    ]
    recording.close()


def test_processes_that_open_and_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    program = (
        "me = sys.argv[2]\n"
        "for i in range(150):\n"
        "    recording.put(f'{me}-{i}', 'task', Request('m', ()), Reply(me))\n"
        "    recording.put(f'shared-{i}', 'task', Request('m', ()), Reply(me))\n"
        "    assert recording.get(f'{me}-{i}') == Reply(me)\n"
        "print('done')"
    )
    writers = [start(program, tmp_path / "new" / "r.sqlite", str(n)) for n in range(4)]
    assert [writer.communicate(timeout=60)[0] for writer in writers] == ["done\n"] * 4
    recording = Recording(tmp_path / "new" / "r.sqlite")
    assert list(recording.counts()) == [("task", "m", 5 * 150)]
    recording.close()


def test_a_new_recording_can_be_opened_by_many_at_the_same_moment(tmp_path: Path) -> None:
    def open_and_put(path: Path, name: str) -> None:
        gate.wait(10)
        recording = Recording(path)
        recording.put(name, "task", REQUEST, Reply(name))
        recording.close()

    for round_ in range(25):
        path, gate = tmp_path / f"{round_}.sqlite", threading.Barrier(6)
        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(open_and_put, path, str(i)) for i in range(6)]:
                done.result()
        recording = Recording(path)
        assert list(recording.counts()) == [("task", "m", 6)]
        recording.close()


@pytest.mark.parametrize("text", [ODD, "", "x" * 1_000_000])
def test_requests_and_replies_come_back_exactly(tmp_path: Path, text: str) -> None:
    recording = Recording(tmp_path / "r.sqlite")
    request = Request("m", (("user", text),))
    recording.put(request.key(), "task", request, Reply(text, 5, 6))
    recording.close()
    recording = Recording(tmp_path / "r.sqlite")
    assert recording.get(request.key()) == Reply(text, 5, 6)
    assert recording.request_text(request.key()) == request.text()
    recording.close()


@given(st.text(st.characters()))
def test_any_text_can_be_asked_and_kept(text: str) -> None:
    recording = Recording(Path(":memory:"))
    request = Request("m", (("user", text),))
    recording.put(request.key(), "task", request, Reply(text))
    assert recording.get(request.key()) == Reply(text)
    recording.close()


def test_the_first_reply_stays(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "r.sqlite")
    recording.put("k", "task", REQUEST, Reply("first"))
    recording.put("k", "task", REQUEST, Reply("second"))
    assert recording.get("k") == Reply("first")
    assert recording.get("other") is None and recording.request_text("other") is None
    recording.close()


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
    ],
)
def test_each_part_of_a_request_changes_its_key(other: Request) -> None:
    assert other.key() != REQUEST.key()


def test_equal_requests_have_one_key_in_any_process_and_order_of_parameters() -> None:
    turned: tuple[tuple[str, Any], ...] = (("b", {"c": [1, 2]}), ("a", 1))
    assert Request("m", REQUEST.messages, turned).key() == REQUEST.key()
    program = f"from hr_pipeline.llm.recording import Request; print({REQUEST!r}.key())"
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
