"""Reruns: nothing is asked, no part is written; equal runs are equal to the byte."""

from pathlib import Path

from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import build


def measure(report: Report, raw: str, work: Path) -> None:
    first, second, other = (work / name for name in ("one", "two", "other-seed"))
    demo = build(first, "rjdb", "--raw", raw)
    report.add("demo profile, 200 triples, a process of its own", f"{demo.seconds:.1f} s", "60 s")
    build(second, "rjdb", "--raw", raw)
    build(other, "rjdb", "--raw", raw, "--seed", "2")
    ours, theirs, others = parts(first), parts(second), parts(other)
    report.add(
        "same seed, two lakes: parts that differ",
        str(len(set(ours.items()) ^ set(theirs.items()))),
        "0",
    )
    shared = {name for name in ours if not name.startswith("sources/")} & others.keys()
    report.add("another seed: snapshots in common, sources aside", str(len(shared)), "few")
    for flags in ((), ("--force",)):
        asked, times = replies(first), written(first)
        again = build(first, "rjdb", "--raw", raw, *flags)
        report.add(
            f"rerun {' '.join(flags)}: teacher asked, parts written, seconds",
            f"{replies(first) - asked}, {len(written(first) - times)}, {again.seconds:.1f}",
            "0, 0",
        )


def parts(lake: Path) -> dict[str, bytes]:
    """All Parquet files of a lake by their path in it."""
    return {str(p.relative_to(lake)): p.read_bytes() for p in sorted(lake.glob("*/*/*/*.parquet"))}


def written(lake: Path) -> set[tuple[str, int]]:
    return {(str(p), p.stat().st_mtime_ns) for p in lake.glob("*/*/*/*.parquet")}


def replies(lake: Path) -> int:
    recording = Recording(Lake(lake).recording_path)
    try:
        return sum(count for _, _, count, *_ in recording.counts())
    finally:
        recording.close()
