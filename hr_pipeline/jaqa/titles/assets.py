"""Job titles as ESCO occupations: the nearest, and the teacher's choice.

Rooms are imported inside the asset, so that loading the definitions stays cheap.
"""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.llm.task import hashes_of, load_prompt
from hr_pipeline.resources import Embedder, Run, Teacher

PROMPTS = hashes_of(load_prompt("hr_pipeline.jaqa", "choose_title"))
INPUTS = ("sources/linkedin_postings", "jaqa/posting_skills", "sources/esco_occupations")
TITLES_VERSION = "1"


class TitlesConfig(dg.Config):
    """`candidates`: occupations that the teacher chooses among."""

    candidates: int = 30


@dg.asset(
    key=["jaqa", "titles"],
    check_specs=[rows_are_accounted_for("jaqa/titles")],
    group_name="jaqa",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((TITLES_VERSION, *PROMPTS.values())),
    deps=[name.split("/") for name in INPUTS],
    description="Each distinct title as an ESCO occupation, chosen among the nearest (KDJPPR 3.2).",
)
def titles(
    context: dg.AssetExecutionContext,
    run: Run,
    teacher: Teacher,
    embedder: Embedder,
    config: TitlesConfig,
) -> dg.MaterializeResult:
    from hr_pipeline.jaqa.titles.choose import choose_titles, distinct_titles, find_candidates
    from hr_pipeline.jaqa.titles.occupations import occupations_of
    from hr_pipeline.jaqa.titles.plots import plots
    from hr_pipeline.jaqa.titles.postings import described, with_skills
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.errors import InputError
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making

    if config.candidates < 1:
        raise InputError("at least 1 is needed", "jaqa/titles.candidates")
    making = Making(
        context,
        run,
        ("jaqa/titles",),
        INPUTS,
        code_version=TITLES_VERSION,
        settings=config.model_dump() | embedder.recipe_facts(),
        prompts=PROMPTS,
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    occupations = occupations_of(making.table("sources/esco_occupations"))
    lake, (postings, skills) = making.lake, (making.version(name) for name in INPUTS[:2])
    asked = distinct_titles(with_skills(lake, postings, skills))
    opened, ledger = embedder.open(lake), Ledger()
    found = find_candidates(
        asked, occupations, opened, config.candidates, lambda ids: described(lake, postings, ids)
    )
    context.log.info(f"{len(asked):,} titles, {len(occupations):,} occupations")
    with making.engine() as engine:
        rows = list(
            choose_titles(
                asked,
                found,
                occupations,
                engine,
                opened.name,
                ledger,
                lambda answers, total: progress(
                    answers, "choosing occupations", total, context.log.info, engine.sight
                ),
            )
        )
    return making.write(
        "jaqa/titles",
        CONTRACTS["jaqa/titles"].tables(iter(rows)),
        ledger=ledger,
        rows_in=len(asked),
        metadata={
            "titles with candidates that share a label": sum(
                len(set(row["matched"])) < len(row["matched"]) for row in rows
            ),
            "plots": dg.MetadataValue.md(plots(rows, teacher.notice)),
        },
    )
