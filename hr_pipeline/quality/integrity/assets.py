"""Label integrity, the paper's tables and figures, and diversity: ours beside the release's.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.embedding.models import LEXICAL
from hr_pipeline.quality.corpora import CORPORA, RELEASED
from hr_pipeline.resources import Run

INTEGRITY_VERSION = DIVERSITY_VERSION = "1"
INPUTS = (
    *("rjdb/triples", "rjdb/presence", "rjdb/statistics"),
    *("graph/statistics", "sources/concepts", "sources/occupations", "sources/first_names"),
)
COUNTED = {
    "quality/integrity": "Whether labels can be trusted: ours and the imported release.",
    "quality/statistics": "Tables 1, 3, 4 and Figures 3, 4 of the RJDB paper from our data.",
}


@dg.multi_asset(
    name="quality__integrity",
    group_name="quality",
    check_specs=[rows_are_accounted_for(name) for name in COUNTED],
    specs=[
        dg.AssetSpec(
            name.split("/"),
            deps=[dataset.split("/") for dataset in INPUTS],
            group_name="quality",
            kinds={"parquet"},
            owners=["team:data"],
            description=description,
            code_version=INTEGRITY_VERSION,
        )
        for name, description in COUNTED.items()
    ],
)
def integrity(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table, pictures
    from hr_pipeline.making import Making
    from hr_pipeline.quality.integrity import plots
    from hr_pipeline.quality.integrity.corpora import genders_by_name, released_corpus
    from hr_pipeline.quality.integrity.measures import TRIPLE_COLUMNS, integrity_rows
    from hr_pipeline.quality.integrity.statistics import Corpus, statistics_rows
    from hr_pipeline.taxonomy.groups import coded_titles

    making = Making(
        context,
        run,
        tuple(COUNTED),
        INPUTS,
        optional=(RELEASED,),
        code_version=INTEGRITY_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    lake, version = making.lake, making.version("rjdb/triples")
    mine = lake.table("rjdb/triples", version, ["triple_id", "category"])
    categories = dict(zip(*(column.to_pylist() for column in mine.columns), strict=True))
    ours = Corpus(making.table("rjdb/statistics"), making.table("rjdb/presence"), categories)
    light = lake.batches("rjdb/triples", version, list(TRIPLE_COLUMNS))
    rows = integrity_rows(ours.presence, (r for b in light for r in b.to_pylist()), "ours")
    released = None
    if making.has(RELEASED):
        titles = (making.table(f"sources/{name}") for name in ("concepts", "occupations"))
        released = released_corpus(making.rows(RELEASED), coded_titles(*titles))
        genders = genders_by_name(making.rows("sources/first_names"))
        rows += integrity_rows(released.presence, making.rows(RELEASED), "released", genders)
    table = CONTRACTS["quality/integrity"].table(rows)
    shown = {
        "ours beside the release": dg.MetadataValue.md(markdown_table(table)),
        "plots": dg.MetadataValue.md(pictures([plots.presence(table)])),
    }
    yield making.write("quality/integrity", [table], metadata=shown)
    found = statistics_rows(making.table("graph/statistics"), ours, released)
    table = CONTRACTS["quality/statistics"].table(found)
    shown = {
        "beside the paper": dg.MetadataValue.md(markdown_table(table)),
        "plots": dg.MetadataValue.md("\n\n".join(pictures([d]) for d in plots.figures(table))),
    }
    yield making.write("quality/statistics", [table], metadata=shown)


class DiversityConfig(dg.Config):
    """`sample`: triples of each corpus; `embedding`: "lexical", or the name of a
    sentence-transformers model, for the spread of the documents."""

    sample: int = 500
    embedding: str = LEXICAL


@dg.asset(
    key=["quality", "diversity"],
    check_specs=[rows_are_accounted_for("quality/diversity")],
    group_name="quality",
    kinds={"parquet", "scikitlearn"},
    owners=["team:data"],
    code_version=DIVERSITY_VERSION,
    deps=[["rjdb", "triples"]],
    description="How much the documents repeat themselves and one another.",
)
def diversity(
    context: dg.AssetExecutionContext, run: Run, config: DiversityConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table, pictures
    from hr_pipeline.making import Making
    from hr_pipeline.quality.integrity import plots
    from hr_pipeline.quality.integrity.diversity import PLOTTED, diversity_rows, sampled_texts

    making = Making(
        context,
        run,
        ("quality/diversity",),
        ("rjdb/triples",),
        optional=(RELEASED,),
        code_version=DIVERSITY_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    read = {
        corpus: partial(making.lake.batches, dataset, making.version(dataset))
        for corpus, dataset in CORPORA.items()
        if making.has(dataset)
    }
    texts = sampled_texts(read, config.sample, run.seed)
    table = CONTRACTS["quality/diversity"].table(diversity_rows(texts, config.embedding))
    draws = [plots.repetition(table, measure) for measure in PLOTTED]
    return making.write(
        "quality/diversity",
        [table],
        metadata={
            "ours beside the release": dg.MetadataValue.md(markdown_table(table)),
            "plots": dg.MetadataValue.md(pictures(draws)),
        },
    )
