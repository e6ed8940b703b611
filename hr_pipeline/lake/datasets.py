"""The contract of every dataset of the lake."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.ledger import LEDGER_SCHEMA

TEXT, INTEGER, REAL = pa.string(), pa.int32(), pa.float64()
TEXTS = pa.list_(pa.string())
SPLITS = frozenset({"train", "dev", "test"})
GENDERS = frozenset({"female", "male"})
CATEGORIES = frozenset(
    {"tech", "social, product and finance", "manual labor", "healthcare", "administrative"}
)
EXPERIENCE = pa.struct([("title", TEXT), ("years", INTEGER), ("start", INTEGER), ("end", INTEGER)])
SWAP = pa.struct([("removed", TEXT), ("put_in", TEXT)])
SHORTENED = pa.struct([("title", TEXT), ("years_before", INTEGER), ("years_after", INTEGER)])


def statistics(dataset: str, description: str) -> Contract:
    return Contract(
        dataset,
        description,
        (
            Column("statistic", TEXT, "what is counted"),
            Column("ours", REAL, "this build's figure", nullable=True),
            Column("paper", REAL, "the published figure, where there is one", nullable=True),
            Column("source", TEXT, "where the published figure stands", nullable=True),
        ),
        key=("statistic",),
    )


CONTEXT_COLUMNS = (
    Column("context_id", TEXT, "cluster, index in the cluster, attempt"),
    Column("cluster_id", TEXT, "graph/clusters; null for imported rows", nullable=True),
    Column("occupation", TEXT, "start occupation of the walk = the current job"),
    Column("category", TEXT, "one of the paper's five (Figure 3)", True, allowed=CATEGORIES),
    Column("skills", TEXTS, "skills that the job asks for and the matched resume shows"),
    Column("experiences", pa.list_(EXPERIENCE), "jobs held, latest first", unit="years"),
    Column("first_name", TEXT, "given name of the applicant", nullable=True),
    Column("gender", TEXT, "of the name list", nullable=True, allowed=GENDERS),
    Column("name_group", TEXT, "group of the name list", nullable=True),
    Column("removed_skills", TEXTS, "skills that the unmatched resume lacks"),
    Column("swaps", pa.list_(SWAP), "changes of the swapped resume", nullable=True),
    Column("shortened", SHORTENED, "latest experience in the unmatched resume", nullable=True),
    Column("split", TEXT, "by start occupation", nullable=True, allowed=SPLITS),
)

CONTEXTS = Contract(
    "rjdb/contexts",
    "What each triple is written from (RJDB 2.2)",
    (
        *CONTEXT_COLUMNS,
        Column("skills_wanted", INTEGER, "target that the teacher named", nullable=True),
        Column("experiences_wanted", INTEGER, "target drawn from 1..5", nullable=True),
        Column("order_kept_as_sampled", pa.bool_(), "no valid order came back", nullable=True),
    ),
    key=("context_id",),
)
TRIPLES = Contract(
    "rjdb/triples",
    "Job description, matched, unmatched and swapped resume, with their context (RJDB 2.2)",
    (
        Column("triple_id", TEXT, "cluster and index in the cluster"),
        *CONTEXT_COLUMNS,
        Column("job_description", TEXT, "five sections"),
        Column("resume_matched", TEXT, "four sections; shows all that the job asks for"),
        Column("resume_unmatched", TEXT, "skills removed, latest experience shortened"),
        Column("resume_swapped", TEXT, "skills swapped, latest experience shortened", True),
        Column("teacher", TEXT, "template, or the model that wrote the row"),
        Column("writing_mode", TEXT, "whole, or section by section", nullable=True),
        Column("prompt_hash", TEXT, "of the prompt files that asked for it", nullable=True),
        Column("request_ids", TEXTS, "keys into the recording, in order"),
        Column("lost_request_ids", TEXTS, "requests spent on contexts of this place that failed"),
        Column("reasks", INTEGER, "replies asked again, those for such contexts too", True),
        Column("replaced", INTEGER, "contexts of this place that failed in writing", True),
    ),
    key=("triple_id",),
    rows_per_group=2_048,
)

_CONTRACTS = (
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
        "graph/general_skills",
        "Skills that the teacher listed for each general occupation (RJDB 2.1)",
        (
            Column("code", TEXT, "SOC or O*NET-SOC code"),
            Column("title", TEXT, "general occupation"),
            Column("counterpart", TEXT, "nearest advertised title", nullable=True),
            Column("similarity", REAL, "cosine to the counterpart", nullable=True),
            Column("n", INTEGER, "skills asked for: the counterpart's median per ad, in 3..20"),
            Column("skills", TEXTS, "skills listed"),
            Column("teacher", TEXT, "template, or the model that listed them"),
            Column("request_ids", TEXTS, "keys into the recording"),
        ),
        key=("code",),
    ),
    Contract(
        "graph/occupations",
        "Occupations of the graph, after the cluster filter",
        (
            Column("occupation_id", TEXT, "hash of the case-folded title"),
            Column("title", TEXT, "most frequent spelling"),
            Column("source", TEXT, "dice: stands in advertisements; general: does not"),
            Column("code", TEXT, "SOC or O*NET-SOC code of a general occupation", nullable=True),
            Column("n_skills", INTEGER, "skills linked to it"),
            Column("category", TEXT, "one of the paper's five (Figure 3)", allowed=CATEGORIES),
        ),
        key=("occupation_id",),
    ),
    Contract(
        "graph/skills",
        "Skills of the graph, after the cluster filter",
        (
            Column("skill_id", TEXT, "hash of the case-folded name"),
            Column("name", TEXT, "most frequent spelling"),
            Column("n_occupations", INTEGER, "occupations linked to it"),
        ),
        key=("skill_id",),
    ),
    Contract(
        "graph/edges",
        "Occupation - skill links",
        (
            Column("occupation_id", TEXT, "graph/occupations"),
            Column("skill_id", TEXT, "graph/skills"),
            Column("source", TEXT, "dice, or generated by the teacher"),
            Column("weight", INTEGER, "advertisements that name both", unit="advertisements"),
        ),
        key=("occupation_id", "skill_id"),
    ),
    Contract(
        "graph/clusters",
        "One row per member: a seed and all occupations within two hops; clusters overlap",
        (
            Column("cluster_id", TEXT, "number in the order of drawing"),
            Column("seed_occupation_id", TEXT, "occupation that the cluster grew from"),
            Column("occupation_id", TEXT, "member"),
        ),
        key=("cluster_id", "occupation_id"),
    ),
    statistics("graph/statistics", "The graph beside the paper's Table 1"),
    CONTEXTS,
    TRIPLES,
    statistics("rjdb/statistics", "The triples beside the paper's Tables 3 and 4"),
    Contract(
        "rjdb_released/contexts",
        "Contexts of an imported RJDB file",
        CONTEXTS.columns,
        key=("context_id",),
    ),
    Contract(
        "rjdb_released/triples",
        "Triples of an imported RJDB file",
        TRIPLES.columns,
        key=("triple_id",),
        rows_per_group=2_048,
    ),
)


def _ledger(dataset: str) -> Contract:
    meaning = {
        "step": "row: a row of the dataset was lost; any other word: a part of a row that stays",
        "key": "the lost thing's id",
        "cause": "why, in one word",
        "detail": "why, in a sentence",
        "raw": "what was lost, as it came",
    }
    columns = [Column(f.name, f.type, meaning[f.name], f.nullable) for f in LEDGER_SCHEMA]
    return Contract(f"{dataset}_ledger", f"What {dataset} lost", tuple(columns), key=())


CONTRACTS: dict[str, Contract] = {c.dataset: c for c in _CONTRACTS} | {
    f"{c.dataset}_ledger": _ledger(c.dataset) for c in _CONTRACTS
}
