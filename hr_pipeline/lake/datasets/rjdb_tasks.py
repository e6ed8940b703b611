"""Contracts of the task sets that are made from triples (RJDB 4)."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import INTEGER, SPLITS, TEXT, TEXTS

KINDS = frozenset({"job_description", "resume"})
NEGATIVES = frozenset({"removed", "swapped"})
TRIPLE_ID = Column("triple_id", TEXT, "rjdb/triples")
SPLIT = Column("split", TEXT, "of the triple", allowed=SPLITS)

RJDB_TASKS = (
    Contract(
        "rjdb/presence",
        "What of its plan stands in each document: the counts behind integrity and statistics",
        (
            TRIPLE_ID,
            Column("document", TEXT, "column of rjdb/triples"),
            Column("split", TEXT, "of the triple", nullable=True, allowed=SPLITS),
            Column("words", INTEGER, "words between blanks", unit="words"),
            Column("planned", INTEGER, "skills that it must show"),
            Column("verbatim", INTEGER, "of them, as displayed but for case, anywhere"),
            Column("found", INTEGER, "of them, as longest normalised match where it counts"),
            Column("removed", INTEGER, "skills that it must not show"),
            Column("left_verbatim", INTEGER, "of them, still there as displayed but for case"),
            Column("left", INTEGER, "of them, still there as longest normalised match"),
            Column("addresses", INTEGER, "e-mail addresses"),
            Column("addresses_off", INTEGER, "of them, on domains that somebody may own"),
            Column("spans", INTEGER, "experiences that it must show with their years"),
            Column("span_errors", INTEGER, "of them, missing or with other years"),
        ),
        key=("triple_id", "document"),
    ),
    Contract(
        "rjdb/matching",
        "Job description and resume: match or not, and why (RJDB 4)",
        (
            Column("pair_id", TEXT, "triple and kind of resume"),
            TRIPLE_ID,
            SPLIT,
            Column("job_description", TEXT, "what the job asks for"),
            Column("resume", TEXT, "who applies"),
            Column("label", pa.bool_(), "whether the resume matches"),
            Column("negative_kind", TEXT, "null for a match", nullable=True, allowed=NEGATIVES),
            Column("gap", INTEGER, "skills asked for that the resume lacks", unit="skills"),
            Column("explanation", TEXTS, "what matches, or the planted changes of a mismatch"),
            Column("skills", TEXTS, "skills of the explanation alone"),
            Column("experiences", TEXTS, "experiences of the explanation alone"),
        ),
        key=("pair_id",),
        rows_per_group=2_048,
    ),
    Contract(
        "rjdb/extraction",
        "A document and what stands in it (RJDB 4)",
        (
            Column("document_id", TEXT, "triple and document"),
            TRIPLE_ID,
            SPLIT,
            Column("kind", TEXT, "of the document", allowed=KINDS),
            Column("text", TEXT, "whole document"),
            Column("skills", TEXTS, "skills that it shows"),
            Column("experiences", TEXTS, "experiences that it shows, latest first"),
        ),
        key=("document_id",),
        rows_per_group=2_048,
    ),
    Contract(
        "rjdb/editing",
        "An unmatched resume, what it lacks, and the section that has it (RJDB 4)",
        (
            Column("item_id", TEXT, "triple and section"),
            TRIPLE_ID,
            SPLIT,
            Column("section", TEXT, "to be edited", allowed=frozenset({"skills", "experience"})),
            Column("resume_unmatched", TEXT, "whole resume before the edit"),
            Column("signal", TEXTS, "the removed things, to be put back"),
            Column("target", TEXT, "the section as the matched resume has it"),
        ),
        key=("item_id",),
        rows_per_group=2_048,
    ),
    Contract(
        "rjdb/ladder",
        "Resumes that lack 1 to k of the skills asked for, each a small edit of the matched one",
        (
            Column("item_id", TEXT, "triple and gap"),
            TRIPLE_ID,
            SPLIT,
            Column("job_description", TEXT, "what the job asks for"),
            Column("resume", TEXT, "the matched resume with `gap` skills exchanged"),
            Column("label", pa.bool_(), "true for gap 0, the matched resume"),
            Column("gap", INTEGER, "skills asked for that it lacks", unit="skills"),
            Column("missing_skills", TEXTS, "skills taken out, those of smaller gaps first"),
            Column("put_in", TEXTS, "strangers in their place"),
        ),
        key=("item_id",),
        rows_per_group=2_048,
    ),
    Contract(
        "rjdb/ties",
        "A job description and two resumes of which neither is the better one",
        (
            Column("tie_id", TEXT, "triple and kind"),
            TRIPLE_ID,
            SPLIT,
            Column("kind", TEXT, "why they are equal (docs/shortcuts.md)"),
            Column("job_description", TEXT, "what the job asks for"),
            Column("resume_a", TEXT, "one resume"),
            Column("resume_b", TEXT, "the other"),
            Column("gap", INTEGER, "skills asked for that each of them lacks", unit="skills"),
        ),
        key=("tie_id",),
        rows_per_group=2_048,
    ),
)
