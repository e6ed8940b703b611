"""Builds: what a snapshot was made from, when, by which run, and what it lost on the way."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """All that decides a dataset's content. Equal recipes make equal snapshots.

    `inputs` maps a dataset to its version, or a raw file to its SHA-256.
    """

    code_version: str
    inputs: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    teacher: str | None = None

    def digest(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Build:
    """One making of a snapshot; stored as builds/<build_id>.json."""

    build_id: str
    dataset: str
    version: str
    recipe: Recipe
    recipe_digest: str
    rows: int
    rows_in: int
    rows_lost: int
    lost_by_cause: dict[str, int]
    ledger_version: str | None
    run_id: str
    time: str
    seconds: float
    notice: str = ""
    incomplete: bool = False

    def to_json(self) -> str:
        facts = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False, default=str)
        return facts + "\n"

    @staticmethod
    def from_json(text: str) -> "Build":
        facts = json.loads(text)
        facts["recipe"] = Recipe(**facts["recipe"])
        return Build(**facts)
