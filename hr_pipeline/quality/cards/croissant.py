"""The Croissant 1.1 description of the release, with the vocabulary for responsible AI.

Specifications: http://mlcommons.org/croissant/1.1 and http://mlcommons.org/croissant/RAI/1.0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.contracts import Column
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.quality.cards import words
from hr_pipeline.quality.cards.facts import Config, Facts
from hr_pipeline.quality.cards.readme import Publisher

Json = dict[str, Any]

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
} | {
    term: f"cr:{term}"
    for term in (
        *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty"),
        *("excludes", "extract", "field", "fileObject", "fileProperty", "fileSet", "format"),
        *("includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path"),
        *("readLines", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
        *("sdVersion", "separator", "source", "subField", "transform", "unArchive", "value"),
    )
}
SPLIT_TERMS = {
    "train": "http://mlcommons.org/croissant/TrainingSplit",
    "dev": "http://mlcommons.org/croissant/ValidationSplit",
    "test": "http://mlcommons.org/croissant/TestSplit",
}
PARQUET = "application/x-parquet"


@dataclass(frozen=True)
class Published:
    """A Parquet file of a config; `path` from the folder of the description."""

    config: str
    path: str
    sha256: str
    bytes: int


def croissant(facts: Facts, publisher: Publisher, files: Iterable[Published]) -> Json:
    """croissant.json as it stands beside these files."""
    configs = facts.configs.value
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": words.title(facts),
        "description": _description(facts),
        "version": f"0.0.0+{facts.version.value}",
        "url": publisher.url or f"urn:hr-pipeline:rjdb:{facts.version.value}",
        "creator": {"@type": "sc:Organization", "name": publisher.creator or "not told"},
        "license": facts.licence.value.url or facts.licence.value.reason,
        "citeAs": words.CITATION,
        "inLanguage": "en",
        "keywords": ["synthetic", "human resources", "resumes", "job descriptions"],
        "isLiveDataset": False,
        **responsible(facts),
        **_provenance(facts),
        **described_files(files),
        "recordSet": [_splits(), *(_record_set(config) for config in configs)],
    }


def described_files(files: Iterable[Published]) -> Json:
    """The distribution: every file with its checksum, and a set of them for each config."""
    every = list(files)
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": PARQUET,
            "sha256": file.sha256,
        }
        for file in every
    ]
    sets = [
        {
            "@type": "cr:FileSet",
            "@id": _files_of(config),
            "name": _files_of(config),
            "encodingFormat": PARQUET,
            "includes": sorted(file.path for file in every if file.config == config),
        }
        for config in dict.fromkeys(file.config for file in every)
    ]
    return {"distribution": [*objects, *sets]}


def responsible(facts: Facts) -> Json:
    """The properties of the RAI vocabulary."""
    lost = sum(sum(causes.values()) for causes in facts.lost.value.values())
    sources = ", ".join(f"{s.need} ({s.licence.publisher})" for s in facts.sources.value)
    shown = [name for name in words.HEADINGS if name in facts.figures]
    return {
        "rai:dataCollection": (
            f"Written by {facts.teacher.value} to plans drawn from a graph of occupations and "
            f"skills built from {sources}. No person's data were collected."
        ),
        "rai:dataCollectionType": ["Others"],
        "rai:dataCollectionMissingData": (
            f"{lost:,} rows or parts of rows were lost on the way, each in a ledger with its cause."
        ),
        "rai:dataCollectionRawData": "; ".join(
            f"{s.need}: {s.kind}, SHA-256 {s.sha256}" for s in facts.sources.value
        ),
        "rai:dataPreprocessingProtocol": [
            "Titles and skills of the sources are cleaned by rules; replies are read by section.",
            "Prompt files: "
            + ", ".join(f"{name} {value}" for name, value in facts.prompts.value.items()),
        ],
        "rai:dataAnnotationProtocol": [
            "Labels are planned before the documents are written, and counted again in the text."
        ],
        "rai:machineAnnotationTools": [facts.teacher.value],
        "rai:dataUseCases": [
            "Training, comparing and auditing models that match resumes with job descriptions, "
            "explain matches, extract skills and experiences, or edit resumes.",
            "Not for decisions about people.",
        ],
        "rai:dataBiases": [_figures(facts, name) for name in ("balance", "bias") if name in shown],
        "rai:dataLimitations": [
            *([facts.notice.value.capitalize()] if facts.notice.value else []),
            "English, short and tidy documents; skills and occupations as the sources name them; "
            "a match is decided by listed skills and years alone.",
            *(_figures(facts, name) for name in ("shortcuts", "diversity") if name in shown),
        ],
        "rai:dataSocialImpact": (
            "Good scores on invented resumes are no evidence of validity or fairness on real ones."
        ),
        "rai:personalSensitiveInformation": [
            "Invented people only; first names carry gender and a coarse group of origin."
        ],
        "rai:dataReleaseMaintenancePlan": (
            "A version's name is the hash of its content; a change is a new version."
        ),
    }


def _description(facts: Facts) -> str:
    marked = f"{facts.notice.value.capitalize()}. " if facts.notice.value else ""
    return (
        f"{marked}{facts.triples:,} job descriptions with matching and not matching resumes of "
        f"invented people, written by {facts.teacher.value} from a skill-occupation graph "
        "(RJDB, arXiv 2311.06383), and task sets made from them. "
        + " ".join(words.attributions(facts))
    )


def _figures(facts: Facts, name: str) -> str:
    """The rows of a figure in one sentence."""
    rows = (
        ", ".join(f"{column} {value}" for column, value in row.items() if value is not None)
        for row in facts.figures[name].value
    )
    return f"{words.HEADINGS[name]}: {'; '.join(rows)}."


def _provenance(facts: Facts) -> Json:
    """What it was derived from, in the words of W3C PROV."""
    return {
        "prov:wasDerivedFrom": [
            {
                "@type": "prov:Entity",
                "prov:label": f"{s.need}: {s.kind}, {s.licence.publisher}, {s.licence.name}",
                "sha256": s.sha256,
            }
            for s in facts.sources.value
        ],
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:label": words.rebuild_command(facts).replace(" \\\n   ", ""),
        },
    }


def _splits() -> Json:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": f"splits/{name}", "name": name, "dataType": kind}
            for name, kind in (("name", "sc:Text"), ("url", "sc:URL"))
        ],
        "data": [{"splits/name": name, "splits/url": url} for name, url in SPLIT_TERMS.items()],
    }


def _record_set(config: Config) -> Json:
    contract = CONTRACTS[config.dataset]
    rows = ", ".join(f"{split} {rows:,}" for split, rows in config.rows.items())
    return {
        "@type": "cr:RecordSet",
        "@id": config.name,
        "name": config.name,
        "description": f"{contract.description}. Rows: {rows}.",
        "key": [{"@id": f"{config.name}/{column}"} for column in contract.key],
        "field": [_field(config.name, column) for column in contract.columns],
    }


def _field(config: str, column: Column) -> Json:
    kind, listed = column.type, pa.types.is_list(column.type)
    if listed:
        kind = column.type.value_type
    said = column.description + (f" ({column.unit})" if column.unit else "")
    if column.allowed:
        said += f": {', '.join(sorted(column.allowed))}"
    field = {
        "@type": "cr:Field",
        "@id": f"{config}/{column.name}",
        "name": column.name,
        "description": said,
        **({"isArray": True, "arrayShape": "-1"} if listed else {}),
    }
    if pa.types.is_struct(kind):
        parts = [kind.field(i) for i in range(kind.num_fields)]
        return field | {"subField": [_part(config, column.name, part) for part in parts]}
    if column.name == "split":
        field["references"] = {"field": {"@id": "splits/name"}}
    return field | {
        "dataType": _data_type(column.name, kind),
        "source": _source(config, column.name),
    }


def _part(config: str, column: str, part: pa.Field) -> Json:
    """A member of a struct."""
    return {
        "@type": "cr:Field",
        "@id": f"{config}/{column}/{part.name}",
        "name": part.name,
        "dataType": _data_type(part.name, part.type),
        "source": _source(config, column) | {"transform": {"jsonPath": part.name}},
    }


def _source(config: str, column: str) -> Json:
    return {"fileSet": {"@id": _files_of(config)}, "extract": {"column": column}}


def _data_type(name: str, kind: pa.DataType) -> str | list[str]:
    if pa.types.is_boolean(kind):
        return ["sc:Boolean", "cr:Label"] if name == "label" else "sc:Boolean"
    if pa.types.is_integer(kind):
        return "cr:Int32"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"


def _files_of(config: str) -> str:
    return f"{config}-files"
