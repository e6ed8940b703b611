"""The recording on a PostgreSQL server: lost connections, errors without secrets."""

import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hr_pipeline.llm.database as module
from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline_tests.postgres import ESCAPED, PASSWORD, PostgresServer, running

REQUEST = Request("m", (("user", "say é"),))
REPLY = Reply("yes", 3, 4)


@pytest.fixture(scope="module")
def server() -> PostgresServer:
    return running()


@pytest.fixture
def recording(server: PostgresServer) -> Iterator[Recording]:
    opened = Recording(server.new_database())
    yield opened
    opened.close()


def refused(url: str) -> str:
    """The one line that is said; all that could be printed of the error holds no secret."""
    with pytest.raises(InputError) as caught:
        Recording(url)
    whole = "".join(traceback.format_exception(caught.value))
    shown = str(caught.value) + "".join(line for line in whole.splitlines() if "Error" in line)
    assert not any(secret in shown for secret in (PASSWORD, ESCAPED, "s3cret", "cret"))
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


# -- connections ------------------------------------------------------------------------------


def test_a_connection_that_is_lost_is_opened_again(
    server: PostgresServer, recording: Recording
) -> None:
    for i in range(3):
        server.disconnect_everybody()
        recording.put(f"k{i}", "task", REQUEST, REPLY)
        server.disconnect_everybody()
        assert recording.get(f"k{i}") == REPLY
    server.disconnect_everybody()
    assert recording.open_account("m", "run") > 0
    assert recording.keys() == ["k0", "k1", "k2"]


def test_a_server_that_starts_again_is_waited_for(
    server: PostgresServer, recording: Recording
) -> None:
    recording.put("before", "task", REQUEST, REPLY)
    server.stop()
    starting = threading.Timer(0.5, server.start)
    starting.start()
    recording.put("after", "task", REQUEST, REPLY)
    starting.join()
    assert recording.keys() == ["before", "after"]


def test_a_transaction_whose_connection_is_lost_is_undone_as_a_whole(
    server: PostgresServer, recording: Recording
) -> None:
    database = recording.database
    with pytest.raises(InputError, match="cannot be read or written"), database.transaction():
        recording.put("lost", "task", REQUEST, REPLY)
        server.disconnect_everybody()
        recording.put("lost too", "task", REQUEST, REPLY)
    recording.put("kept", "task", REQUEST, REPLY)
    assert recording.keys() == ["kept"]


def test_a_server_that_stays_away_is_named_without_the_password(
    server: PostgresServer, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REOPENING_SECONDS", 0.3)
    server.stop()
    try:
        for _ in range(2):
            with pytest.raises(InputError, match=f"127.0.0.1:{server.port}/d.*refused") as caught:
                recording.put("k", "task", REQUEST, REPLY)
            assert len(str(caught.value).splitlines()) == 1 and "s3cret" not in str(caught.value)
    finally:
        server.start()
    recording.put("k", "task", REQUEST, REPLY)
    assert recording.keys() == ["k"]


def test_a_group_waits_for_one_writer_at_a_time_only(server: PostgresServer) -> None:
    """A transaction that is left open elsewhere holds up its own keys and no others."""
    url = server.new_database()
    slow, quick = Recording(url), Recording(url)
    with slow.database.transaction():
        slow.put("shared", "task", REQUEST, Reply("slow"))
        started = time.monotonic()
        quick.put("other", "task", REQUEST, REPLY)
        assert time.monotonic() - started < 1
        assert quick.get("shared") is None
    assert quick.get("shared") == Reply("slow")
    slow.close()
    quick.close()


# -- what is said -----------------------------------------------------------------------------


def test_a_wrong_password_is_said_without_it(server: PostgresServer) -> None:
    url = server.new_database().replace(ESCAPED, "s3cret-wr0ng")
    assert "password authentication failed" in refused(url)


def test_a_database_or_a_server_that_is_not_there_is_said(server: PostgresServer) -> None:
    base = f"postgresql://tester:{ESCAPED}@127.0.0.1"
    line = refused(f"{base}:{server.port}/nowhere")
    assert f"postgresql://127.0.0.1:{server.port}/nowhere" in line and "does not exist" in line
    assert "refused" in refused(f"{base}:1/name")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://tester:{PASSWORD}@127.0.0.1/name",  # "@" and "/" not escaped
        "postgresql://tester:s3@cret@127.0.0.1/name",
        "postgresql://tester:s3/cret@127.0.0.1/name",
        "postgresql://tester:s3%cret@127.0.0.1/name",
        "postgresql://tester:s3cret@127.0.0.1:54x2/name",
        "postgresql://tester:s3cret@127.0.0.1/name?nothing=known",
        "postgresql://tester:s3cret@[127.0.0.1/name",
        "postgres://s3cret:s3cret@127.0.0.1:s3cret",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url: str) -> None:
    running()
    assert "%40" in refused(url)


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(InputError, match="begins with postgresql://"):
        Recording("mysql://127.0.0.1/name")


def test_a_machine_without_psycopg_is_told_what_to_install() -> None:
    program = (
        "import sys\nsys.modules['psycopg'] = None\n"
        "from hr_pipeline.llm.recording import Recording\n"
        "Recording('postgresql://tester:s3cret@127.0.0.1/name')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last.endswith('needs psycopg; run: pip install "hr-pipeline[postgres]"')
    assert "s3cret@" not in last


# -- exact ------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters()).filter(str.strip))
def test_any_text_can_be_asked_and_kept(recording: Recording, text: str) -> None:
    request = Request("m", (("user", text),))
    recording.put(request.key(), "task", request, Reply(text))
    assert recording.get(request.key()) == Reply(text)
    assert recording.request_text(request.key()) == request.text()


@given(st.text(max_size=60) | st.from_regex(r"\w{0,9}:?[\w@/:%?=\[\],]{0,40}"))
def test_a_url_is_read_or_refused_in_one_line(rest: str) -> None:
    """Whatever stands in it; nothing is connected to."""
    pytest.importorskip("psycopg")
    try:
        settings_ = module._settings(f"postgresql://{rest}")
    except InputError as error:
        assert "cannot be read" in str(error) and len(str(error).splitlines()) == 1
    else:
        assert module._without_secrets(settings_).startswith("postgresql://")


def test_a_file_named_by_a_text_is_a_file(tmp_path: Path) -> None:
    Recording(str(tmp_path / "r.sqlite")).close()
    assert (tmp_path / "r.sqlite").is_file()
