"""The cards. Rooms are imported inside the asset: loading the definitions stays cheap."""

from dataclasses import asdict

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.quality.cards.wanted import DATASETS, MEASURED
from hr_pipeline.quality.page_files import files_hash
from hr_pipeline.resources import Run, Teacher

PAGES = files_hash("hr_pipeline.quality.cards.pages", "readme.md.j2", "datasheet.md.j2")
CARDS_VERSION = f"1-{PAGES}"


class CardsConfig(dg.Config):
    """What no run can know: who publishes the release, where, and whom to ask."""

    creator: str = ""
    url: str = ""
    contact: str = ""


@dg.asset(
    key=["quality", "cards"],
    check_specs=[rows_are_accounted_for("quality/cards")],
    group_name="quality",
    kinds={"parquet", "markdown"},
    owners=["team:data"],
    code_version=CARDS_VERSION,
    deps=[name.split("/") for name in (*DATASETS, *MEASURED)],
    description="Dataset card, datasheet and Croissant file, every field with evidence.",
)
def cards(
    context: dg.AssetExecutionContext, run: Run, teacher: Teacher, config: CardsConfig
) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.lake.lineage import lineage
    from hr_pipeline.llm.prices import load_prices
    from hr_pipeline.llm.template import TEMPLATE
    from hr_pipeline.making import Making
    from hr_pipeline.quality.cards.cards import cards as written
    from hr_pipeline.quality.cards.facts import gather
    from hr_pipeline.quality.cards.paid import paid_for
    from hr_pipeline.quality.cards.readme import Publisher

    lake, run_id = run.lake(), context.run.run_id
    made_from = lineage(lake, (lake.require(name, run_id) for name in DATASETS), run_id)
    measured = lineage(lake, (lake.require(name, run_id) for name in MEASURED), run_id)
    everything = measured.builds | made_from.builds
    model = made_from.builds["rjdb/triples"].recipe.teacher or TEMPLATE
    paid = paid_for(teacher.where(lake), model, load_prices(teacher.prices or None))
    making = Making(
        context,
        run,
        ("quality/cards",),
        (*DATASETS, *MEASURED),
        code_version=CARDS_VERSION,
        settings=config.model_dump()
        | {"paid": asdict(paid)}
        | {"recipes": {name: build.recipe_digest for name, build in everything.items()}},
        files=made_from.files,
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    facts = gather(lake, making.builds(), made_from, paid)
    rows = written(lake, facts, Publisher(**config.model_dump()))
    return making.write(
        "quality/cards",
        [CONTRACTS["quality/cards"].table(rows)],
        metadata={row["name"]: dg.MetadataValue.md(row["content"]) for row in rows[:2]}
        | {"licence": facts.licence.value.name},
    )
