"""Ways out of and into the lake: released layouts, graph formats, published files."""

import json
from pathlib import Path
from typing import Any

from hr_pipeline.graph.export import write_graph
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.contracts import ContractBroken
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.llm.template import NOT_A_BENCHMARK, TEMPLATE
from hr_pipeline.quality.cards.export import write_release
from hr_pipeline.rjdb.released import TEACHER, read_released, released_layout

FORMATS = {"rjdb": ("jsonl", "hf"), "graph": ("graphml", "networkx")}
IMPORT_VERSION = "2"


def export(lake_root: str, product: str, form: str, out: Path) -> tuple[Path, int]:
    """Write a product into the folder `out`; returns the path and the number of rows (or edges)."""
    if form not in FORMATS[product]:
        raise InputError(f"{product} has no format {form!r}", "--format", f"use {FORMATS[product]}")
    lake = Lake(lake_root)
    if product == "graph":
        names = ("graph/occupations", "graph/skills", "graph/edges")
        builds = {name: lake.require(name) for name in names}
        if len({build.recipe_digest for build in builds.values()}) > 1:
            raise InputError(
                "its datasets are of different builds (was one stopped?)",
                "graph",
                "run: hr-pipeline build graph",
            )
        tables = {name: lake.table(name, build.version) for name, build in builds.items()}
        notice = builds["graph/edges"].notice
        return write_graph(tables, form, out, notice), tables["graph/edges"].num_rows
    write = {"jsonl": write_released, "hf": write_release}[form]
    return out, write(lake, out)


def write_released(lake: Lake, out: Path) -> int:
    """rjdb/triples as one JSON-lines file per split, in the layout of the published RJDB.

    Where the template teacher had a hand in it, the files' names and every row (a key "Notice")
    say so, that nobody takes them for a benchmark.
    """
    build = lake.require("rjdb/triples")
    marked = f"{TEMPLATE}-" if build.notice else ""
    notice = {"Notice": build.notice} if build.notice else {}
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    written = 0
    try:
        for batch in lake.batches("rjdb/triples", build.version):
            for row in batch.to_pylist():
                if row["split"] not in files:
                    path = out / f"{marked}{row['split']}.jsonl.part"
                    files[row["split"]] = open(path, "w", encoding="utf-8")  # noqa: SIM115
                line = json.dumps(released_layout(row) | notice, ensure_ascii=False)
                files[row["split"]].write(line + "\n")
                written += 1
    finally:
        for file in files.values():
            file.close()
    for file in files.values():
        Path(file.name).replace(file.name.removesuffix(".part"))
    return written


def write_report(lake_root: str, out: Path) -> Path:
    """The page of quality/report as a file that a browser opens; never half written."""
    if out.is_dir():
        raise InputError("is a folder", str(out), "name a file for --out")
    (page,) = Lake(lake_root).table("quality/report").to_pylist()
    part = out.with_name(out.name + ".part")
    part.write_text(page["content"], encoding="utf-8")
    return part.replace(out).resolve()


def import_rjdb(lake_root: str, path: Path) -> list[str]:
    """Read a released file into rjdb_released/contexts and rjdb_released/triples; what it lacks is
    null there, and named in the ledger of the triples. Returns lines to print."""
    rows, ledger = read_released(path)
    lake = Lake(lake_root)
    teacher = TEMPLATE if rows[0]["teacher"] == TEMPLATE else TEACHER
    notice = NOT_A_BENCHMARK if teacher == TEMPLATE else ""
    recipe = Recipe(IMPORT_VERSION, {path.name: file_sha256(path)}, teacher=teacher)
    ledgers = {"rjdb_released/contexts": Ledger(), "rjdb_released/triples": ledger}
    try:  # before anything is written; a column that the rows do not name is null
        tables = {dataset: CONTRACTS[dataset].table(rows) for dataset in ledgers}
    except ContractBroken as error:
        raise InputError(f"a value cannot be stored ({error})", str(path)) from error
    lines = []
    for dataset, lost in ledgers.items():
        build = lake.write(
            dataset, [tables[dataset]], recipe, ledger=lost, rows_in=len(rows), notice=notice
        )
        lines.append(f"{dataset}: {build.rows:,} of {len(rows):,} rows, {lake.path(dataset)}")
    lines += [f"  {cause}: {count:,}" for cause, count in ledger.causes().items()]
    return [*lines, f"  ledger: {lake.path('rjdb_released/triples_ledger')}"]
