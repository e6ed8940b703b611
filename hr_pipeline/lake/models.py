"""Trained models beside the datasets: immutable folders, and the builds that made them.

    <root>/models/<name>/<version>/   weights as safetensors, tokenizer, README.md (its card), ...
    <root>/models/<name>/builds/<build id>.json
    <root>/models/<name>/CURRENT      one JSON line: {"version": ..., "build": ...}
    <root>/models/<name>/.training-<recipe>/   checkpoints of a training that is not over

As a dataset's snapshot, a model appears whole or not at all, and its version is the hash of its
files, so that they hold no clock time.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.listing import faults_in, is_whole, listed_files, write_listing
from hr_pipeline.lake.locks import is_locked, lock
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.lake.store import Lake
from hr_pipeline.lake.synced import sync_folder, write_synced

FOLDER = "models"
LISTING = "_model.json"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
WORKSPACE = ".training-"
PICKLED = {".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"}  # may run code when opened


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
        found = {pointer.parent.name for pointer in self.root.glob("*/CURRENT")}
        return sorted(name for name in found if f"{FOLDER}/{name}" not in CONTRACTS)

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
        if not is_whole(folder, LISTING):
            where = f"{FOLDER}/{name} {folder.name}"
            raise InputError("this version is not in the lake", where, "train it again")
        return folder

    def faults(self, name: str) -> list[str]:
        """Files of the current version that are not as they were published, by their hashes."""
        return faults_in(self._folder(name) / self.require(name).version, LISTING, hashed=True)

    def unchanged(self, name: str, recipe: Recipe) -> ModelBuild | None:
        """The current build, when the same recipe made it and its files are all there."""
        build = self.current(name)
        if build is None or build.recipe_digest != recipe.digest():
            return None
        return build if is_whole(self._folder(name) / build.version, LISTING) else None

    def lock(self, name: str) -> AbstractContextManager[None]:
        """One training per model; a second one is told at once. Raises InputError."""
        mend = "wait for it to end, or train under another --name"
        busy = InputError("another process is training this model", f"{FOLDER}/{name}", mend)
        return lock(self._folder(name), 0, busy)

    def workspace(self, name: str, recipe: Recipe) -> Path:
        """Where this recipe's training keeps checkpoints until it is over; made where it is new."""
        folder = self._folder(name) / f"{WORKSPACE}{recipe.digest()}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def workspaces(self, name: str) -> list[Path]:
        """Where trainings are that were not brought to their end, or run now."""
        return sorted(self._folder(name).glob(f"{WORKSPACE}*"))

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
        """Move the folder `made` into the store, make it current, and drop the workspace. Raises
        InputError where it holds a pickle: what others open must not run code."""
        (made / LISTING).unlink(missing_ok=True)
        _let_read(made)
        listed = listed_files(made)
        if pickled := [one["name"] for one in listed if Path(one["name"]).suffix in PICKLED]:
            mend = "keep weights as safetensors"
            raise InputError(f"{', '.join(pickled)} may run code", f"{FOLDER}/{name}", mend)
        version = short_hash(*(f"{one['name']} {one['sha256']}" for one in listed), length=16)
        write_listing(made, LISTING, {"version": version, "files": listed})
        folder = self._folder(name)
        final = folder / version
        if not is_whole(final, LISTING):
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

    # -- garbage ---------------------------------------------------------------------------

    def collect_garbage(self, keep: int) -> list[Path]:
        """Remove versions that neither CURRENT nor the newest `keep` builds of a model name, and
        that no kept build stands on; and what older trainings left when they were broken off."""
        used = set(self.inputs(keep))
        removed = []
        for name in self.names():
            if is_locked(self._folder(name)):
                continue
            kept = {build.version for build in self._newest(name, keep)}
            kept |= {version for model, version in used if model == f"{FOLDER}/{name}"}
            versions = [path.parent for path in self._folder(name).glob(f"*/{LISTING}")]
            published = (self._folder(name) / "CURRENT").stat().st_mtime
            old = [path for path in versions if path.name not in kept]
            old += [p for p in self.workspaces(name) if p.stat().st_mtime < published]
            for path in sorted(old):
                shutil.rmtree(path)
                removed.append(path)
        return removed

    def inputs(self, keep: int) -> Iterator[tuple[str, str]]:
        """(dataset or models/..., version) that the current and the newest `keep` builds of every
        model were made from."""
        for name in self.names():
            for build in self._newest(name, keep):
                yield from build.recipe.inputs.items()

    def _newest(self, name: str, keep: int) -> list[ModelBuild]:
        return [*self.builds(name)[-max(keep, 1) :], self.require(name)]

    def _folder(self, name: str) -> Path:
        if not NAME.match(name) or f"{FOLDER}/{name}" in CONTRACTS:
            mend = "use small letters, digits, dots and dashes, and no dataset's name"
            raise InputError("no name for a model", repr(name), mend)
        return self.root / name


def _let_read(made: Path) -> None:
    """Who may open the folder may read its files: libraries write weights for their owner alone."""
    for path in (path for path in made.rglob("*") if path.is_file()):
        path.chmod(made.stat().st_mode & 0o666)
