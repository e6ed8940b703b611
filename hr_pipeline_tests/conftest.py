"""Shared by all tests: no test touches the project's own history, and one thread is enough."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
SAMPLE = Path(__file__).parent.parent / "data_lake" / "raw" / "sample"


@pytest.fixture(autouse=True, scope="session")
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Dagster home of the test session's own."""
    home = tmp_path_factory.mktemp("dagster_home")
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["DAGSTER_HOME"]
    else:
        os.environ["DAGSTER_HOME"] = before


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard() -> None:
    """A shell that starts tests in the background has them ignore SIGINT; some send it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
