"""Contracts of the raw files as tidy tables."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import GENDERS, INTEGER, TEXT, TEXTS
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
    Contract(
        "sources/linkedin_postings",
        "LinkedIn job postings of all releases that are there, each posting once",
        (
            Column("posting_id", TEXT, "linkedin- and its own number, else a hash of the row"),
            Column("source", TEXT, "form of the file it was read from"),
            Column("title", TEXT, "job title as posted, on one line"),
            Column("description", TEXT, "the posting's text, line breaks kept", nullable=True),
            Column("skills", TEXTS, "free-text skills of the release; empty where it gives none"),
            Column("functions", TEXTS, "job functions (LinkedIn's skill codes, as names)"),
        ),
        key=("posting_id",),
    ),
    Contract(
        "sources/esco_occupations",
        "ESCO occupations with all labels, description and ISCO-08 group",
        (
            Column("uri", TEXT, "of the ESCO concept"),
            Column("label", TEXT, "preferred label"),
            Column("alt_labels", TEXTS, "other labels, without the preferred one, each once"),
            Column("description", TEXT, "what the occupation does", nullable=True),
            Column("isco_group", TEXT, "ISCO-08 unit group, four digits; empty if none is told"),
            Column("release", TEXT, "as folder or file say, else the start of the file's SHA-256"),
        ),
        key=("uri",),
    ),
    Contract(
        "sources/skill_names",
        "Names by which skills are found in texts: labels of ESCO, skills of Dice advertisements",
        (
            Column("name", TEXT, "as written; names are told apart by their normalised tokens"),
            Column("skill", TEXT, "what it is a name of: preferred label, or the usual spelling"),
            Column("source", TEXT, "esco or dice", allowed=frozenset({"esco", "dice"})),
            Column("uri", TEXT, "of the ESCO skill", nullable=True),
            Column("kind", TEXT, "ESCO: knowledge or skill/competence", nullable=True),
            Column("preferred", pa.bool_(), "whether it is the skill's main name"),
            Column("n_postings", INTEGER, "Dice advertisements that list it; 0 for ESCO"),
        ),
        key=("name", "source", "skill"),
    ),
    Contract(
        "sources/apis",
        "Catalog of software APIs: import names, packages, modules, a user's own list",
        (
            Column("api", TEXT, "name as it is imported or installed"),
            Column("ecosystem", TEXT, "python, java, javascript, or as the user's list says"),
            Column("kind", TEXT, "import, package, module, standard library, or as the list says"),
            Column("package", TEXT, "package that brings an import name", nullable=True),
            Column("popularity", INTEGER, "rank among its list, 1 the most used", nullable=True),
            Column("source", TEXT, "form of the file it was read from"),
        ),
        key=("api", "ecosystem"),
    ),
    Contract(
        "sources/careers",
        "Career histories of developers: jobs and open-source projects in the order of time",
        (
            Column("person_id", TEXT, "careers- and the file's own id, else its row"),
            Column("titles", TEXTS, "job titles, the first held first"),
            Column("title_years", pa.list_(INTEGER), "year each job began; empty if not told"),
            Column("projects", pa.list_(TEXTS), "API set of each project, the first one first"),
            Column(
                "project_years", pa.list_(INTEGER), "year each project began; empty if not told"
            ),
            Column("source", TEXT, "form of the file; made_up where no file was there"),
        ),
        key=("person_id",),
    ),
)
