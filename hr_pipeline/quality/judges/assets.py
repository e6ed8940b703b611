"""Judges: G-Eval of the documents and of their corrupted twins, by a second teacher."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.quality.corpora import CORPORA, OURS, RELEASED
from hr_pipeline.quality.judges.prompt_files import judge_prompt_hashes
from hr_pipeline.resources import Judge, Run

JUDGEMENTS_VERSION = JUDGES_VERSION = "1"


class JudgementsConfig(dg.Config):
    """`sample`: triples judged of each corpus and writing mode; `twins`: of these, judged corrupted
    too; `samples`: replies to a question; `weighting`: samples or probabilities."""

    sample: int = 100
    twins: int = 50
    samples: int = 5
    weighting: str = "samples"


@dg.asset(
    key=["quality", "judgements"],
    check_specs=[rows_are_accounted_for("quality/judgements")],
    group_name="quality",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((JUDGEMENTS_VERSION, *judge_prompt_hashes().values())),
    deps=[["rjdb", "triples"], ["graph", "skills"], ["graph", "occupations"]],
    description="What the judge said of documents and of their corrupted twins (RJDB 2.3).",
)
def judgements(
    context: dg.AssetExecutionContext, run: Run, judge: Judge, config: JudgementsConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.quality.judges.judging import (
        Judging,
        every_item,
        judgements,
        judging_settings,
    )

    settings = judging_settings(config.model_dump())
    making = Making(
        context,
        run,
        ("quality/judgements",),
        (OURS, "graph/skills", "graph/occupations"),
        optional=(RELEASED,),
        code_version=JUDGEMENTS_VERSION,
        settings=config.model_dump(),
        prompts=judge_prompt_hashes(),
        teacher=judge,
    )
    if unchanged := making.unchanged():
        return unchanged[0]

    def batches(dataset: str, columns: list[str] | None) -> Iterator[Any]:
        return making.lake.batches(dataset, making.version(dataset), columns)

    skills = making.table("graph/skills").column("name").to_pylist()
    titles = making.table("graph/occupations").column("title").to_pylist()
    corpora = {corpus: name for corpus, name in CORPORA.items() if making.has(name)}
    items = every_item(batches, corpora, skills, titles, settings, run.seed)
    if judge.model and judge.model in {item.facts["teacher"] for item in items}:
        context.log.info(f"{judge.model} judges what it has written itself")
    ledger = Ledger()
    with making.engine() as engine:
        judged = judgements(Judging(engine, settings), items, ledger)

        def rows() -> Iterator[dict[str, Any]]:
            for one in progress(judged, "judging", len(items), context.log.info, engine.sight):
                if (row := one.row(judge.name)) is not None:
                    yield row

        return making.write(
            "quality/judgements",
            CONTRACTS["quality/judgements"].tables(rows()),
            ledger=ledger,
            rows_in=len(items),
        )


@dg.asset(
    key=["quality", "judges"],
    check_specs=[rows_are_accounted_for("quality/judges")],
    group_name="quality",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=JUDGES_VERSION,
    deps=[["quality", "judgements"]],
    description="Judgements by writing mode and teacher (RJDB Figure 2), and the judge's worth.",
)
def judges(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table, pictures
    from hr_pipeline.making import Making
    from hr_pipeline.quality.judges.plots import figure_2, worth
    from hr_pipeline.quality.judges.worth import judge_rows

    making = Making(
        context,
        run,
        ("quality/judges",),
        ("quality/judgements",),
        code_version=JUDGES_VERSION,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    rows = judge_rows(making.rows("quality/judgements"))
    table = CONTRACTS["quality/judges"].table(rows)
    return making.write(
        "quality/judges",
        [table],
        metadata={
            "scores": dg.MetadataValue.md(markdown_table(table)),
            "plots": dg.MetadataValue.md("\n\n".join(map(pictures, (figure_2(rows), worth(rows))))),
        },
    )
