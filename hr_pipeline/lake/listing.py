"""Folders that are whole or not: a listing of their files, written last, says which."""

import json
import os
from pathlib import Path
from typing import Any

from hr_pipeline.lake.store import file_sha256
from hr_pipeline.lake.synced import sync_folder, write_synced


def listed_files(folder: Path) -> list[dict[str, Any]]:
    """{name, bytes, sha256} of every file below the folder, by name; all are synced to the disk."""
    return [_described(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]


def write_listing(folder: Path, name: str, facts: dict[str, Any]) -> None:
    """Say that the folder is whole: `facts`, which hold its "files", as the file `name` in it."""
    for inner in (path for path in folder.rglob("*") if path.is_dir()):
        sync_folder(inner)
    sync_folder(folder.parent)
    write_synced(folder / name, json.dumps(facts, indent=1) + "\n")


def is_whole(folder: Path, name: str, hashed: bool = False) -> bool:
    """Whether `faults_in` finds none."""
    return not faults_in(folder, name, hashed)


def faults_in(folder: Path, name: str, hashed: bool = False) -> list[str]:
    """What is not as the listing `name` tells: files that are gone or of another length; with
    `hashed`, also those of other bytes. A listing that cannot be read is one fault."""
    try:
        listed = json.loads((folder / name).read_text("utf-8"))["files"]
        return [one["name"] for one in listed if not _is_there(folder, one, hashed)]
    except (OSError, ValueError, KeyError, TypeError):
        return [name]


def _is_there(folder: Path, one: dict[str, Any], hashed: bool) -> bool:
    path = folder / one["name"]
    if not path.is_file() or path.stat().st_size != one["bytes"]:
        return False
    return not hashed or file_sha256(path) == one["sha256"]


def _described(path: Path, folder: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    name = path.relative_to(folder).as_posix()
    return {"name": name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
