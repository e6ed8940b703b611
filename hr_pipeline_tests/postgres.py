"""A PostgreSQL server of the test session's own, from the programs that are installed."""

import atexit
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

PASSWORD = "s3cret-p@ss/word"  # with characters that a URL must escape
ESCAPED = "s3cret-p%40ss%2Fword"


class PostgresServer:
    """Over the local socket everybody may come in, over TCP only with the password."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="hr-postgres-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self.folder, password):
                shutil.chown(path, "postgres", "postgres")
        options = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}")
        self._run("initdb", "-U", "tester", "-E", "UTF8", "--no-sync", "--locale=C", *options)
        self.start()

    def start(self) -> None:
        settings = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "--wait", "--silent", "-l", log, "-o", settings)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--wait", "--silent", "-m", "immediate")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def new_database(self) -> str:
        """The URL of an empty one."""
        name = f"d{secrets.token_hex(6)}"
        self.admin(f"CREATE DATABASE {name}")
        return f"postgresql://tester:{ESCAPED}@127.0.0.1:{self.port}/{name}"

    def disconnect_everybody(self) -> None:
        self.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    def admin(self, sql: str) -> None:
        import psycopg

        url = f"postgresql://tester@/postgres?host={self.folder}&port={self.port}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def _run(self, program: str, *options: str) -> None:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *options]
        whole = [*(as_user if os.geteuid() == 0 else ()), *command]
        done = subprocess.run(
            whole, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.folder
        )
        assert done.returncode == 0, f"{program}: {done.stderr or done.stdout}"


def why_not() -> str:
    """Why no server can be started here; "" where one can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return 'psycopg is not installed (pip install "hr-pipeline[postgres]")'
    if not programs():
        return "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0:  # it refuses to run as root
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            return "we are root, and there is no user postgres to run PostgreSQL as"
        if not shutil.which("setpriv"):
            return "we are root, and there is no setpriv to run PostgreSQL as another user"
    return ""


def programs() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if not found and on_path:
        return Path(on_path).resolve().parent
    return found[-1].parent if found else None


def _version(initdb: Path) -> float:
    return float(initdb.parts[-3])


@cache
def running() -> PostgresServer:
    """The one server of all tests, started by the first; skips the test where none can be."""
    folder = programs()
    if (reason := why_not()) or folder is None:
        pytest.skip(reason)
    server = PostgresServer(folder)
    atexit.register(server.remove)
    return server


def place(kind: str, folder: Path) -> Path | str:
    """Where a new recording can be opened, by the name of the database."""
    return running().new_database() if kind == "postgresql" else folder / "new" / "r.sqlite"


KINDS = ("sqlite", "postgresql")
