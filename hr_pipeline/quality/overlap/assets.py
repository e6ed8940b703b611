"""Overlap: what held-out splits share with train, and documents that stand in other files.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run

OVERLAP_VERSION, CONTAMINATION_VERSION = "2", "1"
INPUTS = ("rjdb/triples", "graph/occupations", "taxonomy/links")


@dg.asset(
    key=["quality", "overlap"],
    check_specs=[rows_are_accounted_for("quality/overlap")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=OVERLAP_VERSION,
    deps=[name.split("/") for name in INPUTS],
    description="What dev and test share with train, every document compared.",
)
def overlap(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.picked import rows_among
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.quality.overlap.measures import COLUMNS, shared_with_train
    from hr_pipeline.rjdb.splits import shared_concepts, split_keys

    making = Making(
        context, run, ("quality/overlap",), INPUTS, code_version=OVERLAP_VERSION, seeded=False
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    occupations = making.table("graph/occupations").to_pylist()
    key_of = split_keys(
        [row["title"] for row in occupations],
        [row["code"] or "" for row in occupations],
        shared_concepts(making.table("taxonomy/links")),
    )

    def rows(*splits: str) -> Iterator[dict[str, Any]]:
        """Triples of these splits."""
        version = making.version("rjdb/triples")
        return rows_among(making.lake.batches("rjdb/triples", version, COLUMNS), "split", splits)

    total = making.build("rjdb/triples").rows
    train = progress(rows("train"), "comparing with train", total, context.log.info)
    found = shared_with_train(rows("dev", "test"), train, key_of.__getitem__)
    table = CONTRACTS["quality/overlap"].table(found)
    return making.write(
        "quality/overlap",
        [table],
        metadata={"shared with train": dg.MetadataValue.md(markdown_table(table))},
    )


class ContaminationConfig(dg.Config):
    """`files`: text files, JSON, JSON lines, CSV, TSV, Parquet; each text in them is looked for."""

    files: list[str] = []


@dg.asset(
    key=["quality", "contamination"],
    check_specs=[rows_are_accounted_for("quality/contamination")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=CONTAMINATION_VERSION,
    deps=[["rjdb", "triples"]],
    description="Documents that stand in files which the user named.",
)
def contamination(
    context: dg.AssetExecutionContext, run: Run, config: ContaminationConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.quality.overlap.contamination import Scan, contamination
    from hr_pipeline.quality.overlap.records import file_hashes, sought_in

    making = Making(
        context,
        run,
        ("quality/contamination",),
        ("rjdb/triples",),
        code_version=CONTAMINATION_VERSION,
        settings=config.model_dump(),
        files=file_hashes(config.files),
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    scan = Scan(sought_in(config.files))
    total = making.build("rjdb/triples").rows
    triples = making.rows("rjdb/triples") if config.files else iter(())
    rows = progress(triples, "looking for texts", total, context.log.info)
    return making.write(
        "quality/contamination",
        CONTRACTS["quality/contamination"].tables(contamination(scan, rows)),
        metadata={
            "files": ", ".join(config.files) or "none was named: nothing was looked for",
            "texts": scan.texts,
            "too short to tell": scan.too_short,
        },
    )
