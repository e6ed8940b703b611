"""Small files that a power cut leaves as they were or as they are to be."""

import os
import uuid
from pathlib import Path


def write_synced(path: Path, text: str) -> None:
    """Replace a small file as a whole: temporary name, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
