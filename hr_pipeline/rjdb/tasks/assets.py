"""Task sets made from triples."""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run

LADDER_VERSION = TIES_VERSION = "1"
MATCHING_VERSION = EXTRACTION_VERSION = EDITING_VERSION = "1"


class SplitsConfig(dg.Config):
    """`splits`: the triples of these splits are edited."""

    splits: list[str] = ["test"]


@dg.asset(
    key=["rjdb", "ladder"],
    check_specs=[rows_are_accounted_for("rjdb/ladder")],
    group_name="rjdb",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=LADDER_VERSION,
    deps=[["rjdb", "triples"]],
    description="Graded negatives: the matched resume with 1 to k of the skills exchanged.",
)
def ladder(
    context: dg.AssetExecutionContext, run: Run, config: SplitsConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.picked import rows_among
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.tasks.ladder import ladders
    from hr_pipeline.rjdb.tasks.splits import checked_splits

    splits = checked_splits(config.splits, "rjdb__ladder.splits")
    making = Making(
        context,
        run,
        ("rjdb/ladder",),
        ("rjdb/triples",),
        code_version=LADDER_VERSION,
        settings=config.model_dump(),
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    batches = making.lake.batches("rjdb/triples", making.version("rjdb/triples"))
    ledger = Ledger()
    rows = ladders(rows_among(batches, "split", splits), ledger)
    return making.write("rjdb/ladder", CONTRACTS["rjdb/ladder"].tables(rows), ledger=ledger)


@dg.asset(
    key=["rjdb", "ties"],
    check_specs=[rows_are_accounted_for("rjdb/ties")],
    group_name="rjdb",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=TIES_VERSION,
    deps=[["rjdb", "triples"]],
    description="Pairs of resumes of which neither is the better one.",
)
def ties(context: dg.AssetExecutionContext, run: Run, config: SplitsConfig) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.picked import rows_among
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.tasks.splits import checked_splits
    from hr_pipeline.rjdb.tasks.ties import ties

    splits = checked_splits(config.splits, "rjdb__ties.splits")
    making = Making(
        context,
        run,
        ("rjdb/ties",),
        ("rjdb/triples",),
        code_version=TIES_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    batches = making.lake.batches("rjdb/triples", making.version("rjdb/triples"))
    ledger = Ledger()
    rows = ties(rows_among(batches, "split", splits), run.seed, ledger)
    return making.write("rjdb/ties", CONTRACTS["rjdb/ties"].tables(rows), ledger=ledger)


@dg.asset(
    key=["rjdb", "matching"],
    check_specs=[rows_are_accounted_for("rjdb/matching")],
    group_name="rjdb",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=MATCHING_VERSION,
    deps=[["rjdb", "triples"], ["rjdb", "presence"]],
    description="Job description and resume: match or not, and why.",
)
def matching(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.tasks.matching import pairs

    making = Making(
        context,
        run,
        ("rjdb/matching",),
        ("rjdb/triples", "rjdb/presence"),
        code_version=MATCHING_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    total = making.build("rjdb/triples").rows
    triples = progress(making.rows("rjdb/triples"), "matching", total, context.log.info)
    tables = CONTRACTS["rjdb/matching"].tables(pairs(triples))
    return making.write("rjdb/matching", tables)


@dg.asset(
    key=["rjdb", "extraction"],
    check_specs=[rows_are_accounted_for("rjdb/extraction")],
    group_name="rjdb",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=EXTRACTION_VERSION,
    deps=[["rjdb", "triples"]],
    description="Documents, and the skills and experiences that they show.",
)
def extraction(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.tasks.extraction import extractions

    making = Making(
        context,
        run,
        ("rjdb/extraction",),
        ("rjdb/triples",),
        code_version=EXTRACTION_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    total = making.build("rjdb/triples").rows
    triples = progress(making.rows("rjdb/triples"), "extraction", total, context.log.info)
    tables = CONTRACTS["rjdb/extraction"].tables(extractions(triples))
    return making.write("rjdb/extraction", tables)


@dg.asset(
    key=["rjdb", "editing"],
    check_specs=[rows_are_accounted_for("rjdb/editing")],
    group_name="rjdb",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=EDITING_VERSION,
    deps=[["rjdb", "triples"]],
    description="Unmatched resumes, what they lack, and the section that has it.",
)
def editing(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.rjdb.tasks.editing import EDITED, edits

    making = Making(
        context,
        run,
        ("rjdb/editing",),
        ("rjdb/triples",),
        code_version=EDITING_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    total = making.build("rjdb/triples").rows
    triples = progress(making.rows("rjdb/triples"), "editing", total, context.log.info)
    ledger = Ledger()
    tables = CONTRACTS["rjdb/editing"].tables(edits(triples, ledger))
    return making.write("rjdb/editing", tables, ledger=ledger, rows_in=len(EDITED) * total)
