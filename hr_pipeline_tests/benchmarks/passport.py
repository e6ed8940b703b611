"""Passports of a whole lake: rows made again, and how long a trace takes.

python -m hr_pipeline_tests.benchmarks.passport LAKE [--rows 50] [--times 5]
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from contextlib import closing, nullcontext

from hr_pipeline.audit.rebuild import Rebuilder, differences
from hr_pipeline.audit.rows import drawn
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording, is_there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lake")
    parser.add_argument("--rows", type=int, default=50, help="rows a dataset")
    parser.add_argument("--times", type=int, default=5, help="traces a dataset, each in a process")
    arguments = parser.parse_args()
    lake = Lake(arguments.lake)
    where = lake.recording_path
    print("| dataset | rows | made again | equal | trace, median s | max s | CPU s |")
    print("|---|---|---|---|---|---|---|")
    with closing(Recording(where)) if is_there(where) else nullcontext() as recording:
        rebuilder = Rebuilder(lake, recording)
        for dataset in filter(Rebuilder.knows, lake.datasets()):
            build = lake.require(dataset)
            found = list(drawn(lake, build, arguments.rows))
            equal = sum(not differences(one, rebuilder.row(one)) for one in found)
            before = cpu_seconds()
            seconds = [traced(lake, one.row_id, dataset) for one in found[: arguments.times]]
            cpu = (cpu_seconds() - before) / len(seconds)
            median, most = statistics.median(seconds), max(seconds)
            counts = f"{build.rows:,} | {len(found)} | {equal}"
            print(f"| {dataset} | {counts} | {median:.2f} | {most:.2f} | {cpu:.2f} |", flush=True)


def cpu_seconds() -> float:
    """Of all processes that ended, user's and system's."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def traced(lake: Lake, row_id: str, dataset: str) -> float:
    """Seconds of the command, its process' start included; --dataset only where ids may clash."""
    command = [sys.executable, "-m", "hr_pipeline.cli", "trace", row_id, "--lake", str(lake.root)]
    if len(CONTRACTS[dataset].key) > 1 or dataset == "graph/general_skills":
        command += ["--dataset", dataset]
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


if __name__ == "__main__":
    main()
