"""Skills of postings: as their release gives them, else found in the description.

Rooms are imported inside the asset, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.llm.task import hashes_of, load_prompt
from hr_pipeline.resources import Run, Teacher

if TYPE_CHECKING:
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.making import Making

PROMPTS = hashes_of(load_prompt("hr_pipeline.jaqa", "list_posting_skills"))
INPUTS = ("sources/linkedin_postings", "sources/skill_names")
POSTING_SKILLS_VERSION = "4"  # capitals after a comma; of postings with a description alone
NAMES, TEACHER = "names", "teacher"
Rows = Iterator[dict[str, Any]]


class PostingSkillsConfig(dg.Config):
    """`postings`: at most so many of those with a description, drawn where there are more: each
    new skill and title is a question to the teacher. `finder` of skills in descriptions: "names"
    (labels of ESCO, skills of Dice), or "teacher"; `processes` that look for names, where there are
    some thousands of postings."""

    postings: int = 25_000
    finder: str = NAMES
    processes: int = 2


@dg.asset(
    key=["jaqa", "posting_skills"],
    check_specs=[rows_are_accounted_for("jaqa/posting_skills")],
    group_name="jaqa",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((POSTING_SKILLS_VERSION, *PROMPTS.values())),
    deps=[name.split("/") for name in INPUTS],
    description="Skills of each posting: given by its release, else found in its description.",
)
def posting_skills(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: PostingSkillsConfig
) -> dg.MaterializeResult:
    from hr_pipeline.jaqa.skills.postings import SkillCounts, drawn_postings, plots
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.errors import InputError
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.making import Making

    if config.finder not in (NAMES, TEACHER):
        where = "jaqa/posting_skills.finder"
        raise InputError(f"{config.finder!r} is no finder", where, f"use {NAMES} or {TEACHER}")
    if config.postings < 1:
        raise InputError("at least 1 is needed", "jaqa/posting_skills.postings")
    asks = config.finder == TEACHER
    making = Making(
        context,
        run,
        ("jaqa/posting_skills",),
        INPUTS,
        code_version=POSTING_SKILLS_VERSION,
        settings={"finder": config.finder, "postings": config.postings},
        prompts=PROMPTS if asks else {},
        teacher=teacher if asks else None,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    for name in INPUTS:
        if not making.build(name).rows:
            raise InputError("has no row", name, "put its files into the raw folder (docs/data.md)")
    ledger, counts = Ledger(), SkillCounts()
    chosen = drawn_postings(making.rows(INPUTS[0]), config.postings, run.seed, ledger)
    postings = (row for row in making.rows(INPUTS[0]) if row["posting_id"] in chosen)
    find = _by_teacher if asks else _by_names

    def counted() -> Rows:
        for row in find(making, config, postings, len(chosen), ledger):
            counts.add(row)
            yield row

    return making.write(
        "jaqa/posting_skills",
        CONTRACTS["jaqa/posting_skills"].tables(counted()),
        ledger=ledger,
        rows_in=making.build(INPUTS[0]).rows,
        metadata={
            "how": lambda: dg.MetadataValue.json(dict(counts.how)),
            "distinct skills": lambda: len(counts.postings),
            "plots": lambda: dg.MetadataValue.md(plots(counts)),
        },
    )


def _by_names(
    making: "Making", config: PostingSkillsConfig, postings: Rows, total: int, ledger: "Ledger"
) -> Rows:
    from hr_pipeline.jaqa.skills.postings import ONE_PROCESS_POSTINGS, skills_by_names
    from hr_pipeline.lake.progress import progress

    names = making.version(INPUTS[1])
    processes = config.processes if total > ONE_PROCESS_POSTINGS else 1
    rows = progress(postings, "finding skills", total, making.context.log.info)
    yield from skills_by_names(rows, making.lake, names, ledger, processes)


def _by_teacher(
    making: "Making", config: PostingSkillsConfig, postings: Rows, total: int, ledger: "Ledger"
) -> Rows:
    from hr_pipeline.jaqa.skills.postings import finder_of, skills_by_teacher
    from hr_pipeline.lake.progress import progress

    finder = finder_of(str(making.lake.root), making.version(INPUTS[1]))
    with making.engine() as engine:
        yield from skills_by_teacher(
            postings,
            finder,
            engine,
            ledger,
            lambda results: progress(
                results, "listing skills", total, making.context.log.info, engine.sight
            ),
        )
