"""Task sets and all that is measured on them, at paper scale: time and memory."""

from pathlib import Path

from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import build

LIMIT_S, LIMIT_MIB = 300, 3_072


def measure(report: Report, raw: str, lake: Path, ordered: int) -> None:
    """`lake`: new, or one that holds the triples of this order already."""
    held_out = ordered // 52
    sizes = {"train": ordered - 2 * held_out, "dev": held_out, "test": held_out}
    order = ("--raw", raw, "--profile", "paper")
    order += tuple(f"--set=rjdb/contexts.{split}={size}" for split, size in sizes.items())
    build(lake, "rjdb/triples", *order)
    before = {path.name for path in lake.glob("*/*/builds/*")}
    measured = build(lake, "rjdb", "quality", *order)
    made = {path.parents[1].name for path in lake.glob("*/*/builds/*") if path.name not in before}
    for row in measured.table:
        if row["dataset"].split("/")[1] in made:
            report.add(f"{ordered:,}: {row['dataset']}", f"{row['seconds']:.1f} s", "")
    limits = (f"{LIMIT_S} s", f"{LIMIT_MIB:,} MiB") if ordered == 52_000 else ("", "")
    report.add(f"{ordered:,}: task sets and quality", f"{measured.seconds:.0f} s", limits[0])
    report.add(f"{ordered:,}: peak memory", f"{measured.peak_mib:.0f} MiB", limits[1])
