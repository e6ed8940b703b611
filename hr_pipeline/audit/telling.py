"""How passports say things: sections, verdicts, what is missing. Shared by the stories."""

from collections.abc import Callable
from typing import Any, TypeVar

from hr_pipeline.audit.replay import NotRecorded
from hr_pipeline.audit.rows import Found, rows_with
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.lineage import raw_files
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Unanswered
from hr_pipeline.llm.recording import Recording

Row = dict[str, Any]
Told = tuple[str, str, Any]  # title of a section, where its facts stand, the facts
Result = TypeVar("Result")


def where(recording: Recording | None) -> str:
    """Where requests are told from."""
    return recording.database.where if recording else "there is no recording"


def said(tell: Callable[[], Result]) -> Result | None:
    """What is told, or None where the recording does not hold it, or holds no usable answer."""
    try:
        return tell()
    except (NotRecorded, Unanswered):
        return None


def compared(check: str, stored: Row | None, again: Row | None) -> Row:
    """The verdict on a part of a row that was made again."""
    if again is None:
        missing = "a reply is not in the recording, or today's code asks otherwise"
        return {"check": check, "passed": None, "said": [missing]}
    return verdict(check, [name for name, value in (stored or {}).items() if again[name] != value])


def verdict(check: str, problems: list[str]) -> Row:
    return {"check": check, "passed": not problems, "said": problems}


def plain(value: Any) -> Any:
    """As the lake gives it back: lists in place of tuples."""
    if isinstance(value, dict):
        return {name: plain(held) for name, held in value.items()}
    return [plain(held) for held in value] if isinstance(value, list | tuple) else value


def file_story(imported: Found) -> list[Told]:
    """What is known of a row that was imported in a published layout."""
    file = {
        "files (sha256)": raw_files(imported.build),
        "row of the file (from 1)": int(imported.row_id.rpartition("-")[2]),
        "not known": "sources, draws, prompts, requests: the file does not tell them",
    }
    return [("file", "the build's recipe", file)]


def lost_with(lake: Lake, build: Build, begins: str) -> list[Row]:
    """The rows of a build's ledger whose keys begin so."""
    if not build.ledger_version:
        return []
    ledger = f"{build.dataset}_ledger"
    found = rows_with(lake, ledger, build.ledger_version, "key", begins)
    return [{"dataset": build.dataset, **row} for row in found]
