"""The batch lane's tables: which request is in which batch, and which build waits for them.

They lie in the recording, so that what is sent is durable before it is sent.
"""

import fcntl
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.text import well_formed
from hr_pipeline.llm.database import SQLite, groups
from hr_pipeline.llm.recording import Recording

OPEN, SENT, DONE, REFUSED = "open", "sent", "done", "refused"  # states of a request
PREPARED = "prepared"  # of a batch that the provider may not know yet; later states are its words
WHOLE_BATCH = "the batch failed: "  # so begins what is said of a request whose batch was not run
_KEYS_A_QUERY = 500
_LOCK = 7_271_002_119_440_219  # names the advisory lock of those who work on batches
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS batches (
        tag TEXT PRIMARY KEY, model TEXT NOT NULL, provider TEXT NOT NULL,
        prompt_price DOUBLE PRECISION NOT NULL, completion_price DOUBLE PRECISION NOT NULL,
        requests INTEGER NOT NULL, prompt_size BIGINT NOT NULL, estimate DOUBLE PRECISION NOT NULL,
        created DOUBLE PRECISION NOT NULL, file_id TEXT NOT NULL, batch_id TEXT NOT NULL,
        state TEXT NOT NULL, done INTEGER NOT NULL, prompt_tokens BIGINT NOT NULL,
        completion_tokens BIGINT NOT NULL, said TEXT NOT NULL, closed DOUBLE PRECISION NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS batch_items (
        key TEXT PRIMARY KEY, task TEXT NOT NULL, request BYTEA NOT NULL, state TEXT NOT NULL,
        tag TEXT NOT NULL, failures INTEGER NOT NULL, said TEXT NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS batch_items_by_tag ON batch_items (tag, state)",
    """
    CREATE TABLE IF NOT EXISTS batch_builds (
        build TEXT PRIMARY KEY, run_id TEXT NOT NULL, run_config TEXT NOT NULL,
        assets TEXT NOT NULL, tags TEXT NOT NULL
    )
    """,
)


class Batch(NamedTuple):
    """A row of `batches`. Prices are dollars per million tokens; times are Unix seconds."""

    tag: str
    model: str
    provider: str  # facts as JSON, without the key
    prompt_price: float
    completion_price: float
    requests: int
    prompt_size: int  # tokens, estimated
    estimate: float  # dollars that it may cost, held back from the budget while it is under way
    created: float
    file_id: str = ""
    batch_id: str = ""
    state: str = PREPARED
    done: int = 0  # requests answered
    prompt_tokens: int = 0
    completion_tokens: int = 0
    said: str = ""
    closed: float = 0.0  # 0: under way

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.provider)
        return facts

    @property
    def dollars(self) -> float:
        """What its replies cost."""
        prompt, completion = self.prompt_tokens, self.completion_tokens
        return (prompt * self.prompt_price + completion * self.completion_price) / 1e6


class Item(NamedTuple):
    """What is known of a request that is not answered."""

    state: str
    tag: str
    failures: int
    said: str


class Waiting(NamedTuple):
    """A build that waits for batches, and what it takes to run it again."""

    build: str
    run_id: str
    run_config: dict[str, Any]
    assets: list[str]
    tags: list[str]


class BatchStore:
    """Reads and writes the tables; what a method changes is durable when it returns."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.database = recording, recording.database
        self.database.create(*_TABLES)

    @contextmanager
    def alone(self, patience_s: float) -> Iterator[bool]:
        """Only one process at a time sends and fetches; True for the one that holds the lock, which
        ends with its process. False after `patience_s` seconds in vain."""
        deadline = time.monotonic() + patience_s
        with self._lock() as held:
            while not held() and time.monotonic() < deadline:
                time.sleep(min(0.1, patience_s))
            yield held()

    @contextmanager
    def _lock(self) -> Iterator[Any]:
        """A function that tries to take the lock and tells whether it is held."""
        if not isinstance(self.database, SQLite):
            taken: list[bool] = []

            def take() -> bool:
                if not taken and self._ask("SELECT pg_try_advisory_lock(?)", _LOCK):
                    taken.append(True)
                return bool(taken)

            try:
                yield take
            finally:
                if taken:
                    self._ask("SELECT pg_advisory_unlock(?)", _LOCK)
        elif self.database.where == ":memory:":
            yield lambda: True
        else:
            with open(Path(self.database.where).parent / ".lock", "w") as file:
                yield lambda: _locked(file)

    def _ask(self, sql: str, *values: Any) -> Any:
        return self.database.execute(sql, values)[0][0]

    # -- requests --------------------------------------------------------------------------

    def note(self, rows: Sequence[tuple[str, str, bytes]]) -> None:
        """(key, task, packed request) of requests to be sent; those that are there stay."""
        self.database.execute_many(
            f"INSERT INTO batch_items VALUES (?, ?, ?, '{OPEN}', '', 0, '') ON CONFLICT DO NOTHING",
            rows,
        )

    def unanswered(self) -> dict[str, Item]:
        rows = self.database.execute(
            "SELECT key, state, tag, failures, said FROM batch_items WHERE state <> ?", (DONE,)
        )
        return {key: Item(*facts) for key, *facts in rows}

    def sent(self, tag: str) -> list[str]:
        """The keys of a batch whose outcome is not known, in the order of its file."""
        rows = self.database.execute(
            "SELECT key FROM batch_items WHERE tag = ? AND state = ?", (tag, SENT)
        )
        return sorted(key for (key,) in rows)

    def requests(self, keys: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """(key, task, request as JSON) in the order of the keys, some at a time."""
        for some in groups(keys, _KEYS_A_QUERY):
            marks = ", ".join("?" * len(some))
            rows = self.database.execute(
                f"SELECT key, task, request FROM batch_items WHERE key IN ({marks})", some
            )
            found = {key: (task, packed) for key, task, packed in rows}
            for key in some:
                task, packed = found[key]
                yield key, task, zlib.decompress(packed).decode()

    def answered(self, keys: Sequence[str]) -> None:
        """Their replies are in the recording, and the requests with them."""
        self.database.execute_many(
            "UPDATE batch_items SET state = ?, request = ?, said = '' WHERE key = ?",
            [(DONE, b"", key) for key in keys],
        )

    def failed(self, tag: str, rows: Sequence[tuple[str, str]], counted: bool = True) -> None:
        """(key, what was said) of requests that a batch has not answered: they are open again."""
        self.database.execute_many(
            "UPDATE batch_items SET state = ?, tag = '', failures = failures + ?, said = ?"
            " WHERE key = ? AND tag = ? AND state = ?",
            [(OPEN, int(counted), _plain(said), key, tag, SENT) for key, said in rows],
        )

    def refused(self, tag: str, rows: Sequence[tuple[str, str]]) -> None:
        """(key, what was said) of requests that the provider takes in no case."""
        self.database.execute_many(
            "UPDATE batch_items SET state = ?, said = ? WHERE key = ? AND tag = ? AND state = ?",
            [(REFUSED, _plain(said), key, tag, SENT) for key, said in rows],
        )

    def forgive(self) -> int:
        """Forget failures and refusals; returns how many requests are open to be sent again."""
        rows = self.database.execute(
            "UPDATE batch_items SET state = ?, failures = 0, said = ''"
            " WHERE state = ? OR (state = ? AND failures > 0) RETURNING key",
            (OPEN, REFUSED, OPEN),
        )
        return len(rows)

    # -- batches ---------------------------------------------------------------------------

    def prepare(self, batch: Batch, keys: Sequence[str]) -> Batch | None:
        """Put the open ones of these requests in the batch; None where another process has sent
        them all meanwhile. Part of the caller's transaction."""
        claimed = 0
        for some in groups(keys, _KEYS_A_QUERY):
            marks = ", ".join("?" * len(some))
            rows = self.database.execute(
                f"UPDATE batch_items SET state = ?, tag = ? WHERE state = ? AND key IN ({marks})"
                " RETURNING key",
                (SENT, batch.tag, OPEN, *some),
            )
            claimed += len(rows)
        if not claimed:
            return None
        batch = batch._replace(requests=claimed)
        marks = ", ".join("?" * len(batch))
        self.database.execute(f"INSERT INTO batches VALUES ({marks})", batch)
        return batch

    def note_sent(self, tag: str, **facts: str) -> None:
        """file_id, batch_id or state, as soon as it is known."""
        names = ", ".join(f"{name} = ?" for name in facts)
        self.database.execute(f"UPDATE batches SET {names} WHERE tag = ?", (*facts.values(), tag))

    def batches(self, under_way: bool = False, model: str = "") -> list[Batch]:
        """From the oldest to the newest."""
        rows = self.database.execute(
            "SELECT * FROM batches WHERE (closed = 0 OR ? = 0) AND ? IN ('', model)"
            " ORDER BY created, tag",
            (int(under_way), model),
        )
        return [Batch._make(row) for row in rows]

    def close(
        self,
        tag: str,
        state: str,
        *,
        said: str,
        counted: bool,
        done: int = 0,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
    ) -> None:
        """The batch has ended; what it has not answered is open again, as a failure if `counted`.

        `said` of these requests and, where nothing was answered, of the batch.
        """
        tokens = (prompt_tokens, completion_tokens)
        of_batch = "" if done else _plain(said)
        with self.database.transaction():
            self.failed(tag, [(key, said) for key in self.sent(tag)], counted)
            self.database.execute(
                "UPDATE batches SET state = ?, done = ?, prompt_tokens = ?, completion_tokens = ?,"
                " said = ?, closed = ? WHERE tag = ?",
                (state, done, *tokens, of_batch, time.time(), tag),
            )

    # -- builds ----------------------------------------------------------------------------

    def wait(self, order: dict[str, Any], tags: Sequence[str]) -> None:
        """This build goes on when these batches have ended. `order` holds run_id, lake,
        run_config and assets. Part of the caller's transaction."""
        build, run_id = _name_of(order), order["run_id"]
        held = self.database.execute(
            "SELECT tags FROM batch_builds WHERE build = ? AND run_id = ?", (build, run_id)
        )
        before = json.loads(held[0][0]) if held else []
        facts = (order["run_config"], order["assets"], sorted({*before, *tags}))
        self.database.execute(
            "INSERT INTO batch_builds VALUES (?, ?, ?, ?, ?) ON CONFLICT (build) DO UPDATE SET"
            " run_id = excluded.run_id, run_config = excluded.run_config, tags = excluded.tags",
            (build, run_id, *map(json.dumps, facts)),
        )

    def waiting(self) -> list[Waiting]:
        rows = self.database.execute("SELECT * FROM batch_builds ORDER BY build")
        return [Waiting(*row[:2], *map(json.loads, row[2:])) for row in rows]

    def stop_waiting(self, run_id: str) -> None:
        """The build of this run has been launched again, or is called off."""
        self.database.execute("DELETE FROM batch_builds WHERE run_id = ?", (run_id,))

    def overtaken(self, order: dict[str, Any]) -> None:
        """A later run of this build has what an earlier one waits for."""
        self.database.execute(
            "DELETE FROM batch_builds WHERE build = ? AND run_id <> ?",
            (_name_of(order), order["run_id"]),
        )


def _name_of(order: dict[str, Any]) -> str:
    """One for all runs of the same assets in the same lake; the settings of the last one count."""
    return sha256(json.dumps([order["lake"], order["assets"]]).encode()).hexdigest()[:16]


def _plain(said: str) -> str:
    """As a text column takes it."""
    return well_formed(said).replace("\0", "")


def _locked(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise InputError(f"the batches cannot be locked ({error.strerror})", file.name) from error
    return True
