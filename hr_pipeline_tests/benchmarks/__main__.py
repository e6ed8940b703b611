"""`python -m hr_pipeline_tests.benchmarks --raw DIR` prints figures beside their limits.

Without --raw the sample inputs are used, which are small: the limits are meant for real input.
"""

import argparse
import tempfile
from pathlib import Path

from hr_pipeline_tests.benchmarks import (
    graph_scale,
    imports,
    quality,
    rerun,
    retrieval,
    sampling,
    scale,
    skill_finding,
)
from hr_pipeline_tests.benchmarks.printing import Report

SAMPLE = "data_lake/raw/sample"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", default=SAMPLE, help="folder of raw files")
    parser.add_argument("--triples", type=int, default=52_000, help="ordered number")
    parser.add_argument(
        "--only",
        help="one of: imports, graph, contexts, triples, rerun, quality, retrieval, skills",
    )
    parser.add_argument("--lake", type=Path, help="kept lake of the quality part")
    arguments = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if arguments.only in (None, "imports"):
            imports.measure(report)
        if arguments.only in (None, "graph"):
            graph_scale.measure(report, arguments.raw, work)
        if arguments.only in (None, "contexts"):
            sampling.measure(report, arguments.raw, work, arguments.triples)
        if arguments.only in (None, "rerun"):
            rerun.measure(report, arguments.raw, work)
        if arguments.only in (None, "triples"):
            scale.measure(report, arguments.raw, work, arguments.triples)
        if arguments.only in (None, "quality"):
            lake = arguments.lake or work / "quality"
            quality.measure(report, arguments.raw, lake, arguments.triples)
        if arguments.only in (None, "retrieval"):
            retrieval.measure(report)
        if arguments.only in (None, "skills"):
            skill_finding.measure(report, arguments.raw)
    print(report.text())


if __name__ == "__main__":
    main()
