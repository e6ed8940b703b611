"""The release as a folder that `datasets.load_dataset` reads, with its cards.

README.md  DATASHEET.md  croissant.json
data/<config>/<split>-00000-of-0000N.parquet     (template-<split>-... of the template teacher)
"""

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.quality.cards.cards import CROISSANT, DATASHEET, README, as_json
from hr_pipeline.quality.cards.croissant import Published, described_files
from hr_pipeline.quality.cards.readme import file_stem
from hr_pipeline.quality.cards.wanted import CONFIGS

DATA = "data"
GROUPS_A_FILE = 32


def write_release(lake: Lake, out: Path) -> int:
    """Write the release into the folder `out`, which must be new, empty or an earlier release;
    returns the number of rows. It appears whole or not at all; memory holds a row group per split.

    InputError: other content in `out`; cards that were not made from the current snapshots.
    """
    cards = lake.require("quality/cards")
    builds = _current(lake, cards)
    out = out.resolve()  # `.` has no name, and a link is not what is to be replaced
    _may_be_replaced(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    writing = out.with_name(f".{out.name}-{uuid.uuid4().hex}")
    try:
        files = [file for name in CONFIGS for file in _write_config(lake, builds[name], writing)]
        for card in lake.table("quality/cards", cards.version).to_pylist():
            content = card["content"]
            if card["name"] == CROISSANT:
                content = _described(content, files, builds["triples"])
            (writing / card["name"]).write_text(content, encoding="utf-8")
        _replace(out, writing)
    except BaseException:
        shutil.rmtree(writing, ignore_errors=True)
        raise
    return sum(build.rows for build in builds.values())


def _current(lake: Lake, cards: Build) -> dict[str, Build]:
    """The current builds by config; they must be those that the cards speak of."""
    builds = {name: lake.require(f"rjdb/{name}") for name in CONFIGS}
    for build in builds.values():
        if cards.recipe.inputs.get(build.dataset) != build.version:
            raise InputError(
                f"the cards are of another version of {build.dataset}",
                "quality/cards",
                "run: hr-pipeline build quality/cards",
            )
    return builds


def _may_be_replaced(out: Path) -> None:
    if out.is_dir():
        found = {path.name for path in out.iterdir()}
        if not found or (found <= {README, DATASHEET, CROISSANT, DATA} and CROISSANT in found):
            return
    elif not out.exists():
        return
    raise InputError("holds something else", str(out), "name a new or empty folder for --out")


def _replace(out: Path, writing: Path) -> None:
    """Put the new folder in place; an earlier release is moved aside first, then removed."""
    old = out.with_name(f".{out.name}-{uuid.uuid4().hex}")
    if out.exists():
        out.rename(old)
    writing.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _described(text: str, files: list[Published], triples: Build) -> str:
    """The Croissant file with the files of this folder in place of the lake's parts."""
    described: dict[str, Any] = json.loads(text) | described_files(files)
    described["dateCreated"] = described["datePublished"] = triples.time[:10]
    return as_json(described)


def _write_config(lake: Lake, build: Build, folder: Path) -> Iterator[Published]:
    """Write the rows of a config, each split into files of its own, in row order."""
    contract = CONTRACTS[build.dataset]
    config = build.dataset.partition("/")[2]
    (folder / DATA / config).mkdir(parents=True)
    splits: dict[str, _Split] = {}
    try:
        for batch in lake.batches(build.dataset, build.version):
            table = pa.Table.from_batches([batch])
            for split in pc.unique(table.column("split")).to_pylist():
                if split not in splits:
                    stem = folder / DATA / config / file_stem(split, build.notice)
                    splits[split] = _Split(stem, table.schema, contract.rows_per_group)
                splits[split].add(table.filter(pc.equal(table.column("split"), split)))
    finally:
        for split in splits.values():
            split.close()
    for _, split in sorted(splits.items()):
        for path in split.named():
            name = path.relative_to(folder).as_posix()
            yield Published(config, name, file_sha256(path), path.stat().st_size)


class _Split:
    """The files of a split: whole row groups, GROUPS_A_FILE of them in each."""

    def __init__(self, stem: Path, schema: pa.Schema, rows_per_group: int) -> None:
        self._stem, self._schema, self._size = stem, schema, rows_per_group
        self._waiting = schema.empty_table()
        self._paths: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._groups = 0

    def add(self, table: pa.Table) -> None:
        self._waiting = pa.concat_tables([self._waiting, table])
        while self._waiting.num_rows >= self._size:
            self._write(self._waiting.slice(0, self._size))
            self._waiting = self._waiting.slice(self._size)

    def close(self) -> None:
        """Write what waits, and end the last file."""
        if self._waiting.num_rows:
            self._write(self._waiting)
        self._waiting = self._schema.empty_table()
        if self._writer is not None:
            self._writer.close()

    def named(self) -> Iterator[Path]:
        """The files under their final names, which tell how many there are."""
        for number, path in enumerate(self._paths):
            name = f"{self._stem.name}-{number:05d}-of-{len(self._paths):05d}.parquet"
            yield path.rename(path.with_name(name))

    def _write(self, group: pa.Table) -> None:
        if self._writer is None or self._groups == GROUPS_A_FILE:
            if self._writer is not None:
                self._writer.close()
            path = self._stem.with_name(f"{self._stem.name}-{len(self._paths):05d}.part")
            self._paths.append(path)
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
            self._groups = 0
        self._writer.write_table(group.combine_chunks(), row_group_size=self._size)
        self._groups += 1
