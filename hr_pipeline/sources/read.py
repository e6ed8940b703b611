"""Reads every source before anything is handed on, so that a caller writes nothing on bad input."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources import dice, names, occupations
from hr_pipeline.sources.recognise import Found, Inputs, find_inputs
from hr_pipeline.sources.source_table import SourceTable


@dataclass(frozen=True)
class Sources:
    """The cleaned inputs; one that was left out is a table without rows."""

    inputs: Inputs
    postings: SourceTable
    occupations: SourceTable
    first_names: SourceTable


def read_sources(
    raw: Path,
    overrides: Mapping[str, Path] | None = None,
    without: Collection[str] = frozenset(),
) -> Sources:
    """All needed inputs of a folder. InputError: as find_inputs, or a file without a usable row."""
    inputs = find_inputs(raw, overrides, without)
    return Sources(
        inputs,
        _read(inputs, "dice", dice.read_postings, dice.FIELDS),
        _read(inputs, "occupations", occupations.read_occupations, occupations.FIELDS),
        _read(inputs, "names", names.read_first_names, names.FIELDS),
    )


def _read(
    inputs: Inputs, need: str, reader: Callable[[Found], SourceTable], fields: pa.Schema
) -> SourceTable:
    if need not in inputs.found:
        return SourceTable(pa.table([[]] * len(fields), schema=fields))
    found = inputs[need]
    source = reader(found)
    if not source.table.num_rows:
        causes = ", ".join(f"{cause} {n}" for cause, n in source.ledger.causes().items())
        what = f"no row of {source.rows_in} is usable ({causes})"
        raise InputError(what, found.shown, "mend the rows or name another file")
    return source
