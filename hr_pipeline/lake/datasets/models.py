"""Contracts of what trained models are worth."""

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import INTEGER, REAL, TEXT

MODELS = (
    Contract(
        "models/results",
        "What the trained models are worth on held-out rows, beside floors and published figures",
        (
            Column("model", TEXT, "name in the lake"),
            Column("version", TEXT, "of the model"),
            Column("base", TEXT, "model that it was trained from; tiny: made from scratch"),
            Column("task", TEXT, "what it was asked"),
            Column("metric", TEXT, "what is measured"),
            Column("value", REAL, "ours; shares from 0 to 1"),
            Column("rows", INTEGER, "held-out rows that were asked"),
            Column("majority", REAL, "always the commonest answer", nullable=True),
            Column("lexical", REAL, "by words alone, nothing trained", nullable=True),
            Column("paper_teacher", REAL, "published for the teacher, from 0 to 1", nullable=True),
            Column("paper_student", REAL, "published for the student, from 0 to 1", nullable=True),
            Column("source", TEXT, "where the published figures stand", nullable=True),
        ),
        key=("model", "task", "metric"),
    ),
)
