"""`python -m hr_pipeline_tests.benchmarks.engine`: the teacher engine beside other clients.

An endpoint on this machine behaves as each scenario says; every client does the same job against
it, in turns, so that all see the same machine. Other clients are named by
--peer NAME=PYTHON:SCRIPT; their scripts take the options of engine_job.py. Results are added to a
JSONL file, of which the tables are made: scenarios may be run one by one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from textwrap import fill
from typing import Any

from hr_pipeline_tests.benchmarks.clients import Client, rows_in
from hr_pipeline_tests.benchmarks.engine_scenarios import OURS, RAW, SCENARIOS, Run, Scenario
from hr_pipeline_tests.benchmarks.engine_table import record_of, tables
from hr_pipeline_tests.endpoint import Endpoint

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "engine_benchmark.md"
RESULTS = Path(tempfile.gettempdir()) / "engine_benchmark.jsonl"
COMMAND = "python -m hr_pipeline_tests.benchmarks.engine"
_OWN = {OURS: [sys.executable, str(HERE / "engine_run.py")]}
_FLOOR = {RAW: [sys.executable, str(HERE / "engine_raw.py")]}
_PACKAGES = (
    *("aiohttp", "openai", "bespokelabs-curator", "litellm", "distilabel", "data-designer"),
    *("httpx", "httpx2", "uvloop", "orjson"),
)
Commands = dict[str, list[str]]


def main() -> None:
    arguments = parser().parse_args()
    peers = dict(peer_of(text) for text in arguments.peer)
    for name in [] if arguments.only_table else arguments.scenario or SCENARIOS:
        for record in measured(SCENARIOS[name], peers, arguments):
            with open(arguments.results, "a") as file:
                file.write(json.dumps(record) + "\n")
    with open(arguments.results) as file:
        records = [json.loads(line) for line in file]
    page = page_of(records, arguments.concurrency)
    print(page)
    if arguments.write:
        PAGE.write_text(page, encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog=COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("--scenario", action="append", choices=SCENARIOS, help="default: all")
    found.add_argument("--reps", type=int, default=3, help="repetitions; medians are shown")
    found.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON:SCRIPT")
    found.add_argument("--concurrency", type=int, default=256)
    found.add_argument("--limit-s", type=float, default=300, help="longest run of a client")
    found.add_argument("--results", type=Path, default=RESULTS, help=f"default: {RESULTS}")
    found.add_argument("--only-table", action="store_true", help="measure nothing")
    found.add_argument("--write", action="store_true", help=f"also write docs/{PAGE.name}")
    return found


def peer_of(text: str) -> tuple[str, list[str]]:
    name, _, command = text.partition("=")
    python, _, script = command.rpartition(":")
    if not (name and python and Path(script).is_file()):
        raise SystemExit(f"--peer {text}: write NAME=PYTHON:SCRIPT, with a script that exists")
    return name, [python, script]


def measured(
    scenario: Scenario, peers: Commands, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    commands = _OWN | (_FLOOR if scenario.with_raw else {})
    commands |= peers if scenario.with_peers else {}
    versions = {name: versions_of(command[0]) for name, command in commands.items()}
    for repetition in range(arguments.reps):
        for name, command in commands.items():
            with tempfile.TemporaryDirectory() as folder:
                for run in scenario.runs:
                    if not run.only or name in run.only:
                        figures = one(run, command, Path(folder), arguments)
                        place = {"scenario": scenario.name, "phase": run.phase, "client": name}
                        record = place | {"rows": run.rows, "repetition": repetition} | figures
                        print(*place.values(), f"{record['wall_s']:.1f} s", file=sys.stderr)
                        yield record | {"at": time.time(), "versions": versions[name]}


def one(
    run: Run, command: list[str], folder: Path, arguments: argparse.Namespace
) -> dict[str, Any]:
    out = folder / f"{run.place}{run.phase}.jsonl".replace(" ", "_")
    with Endpoint(**run.endpoint) as endpoint:
        client = Client(
            [
                *(*command, "--base-url", endpoint.url, "--n", str(run.rows), "--out", str(out)),
                *("--concurrency", str(arguments.concurrency)),
                *("--cache-dir", str(folder / f"cache{run.place}"), *run.flags),
            ],
            folder / "log",
        )
        finished = client.wait(arguments.limit_s)
        if finished.code and not finished.was_stopped:
            print((folder / "log").read_text(errors="replace")[-2000:], file=sys.stderr)
        return record_of(endpoint.stats(), asdict(finished), rows_in(out))


def versions_of(python: str) -> dict[str, str]:
    """Of the packages that a client's interpreter has."""
    code = (
        "import json, importlib.metadata as m; found = {d.metadata['Name']: d.version "
        "for d in m.distributions()}; print(json.dumps(found))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return {name: v for name, v in json.loads(done.stdout).items() if name in _PACKAGES}


def page_of(records: list[dict[str, Any]], concurrency: int) -> str:
    clients = {record["client"]: record["versions"] for record in records}
    day = time.strftime("%Y-%m-%d", time.gmtime(max(record["at"] for record in records)))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    made = (
        f"Made by `{COMMAND} --write` (other clients: `--peer NAME=PYTHON:SCRIPT`) on {day}: "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, "
        f"{platform.system()}; endpoint and client on this machine, {concurrency} requests in "
        f"flight, medians over repetitions, clients in turns. `{OURS}` is the engine with its "
        f"recording, `{RAW}` bare aiohttp without retries, limits or a recording. Wall time holds "
        "the interpreter's start; calls a second are those between the first request and the last "
        "answer; CPU and memory are the client's whole process group's; lost and doubled rows are "
        "the worst of all repetitions."
    )
    lines = [
        "# The teacher engine beside other clients",
        "",
        fill(made, 100, break_long_words=False, break_on_hyphens=False),
        "",
        "| client | packages |",
        "|---|---|",
        *(
            f"| {name} | {', '.join(f'{package} {v}' for package, v in sorted(held.items()))} |"
            for name, held in clients.items()
        ),
    ]
    return "\n".join(lines) + "\n\n" + tables(records) + "\n"


if __name__ == "__main__":
    main()
