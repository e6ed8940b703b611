"""The report as a page: what it says on top, and all sections."""

from collections.abc import Mapping

from hr_pipeline.lake.builds import Build
from hr_pipeline.quality.report.page import Page
from hr_pipeline.quality.report.sections import Measured, claims, sections

PAGE_NAME = "report.html"


def compose(measured: Measured, builds: Mapping[str, Build]) -> Page:
    """The page of these datasets. `builds`: what it was made from, rjdb/triples among them."""
    triples = builds["rjdb/triples"]
    facts = {
        "triples": f"{triples.rows:,}, snapshot {triples.version}",
        "teacher": triples.recipe.teacher or "not recorded",
        "seed": str(triples.recipe.seed),
        "lost on the way": f"{triples.rows_lost:,} (ledger)",
    }
    released = builds.get("rjdb_released/triples")
    if released:
        (file,) = released.recipe.inputs
        facts["released"] = f"{released.rows:,} triples imported from {file}"
    return Page(
        title="RJDB: can this benchmark be trusted?",
        notice=triples.notice.capitalize(),
        facts=facts,
        claims=claims(measured),
        sections=sections(measured, builds),
    )
