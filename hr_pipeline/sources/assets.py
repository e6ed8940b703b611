"""The raw files as tidy tables. The room is imported inside the asset: loading stays cheap."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.resources import Run

DESCRIPTIONS = {
    "sources/postings": "Job advertisements with a cleaned title and a list of skills.",
    "sources/occupations": "General occupations of the US Bureau of Labor Statistics or O*NET.",
    "sources/first_names": "Given names for the applicants, by gender and group.",
    "sources/concepts": "Labels of ESCO, O*NET and SOC, where their files are there.",
}
DATASETS = tuple(DESCRIPTIONS)
CODE_VERSION = "2"


JAQA_DESCRIPTIONS = {
    "sources/linkedin_postings": "LinkedIn postings of all releases that are there, each once.",
    "sources/esco_occupations": "ESCO occupations with labels, description and ISCO-08 group.",
    "sources/skill_names": "Names by which skills are found in texts, of ESCO and of Dice.",
    "sources/apis": "Software APIs: import names, packages, modules, a user's own list.",
}
JAQA_DATASETS = tuple(JAQA_DESCRIPTIONS)
JAQA_CODE_VERSION = "1"
CAREERS_CODE_VERSION = "2"


class SourcesConfig(dg.Config):
    """`files` names a file for a need (dice, occupations, names, or a taxonomy: esco_occupations,
    esco_skills, onet_alternate_titles, onet_reported_titles, soc_direct_match_titles) instead of
    the rule's choice; `without` leaves needs out."""

    files: dict[str, str] = {}
    without: list[str] = []


class JaqaSourcesConfig(dg.Config):
    """`files` names a file, or a folder, for a need (linkedin, esco_occupations, esco_skills, dice)
    instead of the rule's choice, and with `own` a list of APIs beside those found; `without` leaves
    needs out, and with `apis` the catalog."""

    files: dict[str, str] = {}
    without: list[str] = []


@dg.multi_asset(
    name="sources",
    group_name="sources",
    check_specs=[rows_are_accounted_for(name) for name in DATASETS],
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
    from hr_pipeline.lake.errors import InputError
    from hr_pipeline.making import Making
    from hr_pipeline.sources.forms import CAN_BE_LEFT_OUT
    from hr_pipeline.sources.read import input_hashes, read_sources
    from hr_pipeline.sources.recognise import find_inputs

    if needed := sorted(set(config.without) - CAN_BE_LEFT_OUT):
        raise InputError(f"cannot build without {', '.join(needed)}")
    files = {need: Path(path) for need, path in config.files.items()}
    inputs = find_inputs(Path(run.raw), files, config.without)
    for line in filter(None, (*inputs.lines(), inputs.absent())):
        context.log.info(line)
    making = Making(
        context,
        run,
        DATASETS,
        code_version=CODE_VERSION,
        files=input_hashes(inputs),
        seeded=False,
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    for dataset, source in read_sources(inputs).items():
        yield making.write(
            dataset,
            [source.table],
            ledger=source.ledger,
            rows_in=source.rows_in,
            metadata={"chosen": "\n".join(inputs.lines())},
        )


@dg.multi_asset(
    name="jaqa_sources",
    group_name="sources",
    check_specs=[rows_are_accounted_for(name) for name in JAQA_DATASETS],
    specs=[
        dg.AssetSpec(
            name.split("/"),
            group_name="sources",
            kinds={"parquet", "csv"},
            owners=["team:data"],
            description=JAQA_DESCRIPTIONS[name],
            code_version=JAQA_CODE_VERSION,
        )
        for name in JAQA_DATASETS
    ],
)
def jaqa_sources(
    context: dg.AssetExecutionContext, run: Run, config: JaqaSourcesConfig
) -> Iterator[dg.MaterializeResult]:
    """What JA-QA is made from, as far as it is there: a table without rows stands for the rest."""
    from hr_pipeline.making import Making
    from hr_pipeline.sources.read_jaqa import find_jaqa_inputs, read_jaqa_sources

    files = {need: Path(path) for need, path in config.files.items()}
    inputs = find_jaqa_inputs(Path(run.raw), files, config.without)
    for line in (*inputs.lines(), *inputs.absent()):
        context.log.info(line)
    making = Making(
        context,
        run,
        JAQA_DATASETS,
        code_version=JAQA_CODE_VERSION,
        files=inputs.hashes(),
        seeded=False,
    )
    if unchanged := making.unchanged():
        yield from unchanged
        return
    for dataset, source in read_jaqa_sources(inputs).items():
        yield making.write(
            dataset,
            source.tables,
            ledger=source.ledger,
            rows_in=source.rows_in,
            metadata={"chosen": "\n".join(inputs.lines()), **source.facts},
        )


class CareersConfig(dg.Config):
    """`file` names a file of career histories instead of those that are found; `made_up`: people
    made up where there is no file."""

    file: str = ""
    made_up: int = 400


@dg.asset(
    key=["sources", "careers"],
    group_name="sources",
    check_specs=[rows_are_accounted_for("sources/careers")],
    kinds={"parquet", "json"},
    owners=["team:data"],
    code_version=CAREERS_CODE_VERSION,
    description="Career histories with APIs of projects: from files, else made up.",
)
def careers(
    context: dg.AssetExecutionContext, run: Run, config: CareersConfig
) -> dg.MaterializeResult:
    from hr_pipeline.making import Making
    from hr_pipeline.sources.careers import (
        career_hashes,
        find_career_files,
        notice_of,
        read_careers,
    )

    files = find_career_files(Path(run.raw), config.file)
    making = Making(
        context,
        run,
        ("sources/careers",),
        code_version=CAREERS_CODE_VERSION,
        settings={} if files else {"made_up": config.made_up},
        files=career_hashes(files),
        seeded=not files,
        notice=notice_of(files),
    )
    if unchanged := making.unchanged():
        return unchanged[0]
    people, source = read_careers(files, config.made_up, run.seed)
    context.log.info(people)
    return making.write(
        "sources/careers",
        [source.table],
        ledger=source.ledger,
        rows_in=source.rows_in,
        metadata={"chosen": people},
    )
