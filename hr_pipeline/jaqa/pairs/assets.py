"""JA-QA itself: question-answer pairs, and what they hold.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run

INPUTS = (
    "sources/linkedin_postings",
    *(f"jaqa/{name}" for name in ("posting_skills", "skill_apis", "titles")),
)
PAIRS_VERSION, STATISTICS_VERSION = "1", "1"
COUNTED = {
    "jaqa/statistics": "What JA-QA holds, beside what the paper tells.",
    "jaqa/coverage": "Pairs by ISCO-08 major group, and by API.",
}


class PairsConfig(dg.Config):
    """`pairs`: at most so many, drawn where there are more; `dev_share` and `test_share` of the
    groups of near-duplicate descriptions."""

    pairs: int = 20_000
    dev_share: float = 0.05
    test_share: float = 0.05


@dg.asset(
    key=["jaqa", "pairs"],
    check_specs=[rows_are_accounted_for("jaqa/pairs")],
    group_name="jaqa",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=PAIRS_VERSION,
    deps=[name.split("/") for name in INPUTS],
    description="JA-QA: a question and an answer for each posting (KDJPPR 3.2).",
)
def pairs(context: dg.AssetExecutionContext, run: Run, config: PairsConfig) -> dg.MaterializeResult:
    from hr_pipeline.jaqa.pairs.assemble import (
        check_settings,
        draw_pairs,
        fit_postings,
        pair_rows,
        read_facts,
    )
    from hr_pipeline.jaqa.pairs.splits import descriptions_among, groups_of, splits_of
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making

    check_settings(config.pairs, config.dev_share, config.test_share)
    making = Making(
        context,
        run,
        ("jaqa/pairs",),
        INPUTS,
        code_version=PAIRS_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    postings, ledger = INPUTS[0], Ledger()
    teachers = {making.build(name).recipe.teacher or "" for name in ("jaqa/skill_apis", INPUTS[3])}
    skills, choices, titles = map(making.rows, INPUTS[1:])
    of_skills = making.build(INPUTS[1]).ledger_version
    lost = making.lake.rows(f"{INPUTS[1]}_ledger", of_skills, ["key", "cause"])
    facts = read_facts(skills, choices, titles, ", ".join(sorted(teachers)), lost)
    fit = fit_postings(making.rows(postings), facts, ledger)
    drawn = draw_pairs(fit, config.pairs, run.seed, ledger)
    context.log.info(f"{len(fit):,} postings give a pair, {config.pairs:,} are wanted")
    descriptions = descriptions_among(making.rows(postings), drawn)
    told = progress(descriptions, "near-duplicates", len(drawn), context.log.info)
    splits = splits_of(groups_of(told), run.seed, config.dev_share, config.test_share)
    rows = pair_rows(making.rows(postings), splits, facts, ledger)
    return making.write(
        "jaqa/pairs",
        CONTRACTS["jaqa/pairs"].tables(rows),
        ledger=ledger,
        rows_in=making.build(postings).rows,
        metadata={"ordered": config.pairs, "fit": len(fit)},
    )


@dg.multi_asset(
    name="jaqa__statistics",
    group_name="jaqa",
    check_specs=[rows_are_accounted_for(name) for name in COUNTED],
    specs=[
        dg.AssetSpec(
            name.split("/"),
            deps=[["jaqa", "pairs"], ["jaqa", "skill_apis"]],
            group_name="jaqa",
            kinds={"parquet"},
            owners=["team:data"],
            description=description,
            code_version=STATISTICS_VERSION,
        )
        for name, description in COUNTED.items()
    ],
)
def statistics(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    from hr_pipeline.jaqa.pairs.statistics import (
        PairCounts,
        coverage_rows,
        pair_statistics,
        plots,
    )
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making

    making = Making(
        context,
        run,
        tuple(COUNTED),
        ("jaqa/pairs", "jaqa/skill_apis"),
        code_version=STATISTICS_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    counts, build = PairCounts(), making.build("jaqa/pairs")
    for row in making.rows("jaqa/pairs"):
        counts.add(row)
    choices = making.lake.rows("jaqa/skill_apis", making.version("jaqa/skill_apis"), ["apis"])
    ordered = build.recipe.settings["config"]["pairs"]
    chosen = (len(row["apis"]) for row in choices)
    figures = pair_statistics(counts, ordered, chosen, build.lost_by_cause)
    shown = dg.MetadataValue.md(markdown_table(figures))
    yield making.write("jaqa/statistics", [figures], metadata={"beside the paper": shown})
    coverage = CONTRACTS["jaqa/coverage"].table(coverage_rows(counts))
    drawn = dg.MetadataValue.md(plots(counts))
    yield making.write("jaqa/coverage", [coverage], metadata={"plots": drawn})
