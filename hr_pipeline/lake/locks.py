"""One writer at a time, also among processes."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hr_pipeline.lake.errors import InputError


@contextmanager
def lock(folder: Path, seconds: float, busy: InputError) -> Iterator[None]:
    """Hold the folder's lock, which ends with its process; who waits for longer than `seconds` gets
    the error `busy`. Makes the folder; raises InputError where the lake cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = open(folder / ".lock", "w")  # noqa: SIM115 (held until the end of the block)
    except OSError as error:
        what = f"the lake cannot be written ({error.strerror})"
        raise InputError(what, str(folder), "choose --lake DIR") from error
    with handle:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise busy from error
                time.sleep(0.1)
        yield


def is_locked(folder: Path) -> bool:
    """Whether somebody holds the folder's lock now."""
    if not (folder / ".lock").exists():
        return False
    with open(folder / ".lock") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
