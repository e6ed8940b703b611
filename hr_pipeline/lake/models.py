"""Trained models beside the datasets: immutable folders, and the builds that made them.

    <root>/models/<name>/<version>/   weights as safetensors, tokenizer, README.md (its card), ...
    <root>/models/<name>/builds/<build id>.json
    <root>/models/<name>/CURRENT      one JSON line: {"version": ..., "build": ...}
    <root>/models/<name>/.training-<recipe>/   checkpoints of a training that is not over

As a dataset's snapshot, a model appears whole or not at all, and its version is the hash of its
files, so that they hold no clock time.
"""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.lake.synced import sync_folder, write_synced

FOLDER = "models"
LISTING = "_model.json"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")


@dataclass(frozen=True)
class ModelBuild:
    """One training of a model. `recipe.inputs` maps a dataset to its version, and a base model to
    the hash of its weights; `metrics` are rows as models/results has them."""

    build_id: str
    name: str
    version: str
    recipe: Recipe
    recipe_digest: str
    metrics: list[dict[str, Any]]
    run_id: str
    time: str
    seconds: float
    notice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @staticmethod
    def from_json(text: str) -> "ModelBuild":
        facts = json.loads(text)
        facts["recipe"] = Recipe(**facts["recipe"])
        return ModelBuild(**facts)


class ModelStore:
    """The models of a lake."""

    def __init__(self, lake: Lake) -> None:
        self.root = lake.root / FOLDER

    def names(self) -> list[str]:
        """Models that are there, in alphabetical order."""
        return sorted(pointer.parent.name for pointer in self.root.glob("*/CURRENT"))

    def current(self, name: str) -> ModelBuild | None:
        """The newest build that was published whole, or None. Raises InputError."""
        pointer = self._folder(name) / "CURRENT"
        if not pointer.exists():
            return None
        try:
            build_id = json.loads(pointer.read_text())["build"]
            text = (self._folder(name) / "builds" / f"{build_id}.json").read_text()
            return ModelBuild.from_json(text)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("is damaged", str(pointer), "remove it and train again") from error

    def require(self, name: str) -> ModelBuild:
        """As `current`; a model that was never trained is the user's error."""
        if (build := self.current(name)) is None:
            mend = f"run: hr-pipeline train {name}"
            raise InputError("this model has not been trained yet", f"{FOLDER}/{name}", mend)
        return build

    def builds(self, name: str) -> list[ModelBuild]:
        """All trainings of a model, oldest first."""
        paths = sorted((self._folder(name) / "builds").glob("*.json"))
        return [ModelBuild.from_json(path.read_text()) for path in paths]

    def path(self, name: str, version: str | None = None) -> Path:
        """The folder of a version (default: the current one). Raises InputError where it is not."""
        folder = self._folder(name) / (version or self.require(name).version)
        if not _is_whole(folder):
            where = f"{FOLDER}/{name} {folder.name}"
            raise InputError("this version is not in the lake", where, "train it again")
        return folder

    def unchanged(self, name: str, recipe: Recipe) -> ModelBuild | None:
        """The current build, when the same recipe made it and its files are all there."""
        build = self.current(name)
        if build is None or build.recipe_digest != recipe.digest():
            return None
        return build if _is_whole(self._folder(name) / build.version) else None

    def workspace(self, name: str, recipe: Recipe) -> Path:
        """Where this recipe's training keeps checkpoints until it is over; made where it is new."""
        folder = self._folder(name) / f".training-{recipe.digest()}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def publish(
        self,
        name: str,
        made: Path,
        recipe: Recipe,
        *,
        metrics: list[dict[str, Any]],
        run_id: str = "",
        notice: str = "",
        seconds: float = 0.0,
        facts: dict[str, Any] | None = None,
    ) -> ModelBuild:
        """Move the folder `made` into the store, make it current, and drop the workspace."""
        listed = [_described(path, made) for path in sorted(made.rglob("*")) if path.is_file()]
        version = short_hash(*(f"{one['name']} {one['sha256']}" for one in listed), length=16)
        write_synced(made / LISTING, json.dumps({"version": version, "files": listed}, indent=1))
        folder = self._folder(name)
        final = folder / version
        if not _is_whole(final):
            shutil.rmtree(final, ignore_errors=True)
            made.rename(final)
            sync_folder(folder)
        (folder / "builds").mkdir(exist_ok=True)
        now = datetime.now(UTC)
        build = ModelBuild(
            build_id=f"{now:%Y%m%dT%H%M%S%f}-{(run_id or version)[:8]}",
            name=name,
            version=version,
            recipe=recipe,
            recipe_digest=recipe.digest(),
            metrics=metrics,
            run_id=run_id,
            time=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            seconds=round(seconds, 3),
            notice=notice,
            facts=facts or {},
        )
        write_synced(folder / "builds" / f"{build.build_id}.json", build.to_json())
        pointer = json.dumps({"version": version, "build": build.build_id}) + "\n"
        write_synced(folder / "CURRENT", pointer)
        shutil.rmtree(self.workspace(name, recipe))
        return build

    def _folder(self, name: str) -> Path:
        if not NAME.match(name):
            mend = "use small letters, digits, dots and dashes"
            raise InputError("no name for a model", repr(name), mend)
        return self.root / name


def _described(path: Path, folder: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    name = path.relative_to(folder).as_posix()
    return {"name": name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _is_whole(folder: Path) -> bool:
    try:
        files = json.loads((folder / LISTING).read_text())["files"]
        return all((folder / one["name"]).stat().st_size == one["bytes"] for one in files)
    except (OSError, ValueError, KeyError):
        return False
