"""Skills as software APIs: the nearest, and the teacher's choice.

Rooms are imported inside the asset, so that loading the definitions stays cheap.
"""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.llm.task import hashes_of, load_prompt
from hr_pipeline.resources import Embedder, Run, Teacher

PROMPTS = hashes_of(load_prompt("hr_pipeline.jaqa", "choose_apis"))
INPUTS = ("jaqa/posting_skills", "sources/apis")
SKILL_APIS_VERSION = "1"


class SkillApisConfig(dg.Config):
    """`candidates`: APIs that the teacher chooses among; `ecosystems`: those of the catalog that
    are used, none named for all."""

    candidates: int = 30
    ecosystems: list[str] = []


@dg.asset(
    key=["jaqa", "skill_apis"],
    check_specs=[rows_are_accounted_for("jaqa/skill_apis")],
    group_name="jaqa",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((SKILL_APIS_VERSION, *PROMPTS.values())),
    deps=[name.split("/") for name in INPUTS],
    description="Each distinct skill with the nearest APIs and the teacher's choice (KDJPPR 3.2).",
)
def skill_apis(
    context: dg.AssetExecutionContext,
    run: Run,
    teacher: Teacher,
    embedder: Embedder,
    config: SkillApisConfig,
) -> dg.MaterializeResult:
    from hr_pipeline.jaqa.apis.catalog import catalog_of
    from hr_pipeline.jaqa.apis.choose import choose_apis, distinct_skills, retrieve
    from hr_pipeline.jaqa.apis.plots import plots
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.errors import InputError
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making

    if config.candidates < 1:
        raise InputError("at least 1 is needed", "jaqa/skill_apis.candidates")
    making = Making(
        context,
        run,
        ("jaqa/skill_apis",),
        INPUTS,
        code_version=SKILL_APIS_VERSION,
        settings=config.model_dump() | embedder.recipe_facts(),
        prompts=PROMPTS,
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    catalog = catalog_of(making.table("sources/apis"), config.ecosystems)
    version = making.version("jaqa/posting_skills")
    of_postings = making.lake.rows("jaqa/posting_skills", version, ["skills"])
    skills = distinct_skills(row["skills"] for row in of_postings)
    opened, ledger = embedder.open(making.lake), Ledger()
    k, exact_up_to = config.candidates, embedder.exact_up_to
    found = retrieve(skills, catalog, opened, k, run.seed, exact_up_to)
    context.log.info(f"{len(skills):,} skills, {len(catalog):,} APIs: {found.nearest.how}")
    with making.engine() as engine:
        rows = list(
            choose_apis(
                skills,
                found,
                engine,
                opened.name,
                ledger,
                lambda answers, total: progress(
                    answers, "choosing APIs", total, context.log.info, engine.sight
                ),
            )
        )
    return making.write(
        "jaqa/skill_apis",
        CONTRACTS["jaqa/skill_apis"].tables(iter(rows)),
        ledger=ledger,
        rows_in=len(skills),
        metadata={
            "catalog": len(catalog),
            "retrieval": found.nearest.how,
            "recall of the retrieval": found.nearest.recall,
            "plots": dg.MetadataValue.md(plots(rows)),
        },
    )
