"""Running the command line in processes of its own, with time and peak memory."""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Wall seconds, peak resident memory in MiB, and the closing table as JSON."""

    seconds: float
    peak_mib: float
    table: list[dict[str, Any]]

    def seconds_of(self, *datasets: str) -> float:
        return max(row["seconds"] for row in self.table if row["dataset"] in datasets)


def build(lake: Path, *arguments: str) -> Measured:
    """`hr-pipeline build ... --json` into `lake`, with a Dagster home beside it."""
    environment = os.environ | {"DAGSTER_HOME": str(lake.with_suffix(".home"))}
    command = [sys.executable, "-m", "hr_pipeline.cli", "build", *arguments]
    command += ["--lake", str(lake), "--json"]
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Measured(time.monotonic() - started, peak_mib(usage), json.loads(output))


def peak_mib(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def seconds_to_run(code: str, times: int = 3) -> float:
    """Fastest wall time of a fresh interpreter that runs `code`."""
    found = []
    for _ in range(times):
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", code], check=True)
        found.append(time.monotonic() - started)
    return min(found)
