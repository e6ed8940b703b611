"""The skill-occupation graph and its clusters.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.embedding.models import LEXICAL
from hr_pipeline.llm.task import hashes_of, load_prompt
from hr_pipeline.resources import Run, Teacher

PROMPTS = hashes_of(load_prompt("hr_pipeline.graph", "list_skills"))
GENERAL_SKILLS_VERSION = "1"
GRAPH_VERSION = "3"  # categories by a classifier, of the words that name the job
GRAPH_INPUTS = (
    *("sources/postings", "sources/occupations", "sources/concepts"),
    "graph/general_skills",
)
DESCRIPTIONS = {
    "graph/occupations": "Occupations of the graph, after the cluster filter.",
    "graph/skills": "Skills of the graph, after the cluster filter.",
    "graph/edges": "Occupation - skill links.",
    "graph/clusters": "A seed and all occupations within two hops; clusters overlap.",
    "graph/statistics": "The graph beside the paper's Table 1.",
}
OUTPUTS = tuple(DESCRIPTIONS)


class GeneralSkillsConfig(dg.Config):
    """`embedding`: "lexical", or the name of a sentence-transformers model."""

    embedding: str = LEXICAL


@dg.asset(
    key=["graph", "general_skills"],
    check_specs=[rows_are_accounted_for("graph/general_skills")],
    group_name="graph",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((GENERAL_SKILLS_VERSION, *PROMPTS.values())),
    deps=[["sources", "postings"], ["sources", "occupations"]],
    description="Skills that the teacher listed for each general occupation (RJDB 2.1).",
)
def general_skills(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: GeneralSkillsConfig
) -> dg.MaterializeResult:
    from hr_pipeline.graph.general_skills import list_general_skills
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making

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
    with making.engine() as engine:
        listed = list_general_skills(
            occupations,
            making.table("sources/postings"),
            engine,
            run.seed,
            config.embedding,
            lambda rows, total: progress(
                rows, "listing skills", total, context.log.info, engine.sight
            ),
        )
    return making.write(
        "graph/general_skills",
        [CONTRACTS["graph/general_skills"].table(listed.rows)],
        ledger=listed.ledger,
        rows_in=occupations.num_rows,
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
    check_specs=[rows_are_accounted_for(name) for name in OUTPUTS],
    specs=[
        dg.AssetSpec(
            name.split("/"),
            deps=[name.split("/") for name in GRAPH_INPUTS],
            group_name="graph",
            kinds={"parquet", "networkx"},
            owners=["team:data"],
            description=DESCRIPTIONS[name],
            code_version=GRAPH_VERSION,
        )
        for name in OUTPUTS
    ],
)
def graph(
    context: dg.AssetExecutionContext, run: Run, config: GraphConfig
) -> Iterator[dg.MaterializeResult]:
    from hr_pipeline.graph import statistics
    from hr_pipeline.graph.build import build_graph
    from hr_pipeline.graph.make import make_graph
    from hr_pipeline.graph.tables import to_tables
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.taxonomy.groups import coded_titles

    making = Making(
        context,
        run,
        OUTPUTS,
        GRAPH_INPUTS,
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
    made = make_graph(
        whole,
        coded_titles(making.table("sources/concepts"), making.table("sources/occupations")),
        run.seed,
        config.min_cluster_size,
        config.embedding,
    )
    context.log.info(f"{len(made.clusters):,} clusters kept, {made.n_small:,} too small")
    plots = dg.MetadataValue.md(statistics.plots(made.graph, made.clusters))
    for dataset, table in to_tables(made.graph, made.clusters, made.categories).items():
        yield making.write(
            dataset,
            [table],
            ledger=made.lost[dataset].ledger,
            rows_in=made.lost[dataset].rows_in,
            metadata={"plots": plots} if dataset == "graph/clusters" else None,
        )
    figures = statistics.graph_statistics(made)
    shown = dg.MetadataValue.md(markdown_table(figures))
    yield making.write("graph/statistics", [figures], metadata={"beside the paper": shown})
