"""Running the command line from tests: in this process, or in one that can be killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline_tests.conftest import SAMPLE

SMALL = ("rjdb/contexts.train=24", "rjdb/contexts.dev=4", "rjdb/contexts.test=4")


def build_arguments(lake: Path, *more: str, raw: Path = SAMPLE) -> list[str]:
    """`build rjdb` with 32 triples."""
    small = [part for setting in SMALL for part in ("--set", setting)]
    return ["build", "rjdb", "--raw", str(raw), "--lake", str(lake), *small, *more]


def build(lake: Path, *more: str, raw: Path = SAMPLE) -> int:
    """Exit code of a build in this process."""
    return main(build_arguments(lake, *more, raw=raw))


def spawn(lake: Path, *more: str) -> subprocess.Popen[bytes]:
    """A build in a process of its own."""
    command = [sys.executable, "-m", "hr_pipeline.cli", *build_arguments(lake, *more)]
    return subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.PIPE)


def parts(lake: Path) -> dict[str, bytes]:
    """All Parquet files of a lake by their path in it."""
    return {str(p.relative_to(lake)): p.read_bytes() for p in sorted(lake.glob("*/*/*/*.parquet"))}


def tree(lake: Path) -> dict[str, bytes]:
    """Every file of a lake but locks."""
    files = (p for p in lake.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(lake)): p.read_bytes() for p in files}


def pointers(lake: Path) -> dict[str, str]:
    """Dataset -> current version."""
    found = lake.glob("*/*/CURRENT")
    return {
        f"{p.parent.parent.name}/{p.parent.name}": json.loads(p.read_text())["version"]
        for p in found
    }


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The command's last line on stderr, after making sure that no traceback was printed."""
    error = capsys.readouterr().err
    assert "Traceback" not in error, error[:3000]
    lines = [line for line in error.splitlines() if line.startswith("hr-pipeline: ")]
    assert len(lines) == 1, error
    return lines[0]
