"""Reads every source before anything is handed on, so that a caller writes nothing on bad input."""

from collections.abc import Callable, Mapping

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import file_sha256
from hr_pipeline.sources.concepts import TAXONOMIES, read_concepts, release_of
from hr_pipeline.sources.dice import read_postings
from hr_pipeline.sources.forms import USED_TOGETHER
from hr_pipeline.sources.names import read_first_names
from hr_pipeline.sources.occupations import read_occupations
from hr_pipeline.sources.recognise import Found, Inputs
from hr_pipeline.sources.source_table import SourceTable

READERS: Mapping[str, tuple[str, Callable[[Found], SourceTable]]] = {
    "sources/postings": ("dice", read_postings),
    "sources/occupations": ("occupations", read_occupations),
    "sources/first_names": ("names", read_first_names),
}  # dataset: the need it serves, and who reads its file


def read_sources(inputs: Inputs) -> dict[str, SourceTable]:
    """The cleaned inputs by dataset; one that was left out, or a taxonomy that is not there, is a
    table without rows.

    InputError: a file that cannot be read, or one without a usable row.
    """
    return {
        dataset: _read(inputs.found[need], reader)
        if need in inputs.found
        else SourceTable(CONTRACTS[dataset].table([]))
        for dataset, (need, reader) in READERS.items()
    } | {"sources/concepts": read_concepts(inputs)}


def input_hashes(inputs: Inputs) -> dict[str, str]:
    """What decides the tables: SHA-256 of each file by need and form, releases of taxonomies. Where
    all files of a need are used, their paths decide too which belong together."""
    hashes = {}
    for need, found in inputs.found.items():
        for file in found.files:
            name = f"{need} {file.shown}" if need in USED_TOGETHER else need
            hashes[f"{name}: {file.form.name}"] = file_sha256(file.path)
    releases = {
        f"{need}: release": release_of(need, inputs[need])
        for need in TAXONOMIES
        if need in inputs.found
    }
    return hashes | releases


def _read(found: Found, reader: Callable[[Found], SourceTable]) -> SourceTable:
    source = reader(found)
    if not source.table.num_rows:
        causes = ", ".join(f"{cause} {n}" for cause, n in source.ledger.causes().items())
        what = f"no row of {source.rows_in} is usable ({causes})"
        raise InputError(what, found.best.shown, "mend the rows or name another file")
    return source
