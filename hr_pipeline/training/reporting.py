"""What a training says while it runs: lines on stderr, points of its curve in a file, and, where
Dagster has started it, the same through Dagster Pipes. The one module that knows of Dagster."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CURVE = "curve.jsonl"
STARTED_BY_DAGSTER = "DAGSTER_PIPES_CONTEXT"


class Reporter:
    """`silent` where another process of the same training speaks."""

    def __init__(self, pipes: Any = None, silent: bool = False) -> None:
        self.pipes, self.silent = pipes, silent

    @property
    def run_id(self) -> str:
        """Dagster's run, or ""."""
        return str(self.pipes.run_id) if self.pipes else ""

    def say(self, line: str) -> None:
        if self.silent:
            return
        if self.pipes:
            self.pipes.log.info(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def point(self, workspace: Path, step: int, steps: int, values: Mapping[str, float]) -> None:
        """One point of the curve: kept in the workspace, and said."""
        if self.silent:
            return
        with open(workspace / CURVE, "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        told = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        self.say(f"step {step:,} of {steps:,}: {told}")

    def published(self, version: str, metadata: Callable[[], Mapping[str, Any]]) -> None:
        """To Dagster: the model is there. `metadata` gives what Pipes takes."""
        if self.pipes and not self.silent:
            self.pipes.report_asset_materialization(metadata=dict(metadata()), data_version=version)


@contextmanager
def open_reporter() -> Iterator[Reporter]:
    """The reporter of this process; the first of several (torchrun, accelerate) speaks."""
    silent = os.environ.get("RANK", "0") != "0"
    if STARTED_BY_DAGSTER not in os.environ or silent:
        yield Reporter(silent=silent)
        return
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:
        yield Reporter(pipes)


def curve_of(folder: Path) -> list[dict[str, float]]:
    """The points of a training so far, in the order of their steps."""
    if not (folder / CURVE).exists():
        return []
    return [json.loads(line) for line in (folder / CURVE).read_text("utf-8").splitlines()]


def keep_curve(folder: Path, step: int) -> None:
    """Drop the points after `step`, where a training goes on from there."""
    if not (folder / CURVE).exists():
        return
    kept = []
    for line in (folder / CURVE).read_text("utf-8").splitlines():
        with suppress(ValueError):  # of a line that a power cut broke off
            kept += [f"{line}\n"] if json.loads(line)["step"] <= step else []
    (folder / CURVE).write_text("".join(kept), encoding="utf-8")
