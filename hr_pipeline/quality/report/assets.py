"""The report: one page of all that was measured."""

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.quality.corpora import RELEASED
from hr_pipeline.quality.page_files import files_hash
from hr_pipeline.resources import Run

PAGE = files_hash("hr_pipeline.quality.report", "page.html.j2", "page.css")
REPORT_VERSION = f"1-{PAGE}"
MEASURED = (
    *("quality/integrity", "quality/statistics", "quality/diversity", "quality/overlap"),
    *("quality/contamination", "quality/shortcuts", "quality/ladder", "quality/judges"),
    *("quality/balance", "quality/bias", "taxonomy/coverage"),
)
MADE_FROM = (*MEASURED, "rjdb/triples")


@dg.asset(
    key=["quality", "report"],
    check_specs=[rows_are_accounted_for("quality/report")],
    group_name="quality",
    kinds={"html"},
    owners=["team:data"],
    code_version=REPORT_VERSION,
    deps=[name.split("/") for name in MADE_FROM],
    description="One self-contained page: ours, the release's and the paper's figures.",
)
def report(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult:
    from hr_pipeline.lake.datasets import CONTRACTS
    from hr_pipeline.making import Making
    from hr_pipeline.quality.report.compose import PAGE_NAME, compose

    lake, run_id = run.lake(), context.run.run_id
    told = {name: lake.require(name, run_id).recipe_digest for name in MADE_FROM}
    making = Making(
        context,
        run,
        ("quality/report",),
        MADE_FROM,
        optional=(RELEASED,),
        code_version=REPORT_VERSION,
        settings={"recipes": told},  # it says what each dataset was made from
        seeded=False,
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    measured = {name: making.table(name).to_pylist() for name in MEASURED}
    html = compose(measured, making.builds()).html()
    row = {"name": PAGE_NAME, "media_type": "text/html", "content": html}
    return making.write(
        "quality/report",
        [CONTRACTS["quality/report"].table([row])],
        metadata={
            "page": lambda: dg.MetadataValue.path(
                making.lake.place("quality/report", PAGE_NAME, html)
            )
        },
    )
