"""The `hr-pipeline` command: thin over the same functions and assets that the UI runs.

Exit codes: 0 done; 2 the user's input is wrong (one line says what, where, how to mend); 3 stopped
at the budget; 1 else.
"""

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hr_pipeline.batches import add_batches_command
from hr_pipeline.evaluations import add_evaluate_command
from hr_pipeline.lake.errors import InputError
from hr_pipeline.recordings import add_place, add_recording_commands
from hr_pipeline.studies import add_study_commands
from hr_pipeline.training.command import add_train_command

if TYPE_CHECKING:
    from hr_pipeline.building import Order

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
    _add_order(build)
    build.add_argument("--force", action="store_true", help="make unchanged datasets again")
    build.add_argument(
        "--keep", action="store_true", help="leave what is there as it is; make targets, and gaps"
    )
    build.add_argument("--json", action="store_true", help="the closing table as JSON on stdout")
    build.set_defaults(command=_build)

    plan = commands.add_parser("plan", help="what a build would ask of its teacher, and its price")
    _add_order(plan)
    plan.add_argument(
        "--calibrate", type=int, default=0, metavar="N", help="make N calls of each model"
    )
    plan.add_argument("--rpm", type=float, help="requests a minute that the account allows")
    plan.add_argument("--tpm", type=float, help="tokens a minute that the account allows")
    plan.add_argument("--json", action="store_true", help="the plan as JSON on stdout")
    plan.set_defaults(command=_plan)

    show = commands.add_parser("show", help="print rows of a dataset")
    show.add_argument("dataset")
    show.add_argument("--rows", type=int, default=3)
    show.add_argument("--json", action="store_true", help="one JSON object a row")
    show.set_defaults(command=_show)

    path = commands.add_parser(
        "path", help="print the folder of a dataset's Parquet parts, or of a model (models/NAME)"
    )
    path.add_argument("dataset")
    path.set_defaults(command=_path)

    trace = commands.add_parser("trace", help="why a row exists: sources, draws, requests, checks")
    trace.add_argument("row_id", metavar="ROW_ID", help="a key; its columns joined by /")
    trace.add_argument("--dataset", default="", help="look in this dataset only")
    trace.add_argument("--full", action="store_true", help="cut no text and no list")
    trace.add_argument("--json", action="store_true", help="the whole of it as JSON")
    trace.add_argument("--rebuild", action="store_true", help="make the row again and compare")
    add_place(trace)
    trace.set_defaults(command=_trace)

    export = commands.add_parser("export", help="write a product in another format")
    export.add_argument("product", choices=("rjdb", "graph", "jaqa", "tm_eval"))
    export.add_argument(
        "--format",
        required=True,
        help="rjdb: jsonl, hf; graph: graphml, networkx; jaqa, tm_eval: json, jsonl",
    )
    export.add_argument("--out", required=True, type=Path)
    export.set_defaults(command=_export)

    imports = commands.add_parser("import", help="read a released file into the lake")
    imports.add_argument("product", choices=("rjdb", "jaqa", "tm_eval"))
    imports.add_argument("file", type=Path)
    imports.set_defaults(command=_import)

    report = commands.add_parser("report", help="write the page of all that was measured")
    report.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE")
    report.set_defaults(command=_report)

    collect = commands.add_parser("gc", help="remove snapshots and models that no kept build needs")
    collect.add_argument("--keep", type=int, default=3, help="newest builds to keep per dataset")
    collect.set_defaults(command=_collect_garbage)

    add_recording_commands(commands)
    add_batches_command(commands)
    add_study_commands(commands)
    add_evaluate_command(commands)
    add_train_command(commands)

    home = commands.add_parser("home", help="print DAGSTER_HOME, made ready for the UI")
    home.set_defaults(command=_home)

    for command in (show, path, export, imports, report, collect):
        command.add_argument("--lake", default=LAKE, help=f"the lake's folder (default {LAKE})")
    return top


def _add_order(command: argparse.ArgumentParser) -> None:
    """What is to be built, and how."""
    command.add_argument(
        "target", nargs="+", help="sources, graph, rjdb, jaqa, tm_eval, quality, or product/dataset"
    )
    command.add_argument("--profile", default="demo", help="demo, paper, or a YAML file")
    command.add_argument("--raw", help="folder of raw files (default data_lake/raw)")
    command.add_argument("--seed", type=int, help="of the whole run (default 1)")
    command.add_argument("--teacher", choices=("template", "openai", "azure", "local"))
    command.add_argument("--model", help="of the teacher; azure: deployment; local: folder, name")
    command.add_argument(
        "--embedder", metavar="E", help="lexical, a model's name or folder, or openai:MODEL"
    )
    command.add_argument("--base-url", help="of an OpenAI-compatible endpoint, or of the resource")
    command.add_argument(
        "--budget-usd", type=float, metavar="X", help="make no call that could pass X"
    )
    command.add_argument("--prices", metavar="FILE", help="YAML of prices; ours are the fallback")
    command.add_argument(
        "--lane", choices=("live", "batch"), help="batch: half the price, in rounds"
    )
    command.add_argument(
        "--last-round", choices=("batch", "live"), help="live: what batches leave open is sent live"
    )
    command.add_argument("--without", action="append", choices=("dice",), help="leave a source out")
    command.add_argument(
        "--set", action="append", metavar="KEY=VALUE", default=[],
        help="a setting, e.g. rjdb/contexts.train=500, teacher.concurrency=64",
    )  # fmt: skip
    command.add_argument("--lake", help=f"the lake's folder (default {LAKE})")


def _build(arguments: argparse.Namespace) -> int:
    from hr_pipeline.building import build

    return build(_order(arguments), as_json=arguments.json)


def _plan(arguments: argparse.Namespace) -> int:
    from hr_pipeline.planning import plan

    limits = {"teacher.rpm": arguments.rpm, "teacher.tpm": arguments.tpm}
    told = [f"{name}={value}" for name, value in limits.items() if value is not None]
    arguments.set = [*arguments.set, *told]
    return plan(_order(arguments), arguments.calibrate, as_json=arguments.json)


def _order(arguments: argparse.Namespace) -> "Order":
    from hr_pipeline.building import Order

    return Order(
        targets=tuple(arguments.target),
        profile=arguments.profile,
        lake=arguments.lake,
        raw=arguments.raw,
        seed=arguments.seed,
        teacher=arguments.teacher,
        model=arguments.model,
        embedder=arguments.embedder,
        base_url=arguments.base_url,
        without=tuple(arguments.without or ()),
        settings=tuple(arguments.set),
        force=getattr(arguments, "force", False),
        keep=getattr(arguments, "keep", False),
        budget_usd=arguments.budget_usd,
        prices=arguments.prices,
        lane=arguments.lane,
        last_round=arguments.last_round,
    )


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
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.models import ModelStore
    from hr_pipeline.lake.store import Lake

    lake, name = Lake(arguments.lake), arguments.dataset
    if name.startswith("models/") and name not in CONTRACTS:
        print(ModelStore(lake).path(name.removeprefix("models/")).resolve())
    else:
        print(lake.path(name).resolve())


def _trace(arguments: argparse.Namespace) -> int:
    from hr_pipeline.audit.command import trace_row

    return trace_row(arguments)


def _export(arguments: argparse.Namespace) -> None:
    from hr_pipeline.exchange import export

    path, rows = export(arguments.lake, arguments.product, arguments.format, arguments.out)
    print(f"{rows:,} rows written", file=sys.stderr)
    print(path)


def _import(arguments: argparse.Namespace) -> None:
    from hr_pipeline.exchange import import_released

    for line in import_released(arguments.lake, arguments.product, arguments.file):
        print(line, file=sys.stderr)


def _report(arguments: argparse.Namespace) -> None:
    from hr_pipeline.exchange import write_report

    print(write_report(arguments.lake, arguments.out))


def _collect_garbage(arguments: argparse.Namespace) -> None:
    from hr_pipeline.lake.garbage import collect_garbage
    from hr_pipeline.lake.store import Lake

    for path in collect_garbage(Lake(arguments.lake), arguments.keep):
        print(path)


def _home(arguments: argparse.Namespace) -> None:
    from hr_pipeline.building import home_for_the_ui

    print(home_for_the_ui())


if __name__ == "__main__":
    sys.exit(main())
