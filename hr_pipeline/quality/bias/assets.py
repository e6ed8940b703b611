"""Assets of quality: balance of names, genders and groups; audit of matchers by swapped names."""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.quality.corpora import CORPORA, RELEASED
from hr_pipeline.resources import Run

BALANCE_VERSION = BIAS_VERSION = "1"


class BiasConfig(dg.Config):
    """`matchers`: baselines by name, or your own as package.module:function. `triples`: of the test
    split, audited at most. `fit_triples`: of train, learnt from; of dev, for the threshold."""

    matchers: list[str] = [
        "word overlap",
        "TF-IDF cosine",
        "TF-IDF + logistic regression",
        "resume alone + logistic regression",
    ]
    triples: int = 1000
    fit_triples: int = 1000


@dg.asset(
    key=["quality", "balance"],
    check_specs=[rows_are_accounted_for("quality/balance")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=BALANCE_VERSION,
    deps=[["rjdb", "triples"]],
    description="Names, genders and groups of what was generated, and what hangs on them.",
)
def balance(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.quality.bias.balance import balance as balance_rows
    from hr_pipeline.quality.bias.people import COLUMNS, people
    from hr_pipeline.quality.bias.plots import balance_plots

    making = Making(
        context,
        run,
        ("quality/balance",),
        ("rjdb/triples",),
        optional=(RELEASED,),
        code_version=BALANCE_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    rows = []
    for corpus, dataset in CORPORA.items():
        if making.has(dataset):
            batches = making.lake.batches(dataset, making.version(dataset), COLUMNS)
            triples = (row for batch in batches for row in batch.to_pylist())
            total = making.build(dataset).rows
            told = progress(triples, f"reading people, {corpus}", total, context.log.info)
            rows += balance_rows(corpus, people(told))
    contract = CONTRACTS["quality/balance"]
    goals = contract.table([row for row in rows if row["goal"]])
    return making.write(
        "quality/balance",
        [contract.table(rows)],
        metadata={
            "goals": dg.MetadataValue.md(markdown_table(goals)),
            "plots": dg.MetadataValue.md(balance_plots(rows)),
        },
    )


@dg.asset(
    key=["quality", "bias"],
    check_specs=[rows_are_accounted_for("quality/bias")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=BIAS_VERSION,
    deps=[["rjdb", "triples"], ["sources", "first_names"]],
    description="Names swapped in resumes, and what each matcher makes of it.",
)
def bias(context: dg.AssetExecutionContext, run: Run, config: BiasConfig) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.quality.bias.applications import Cells
    from hr_pipeline.quality.bias.audit import audit, score
    from hr_pipeline.quality.bias.chosen_matchers import matcher_named, own_code, ready
    from hr_pipeline.quality.bias.plots import audit_plots
    from hr_pipeline.quality.bias.sample import read_sample

    matchers = [matcher_named(name) for name in dict.fromkeys(config.matchers)]
    making = Making(
        context,
        run,
        ("quality/bias",),
        ("rjdb/triples", "sources/first_names"),
        code_version=BIAS_VERSION,
        settings=config.model_dump(),
        files=own_code(config.matchers),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    ledger, rows = Ledger(), []
    sizes = {"train": config.fit_triples, "dev": config.fit_triples, "test": config.triples}
    sample = read_sample(making.lake, making.version("rjdb/triples"), sizes, run.seed, ledger)
    cells = Cells.from_table(making.table("sources/first_names"))
    for matcher in progress(matchers, "auditing matchers", len(matchers), context.log.info):
        threshold = ready(matcher, sample.train, sample.dev)
        scored = score(sample.applications, cells, matcher.scores, run.seed)
        rows += audit(matcher.name, sample.applications, cells, scored, threshold, run.seed)
    return making.write(
        "quality/bias",
        [CONTRACTS["quality/bias"].table(rows)],
        ledger=ledger,
        metadata={
            "applications": len(sample.applications),
            "plots": dg.MetadataValue.md(audit_plots(rows)),
        },
    )
