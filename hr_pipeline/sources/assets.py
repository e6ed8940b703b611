"""The raw files as tidy tables."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from hr_pipeline.lake.errors import InputError
from hr_pipeline.resources import Making, Run
from hr_pipeline.sources.read import read_sources
from hr_pipeline.sources.recognise import find_inputs

DATASETS = ("sources/postings", "sources/occupations", "sources/first_names")
DESCRIPTIONS = {
    "sources/postings": "Job advertisements (Dice): cleaned title, list of skills, description.",
    "sources/occupations": "General occupations of the US BLS or O*NET.",
    "sources/first_names": "Given names by gender and group.",
}
CODE_VERSION = "1"


class SourcesConfig(dg.Config):
    """`files` names a file for a need (dice, occupations, names) instead of the rule's choice;
    `without` leaves needs out."""

    files: dict[str, str] = {}
    without: list[str] = []


@dg.multi_asset(
    name="sources",
    group_name="sources",
    specs=[
        dg.AssetSpec(
            name.split("/"),
            group_name="sources",
            kinds={"parquet", "csv"},
            owners=["team:data"],
            description=DESCRIPTIONS[name],
            code_version=CODE_VERSION,
        )
        for name in DATASETS
    ],
)
def sources(
    context: dg.AssetExecutionContext, run: Run, config: SourcesConfig
) -> Iterator[dg.MaterializeResult]:
    """Read all raw files first, then write: a bad file changes nothing."""
    raw, files = Path(run.raw), {need: Path(path) for need, path in config.files.items()}
    without = frozenset(config.without)
    if not without <= {"dice"}:
        raise InputError(f"cannot build without {', '.join(sorted(without - {'dice'}))}")
    inputs = find_inputs(raw, files, without)
    for line in inputs.lines():
        context.log.info(line)
    making = Making(
        context,
        run,
        DATASETS,
        code_version=CODE_VERSION,
        files={f"{need}: {found.form.name}": found.sha256 for need, found in inputs.found.items()},
        seeded=False,
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    read = read_sources(raw, files, without)
    tables = (read.postings, read.occupations, read.first_names)
    for dataset, source in zip(DATASETS, tables, strict=True):
        yield making.write(
            dataset,
            [source.table],
            ledger=source.ledger,
            rows_in=source.rows_in,
            metadata={"chosen": "\n".join(inputs.lines())},
        )
