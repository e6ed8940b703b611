"""The files of the folder with the raw data."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath


def files_below(raw: Path, extensions: Collection[str]) -> Iterator[Path]:
    """Files with one of these extensions (small letters), in the order of their paths; hidden ones
    are skipped, and folders that links lead to twice are read once."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(raw, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in extensions:
                yield Path(folder, name)


def shown_in(raw: Path, path: Path) -> str:
    """A file's name for people: below the raw folder, or as it is."""
    return path.relative_to(raw).as_posix() if path.is_relative_to(raw) else str(path)


def of_the_sample(shown: str) -> bool:
    """Whether a file lies in a folder named `sample`."""
    return any(folder.casefold() == "sample" for folder in PurePath(shown).parts[:-1])
