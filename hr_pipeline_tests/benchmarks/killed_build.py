"""A build that is killed: `python -m hr_pipeline_tests.benchmarks.killed_build`.

`hr-pipeline build rjdb` of 1,000 triples against the mock endpoint, which answers with the template
teacher's replies. Once undisturbed; once killed twice with SIGKILL and finished; once from the
exported recording, without a key and with the endpoint gone. All Parquet files must be equal.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.building import parts
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.endpoint import Endpoint

KEY, CONCURRENCY, KILLS = "sk-killed-build", 64, (0.4, 0.75)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triples", type=int, default=1_000)
    triples = parser.parse_args().triples
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run(work / "template", triples).wait()
        options = {"tokenizer": "words-1.4", "reask_rate": 0.0, "key": KEY}
        replies = str(Lake(work / "template").recording_path)
        with Endpoint(latency_ms=200, replies=replies, **options) as endpoint:
            measure(report, endpoint, work, triples)
        replay(report, work, triples)
    print(report.text())


def measure(report: Report, endpoint: Endpoint, work: Path, triples: int) -> None:
    if run(work / "whole", triples, endpoint.url).wait():
        raise SystemExit("the undisturbed build failed")
    calls = endpoint.paid().total()
    report.add(f"calls of an undisturbed build of {triples:,} triples", f"{calls:,}")
    endpoint.reset()
    again = []
    for share in KILLS:
        started = run(work / "killed", triples, endpoint.url)
        while endpoint.stats()["ok"] < share * calls and started.poll() is None:
            time.sleep(0.02)
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        time.sleep(0.5)  # what was being answered is answered
        paid, kept = endpoint.paid(), recorded(work / "killed")
        report.add(
            f"killed at {share:.0%}: replies recorded, paid and not recorded",
            f"{len(kept):,}, {len(set(paid) - kept):,}",
            f"-, {CONCURRENCY + 20}",
        )
        again.append((kept, paid))
    run(work / "killed", triples, endpoint.url).wait()
    final = endpoint.paid()
    asked_again = sum(final[key] > paid[key] for kept, paid in again for key in kept)
    report.add("recorded replies that were asked again", str(asked_again), "0")
    report.add(
        "calls paid twice in all", f"{final.total() - len(final):,}", f"{2 * (CONCURRENCY + 20)}"
    )
    ours, theirs = parts(work / "killed"), parts(work / "whole")
    report.add("Parquet files that differ", f"{differing(ours, theirs)} of {len(theirs)}", "0")


def replay(report: Report, work: Path, triples: int) -> None:
    """The endpoint is gone and there is no key: the recording is all there is."""
    exported, lake = work / "recording.jsonl", work / "replayed"
    tool(work, "recording", "export", "--lake", str(work / "killed"), "--out", str(exported))
    tool(work, "recording", "import", str(exported), "--lake", str(lake))
    run(lake, triples, "http://127.0.0.1:9/v1", key="").wait()
    differ = differing(parts(lake), parts(work / "whole"))
    report.add("replayed elsewhere without a key: Parquet files that differ", str(differ), "0")


def differing(ours: dict[str, bytes], theirs: dict[str, bytes]) -> int:
    return len({path for path, _ in set(ours.items()) ^ set(theirs.items())})


def recorded(lake: Path) -> set[str]:
    with closing(Recording(Lake(lake).recording_path)) as recording:
        return set(recording.keys())


def run(lake: Path, triples: int, url: str = "", key: str = KEY) -> subprocess.Popen[bytes]:
    """A build in a process group of its own; by the template teacher without a URL."""
    sizes = {"train": triples - 2 * (triples // 20), "dev": triples // 20, "test": triples // 20}
    arguments = ["build", "rjdb", "--raw", str(SAMPLE), "--lake", str(lake)]
    arguments += [part for n, v in sizes.items() for part in ("--set", f"rjdb/contexts.{n}={v}")]
    if url:
        arguments += ["--teacher", "openai", "--model", "m", "--base-url", url]
        arguments += ["--set", f"teacher.concurrency={CONCURRENCY}"]
    return start(lake.parent, arguments, key)


def start(work: Path, arguments: list[str], key: str = "") -> subprocess.Popen[bytes]:
    environment = os.environ | {"OPENAI_API_KEY": key, "DAGSTER_HOME": str(work / "home")}
    command = [sys.executable, "-m", "hr_pipeline.cli", *arguments]
    return subprocess.Popen(
        command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )


def tool(work: Path, *arguments: str) -> None:
    if start(work, list(arguments)).wait():
        raise SystemExit(f"hr-pipeline {' '.join(arguments[:2])} failed")


if __name__ == "__main__":
    main()
