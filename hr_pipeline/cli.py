"""The `hr-pipeline` command: thin over the same functions and assets that the UI runs.

Exit codes: 0 done; 2 the user's input is wrong (one line says what, where, how to mend); 1 else.
"""

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError

LAKE = "data_lake"


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, run the command, return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.command(arguments) or 0)
    except InputError as error:
        print(f"hr-pipeline: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        where = error.filename or "a file"
        print(f"hr-pipeline: {where}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("hr-pipeline: stopped; run the same command to go on", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="hr-pipeline", description=__doc__.splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="make products or datasets, and what they need")
    build.add_argument("target", nargs="+", help="sources, graph, rjdb, or product/dataset")
    build.add_argument("--profile", default="demo", help="demo, paper, or a YAML file")
    build.add_argument("--raw", help="folder of raw files (default data_lake/raw)")
    build.add_argument("--seed", type=int, help="of the whole run (default 1)")
    build.add_argument("--teacher", choices=("template", "openai"))
    build.add_argument("--model", help="model of the openai teacher")
    build.add_argument("--base-url", help="of an OpenAI-compatible endpoint")
    build.add_argument("--without", action="append", choices=("dice",), help="leave a source out")
    build.add_argument(
        "--set", action="append", metavar="KEY=VALUE", default=[],
        help="a setting, e.g. rjdb/contexts.train=500, teacher.concurrency=64",
    )  # fmt: skip
    build.add_argument("--force", action="store_true", help="make unchanged datasets again")
    build.add_argument("--json", action="store_true", help="the closing table as JSON on stdout")
    build.set_defaults(command=_build)

    show = commands.add_parser("show", help="print rows of a dataset")
    show.add_argument("dataset")
    show.add_argument("--rows", type=int, default=3)
    show.add_argument("--json", action="store_true", help="one JSON object a row")
    show.set_defaults(command=_show)

    path = commands.add_parser("path", help="print the folder of a dataset's current Parquet parts")
    path.add_argument("dataset")
    path.set_defaults(command=_path)

    export = commands.add_parser("export", help="write a product in another format")
    export.add_argument("product", choices=("rjdb", "graph"))
    export.add_argument("--format", required=True, help="rjdb: jsonl; graph: graphml, networkx")
    export.add_argument("--out", required=True, type=Path)
    export.set_defaults(command=_export)

    imports = commands.add_parser("import", help="read a released file into the lake")
    imports.add_argument("product", choices=("rjdb",))
    imports.add_argument("file", type=Path)
    imports.set_defaults(command=_import)

    collect = commands.add_parser("gc", help="remove snapshots that no kept build needs")
    collect.add_argument("--keep", type=int, default=3, help="newest builds to keep per dataset")
    collect.set_defaults(command=_collect_garbage)

    home = commands.add_parser("home", help="print DAGSTER_HOME, made ready for the UI")
    home.set_defaults(command=_home)

    build.add_argument("--lake", help=f"the lake's folder (default {LAKE})")
    for command in (show, path, export, imports, collect):
        command.add_argument("--lake", default=LAKE, help=f"the lake's folder (default {LAKE})")
    return top


def _build(arguments: argparse.Namespace) -> int:
    from hr_pipeline.building import Order, build

    order = Order(
        targets=tuple(arguments.target),
        profile=arguments.profile,
        lake=arguments.lake,
        raw=arguments.raw,
        seed=arguments.seed,
        teacher=arguments.teacher,
        model=arguments.model,
        base_url=arguments.base_url,
        without=tuple(arguments.without or ()),
        settings=tuple(arguments.set),
        force=arguments.force,
    )
    return build(order, as_json=arguments.json)


def _show(arguments: argparse.Namespace) -> None:
    from itertools import islice

    from hr_pipeline.lake.store import Lake

    lake = Lake(arguments.lake)
    build = lake.require(arguments.dataset)
    if build.notice:
        print(f"{arguments.dataset}: {build.notice}", file=sys.stderr)
    rows = (row for batch in lake.batches(arguments.dataset) for row in batch.to_pylist())
    for row in islice(rows, max(arguments.rows, 0)):
        if arguments.json:
            print(json.dumps(row, ensure_ascii=False))
        else:
            print(_readable(row), end="\n\n")
    print(f"{arguments.dataset}: {build.rows:,} rows, version {build.version}", file=sys.stderr)


def _readable(row: dict[str, Any]) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, str) and "\n" in value:
            return "\n    " + value.replace("\n", "\n    ")
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return "\n".join(f"{name}: {shown(value)}" for name, value in row.items())


def _path(arguments: argparse.Namespace) -> None:
    from hr_pipeline.lake.store import Lake

    print(Lake(arguments.lake).path(arguments.dataset).resolve())


def _export(arguments: argparse.Namespace) -> None:
    from hr_pipeline.exchange import export

    path, rows = export(arguments.lake, arguments.product, arguments.format, arguments.out)
    print(f"{rows:,} rows written", file=sys.stderr)
    print(path)


def _import(arguments: argparse.Namespace) -> None:
    from hr_pipeline.exchange import import_rjdb

    for line in import_rjdb(arguments.lake, arguments.file):
        print(line, file=sys.stderr)


def _collect_garbage(arguments: argparse.Namespace) -> None:
    from hr_pipeline.lake.store import Lake

    for path in Lake(arguments.lake).collect_garbage(arguments.keep):
        print(path)


def _home(arguments: argparse.Namespace) -> None:
    from hr_pipeline.building import dagster_home

    print(dagster_home())


if __name__ == "__main__":
    sys.exit(main())
