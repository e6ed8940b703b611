"""The recording: the durable store of every request and raw reply; nothing is asked twice."""

import os
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.database import groups, open_database
from hr_pipeline.llm.request import Reply, Request, read_completion

if TYPE_CHECKING:
    from hr_pipeline.lake.store import Lake

VARIABLE = "HR_PIPELINE_RECORDING"
_KEYS_A_QUERY = 500
_CALLS_A_QUERY = 200
_MOST_TOKENS = 2**31 - 1  # what the columns hold; a server may say anything
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS calls (
        key TEXT PRIMARY KEY, task TEXT NOT NULL, model TEXT NOT NULL,
        request BYTEA NOT NULL, response BYTEA NOT NULL,
        prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
        recorded DOUBLE PRECISION NOT NULL
    )
    """,
    # It holds all that is counted, so that no reply is read for a sum.
    """
    CREATE INDEX IF NOT EXISTS calls_in_order
    ON calls (recorded, key, task, model, prompt_tokens, completion_tokens)
    """,
    """
    CREATE TABLE IF NOT EXISTS accounts (
        model TEXT PRIMARY KEY, run TEXT NOT NULL, since DOUBLE PRECISION NOT NULL,
        is_open INTEGER NOT NULL
    )
    """,
)
_INSERT = "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True)
class Recorded:
    """A request with its reply, to be recorded."""

    key: str
    task: str
    request: Request
    reply: Reply


class Call(NamedTuple):
    """A recorded request and reply, as they are stored but for the packing."""

    key: str
    task: str
    model: str
    request: str  # canonical JSON
    response: bytes  # a chat completion
    prompt_tokens: int
    completion_tokens: int
    recorded: float  # Unix seconds


def call_of(
    key: str, task: str, model: str, request_text: str, reply: Reply, recorded: float
) -> Call:
    """ValueError for a reply without text: it answers nothing."""
    if not reply.text.strip():
        raise ValueError("a reply without text is no answer")
    prompt = min(reply.prompt_tokens, _MOST_TOKENS)
    completion = min(reply.completion_tokens, _MOST_TOKENS)
    return Call(key, task, model, request_text, reply.completion(), prompt, completion, recorded)


def place_of(named: str | None, lake: "Lake") -> Path | str:
    """Where replies are kept: as named, else $HR_PIPELINE_RECORDING, else in the lake."""
    return named or os.environ.get(VARIABLE) or lake.recording_path


def is_there(where: Path | str) -> bool:
    """Whether there is something to open; a server is taken to be there."""
    return "://" in str(where) or Path(where).is_file()


class Recording:
    """`where`: an SQLite file, `Path(":memory:")`, or the postgresql:// URL of a shared server.

    What was put is durable when the call returns: it survives a killed process and a power cut. The
    order of recording is that of the times, which differ within a process. Any thread may use it.
    """

    def __init__(self, where: Path | str) -> None:
        self.database = open_database(where)
        self._last = 0.0
        try:
            self.database.create(*_TABLES)
        except BaseException:
            self.database.close()
            raise

    # -- replies ---------------------------------------------------------------------------

    def get(self, key: str) -> Reply | None:
        return self.get_many([key]).get(key)

    def get_many(self, keys: Sequence[str]) -> dict[str, Reply]:
        """The replies that are there."""
        found: dict[str, Reply] = {}
        for some in groups(keys, _KEYS_A_QUERY):
            marks = ", ".join("?" * len(some))
            rows = self.database.execute(
                f"SELECT key, response FROM calls WHERE key IN ({marks})", some
            )
            found |= {key: read_completion(self._unpack(packed, key)) for key, packed in rows}
        return found

    def put(self, key: str, task: str, request: Request, reply: Reply) -> None:
        self.put_many([Recorded(key, task, request, reply)])

    def put_many(self, rows: Sequence[Recorded]) -> dict[str, Reply]:
        """All or nothing. The first reply of a key stands; returned are the replies that stand
        where another one was first. ValueError for a reply without text: it answers nothing."""
        calls = [self._call(row) for row in rows]
        if self.add(calls) == len(calls):
            return {}
        standing = self.get_many([call.key for call in calls])
        return {c.key: standing[c.key] for c in calls if standing[c.key].body != c.response}

    def add(self, calls: Sequence[Call]) -> int:
        """All or nothing. Calls whose key is there are left out; returns how many were new."""
        # Every writer takes the keys in one order, so that no two wait for each other.
        packed = [
            (*call[:3], _pack(call.request.encode()), _pack(call.response), *call[5:])
            for call in sorted(calls, key=lambda call: call.key)
        ]
        return self.database.execute_many(_INSERT, packed) if packed else 0

    def _call(self, row: Recorded) -> Call:
        self._last = max(time.time(), self._last + 1e-6)  # a step that a double can show
        request = row.request
        return call_of(row.key, row.task, request.model, request.text(), row.reply, self._last)

    # -- what is there ---------------------------------------------------------------------

    def request_text(self, key: str) -> str | None:
        """The recorded request as JSON."""
        rows = self.database.execute("SELECT request FROM calls WHERE key = ?", (key,))
        return self._unpack(rows[0][0], key).decode() if rows else None

    def call(self, key: str) -> Call | None:
        """One recorded request with its reply."""
        for row in self.database.execute("SELECT * FROM calls WHERE key = ?", (key,)):
            request, response = self._unpack(row[3], key).decode(), self._unpack(row[4], key)
            return Call(row[0], row[1], row[2], request, response, row[5], row[6], row[7])
        return None

    def keys(self) -> list[str]:
        """All keys, in the order of recording."""
        rows = self.database.execute("SELECT key FROM calls ORDER BY recorded, key")
        return [key for (key,) in rows]

    def calls(self, task: str = "", model: str = "") -> Iterator[Call]:
        """In the order of recording, some at a time; "" stands for all tasks or models."""
        after: tuple[float, str] = (0.0, "")
        while rows := self.database.execute(
            "SELECT * FROM calls WHERE (recorded, key) > (?, ?) AND ? IN ('', task)"
            " AND ? IN ('', model) ORDER BY recorded, key LIMIT ?",
            (*after, task, model, _CALLS_A_QUERY),
        ):
            for key, *names, request, response, prompt, completion, recorded in rows:
                asked, reply = self._unpack(request, key).decode(), self._unpack(response, key)
                yield Call(key, names[0], names[1], asked, reply, prompt, completion, recorded)
                after = (recorded, key)

    def counts(self) -> Iterator[tuple[str, str, int, int, int]]:
        """(task, model, replies, prompt tokens, completion tokens), in the order of the names."""
        for row in self.database.execute(
            "SELECT task, model, count(*), sum(prompt_tokens), sum(completion_tokens)"
            " FROM calls GROUP BY task, model ORDER BY task, model"
        ):
            yield (row[0], row[1], row[2], row[3], row[4])

    def spent(self, model: str, since: float) -> list[tuple[str, int, int, int]]:
        """(task, replies, prompt tokens, completion tokens) recorded at `since` (Unix seconds) or
        later."""
        rows = self.database.execute(
            "SELECT task, count(*), sum(prompt_tokens), sum(completion_tokens)"
            " FROM calls WHERE recorded >= ? AND model = ? GROUP BY task ORDER BY task",
            (since, model),
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def samples(self, task: str, model: str, most: int) -> list[tuple[str, Reply]]:
        """(request as JSON, reply) of the newest calls, newest first."""
        rows = self.database.execute(
            "SELECT key, request, response FROM calls WHERE task = ? AND model = ?"
            " ORDER BY recorded DESC, key DESC LIMIT ?",
            (task, model, most),
        )
        return [
            (self._unpack(asked, key).decode(), read_completion(self._unpack(reply, key)))
            for key, asked, reply in rows
        ]

    # -- accounts --------------------------------------------------------------------------

    def open_account(self, model: str, run: str) -> float:
        """Since when (Unix seconds) calls count for the budget of this run.

        An account that was left open, by a run that was killed or stopped, goes on; so does one
        that the same run closed. Else a new one begins now.
        """
        with self.database.transaction():
            held = self.database.execute(
                "SELECT since FROM accounts WHERE model = ? AND (is_open = 1 OR run = ?)",
                (model, run),
            )
            since = float(held[0][0]) if held else time.time()
            self.database.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, 1) ON CONFLICT (model) DO UPDATE"
                " SET run = excluded.run, since = excluded.since, is_open = 1",
                (model, run, since),
            )
        return since

    def close_account(self, model: str, run: str) -> None:
        """What the run paid for is finished; another run begins a new account."""
        self.database.execute(
            "UPDATE accounts SET is_open = 0 WHERE model = ? AND run = ?", (model, run)
        )

    def close(self) -> None:
        self.database.close()

    def _unpack(self, packed: bytes, key: str) -> bytes:
        try:
            return zlib.decompress(packed)
        except zlib.error:
            mend = f"remove it (DELETE FROM calls WHERE key = '{key}') to ask again"
            raise InputError(f"the reply {key} is damaged", self.database.where, mend) from None


def _pack(data: bytes) -> bytes:
    return zlib.compress(data, 1)
