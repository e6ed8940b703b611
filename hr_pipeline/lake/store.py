"""The lake: immutable snapshots of Parquet parts, and the builds that made them.

    <root>/<product>/<dataset>/<version>/part-00000.parquet ...  and _snapshot.json
    <root>/<product>/<dataset>/builds/<build id>.json
    <root>/<product>/<dataset>/CURRENT          one JSON line: {"version": ..., "build": ...}

A snapshot is written under a temporary name, synced and renamed; CURRENT is replaced last. A reader
sees the old snapshot or the new one, whole. This is the only module that touches the lake's paths.
"""

import glob
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.content import ContentHash
from hr_pipeline.lake.contracts import Contract
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.locks import lock
from hr_pipeline.lake.synced import sync_folder, write_synced

GROUPS_PER_PART = 8
BATCH_ROWS = 1_024  # read at once
LOCK_SECONDS = 30.0


class Lake:
    """Reads and writes the datasets below `root`."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @property
    def recording_path(self) -> Path:
        """Where the teachers' requests and replies are kept."""
        return self.root / "recording.sqlite"

    @property
    def vectors_path(self) -> Path:
        """Where vectors of texts are kept, by model and text."""
        return self.root / "vectors.sqlite"

    # -- reading ---------------------------------------------------------------------------

    def current(self, dataset: str, run_id: str = "") -> Build | None:
        """The build that `run_id` made of this dataset, else the current one, else None."""
        builds = self._folder(dataset) / "builds"
        if run_id:
            for path in sorted(builds.glob(f"*-{glob.escape(run_id[:8])}.json"), reverse=True):
                build = Build.from_json(path.read_text())
                if build.run_id == run_id:
                    return build
        pointer = self._folder(dataset) / "CURRENT"
        if not pointer.exists():
            return None
        try:
            build_id = json.loads(pointer.read_text())["build"]
            return Build.from_json((builds / f"{build_id}.json").read_text())
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("is damaged", str(pointer), "remove it and build again") from error

    def require(self, dataset: str, run_id: str = "") -> Build:
        """As `current`, but a dataset that was never made is the user's error."""
        build = self.current(dataset, run_id)
        if build is None:
            product, released, _ = dataset.partition("/")[0].partition("_released")
            made_by = f"import {product} FILE" if released else f"build {product}"
            mend = f"run: hr-pipeline {made_by}"
            raise InputError("this dataset has not been made yet", dataset, mend)
        return build

    def builds(self, dataset: str) -> list[Build]:
        """All makings of a dataset, oldest first."""
        paths = sorted((self._folder(dataset) / "builds").glob("*.json"))
        return [Build.from_json(path.read_text()) for path in paths]

    def path(self, dataset: str, version: str | None = None) -> Path:
        """The folder of Parquet parts of a version (default: the current one)."""
        return self._folder(dataset) / (version or self.require(dataset).version)

    def parts(self, dataset: str, version: str | None = None) -> list[Path]:
        """The Parquet files of a version, in row order; a version that is not there is an error."""
        folder = self.path(dataset, version)
        parts = sorted(folder.glob("part-*.parquet"))
        if not parts:
            raise InputError(
                "this version is not in the lake", f"{dataset} {folder.name}", "build it again"
            )
        return parts

    def snapshot(self, dataset: str, version: str) -> dict[str, Any]:
        """What _snapshot.json says of a version: its parts with rows, bytes and SHA-256."""
        return json.loads((self.path(dataset, version) / "_snapshot.json").read_text())

    def batches(
        self, dataset: str, version: str | None = None, columns: list[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Record batches in row order; memory holds one row group."""
        for part in self.parts(dataset, version):
            yield from pq.ParquetFile(part).iter_batches(batch_size=BATCH_ROWS, columns=columns)

    def rows(
        self, dataset: str, version: str | None = None, columns: list[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Rows one by one, in order; memory holds one row group."""
        for batch in self.batches(dataset, version, columns):
            yield from batch.to_pylist()

    def table(
        self, dataset: str, version: str | None = None, columns: list[str] | None = None
    ) -> pa.Table:
        """The whole dataset in memory."""
        parts = self.parts(dataset, version)
        return pa.concat_tables(pq.ParquetFile(p).read(columns=columns) for p in parts)

    def datasets(self) -> list[str]:
        """All datasets that have a current snapshot, in alphabetical order."""
        found = self.root.glob("*/*/CURRENT")
        names = {f"{p.parent.parent.name}/{p.parent.name}" for p in found}
        return sorted(names & CONTRACTS.keys())

    # -- writing ---------------------------------------------------------------------------

    def unchanged(self, dataset: str, recipe: Recipe) -> Build | None:
        """The current build, when the same recipe made it and its parts are all there; None where
        another making may win rows that it lost."""
        build = self.current(dataset)
        if build is None or build.incomplete or build.recipe_digest != recipe.digest():
            return None
        folders = [self.path(dataset, build.version)]
        if build.ledger_version:
            folders.append(self.path(f"{dataset}_ledger", build.ledger_version))
        return build if all(map(_is_whole, folders)) else None

    def write(
        self,
        dataset: str,
        tables: Iterable[pa.Table],
        recipe: Recipe,
        *,
        ledger: Ledger | None = None,
        rows_in: int | Callable[[], int] | None = None,
        run_id: str = "",
        notice: str = "",
        started: float | None = None,
        incomplete: Callable[[], bool] = lambda: False,
    ) -> Build:
        """Write a snapshot from tables in row order, with its ledger, and make it current.

        The ledger may be filled while `tables` is consumed, so `rows_in` may be a function, called
        when all are; None means rows + lost rows. `incomplete` says then whether another making may
        win rows that this one lost. Raises ContractBroken.
        """
        started = time.monotonic() if started is None else started
        with self._lock(dataset):
            version, rows = self._write_snapshot(dataset, tables, notice)
            lost = ledger.lost_rows() if ledger else 0
            causes = ledger.causes() if ledger else {}
            ledger_version = self._write_ledger(dataset, ledger) if ledger is not None else None
            build = Build(
                build_id=f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{(run_id or uuid.uuid4().hex)[:8]}",
                dataset=dataset,
                version=version,
                recipe=recipe,
                recipe_digest=recipe.digest(),
                rows=rows,
                rows_in=_rows_in(rows_in, rows + lost),
                rows_lost=lost,
                lost_by_cause=causes,
                ledger_version=ledger_version,
                run_id=run_id,
                time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                seconds=round(time.monotonic() - started, 3),
                notice=notice,
                incomplete=incomplete(),
            )
            self._publish(build)
        return build

    def _write_ledger(self, dataset: str, ledger: Ledger) -> str:
        name = f"{dataset}_ledger"
        build = self.write(name, [ledger.table()], Recipe(code_version="ledger"))
        return build.version

    def _write_snapshot(
        self, dataset: str, tables: Iterable[pa.Table], notice: str
    ) -> tuple[str, int]:
        folder = self._folder(dataset)
        for leftover in folder.glob(".writing-*"):
            shutil.rmtree(leftover)
        writing = folder / f".writing-{uuid.uuid4().hex}"
        writing.mkdir(parents=True)
        try:
            version, snapshot = _write_parts(writing, CONTRACTS[dataset], tables, notice)
            write_synced(writing / "_snapshot.json", json.dumps(snapshot, indent=1) + "\n")
            final = folder / version
            if _is_whole(final):
                shutil.rmtree(writing)
            else:
                shutil.rmtree(final, ignore_errors=True)
                writing.rename(final)
                sync_folder(folder)
        except BaseException:
            shutil.rmtree(writing, ignore_errors=True)
            raise
        return version, snapshot["rows"]

    def _publish(self, build: Build) -> None:
        folder = self._folder(build.dataset)
        (folder / "builds").mkdir(exist_ok=True)
        write_synced(folder / "builds" / f"{build.build_id}.json", build.to_json())
        pointer = json.dumps({"version": build.version, "build": build.build_id}) + "\n"
        write_synced(folder / "CURRENT", pointer)

    def place(self, dataset: str, name: str, text: str) -> Path:
        """Keep a page of the current snapshot as a file that people open, beside CURRENT."""
        path = self._folder(dataset) / name
        write_synced(path, text)
        return path.resolve()

    def write_plan(self, text: str) -> None:
        """Keep what was planned (JSON), each time in a file of its own."""
        folder = self.root / "plans"
        folder.mkdir(parents=True, exist_ok=True)
        write_synced(folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json", text)

    def plans(self) -> Iterator[str]:
        """All that was planned, newest first."""
        for path in sorted((self.root / "plans").glob("*.json"), reverse=True):
            yield path.read_text(encoding="utf-8")

    def collect_garbage(self, keep: int, also: Iterable[tuple[str, str]] = ()) -> list[Path]:
        """Remove snapshots that neither CURRENT nor the newest `keep` builds of a dataset name,
        that none of these builds was made from, and that are not (dataset, version) of `also`."""
        used = set(also) | {
            (name, version)
            for dataset in self.datasets()
            for build in self._newest(dataset, keep)
            for name, version in build.recipe.inputs.items()
        }
        removed = []
        for dataset in self.datasets():
            with self._lock(dataset):
                folder = self._folder(dataset)
                kept = {build.version for build in self._newest(dataset, keep)}
                kept |= {version for name, version in used if name == dataset}
                if dataset.endswith("_ledger"):
                    owners = self._newest(dataset.removesuffix("_ledger"), keep)
                    kept |= {build.ledger_version or "" for build in owners}
                for snapshot in sorted(folder.glob("*/_snapshot.json")):
                    if snapshot.parent.name not in kept:
                        shutil.rmtree(snapshot.parent)
                        removed.append(snapshot.parent)
        return removed

    def _newest(self, dataset: str, keep: int) -> list[Build]:
        """The current build and the newest `keep` ones."""
        current = self.current(dataset)
        return self.builds(dataset)[-max(keep, 1) :] + ([current] if current else [])

    # -- paths and locks -------------------------------------------------------------------

    def _folder(self, dataset: str) -> Path:
        if dataset not in CONTRACTS:
            known = ", ".join(name for name in CONTRACTS if not name.endswith("_ledger"))
            raise InputError("there is no such dataset", dataset, f"the datasets are: {known}")
        return self.root / dataset

    def _lock(self, dataset: str) -> AbstractContextManager[None]:
        """One writer per dataset; another waits, then fails clearly."""
        busy = InputError("another run is writing this dataset", dataset, "wait for it to end")
        return lock(self._folder(dataset), LOCK_SECONDS, busy)


def _write_parts(
    folder: Path, contract: Contract, tables: Iterable[pa.Table], notice: str
) -> tuple[str, dict[str, Any]]:
    """Write the parts; boundaries depend on row numbers alone. Gives version and _snapshot.json."""
    schema = contract.schema(notice)
    content = ContentHash(schema)
    keys: list[np.ndarray] = []
    rows, number, writer = 0, 0, None
    try:
        for group in _regroup((contract.conform(t, schema) for t in tables), contract, schema):
            if writer is None:
                writer = pq.ParquetWriter(_part(folder, number), schema, compression="zstd")
            content.feed(group)
            writer.write_table(group, row_group_size=contract.rows_per_group)
            rows += group.num_rows
            if contract.key:
                keys.append(contract.key_hashes(group))
            if rows % (contract.rows_per_group * GROUPS_PER_PART) == 0:
                writer.close()
                writer, number = None, number + 1
    finally:
        if writer is not None:
            writer.close()
    contract.require_unique(keys)
    parts = [_describe(path) for path in sorted(folder.glob("part-*.parquet"))]
    snapshot = {
        "dataset": contract.dataset,
        "version": content.version(),
        "rows": rows,
        "bytes": sum(part["bytes"] for part in parts),
        "schema": [
            {"name": c.name, "type": str(c.type), "description": c.description, "unit": c.unit}
            for c in contract.columns
        ],
        "notice": notice,
        "parts": parts,
    }
    return content.version(), snapshot


def _regroup(
    tables: Iterable[pa.Table], contract: Contract, schema: pa.Schema
) -> Iterator[pa.Table]:
    """The same rows in tables of exactly one row group each (the last may be shorter)."""
    size, waiting, held = contract.rows_per_group, [], 0
    empty = True
    for table in tables:
        waiting.append(table)
        held += table.num_rows
        while held >= size:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, size).combine_chunks()
            empty = False
            waiting, held = [joined.slice(size)], held - size
    if held or empty:
        yield pa.concat_tables(waiting).combine_chunks() if waiting else schema.empty_table()


def _rows_in(given: int | Callable[[], int] | None, accounted: int) -> int:
    if given is None:
        return accounted
    return given() if callable(given) else given


def _part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.parquet"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(folder: Path) -> bool:
    """Whether all parts of a snapshot are there in full length."""
    try:
        parts = json.loads((folder / "_snapshot.json").read_text())["parts"]
        return all((folder / part["name"]).stat().st_size == part["bytes"] for part in parts)
    except OSError:
        return False


def _describe(path: Path) -> dict[str, Any]:
    with open(path, "rb") as part:
        os.fsync(part.fileno())
    sha256 = file_sha256(path)
    rows = pq.ParquetFile(path).metadata.num_rows
    return {"name": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": sha256}
