"""Assets of quality: what rules that do not read make of triples, of ladders and of ties."""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.quality.corpora import CORPORA, RELEASED
from hr_pipeline.resources import Run

SHORTCUTS_VERSION = LADDER_VERSION = "1"


class FitConfig(dg.Config):
    """`fit_triples`: of train, learnt from, and of dev, for the threshold; drawn by key."""

    fit_triples: int = 4000


@dg.asset(
    key=["quality", "shortcuts"],
    check_specs=[rows_are_accounted_for("quality/shortcuts")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=SHORTCUTS_VERSION,
    deps=[["rjdb", "triples"]],
    description="The floor: accuracy of rules that do not read, inside a triple and pair by pair.",
)
def shortcuts(
    context: dg.AssetExecutionContext, run: Run, config: FitConfig
) -> dg.MaterializeResult:
    from functools import partial

    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.quality.shortcuts.audit import audit
    from hr_pipeline.quality.shortcuts.corpus import folds_of, read_triples

    making = Making(
        context,
        run,
        ("quality/shortcuts",),
        ("rjdb/triples",),
        optional=(RELEASED,),
        code_version=SHORTCUTS_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    rows = []
    for corpus, dataset in CORPORA.items():
        if making.has(dataset):
            batches = partial(making.lake.batches, dataset, making.version(dataset))
            triples = read_triples(batches, config.fit_triples, run.seed)
            context.log.info(f"{corpus}: baselines on {len(triples):,} triples")
            rows += audit(corpus, folds_of(triples, run.seed))
    table = CONTRACTS["quality/shortcuts"].table(rows)
    return making.write(
        "quality/shortcuts",
        [table],
        metadata={"rules": dg.MetadataValue.md(markdown_table(table))},
    )


@dg.asset(
    key=["quality", "ladder"],
    check_specs=[rows_are_accounted_for("quality/ladder")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=LADDER_VERSION,
    deps=[["rjdb", "triples"], ["rjdb", "ladder"], ["rjdb", "ties"]],
    description="How the rules' scores fall with every skill missing, and how they take ties.",
)
def ladder(context: dg.AssetExecutionContext, run: Run, config: FitConfig) -> dg.MaterializeResult:
    from functools import partial

    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.quality.shortcuts.corpus import read_triples
    from hr_pipeline.quality.shortcuts.gaps import fitted, measured

    making = Making(
        context,
        run,
        ("quality/ladder",),
        ("rjdb/triples", "rjdb/ladder", "rjdb/ties"),
        code_version=LADDER_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    batches = partial(making.lake.batches, "rjdb/triples", making.version("rjdb/triples"))
    rungs, ties = making.table("rjdb/ladder"), making.table("rjdb/ties")
    matchers = fitted(read_triples(batches, config.fit_triples, run.seed), rungs, ties)
    table = CONTRACTS["quality/ladder"].table(
        [row for one in matchers for row in measured(one, rungs, ties)]
    )
    return making.write(
        "quality/ladder",
        [table],
        metadata={"figures": dg.MetadataValue.md(markdown_table(table))},
    )
