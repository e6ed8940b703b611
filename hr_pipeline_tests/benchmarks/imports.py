"""What importing the definitions costs beside Dagster alone."""

from hr_pipeline_tests.benchmarks.printing import Report
from hr_pipeline_tests.benchmarks.running import seconds_to_run


def measure(report: Report) -> None:
    alone, ours = [], []
    for _ in range(3):  # in turns, so that both see the same machine
        alone.append(seconds_to_run("import dagster", 1))
        ours.append(seconds_to_run("import hr_pipeline.definitions", 1))
    ratio = min(ours) / min(alone)
    report.add(
        "import of hr_pipeline.definitions / import dagster",
        f"{ratio:.2f} ({min(ours):.2f} s / {min(alone):.2f} s)",
        "1.3",
    )
