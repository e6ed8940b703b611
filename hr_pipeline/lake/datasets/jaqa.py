"""Contracts of JA-QA: jobs, skills and software APIs (KDJPPR 3.2)."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import INTEGER, REAL, SPLITS, TEXT, TEXTS, statistics

FOUND_SKILL = pa.struct([("skill", TEXT), ("name", TEXT), ("start", INTEGER), ("end", INTEGER)])
PAIR_COLUMNS = (
    Column("pair_id", TEXT, "the posting's id"),
    Column("posting_id", TEXT, "row of sources/linkedin_postings"),
    Column("split", TEXT, "near-duplicate descriptions share one", allowed=SPLITS),
    Column("title_raw", TEXT, "title as posted"),
    Column("title", TEXT, "preferred label of the ESCO occupation"),
    Column("esco_uri", TEXT, "of that occupation", nullable=True),
    Column("isco_group", TEXT, "its ISCO-08 unit group", nullable=True),
    Column("job_description", TEXT, "the posting's text"),
    Column("skills", TEXTS, "the posting's skills, each once"),
    Column("apis", TEXTS, "APIs of these skills, each once, in the skills' order"),
    Column("question", TEXT, "which APIs the role needs, with the description"),
    Column("answer", TEXT, "the list of APIs as a sentence"),
    Column("teacher", TEXT, "model that chose APIs and titles"),
)

JAQA = (
    Contract(
        "jaqa/posting_skills",
        "Skills of each posting: as its release gives them, else found in its description",
        (
            Column("posting_id", TEXT, "row of sources/linkedin_postings"),
            Column("skills", TEXTS, "each once, in the order of the text"),
            Column(
                "how",
                TEXT,
                "where they come from: the release, names found in the text, the teacher",
                allowed=frozenset({"given", "found", "teacher"}),
            ),
            Column("found", pa.list_(FOUND_SKILL), "places in the description (characters)"),
            Column("request_ids", TEXTS, "requests to the teacher, the one that was used last"),
        ),
        key=("posting_id",),
    ),
    Contract(
        "jaqa/skill_apis",
        "Each distinct skill with the nearest APIs and those that the teacher chose among them",
        (
            Column("skill", TEXT, "the usual spelling"),
            Column("n_postings", INTEGER, "postings that ask for it"),
            Column("candidates", TEXTS, "APIs nearest to the skill, the nearest first"),
            Column("ecosystems", TEXTS, "of each candidate; several with commas between"),
            Column("scores", pa.list_(REAL), "their cosines"),
            Column("apis", TEXTS, "the teacher's choice among them; empty where none is needed"),
            Column("embedder", TEXT, "model of the cosines"),
            Column("teacher", TEXT, "model that chose"),
            Column("prompt_hash", TEXT, "of the prompt file"),
            Column("request_ids", TEXTS, "requests that led to it, the one that was used last"),
        ),
        key=("skill",),
    ),
    Contract(
        "jaqa/titles",
        "Each distinct job title with the nearest ESCO occupations and the teacher's choice",
        (
            Column("title", TEXT, "as posted"),
            Column("n_postings", INTEGER, "postings with this title"),
            Column("candidates", TEXTS, "preferred labels of the nearest occupations, best first"),
            Column("candidate_uris", TEXTS, "of these occupations"),
            Column("matched", TEXTS, "the label of each that was nearest"),
            Column("scores", pa.list_(REAL), "mean cosine of that label and of all labels as one"),
            Column("esco_uri", TEXT, "the teacher's choice among them"),
            Column("esco_label", TEXT, "its preferred label"),
            Column("isco_group", TEXT, "its ISCO-08 unit group"),
            Column("embedder", TEXT, "model of the cosines"),
            Column("teacher", TEXT, "model that chose"),
            Column("prompt_hash", TEXT, "of the prompt file"),
            Column("request_ids", TEXTS, "requests that led to it, the one that was used last"),
        ),
        key=("title",),
    ),
    Contract(
        "jaqa/pairs",
        "JA-QA: which APIs does a job need, asked with its description, and the answer",
        PAIR_COLUMNS,
        key=("pair_id",),
    ),
    statistics("jaqa/statistics", "What JA-QA holds, counted, beside what the paper tells"),
    Contract(
        "jaqa/coverage",
        "How the pairs spread over the ISCO-08 major groups, and how often each API is asked for",
        (
            Column("kind", TEXT, "isco or api", allowed=frozenset({"isco", "api"})),
            Column("name", TEXT, "ISCO-08 major group, or API"),
            Column("pairs", INTEGER, "pairs that hold it"),
            Column("share", REAL, "pairs / all pairs"),
        ),
        key=("kind", "name"),
    ),
    Contract(
        "jaqa_released/pairs",
        "An imported file in the layout {question, answer}, as pairs",
        (
            Column("pair_id", TEXT, "released- and the row's number"),
            Column("title", TEXT, "as the question names it", nullable=True),
            Column("job_description", TEXT, "as the question gives it", nullable=True),
            Column("apis", TEXTS, "as the answer lists them"),
            Column("question", TEXT, "as the file has it"),
            Column("answer", TEXT, "as the file has it"),
        ),
        key=("pair_id",),
    ),
)
