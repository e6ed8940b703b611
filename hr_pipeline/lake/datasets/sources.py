"""Contracts of the raw files as tidy tables."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import GENDERS, TEXT, TEXTS
from hr_pipeline.lake.datasets.taxonomy import KINDS, SCHEMES

SOURCES = (
    Contract(
        "sources/postings",
        "Job advertisements with a cleaned title and a list of skills",
        (
            Column("posting_id", TEXT, "source and its own id"),
            Column("source", TEXT, "publisher"),
            Column("title", TEXT, "cleaned job title"),
            Column("skills", TEXTS, "skills named in the advertisement"),
            Column("description", TEXT, "advertisement's text", nullable=True),
        ),
        key=("posting_id",),
    ),
    Contract(
        "sources/occupations",
        "General occupations of the US Bureau of Labor Statistics or O*NET",
        (
            Column("code", TEXT, "SOC or O*NET-SOC code"),
            Column("title", TEXT, "official title"),
            Column("major_group", TEXT, "first two digits of the code"),
            Column("source", TEXT, "form of the file it was read from"),
        ),
        key=("code",),
    ),
    Contract(
        "sources/first_names",
        "Given names for the applicants, by gender and group",
        (
            Column("first_name", TEXT, "Latin letters"),
            Column("gender", TEXT, "as the list says", allowed=GENDERS),
            Column("name_group", TEXT, "world region, or ethnicity as the list says"),
            Column("source", TEXT, "form of the file it was read from"),
        ),
        key=("first_name", "gender", "name_group"),
    ),
    Contract(
        "sources/concepts",
        "Labels of occupations and skills in ESCO, O*NET and SOC, where their files are there",
        (
            Column("scheme", TEXT, "taxonomy", allowed=SCHEMES),
            Column("release", TEXT, "as folder or file say, else the start of the file's SHA-256"),
            Column("kind", TEXT, "of the concept", allowed=KINDS),
            Column("uri", TEXT, "ESCO concept, O*NET-SOC code, SOC code"),
            Column("label", TEXT, "one of its names"),
            Column("preferred", pa.bool_(), "whether it is the main name"),
            Column("source", TEXT, "form of the file it was read from"),
        ),
        key=("scheme", "kind", "uri", "label"),
    ),
)
