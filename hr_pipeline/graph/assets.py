"""The skill-occupation graph and its clusters."""

from collections.abc import Iterator

import dagster as dg

from hr_pipeline.embedding.models import LEXICAL
from hr_pipeline.graph import statistics
from hr_pipeline.graph.build import build_graph
from hr_pipeline.graph.categories import categorise
from hr_pipeline.graph.clusters import grow_clusters
from hr_pipeline.graph.skills import LIST_SKILLS, list_general_skills
from hr_pipeline.graph.tables import DATASETS, lost_to_the_filter, to_tables
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.progress import progress
from hr_pipeline.lake.shown import markdown_table
from hr_pipeline.llm.task import hashes_of
from hr_pipeline.resources import Making, Run, Teacher

PROMPTS = hashes_of(LIST_SKILLS.prompt)
GENERAL_SKILLS_VERSION = "-".join(("1", *PROMPTS.values()))
GRAPH_VERSION = "1"
OUTPUTS = (*DATASETS, "graph/statistics")


class GeneralSkillsConfig(dg.Config):
    """`embedding`: "lexical", or the name of a sentence-transformers model."""

    embedding: str = LEXICAL


@dg.asset(
    key=["graph", "general_skills"],
    group_name="graph",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version=GENERAL_SKILLS_VERSION,
    deps=[["sources", "postings"], ["sources", "occupations"]],
    description=CONTRACTS["graph/general_skills"].description,
)
def general_skills(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: GeneralSkillsConfig
) -> dg.MaterializeResult:
    making = Making(
        context,
        run,
        ("graph/general_skills",),
        ("sources/postings", "sources/occupations"),
        code_version=GENERAL_SKILLS_VERSION,
        settings=config.model_dump(),
        prompts=PROMPTS,
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    occupations = making.table("sources/occupations")
    with teacher.engine(making.lake, run.seed) as engine:
        listed = list_general_skills(
            occupations,
            making.table("sources/postings"),
            engine,
            run.seed,
            config.embedding,
            lambda rows, total: progress(rows, "listing skills", total, context.log.info),
        )
    return making.write(
        "graph/general_skills",
        [CONTRACTS["graph/general_skills"].table(listed.rows)],
        ledger=listed.ledger,
        rows_in=occupations.num_rows,
        metadata={"teacher's work": dg.MetadataValue.json(dict(engine.counts))},
    )


class GraphConfig(dg.Config):
    """`min_cluster_size` in occupations; the degree filters are off at 0."""

    min_cluster_size: int = 10
    min_occupation_degree: int = 0
    min_skill_degree: int = 0
    embedding: str = LEXICAL


@dg.multi_asset(
    name="graph",
    group_name="graph",
    specs=[
        dg.AssetSpec(
            name.split("/"),
            deps=[["sources", "postings"], ["sources", "occupations"], ["graph", "general_skills"]],
            group_name="graph",
            kinds={"parquet", "networkx"},
            owners=["team:data"],
            description=CONTRACTS[name].description,
            code_version=GRAPH_VERSION,
        )
        for name in OUTPUTS
    ],
)
def graph(
    context: dg.AssetExecutionContext, run: Run, config: GraphConfig
) -> Iterator[dg.MaterializeResult]:
    making = Making(
        context,
        run,
        OUTPUTS,
        ("sources/postings", "sources/occupations", "graph/general_skills"),
        code_version=GRAPH_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    whole = build_graph(
        making.table("sources/postings"),
        making.table("graph/general_skills"),
        config.min_occupation_degree,
        config.min_skill_degree,
    )
    context.log.info(f"{len(whole.titles):,} occupations, {len(whole.edge_skill):,} edges")
    clusters = grow_clusters(whole, run.seed, config.min_cluster_size)
    context.log.info(f"{len(clusters):,} clusters kept, {clusters.n_small:,} too small")
    kept = clusters.covered()
    remaining, clusters = whole.keep_occupations(kept), clusters.renumbered(kept)
    official = making.table("sources/occupations").select(["code", "title"]).to_pylist()
    categories = categorise(
        remaining.titles,
        remaining.codes,
        [(row["code"], row["title"]) for row in official],
        config.embedding,
    )
    lost = lost_to_the_filter(whole, kept)
    plots = dg.MetadataValue.md(statistics.plots(remaining, clusters))
    for dataset, table in to_tables(remaining, clusters, categories).items():
        yield making.write(
            dataset,
            [table],
            ledger=lost[dataset].ledger,
            rows_in=lost[dataset].rows_in,
            metadata={"plots": plots} if dataset == "graph/clusters" else None,
        )
    figures = statistics.graph_statistics(whole, remaining, clusters)
    shown = dg.MetadataValue.md(markdown_table(figures))
    yield making.write("graph/statistics", [figures], metadata={"beside the paper": shown})
