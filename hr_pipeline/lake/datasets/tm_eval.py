"""Contracts of TM-Eval: does a title, or a set of APIs, come next in a career (KDJPPR 3.2)."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import INTEGER, REAL, SPLITS, TEXT, TEXTS, statistics

TASKS = frozenset({"title", "project"})

TM_EVAL = (
    Contract(
        "tm_eval/items",
        "Yes/no items: past jobs and projects of one person, and what may come next",
        (
            Column("item_id", TEXT, "task and number; the order says nothing of the label"),
            Column("task", TEXT, "what is asked about", allowed=TASKS),
            Column("split", TEXT, "all items of a person are in one", allowed=SPLITS),
            Column("person_id", TEXT, "row of sources/careers"),
            Column("career", TEXTS, "titles held before, the first one first, in one spelling"),
            Column("projects", pa.list_(TEXTS), "API sets of the projects before"),
            Column("target", TEXTS, "the title alone, or the APIs of a project"),
            Column("label", pa.bool_(), "whether it is what truly came next"),
            Column("target_person", TEXT, "whose fact the target is"),
            Column(
                "popularity",
                INTEGER,
                "people in all careers with the title; of APIs, with one of them, on average",
            ),
            Column("input", TEXT, "the item as text, without instructions how to answer"),
        ),
        key=("item_id",),
    ),
    statistics("tm_eval/statistics", "What TM-Eval holds, counted, beside what the paper tells"),
    Contract(
        "tm_eval/baselines",
        "What rules that know nothing of careers make of the items; each should be near a half",
        (
            Column("task", TEXT, "title or project", allowed=TASKS),
            Column("rule", TEXT, "what it goes by"),
            Column("items", INTEGER, "how many were judged"),
            Column("accuracy", REAL, "share of right answers"),
            Column("ci_low", REAL, "lower end of the 95% bootstrap interval"),
            Column("ci_high", REAL, "upper end"),
            Column("must_be_chance", pa.bool_(), "whether the interval has to include a half"),
        ),
        key=("task", "rule"),
    ),
    Contract(
        "tm_eval/answers",
        "What the evaluated model said to each item",
        (
            Column("item_id", TEXT, "row of tm_eval/items"),
            Column("task", TEXT, "what was asked about", allowed=TASKS),
            Column("label", pa.bool_(), "the truth"),
            Column("said", pa.bool_(), "yes or no; null where it is neither", nullable=True),
            Column("reply", TEXT, "as the model gave it"),
            Column("model", TEXT, "that was asked"),
            Column("prompt_hash", TEXT, "of the prompt file"),
            Column("request_ids", TEXTS, "the request"),
        ),
        key=("item_id",),
    ),
    Contract(
        "tm_eval/results",
        "Precision, recall, F1 and accuracy of the evaluated model, beside the paper's Table 1",
        (
            Column("model", TEXT, "evaluated here, or as the paper names it"),
            Column("task", TEXT, "title or project", allowed=TASKS),
            Column("metric", TEXT, "precision, recall, f1 or accuracy"),
            Column("value", REAL, "percent", unit="%"),
            Column("ci_low", REAL, "95% bootstrap interval; null for the paper's", nullable=True),
            Column("ci_high", REAL, "its upper end", nullable=True),
            Column("items", INTEGER, "items asked; null for the paper's", nullable=True),
            Column("unparsed", INTEGER, "answers neither yes nor no, counted wrong", nullable=True),
            Column(
                "unanswered", INTEGER, "items without any reply, in no figure here", nullable=True
            ),
            Column("source", TEXT, "this build, or where the published figure stands"),
        ),
        key=("model", "task", "metric", "source"),
    ),
    Contract(
        "tm_eval_released/items",
        "An imported file in the layout {Input, Label}, as items",
        (
            Column("item_id", TEXT, "released- and the row's number"),
            Column("task", TEXT, "what is asked about", allowed=TASKS),
            Column("career", TEXTS, "titles as the input lists them"),
            Column("projects", pa.list_(TEXTS), "API sets as the input lists them"),
            Column("target", TEXTS, "the title alone, or the APIs"),
            Column("label", pa.bool_(), "whether it is true"),
            Column("input", TEXT, "as the file has it"),
        ),
        key=("item_id",),
    ),
)
