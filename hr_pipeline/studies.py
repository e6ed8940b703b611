"""The commands of the human study: sheets for annotators, and what their scores come to."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from hr_pipeline.lake.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from hr_pipeline.quality.study.chosen import Chosen

MOST_DOCUMENTS, MOST_ANNOTATORS = 1_000, 100


def add_study_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`study make` and `study score`."""
    study = commands.add_parser("study", help="have people judge job descriptions (Table 2)")
    inner = study.add_subparsers(required=True, metavar="COMMAND")

    make = inner.add_parser("make", help="write blind sheets for annotators, and their key")
    make.add_argument("--out", required=True, type=Path, help="a folder that is new or empty")
    make.add_argument("--documents", type=int, default=100, help="of each kind (default 100)")
    make.add_argument("--annotators", type=int, default=3, help="sheets (default 3)")
    make.add_argument("--seed", type=int, default=1, help="of the draw and the orders (default 1)")
    make.add_argument(
        "--embedding", default="lexical", help="lexical, or a sentence-transformers model"
    )
    make.add_argument("--lake", default="data_lake", help="the lake's folder (default data_lake)")
    make.set_defaults(command=_make)

    score = inner.add_parser("score", help="read filled sheets and print Table 2 with agreement")
    score.add_argument("folder", type=Path, help="where the key and the filled sheets are")
    score.add_argument("--json", action="store_true", help="the figures as JSON on stdout")
    score.set_defaults(command=_score)


def _make(arguments: argparse.Namespace) -> None:
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.quality.study.chosen import choose_documents, in_order_for
    from hr_pipeline.quality.study.sheets import instructions, write_key, write_sheet

    for name, most in (("documents", MOST_DOCUMENTS), ("annotators", MOST_ANNOTATORS)):
        if not 1 <= getattr(arguments, name) <= most:
            raise InputError(f"1 to {most:,} are possible", f"--{name}")
    lake, out = Lake(arguments.lake), arguments.out
    builds = {name: lake.require(name) for name in ("rjdb/triples", "sources/postings")}
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is not an empty folder", str(out), "name another one: --out")

    def batches(dataset: str, columns: list[str]) -> "Iterable[pa.RecordBatch]":
        return lake.batches(dataset, builds[dataset].version, columns)

    chosen = choose_documents(batches, arguments.documents, arguments.seed, arguments.embedding)
    if not chosen.documents:
        raise InputError(
            "no advertisement has a description",
            "sources/postings",
            "add a file of advertisements with their texts, then: hr-pipeline build sources",
        )
    out.mkdir(parents=True, exist_ok=True)
    notice = builds["rjdb/triples"].notice
    write_key(out, chosen.documents)
    (out / "instructions.txt").write_text(instructions(notice), encoding="utf-8")
    for annotator in range(1, arguments.annotators + 1):
        documents = in_order_for(chosen.documents, annotator, arguments.seed)
        write_sheet(out, annotator, documents, notice)
    pairs = len(chosen.documents) // 2
    _say(f"{pairs:,} generated job descriptions and as many advertisements, one sheet in two forms")
    _say(f"for each of {arguments.annotators} annotators; key.csv is not for them")
    if pairs < arguments.documents:
        _say(f"fewer than the {arguments.documents:,} that were asked for: {_why(chosen, pairs)}")
    if chosen.without_text:
        _say(f"{chosen.without_text:,} advertisements have no description and were passed over")
    if notice:
        _say(notice)
    print(out)


def _why(chosen: "Chosen", pairs: int) -> str:
    if chosen.without_ad:
        return f"only {pairs:,} advertisements have a description"
    return f"there are only {pairs:,} triples"


def _score(arguments: argparse.Namespace) -> None:
    from hr_pipeline.llm.template import NOT_A_BENCHMARK, TEMPLATE
    from hr_pipeline.quality.study.scores import TABLE_COLUMNS, result_text, study_result
    from hr_pipeline.quality.study.sheets import read_filled, read_key, write_csv

    key = read_key(arguments.folder)
    result = study_result(read_filled(arguments.folder, set(key)), key)
    notice = NOT_A_BENCHMARK if TEMPLATE in result["written_by"] else ""
    path = arguments.folder / "table_2.csv"
    write_csv(path, TABLE_COLUMNS, [[row[n] for n in TABLE_COLUMNS] for row in result["table_2"]])
    if arguments.json:
        print(json.dumps(result | {"notice": notice}, indent=1))
    else:
        print(result_text(result))
    for one, other in result["alike"]:
        _say(f"{one} and {other} gave the same scores throughout: is one a copy? alpha counts both")
    if notice:
        _say(f"the generated ones are {notice}; the paper's figures are of a model's")
    _say(f"kept in {path}")


def _say(line: str) -> None:
    print(line, file=sys.stderr)
