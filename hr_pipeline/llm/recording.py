"""The recording: the durable store of every request and raw reply; nothing is asked twice."""

import json
import sqlite3
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.task import Reply

_OPENINGS = 200  # tries, 0.05 s apart
_TABLE = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, task TEXT NOT NULL, model TEXT NOT NULL,
    request BLOB NOT NULL, reply BLOB NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, recorded REAL NOT NULL
)
"""


@dataclass(frozen=True)
class Request:
    """The full request. Its key depends on all that can change the answer, and on nothing else:
    not on the base URL, not on a row number."""

    model: str
    messages: tuple[tuple[str, str], ...]  # (role, content)
    parameters: tuple[tuple[str, Any], ...] = ()

    def body(self) -> dict[str, Any]:
        """The request as the chat completions API takes it."""
        messages = [{"role": role, "content": content} for role, content in self.messages]
        return {"model": self.model, "messages": messages, **dict(self.parameters)}

    def text(self) -> str:
        return json.dumps(self.body(), sort_keys=True, ensure_ascii=False)

    def key(self) -> str:
        return sha256(self.text().encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Recording:
    """SQLite in WAL mode: a reply is committed before it is used, and survives a killed process."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            _use_wal(self._db)
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            reason = f"the recording cannot be opened ({error})"
            raise InputError(reason, str(path), "choose another --lake DIR") from error

    def get(self, key: str) -> Reply | None:
        row = self._db.execute(
            "SELECT reply, prompt_tokens, completion_tokens FROM replies WHERE key = ?", (key,)
        ).fetchone()
        return Reply(_unpack(row[0]), row[1], row[2]) if row else None

    def put(self, key: str, task: str, request: Request, reply: Reply) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                task,
                request.model,
                _pack(request.text()),
                _pack(reply.text),
                reply.prompt_tokens,
                reply.completion_tokens,
                time.time(),
            ),
        )

    def request_text(self, key: str) -> str | None:
        """The recorded request as JSON."""
        row = self._db.execute("SELECT request FROM replies WHERE key = ?", (key,)).fetchone()
        return _unpack(row[0]) if row else None

    def keys(self) -> list[str]:
        """All keys, in the order of recording."""
        return [row[0] for row in self._db.execute("SELECT key FROM replies ORDER BY rowid")]

    def counts(self) -> Iterator[tuple[str, str, int]]:
        """(task, model, number of replies)."""
        yield from self._db.execute("SELECT task, model, count(*) FROM replies GROUP BY 1, 2")

    def close(self) -> None:
        self._db.close()


def _use_wal(db: sqlite3.Connection) -> None:
    """Where two processes open a new file at once, SQLite refuses one of them without waiting."""
    for attempt in range(_OPENINGS):
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _OPENINGS - 1:
                raise
            time.sleep(0.05)


def _pack(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def _unpack(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8", "surrogatepass")
