"""Contracts of RJDB: contexts, triples, and an imported release."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import (
    CATEGORIES,
    EXPERIENCE,
    GENDERS,
    INTEGER,
    SHORTENED,
    SPLITS,
    SWAP,
    TEXT,
    TEXTS,
    statistics,
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
        Column("split_group", TEXT, "titles of one key are in one split", nullable=True),
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

RJDB = (
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
