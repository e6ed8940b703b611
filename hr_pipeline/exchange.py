"""Ways out of and into the lake: released layouts, graph formats, published files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hr_pipeline.graph.export import write_graph
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.rjdb.released import TEACHER, read_released, released_layout

FORMATS = {"rjdb": ("jsonl",), "graph": ("graphml", "networkx")}
IMPORT_VERSION = "1"


def export(lake_root: str, product: str, form: str, out: Path) -> tuple[Path, int]:
    """Write a product into the folder `out`; returns the path and the number of rows (or edges)."""
    if form not in FORMATS[product]:
        raise InputError(f"{product} has no format {form!r}", "--format", f"use {FORMATS[product]}")
    lake = Lake(lake_root)
    if product == "graph":
        names = ("graph/occupations", "graph/skills", "graph/edges")
        tables = {name: lake.table(name) for name in names}
        return write_graph(tables, form, out), tables["graph/edges"].num_rows
    return out, write_released(lake, out)


def write_released(lake: Lake, out: Path) -> int:
    """rjdb/triples as one JSON-lines file per split, in the layout of the published RJDB.

    Files of the template teacher carry its name, so that nobody takes them for a benchmark.
    """
    build = lake.require("rjdb/triples")
    marked = f"{TEMPLATE}-" if build.recipe.teacher == TEMPLATE else ""
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    written = 0
    try:
        for batch in lake.batches("rjdb/triples", build.version):
            for row in batch.to_pylist():
                if row["split"] not in files:
                    path = out / f"{marked}{row['split']}.jsonl.part"
                    files[row["split"]] = open(path, "w", encoding="utf-8")  # noqa: SIM115
                line = json.dumps(released_layout(row, row), ensure_ascii=False)
                files[row["split"]].write(line + "\n")
                written += 1
    finally:
        for file in files.values():
            file.close()
    for file in files.values():
        Path(file.name).replace(file.name.removesuffix(".part"))
    return written


def import_rjdb(lake_root: str, path: Path) -> Iterator[str]:
    """Read a released file into rjdb_released/contexts and rjdb_released/triples; what it lacks is
    null there, and named in the ledger of the triples. Yields lines to print."""
    contexts, triples, ledger, rows_in = read_released(path)
    whole = [context | triple for context, triple in zip(contexts, triples, strict=True)]
    lake = Lake(lake_root)
    recipe = Recipe(IMPORT_VERSION, {path.name: file_sha256(path)}, teacher=TEACHER)
    for dataset, rows, lost in (
        ("rjdb_released/contexts", contexts, Ledger()),
        ("rjdb_released/triples", whole, ledger),
    ):
        table = CONTRACTS[dataset].table([_completed(dataset, row) for row in rows])
        build = lake.write(dataset, [table], recipe, ledger=lost, rows_in=rows_in)
        yield f"{dataset}: {build.rows:,} of {rows_in:,} rows, {lake.path(dataset)}"
    for cause, count in ledger.causes().items():
        yield f"  {cause}: {count:,}"
    yield f"  ledger: {lake.path('rjdb_released/triples_ledger')}"


def _completed(dataset: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with a null in every column that it does not name."""
    return {column.name: row.get(column.name) for column in CONTRACTS[dataset].columns}
