"""TM-Eval: items, what rules make of them, and what a model answers.

Rooms are imported inside the assets, so that loading the definitions stays cheap.
"""

from collections.abc import Iterator

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.llm.task import hashes_of, load_prompt
from hr_pipeline.resources import Run, Teacher

ITEMS_VERSION = "1"
STATISTICS_VERSION = ANSWERS_VERSION = RESULTS_VERSION = "1"
PROMPTS = hashes_of(load_prompt("hr_pipeline.tm_eval", "answer_item"))
COUNTED = {
    "tm_eval/statistics": "What TM-Eval holds, counted, beside what the paper tells.",
    "tm_eval/baselines": "What rules that know nothing of careers make of the items.",
}


class ItemsConfig(dg.Config):
    """`title`, `project`: items of each task at most, half of them Yes; `dev_share`: of the people,
    whose items are in the dev split. The sizes are the paper's."""

    title: int = 1000
    project: int = 1000
    dev_share: float = 0.0


@dg.asset(
    key=["tm_eval", "items"],
    check_specs=[rows_are_accounted_for("tm_eval/items")],
    group_name="tm_eval",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=ITEMS_VERSION,
    deps=[["sources", "careers"]],
    description="Yes/no items: does a title, or a set of APIs, come next (KDJPPR 3.2).",
)
def items(context: dg.AssetExecutionContext, run: Run, config: ItemsConfig) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.making import Making
    from hr_pipeline.tm_eval.careers import TASKS, Person
    from hr_pipeline.tm_eval.items import item_settings, make_items

    settings = item_settings(config.model_dump())
    making = Making(
        context,
        run,
        ("tm_eval/items",),
        ("sources/careers",),
        code_version=ITEMS_VERSION,
        settings=config.model_dump(),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    people, ledger = [Person.of(row) for row in making.rows("sources/careers")], Ledger()
    rows = make_items(people, settings, run.seed, ledger)
    for task in TASKS:
        made, wanted = sum(row["task"] == task for row in rows), getattr(settings, task)
        said = "" if made == wanted else f" of at most {wanted:,}; the ledger says why no more"
        context.log.info(f"{task}: {made:,} items{said}")
    return making.write(
        "tm_eval/items",
        [CONTRACTS["tm_eval/items"].table(rows)],
        ledger=ledger,
        rows_in=len(TASKS) * len(people),
    )


@dg.multi_asset(
    name="tm_eval__statistics",
    group_name="tm_eval",
    check_specs=[rows_are_accounted_for(name) for name in COUNTED],
    specs=[
        dg.AssetSpec(
            name.split("/"),
            deps=[["tm_eval", "items"]],
            group_name="tm_eval",
            kinds={"parquet"},
            owners=["team:data"],
            description=description,
            code_version=STATISTICS_VERSION,
        )
        for name, description in COUNTED.items()
    ],
)
def statistics(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult]:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.shown import markdown_table
    from hr_pipeline.making import Making
    from hr_pipeline.tm_eval import statistics
    from hr_pipeline.tm_eval.baselines import baselines, plots

    making = Making(
        context, run, tuple(COUNTED), ("tm_eval/items",), code_version=STATISTICS_VERSION
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    made, rows = making.build("tm_eval/items"), list(making.rows("tm_eval/items"))
    lost = making.lake.rows("tm_eval/items_ledger", made.ledger_version, ["key", "cause"])
    counted = statistics.item_statistics(rows, made.recipe.settings["config"], lost)
    judged = baselines(rows, run.seed)
    for dataset, figures, drawn in (
        ("tm_eval/statistics", counted, statistics.plots(rows, made.notice)),
        ("tm_eval/baselines", judged, plots(judged, made.notice)),
    ):
        table = CONTRACTS[dataset].table(figures)
        yield making.write(
            dataset,
            [table],
            metadata={
                "figures": dg.MetadataValue.md(markdown_table(table)),
                "plots": dg.MetadataValue.md(drawn),
            },
        )


class AnswersConfig(dg.Config):
    """`items`: which are asked, tm_eval/items or (imported) tm_eval_released/items; `split`: dev or
    test."""

    items: str = "tm_eval/items"
    split: str = "test"


@dg.asset(
    key=["tm_eval", "answers"],
    check_specs=[rows_are_accounted_for("tm_eval/answers")],
    group_name="tm_eval",
    kinds={"parquet", "openai"},
    owners=["team:data"],
    code_version="-".join((ANSWERS_VERSION, *PROMPTS.values())),
    deps=[["tm_eval", "items"]],
    description="What the teacher, or the model to be evaluated, said to each item.",
)
def answers(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: AnswersConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.lake.progress import progress
    from hr_pipeline.making import Making
    from hr_pipeline.tm_eval.answering import answers, of_split, require_items

    dataset = require_items(config.items)
    making = Making(
        context,
        run,
        ("tm_eval/answers",),
        (dataset,),
        code_version=ANSWERS_VERSION,
        settings=config.model_dump(),
        prompts=PROMPTS,
        teacher=teacher,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    items, ledger = of_split(making.rows(dataset), config.split), Ledger()
    with making.engine() as engine:
        told = progress(
            answers(engine, items, ledger), "asking", len(items), context.log.info, engine.sight
        )
        return making.write(
            "tm_eval/answers",
            CONTRACTS["tm_eval/answers"].tables(row for row in told if row is not None),
            ledger=ledger,
            rows_in=len(items),
        )


@dg.asset(
    key=["tm_eval", "results"],
    check_specs=[rows_are_accounted_for("tm_eval/results")],
    group_name="tm_eval",
    kinds={"parquet"},
    owners=["team:data"],
    code_version=RESULTS_VERSION,
    deps=[["tm_eval", "answers"]],
    description="Precision, recall, F1 and accuracy of the answers, beside KDJPPR Table 1.",
)
def results(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.making import Making
    from hr_pipeline.tm_eval.results import beside_the_paper, plots, result_rows

    making = Making(
        context, run, ("tm_eval/results",), ("tm_eval/answers",), code_version=RESULTS_VERSION
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    made = making.build("tm_eval/answers")
    lost = making.lake.rows("tm_eval/answers_ledger", made.ledger_version, ["key"])
    asked = making.lake.rows("tm_eval/answers", made.version, ["task", "label", "said"])
    rows = list(result_rows(str(made.recipe.teacher), asked, lost, run.seed))
    return making.write(
        "tm_eval/results",
        [CONTRACTS["tm_eval/results"].table(rows)],
        metadata={
            "beside the paper": dg.MetadataValue.md(beside_the_paper(rows)),
            "plots": dg.MetadataValue.md(plots(rows, made.notice)),
        },
    )
