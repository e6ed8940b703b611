"""Triples at paper scale: time and memory, and both for twice the number."""

from pathlib import Path

from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import Measured, build


def measure(report: Report, raw: str, work: Path, ordered: int) -> None:
    once = _run(report, raw, work / "once", ordered)
    twice = _run(report, raw, work / "twice", 2 * ordered)
    ratio = twice.seconds_of("rjdb/triples") / once.seconds_of("rjdb/triples")
    report.add("twice the triples: time", f"{ratio:.2f} times", "2")
    report.add("twice the triples: memory", f"{twice.peak_mib / once.peak_mib:.2f} times", "1")


def _run(report: Report, raw: str, lake: Path, ordered: int) -> Measured:
    held_out = ordered // 52
    measured = build(
        lake,
        "rjdb",
        "--raw",
        raw,
        "--profile",
        "paper",
        *("--set", f"rjdb/contexts.train={ordered - 2 * held_out}"),
        *("--set", f"rjdb/contexts.dev={held_out}"),
        *("--set", f"rjdb/contexts.test={held_out}"),
    )
    for dataset, limit in (
        ("rjdb/contexts", "90 s"),
        ("rjdb/triples", "600 s"),
        ("rjdb/statistics", ""),
    ):
        report.add(
            f"{ordered:,}: {dataset}, with the template teacher",
            f"{measured.seconds_of(dataset):.0f} s",
            limit if ordered == 52_000 else "",
        )
    report.add(f"{ordered:,}: whole run, peak memory", f"{measured.peak_mib:.0f} MiB", "2,048 MiB")
    return measured
