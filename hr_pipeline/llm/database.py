"""One door to SQLite and PostgreSQL: plain SQL with "?" for values, from any thread."""

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.sqlite import open_wal

Result = TypeVar("Result")
Thing = TypeVar("Thing")
Values = Sequence[Any]

SCHEMES = ("postgresql://", "postgres://")
_REOPENING_SECONDS = 20.0
_CREATION = 7_271_002_119_440_218  # names the advisory lock under which tables are made


def open_database(where: Path | str) -> "Database":
    """An SQLite file, made where there is none, or the PostgreSQL database behind a URL.

    InputError where it cannot be opened; a password is never repeated.
    """
    if isinstance(where, str) and where.startswith(SCHEMES):
        return PostgreSQL(where)
    if isinstance(where, str) and "://" in where:
        mend = "give a file, or a URL that begins with postgresql://"
        raise InputError("no database of this kind is known", "the recording", mend)
    return SQLite(Path(where))


class Database(ABC):
    """Statements are run one at a time, and are durable when their call returns; inside
    `transaction()` all of them or none. InputError where the database fails.

    Column types have PostgreSQL's names; SQLite takes them as they are.
    """

    dialect: str
    where: str  # for messages; without user and password

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._inside = False  # a transaction

    def execute(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; [] for other statements."""
        with self._lock:
            return self._surely(lambda: self._run(sql, values))

    def execute_many(self, sql: str, rows: Sequence[Values]) -> int:
        """One statement for all rows, all or nothing; returns how many rows it changed."""
        with self._lock:
            return self._surely(lambda: self._run_many(sql, rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is executed inside happens as a whole; one within another is part of it."""
        with self._lock:
            if self._inside:
                yield
                return
            self.execute(self._begin)
            self._inside = True
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._inside = False

    @abstractmethod
    def create(self, *statements: str) -> None:
        """CREATE ... IF NOT EXISTS, also where several processes start at the same moment."""

    @abstractmethod
    def close(self) -> None: ...

    _begin: str

    @abstractmethod
    def _surely(self, work: Callable[[], Result]) -> Result:
        """Run it with the driver's errors said in one line."""

    @abstractmethod
    def _run(self, sql: str, values: Values) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def _run_many(self, sql: str, rows: Sequence[Values]) -> int: ...

    @abstractmethod
    def _roll_back(self) -> None:
        """Also where the transaction, or the connection, is already gone."""


class SQLite(Database):
    """A file in WAL mode, open to several processes of one machine.

    synchronous=FULL: what is committed survives a power cut, not only a killed process.
    """

    dialect = "sqlite"
    _begin = "BEGIN IMMEDIATE"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.where = str(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = open_wal(path)
            self._db.execute("PRAGMA synchronous=FULL")
        except (OSError, sqlite3.Error) as error:
            reason = f"the recording cannot be opened ({error})"
            raise InputError(reason, self.where, "choose another --lake DIR") from error

    def create(self, *statements: str) -> None:
        with self.transaction():
            for statement in statements:
                self.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _surely(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except sqlite3.Error as error:
            reason = f"the recording cannot be read or written ({error})"
            mend = "what was committed is kept; mend the cause and run again"
            raise InputError(reason, self.where, mend) from error

    def _run(self, sql: str, values: Values) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def _run_many(self, sql: str, rows: Sequence[Values]) -> int:
        with self.transaction():
            return self._db.executemany(sql, rows).rowcount

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


class PostgreSQL(Database):
    """A server that several machines share.

    A connection that is lost between statements is opened again, and the statement run again, once:
    so statements outside transactions are written to bear a second run.
    """

    dialect = "postgresql"
    _begin = "BEGIN"

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            import psycopg
        except ImportError:
            mend = 'run: pip install "hr-pipeline[postgres]"'
            raise InputError("a recording in PostgreSQL needs psycopg", mend=mend) from None
        self._psycopg = psycopg
        self._settings = _settings(url)
        self.where = _without_secrets(self._settings)
        try:
            self._db = self._connect()
        except psycopg.Error as error:
            raise self._said(error, "opened", "check the URL and that the server runs") from None

    def create(self, *statements: str) -> None:
        with self.transaction():
            self.execute("SELECT pg_advisory_xact_lock(?)", (_CREATION,))
            for statement in statements:
                self.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _connect(self) -> Any:
        # No prepared statements: poolers in front of a server may not keep them.
        return self._psycopg.connect(**self._settings, autocommit=True, prepare_threshold=None)

    def _surely(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except self._psycopg.Error as error:
            if self._inside or not self._db.closed:
                raise self._said(error) from None
        try:
            self._reopen()
            return work()
        except self._psycopg.Error as error:
            raise self._said(error) from None

    def _reopen(self) -> None:
        from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

        again = Retrying(
            retry=retry_if_exception_type(self._psycopg.OperationalError),
            stop=stop_after_delay(_REOPENING_SECONDS),
            wait=wait_exponential(0.1, max=3),
            reraise=True,
        )
        self._db = again(self._connect)

    def _said(
        self,
        error: Exception,
        done: str = "read or written",
        mend: str = "what was committed is kept; mend the cause and run again",
    ) -> InputError:
        reason = str(error) or type(error).__name__
        if secret := self._settings.get("password"):
            reason = reason.replace(str(secret), "***")
        return InputError(f"the recording cannot be {done} ({reason})", self.where, mend)

    def _run(self, sql: str, values: Values) -> list[tuple[Any, ...]]:
        cursor = self._db.cursor(binary=True)
        cursor.execute(_with_percents(sql), values or None)
        return cursor.fetchall() if cursor.description else []

    def _run_many(self, sql: str, rows: Sequence[Values]) -> int:
        with self._db.transaction():
            cursor = self._db.cursor()
            cursor.executemany(_with_percents(sql), rows)
        return int(cursor.rowcount)

    def _roll_back(self) -> None:
        if not self._db.closed:
            self._db.rollback()


def groups(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """At most so many at a time: a statement takes a limited number of values."""
    rest = iter(things)
    while group := list(islice(rest, size)):
        yield group


def _with_percents(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def _settings(url: str) -> dict[str, Any]:
    """A URL in parts. One that is not understood is not repeated: it may hold a password, of which
    an unescaped "@" or "/" makes a part of the host, the port or the name."""
    import psycopg

    try:
        parts: dict[str, Any] = dict(psycopg.conninfo.conninfo_to_dict(url))
        port = str(parts.get("port") or "0").replace(",", "")
        understood = port.isdecimal() and not any("@" in str(parts.get(n)) for n in _NAMES)
    except psycopg.Error:
        understood = False
    if not understood:
        mend = (
            "write postgresql://USER:PASSWORD@HOST:5432/NAME, and special characters of the"
            " password in percent code, for example %40 for @"
        )
        raise InputError("the URL cannot be read", "the recording", mend) from None
    parts.setdefault("connect_timeout", 10)  # seconds
    parts.setdefault("tcp_user_timeout", 60_000)  # milliseconds without a sign of life
    return parts | {"client_encoding": "utf8"}


_NAMES = ("host", "dbname")


def _without_secrets(settings: dict[str, Any]) -> str:
    host, port = settings.get("host") or "", settings.get("port")
    return f"postgresql://{host}{f':{port}' if port else ''}/{settings.get('dbname') or ''}"
