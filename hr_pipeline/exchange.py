"""Ways out of and into the lake: released layouts, graph formats, published files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hr_pipeline.graph.export import write_graph
from hr_pipeline.jaqa import exchange as jaqa
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.contracts import ContractBroken
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.records import FORMS, notice_in, write_records
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.quality.cards.export import write_release
from hr_pipeline.rjdb.released import read_released, released_layout
from hr_pipeline.tm_eval import exchange as tm_eval

Reader = Callable[[Path], tuple[list[dict[str, Any]], Ledger]]

FORMATS = {
    "rjdb": ("jsonl", "hf"),
    "graph": ("graphml", "networkx"),
    "jaqa": FORMS,
    "tm_eval": FORMS,
}
IMPORTS: dict[str, tuple[tuple[str, ...], Reader]] = {  # product: datasets, and what reads a file
    "rjdb": (("rjdb_released/contexts", "rjdb_released/triples"), read_released),
    "jaqa": (("jaqa_released/pairs",), jaqa.read_layout),
    "tm_eval": (("tm_eval_released/items",), tm_eval.read_layout),
}
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
    if product in ("jaqa", "tm_eval"):
        room = {"jaqa": jaqa, "tm_eval": tm_eval}[product]
        return out, room.write_layout(lake, form, out)
    write = {"jsonl": write_released, "hf": write_release}[form]
    return out, write(lake, out)


def write_released(lake: Lake, out: Path) -> int:
    """rjdb/triples as one JSON-lines file per split, in the layout of the published RJDB.

    Where the template teacher had a hand in it, the files' names and every row (a key "Notice")
    say so, that nobody takes them for a benchmark.
    """
    build = lake.require("rjdb/triples")
    marked = f"{TEMPLATE}-" if build.notice else ""
    rows = lake.rows("rjdb/triples", build.version)
    records = ((f"{marked}{row['split']}", released_layout(row)) for row in rows)
    return write_records(out, "jsonl", records, build.notice)


def write_report(lake_root: str, out: Path) -> Path:
    """The page of quality/report as a file that a browser opens; never half written."""
    if out.is_dir():
        raise InputError("is a folder", str(out), "name a file for --out")
    (page,) = Lake(lake_root).table("quality/report").to_pylist()
    part = out.with_name(out.name + ".part")
    part.write_text(page["content"], encoding="utf-8")
    return part.replace(out).resolve()


def import_released(lake_root: str, product: str, path: Path) -> list[str]:
    """Read a released file into the datasets of `IMPORTS`; what cannot be read of it is named in
    the ledger of the last of them. Returns lines to print."""
    datasets, read = IMPORTS[product]
    rows, ledger = read(path)
    lake = Lake(lake_root)
    notice = notice_in(path, "give a JSON array, or an object a line")
    teacher = rows[0].get("teacher")
    recipe = Recipe(IMPORT_VERSION, {path.name: file_sha256(path)}, teacher=teacher)
    try:  # before anything is written; a column that the rows do not name is null
        tables = {dataset: CONTRACTS[dataset].table(rows) for dataset in datasets}
    except ContractBroken as error:
        raise InputError(f"a value cannot be stored ({error})", str(path)) from error
    lines = []
    for dataset, table in tables.items():
        lost = ledger if dataset == datasets[-1] else Ledger()
        build = lake.write(dataset, [table], recipe, ledger=lost, notice=notice)
        lines.append(f"{dataset}: {build.rows:,} of {build.rows_in:,} rows, {lake.path(dataset)}")
    lines += [f"  {cause}: {count:,}" for cause, count in ledger.causes().items()]
    return [*lines, f"  ledger: {lake.path(f'{datasets[-1]}_ledger')}"]
