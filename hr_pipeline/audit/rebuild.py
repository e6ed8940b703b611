"""Making a row again from its passport: by the functions that made it, from the versions that its
build read, with a teacher that answers from the recording alone."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from hr_pipeline.audit.ancestry import input_build, input_reader
from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.rows import Found, ids, row_of, rows_with
from hr_pipeline.audit.single import ALONE
from hr_pipeline.audit.whole import WHOLE
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import context_from_row
from hr_pipeline.rjdb.drawing import ContextDrawer
from hr_pipeline.rjdb.presence import presence_rows
from hr_pipeline.rjdb.sampling import Slot, World, plan_slots
from hr_pipeline.rjdb.tasks.editing import edits
from hr_pipeline.rjdb.tasks.extraction import extractions
from hr_pipeline.rjdb.tasks.ladder import ladders
from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.rjdb.tasks.ties import ties
from hr_pipeline.rjdb.world import read_world, sampling_settings, writing_settings
from hr_pipeline.rjdb.writing import NEAR_DUPLICATE, TripleWriter

Row = dict[str, Any]
TRIPLES = "rjdb/triples"
OF_A_TRIPLE: dict[str, Callable[[Row, Build], Iterator[Row]]] = {
    "rjdb/presence": lambda row, build: iter(presence_rows(row)),
    "rjdb/matching": lambda row, build: pairs([row]),
    "rjdb/extraction": lambda row, build: extractions([row]),
    "rjdb/editing": lambda row, build: edits([row], Ledger()),
    "rjdb/ladder": lambda row, build: ladders([row], Ledger()),
    "rjdb/ties": lambda row, build: ties([row], int(build.recipe.seed or 0), Ledger()),
}


def rebuild(lake: Lake, found: Found, recording: Recording | None = None) -> Row:
    """One row made again; see `Rebuilder` for many."""
    return Rebuilder(lake, recording).row(found)


def differences(found: Found, again: Row) -> list[str]:
    """The columns in which a row made again is not the stored one."""
    return [name for name, value in found.row.items() if again.get(name) != value]


class Rebuilder:
    """Makes rows again one by one, and holds what several of them are made from."""

    def __init__(self, lake: Lake, recording: Recording | None = None) -> None:
        self.lake, self.recording = lake, recording
        self._worlds: dict[str, tuple[World, dict[str, Slot]]] = {}
        self._whole: dict[str, dict[str, Row]] = {}

    @staticmethod
    def knows(dataset: str) -> bool:
        """Whether rows of this dataset are made one by one or with others, and not read from raw
        files or counted."""
        return dataset in {"rjdb/contexts", TRIPLES, *OF_A_TRIPLE, *ALONE, *WHOLE}

    def row(self, found: Found) -> Row:
        """The row made again, as the lake would give it back. Raises InputError: where a reply
        or a version is not there any more, and for rows that are not made but read or counted."""
        made = self._made(found)
        (again,) = CONTRACTS[found.dataset].table([made]).to_pylist()
        return again

    def _made(self, found: Found) -> Row:
        build = found.build
        if found.dataset == "rjdb/contexts":
            return self._context(build, found.row_id)
        if found.dataset == TRIPLES:
            return self._triple(build, found.row_id)
        if found.dataset in OF_A_TRIPLE:
            return self._of_triple(found)
        if found.dataset in ALONE:
            return ALONE[found.dataset](self.lake, found, self.recording)
        if found.dataset not in WHOLE:
            mend = "its build can be made again: hr-pipeline build --force"
            raise InputError("rows of this dataset are read or counted", found.dataset, mend)
        if build.build_id not in self._whole:
            rows = WHOLE[found.dataset](self.lake, build, self.recording)
            table = CONTRACTS[found.dataset].table(list(rows))
            keys = ids(table, CONTRACTS[found.dataset]).to_pylist()
            self._whole[build.build_id] = dict(zip(keys, table.to_pylist(), strict=True))
        return _of_id(self._whole[build.build_id], found)

    def world(self, build: Build, contexts: Build) -> tuple[World, dict[str, Slot]]:
        """World and slots by triple_id, from the inputs of `build` and the sizes of `contexts`."""
        if build.build_id not in self._worlds:
            settings = sampling_settings(contexts.recipe.settings["config"])
            read = input_reader(self.lake, build)
            world = read_world(read, settings, int(build.recipe.seed or 0))
            slots = {slot.triple_id: slot for slot in plan_slots(world)}
            self._worlds[build.build_id] = world, slots
        return self._worlds[build.build_id]

    def _context(self, build: Build, row_id: str) -> Row:
        world, slots = self.world(build, build)
        drawer = ContextDrawer(world, Replay(build, self.recording).engine())
        drawn = asyncio.run(drawer.draw(slots[row_id.rpartition("-")[0]]))
        if drawn.context is None:
            raise InputError(f"all {drawn.attempt + 1} draws of its place failed again", row_id)
        return drawn.row() | {"split_group": world.split_keys[drawn.context.occupation]}

    def _triple(self, build: Build, row_id: str) -> Row:
        """Written from the context that was planned for the place, so that contexts of it which
        failed in writing fail again. Those that repeated another triple are told by the ledger."""
        contexts = input_build(self.lake, build, "rjdb/contexts")
        world, _ = self.world(build, contexts)
        (planned,) = rows_with(
            self.lake, contexts.dataset, contexts.version, "context_id", f"{row_id}-"
        )
        engine = Replay(build, self.recording).engine()
        settings = writing_settings(build.recipe.settings["config"])
        writer = TripleWriter(engine, ContextDrawer(world, engine), settings)
        written = asyncio.run(writer.write(context_from_row(planned)))
        repeating = self._repeating(build, f"{row_id}-")
        while (row := written.row) is not None and row["context_id"] in repeating:
            lost = repeating[row["context_id"]]
            written = asyncio.run(writer.replace(written, row, lost["detail"], lost["raw"]))
        if written.row is None:
            raise InputError(f"all {written.tried} contexts of its place failed again", row_id)
        return written.row

    def _repeating(self, build: Build, begins: str) -> dict[str, Row]:
        """The ledger's near-duplicates among contexts whose ids begin so, by context_id."""
        if build.ledger_version is None:
            return {}
        ledger = f"{build.dataset}_ledger"
        lost = rows_with(self.lake, ledger, build.ledger_version, "key", begins)
        return {row["key"]: row for row in lost if row["cause"] == NEAR_DUPLICATE}

    def _of_triple(self, found: Found) -> Row:
        """A row of a task set, from its triple as the set's build read it."""
        triples = input_build(self.lake, found.build, TRIPLES)
        triple = row_of(self.lake, triples, found.row["triple_id"])
        if triple is None:
            raise InputError("its triple is not in the version it was made from", found.row_id)
        contract = CONTRACTS[found.dataset]
        table = contract.table(list(OF_A_TRIPLE[found.dataset](triple.row, found.build)))
        rows = dict(zip(ids(table, contract).to_pylist(), table.to_pylist(), strict=True))
        return _of_id(rows, found)


def _of_id(rows: dict[str, Row], found: Found) -> Row:
    if found.row_id not in rows:
        raise InputError(f"{found.dataset} made again has no row of this id", found.row_id)
    return rows[found.row_id]
