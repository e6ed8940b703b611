"""Links of the graph's occupations and skills to ESCO, O*NET and SOC.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run

INPUTS = ("graph/occupations", "graph/skills", "sources/concepts", "sources/occupations")
LINKS_VERSION, COVERAGE_VERSION = "2", "1"


@dg.asset(
    key=["taxonomy", "links"],
    check_specs=[rows_are_accounted_for("taxonomy/links")],
    group_name="taxonomy",
    kinds={"parquet", "scikitlearn"},
    owners=["team:data"],
    code_version=LINKS_VERSION,
    deps=[name.split("/") for name in INPUTS],
    description="Skills and occupations linked to ESCO, O*NET and SOC where the link is sure.",
)
def links(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.making import Making
    from hr_pipeline.taxonomy.links import find_links

    making = Making(
        context, run, ("taxonomy/links",), INPUTS, code_version=LINKS_VERSION, seeded=False
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    occupations, skills, concepts, official = map(making.table, INPUTS)
    rows = find_links(occupations, skills, concepts, official, context.log.info)
    return making.write("taxonomy/links", CONTRACTS["taxonomy/links"].tables(rows))


@dg.asset(
    key=["taxonomy", "coverage"],
    check_specs=[rows_are_accounted_for("taxonomy/coverage")],
    group_name="taxonomy",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=COVERAGE_VERSION,
    deps=[["taxonomy", "links"], ["graph", "occupations"], ["graph", "skills"]],
    description="How many occupations and skills are linked, by scheme and method.",
)
def coverage(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.taxonomy.links import coverage as coverage_of

    making = Making(
        context,
        run,
        ("taxonomy/coverage",),
        ("taxonomy/links", "graph/occupations", "graph/skills"),
        code_version=COVERAGE_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    rows = coverage_of(
        making.rows("taxonomy/links"),
        making.build("graph/occupations").rows,
        making.build("graph/skills").rows,
    )
    table = CONTRACTS["taxonomy/coverage"].table(rows)
    shown = dg.MetadataValue.md(markdown_table(table))
    return making.write("taxonomy/coverage", [table], metadata={"coverage": shown})
