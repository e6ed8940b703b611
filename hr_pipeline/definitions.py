"""Where assets, checks, jobs and resources meet."""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

from hr_pipeline.graph import assets as graph_assets  # noqa: E402
from hr_pipeline.graph import checks as graph_checks  # noqa: E402
from hr_pipeline.jaqa.apis import assets as apis_assets  # noqa: E402
from hr_pipeline.jaqa.apis import checks as apis_checks  # noqa: E402
from hr_pipeline.jaqa.pairs import assets as pairs_assets  # noqa: E402
from hr_pipeline.jaqa.pairs import checks as pairs_checks  # noqa: E402
from hr_pipeline.jaqa.skills import assets as skills_assets  # noqa: E402
from hr_pipeline.jaqa.skills import checks as skills_checks  # noqa: E402
from hr_pipeline.jaqa.titles import assets as titles_assets  # noqa: E402
from hr_pipeline.jaqa.titles import checks as titles_checks  # noqa: E402
from hr_pipeline.quality.bias import assets as bias_assets  # noqa: E402
from hr_pipeline.quality.bias import checks as bias_checks  # noqa: E402
from hr_pipeline.quality.cards import assets as cards_assets  # noqa: E402
from hr_pipeline.quality.cards import checks as cards_checks  # noqa: E402
from hr_pipeline.quality.integrity import assets as integrity_assets  # noqa: E402
from hr_pipeline.quality.integrity import checks as integrity_checks  # noqa: E402
from hr_pipeline.quality.judges import assets as judges_assets  # noqa: E402
from hr_pipeline.quality.judges import checks as judges_checks  # noqa: E402
from hr_pipeline.quality.overlap import assets as overlap_assets  # noqa: E402
from hr_pipeline.quality.overlap import checks as overlap_checks  # noqa: E402
from hr_pipeline.quality.report import assets as report_assets  # noqa: E402
from hr_pipeline.quality.shortcuts import assets as shortcuts_assets  # noqa: E402
from hr_pipeline.quality.shortcuts import checks as shortcuts_checks  # noqa: E402
from hr_pipeline.resources import Embedder, Judge, Run, Teacher, one_line_logger  # noqa: E402
from hr_pipeline.rjdb import assets as rjdb_assets  # noqa: E402
from hr_pipeline.rjdb import checks as rjdb_checks  # noqa: E402
from hr_pipeline.rjdb.tasks import assets as tasks_assets  # noqa: E402
from hr_pipeline.rjdb.tasks import checks as tasks_checks  # noqa: E402
from hr_pipeline.sensors import fetch_batches  # noqa: E402
from hr_pipeline.sources import assets as sources_assets  # noqa: E402
from hr_pipeline.taxonomy import assets as taxonomy_assets  # noqa: E402
from hr_pipeline.taxonomy import checks as taxonomy_checks  # noqa: E402
from hr_pipeline.tm_eval import assets as tm_eval_assets  # noqa: E402
from hr_pipeline.tm_eval import checks as tm_eval_checks  # noqa: E402
from hr_pipeline.training import assets as training_assets  # noqa: E402
from hr_pipeline.training import checks as training_checks  # noqa: E402
from hr_pipeline.training.launcher import LocalLauncher  # noqa: E402

ASSETS = dg.load_assets_from_modules(
    [
        *(
            sources_assets,
            graph_assets,
            taxonomy_assets,
            rjdb_assets,
            tasks_assets,
            integrity_assets,
        ),
        *(skills_assets, titles_assets, apis_assets, pairs_assets, tm_eval_assets),
        *(
            overlap_assets,
            shortcuts_assets,
            judges_assets,
            bias_assets,
            cards_assets,
            report_assets,
        ),
        training_assets,
    ]
)
CHECKS = dg.load_asset_checks_from_modules(
    [
        *(
            graph_checks,
            taxonomy_checks,
            rjdb_checks,
            tasks_checks,
            integrity_checks,
        ),
        *(skills_checks, titles_checks, apis_checks, pairs_checks, tm_eval_checks),
        *(
            overlap_checks,
            shortcuts_checks,
            judges_checks,
            bias_checks,
            cards_checks,
        ),
        training_checks,
    ]
)
PRODUCTS = ("sources", "graph", "taxonomy", "rjdb", "jaqa", "tm_eval", "quality", "models")
# One process per job: a step in a process of its own would cost seconds of start.
JOBS = [
    dg.define_asset_job(
        f"build_{product}",
        selection=dg.AssetSelection.groups(product).upstream().required_multi_asset_neighbors(),
        executor_def=dg.in_process_executor,
        description=f"Build {product} and what it needs.",
    )
    for product in PRODUCTS
]

# Off until somebody turns it on: regeneration may cost money.
SCHEDULES = [
    dg.ScheduleDefinition(
        name=f"regenerate_{product}_weekly",
        target=dg.AssetSelection.groups(product).upstream().required_multi_asset_neighbors(),
        cron_schedule="0 3 * * 1",
        description=f"Mondays at three: what changed for {product} is made again, the rest is "
        "skipped.",
    )
    for product in ("quality", "jaqa", "tm_eval")  # quality measures all of rjdb
]

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=CHECKS,
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[fetch_batches],
    resources={
        **{"run": Run(), "teacher": Teacher(), "judge": Judge(), "embedder": Embedder()},
        "launcher": LocalLauncher(),
    },
    loggers={"console": one_line_logger},
    executor=dg.in_process_executor,
)
