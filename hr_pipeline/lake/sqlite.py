"""SQLite files that several processes open at once."""

import sqlite3
import time
from pathlib import Path

_OPENINGS = 200  # tries, 0.05 s apart
_BUSY_SECONDS = 30.0


def open_wal(path: Path) -> sqlite3.Connection:
    """The file in WAL mode, made where there is none; usable from any thread, transactions are the
    caller's. Raises sqlite3.Error.

    Where two processes open a new file at once, SQLite refuses one of them without waiting.
    """
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    for attempt in range(_OPENINGS):
        try:
            db.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _OPENINGS - 1:
                raise
            time.sleep(0.05)
    return db
