"""Contracts of what is measured on triples: `corpus` says whose (ours, or the imported release)."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import INTEGER, REAL, SPLITS, TEXT

CORPORA = frozenset({"ours", "released"})
CORPUS = Column("corpus", TEXT, "whose triples", allowed=CORPORA)
VALUE = Column("value", REAL, "the figure", nullable=True)
COUNT = Column("n", INTEGER, "rows that it was counted on")
GOAL = Column("goal", TEXT, "what it must be, in words", nullable=True)
PASSED = Column("passed", pa.bool_(), "whether it is; null without a goal", nullable=True)
LOW = Column("ci_low", REAL, "lower end of the 95% interval", nullable=True)
HIGH = Column("ci_high", REAL, "upper end of the 95% interval", nullable=True)
PAGE = (
    Column("name", TEXT, "file name"),
    Column("media_type", TEXT, "of the file"),
    Column("content", TEXT, "of the file"),
)

QUALITY = (
    Contract(
        "quality/integrity",
        "Whether labels can be trusted: ours and the imported release side by side",
        (
            CORPUS,
            Column("document", TEXT, "column of the triples, or all"),
            Column("measure", TEXT, "what is counted"),
            VALUE,
            COUNT,
            GOAL,
            PASSED,
        ),
        key=("corpus", "document", "measure"),
    ),
    Contract(
        "quality/statistics",
        "Tables 1, 3, 4 and Figures 3, 4 of the RJDB paper from our data, beside the paper's",
        (
            Column("place", TEXT, "table or figure of the paper"),
            Column("item", TEXT, "row of the table, or bar of the figure"),
            Column("ours", REAL, "this build's figure", nullable=True),
            Column("released", REAL, "that of the imported release", nullable=True),
            Column("paper", REAL, "the published figure", nullable=True),
            Column("unit", TEXT, "of all three"),
        ),
        key=("place", "item"),
    ),
    Contract(
        "quality/diversity",
        "How much the documents repeat themselves and one another",
        (
            CORPUS,
            Column("document", TEXT, "column of the triples"),
            Column("measure", TEXT, "name"),
            VALUE,
            COUNT,
        ),
        key=("corpus", "document", "measure"),
    ),
    Contract(
        "quality/overlap",
        "What the held-out splits share with train",
        (
            Column("split", TEXT, "compared with train", allowed=SPLITS),
            Column("measure", TEXT, "what is shared"),
            VALUE,
            COUNT,
            GOAL,
            PASSED,
        ),
        key=("split", "measure"),
    ),
    Contract(
        "quality/contamination",
        "Documents of the triples that stand in files which the user named",
        (
            Column("file", TEXT, "as named"),
            Column("text_id", TEXT, "line or record of the file"),
            Column("triple_id", TEXT, "rjdb/triples"),
            Column("document", TEXT, "column of the triples"),
            Column("split", TEXT, "of the triple", allowed=SPLITS),
            Column("similarity", REAL, "share of the shorter text that the other holds, 0 to 1"),
            Column("words", INTEGER, "of the text: the fewer, the less a hit says", unit="words"),
            Column("excerpt", TEXT, "words of the document that the text has, or their beginning"),
        ),
        key=("file", "text_id", "triple_id", "document"),
    ),
    Contract(
        "quality/shortcuts",
        "How far rules that do not read come: the floor that every model score is printed against",
        (
            CORPUS,
            Column("negative_kind", TEXT, "removed or swapped"),
            Column("setting", TEXT, "triple: pick the match of two; pair: judge one alone"),
            Column("rule", TEXT, "what decides"),
            Column("accuracy", REAL, "share that is right"),
            Column("auc", REAL, "area under the ROC curve, of pairs", nullable=True),
            LOW,
            HIGH,
            COUNT,
            Column("floor", pa.bool_(), "whether no other rule comes further in its setting"),
            GOAL,
            PASSED,
        ),
        key=("corpus", "negative_kind", "setting", "rule"),
    ),
    Contract(
        "quality/ladder",
        "How the rules' scores fall with the gap, and how they take ties",
        (
            Column("rule", TEXT, "what scores"),
            Column("gap", INTEGER, "skills missing; -1: over all gaps"),
            Column("measure", TEXT, "name"),
            VALUE,
            COUNT,
        ),
        key=("rule", "gap", "measure"),
    ),
    Contract(
        "quality/judgements",
        "What the judge said of each document and of its corrupted twins (G-Eval)",
        (
            Column("judgement_id", TEXT, "corpus, triple, document, criterion, corruption"),
            CORPUS,
            Column("triple_id", TEXT, "rjdb/triples"),
            Column("document", TEXT, "column of the triples"),
            Column("criterion", TEXT, "consistency or factuality"),
            Column("corruption", TEXT, "none, or what was done to the document"),
            Column("score", REAL, "1 to 5"),
            Column("samples", INTEGER, "replies that the score is made of"),
            Column("weighting", TEXT, "samples: their mean; probabilities: of one reply's token"),
            Column("judge", TEXT, "template, or the model that judged"),
            Column("teacher", TEXT, "who wrote the document"),
            Column("writing_mode", TEXT, "whole, or section by section", nullable=True),
            Column("prompt_hash", TEXT, "of the judge's prompt"),
            Column("request_ids", pa.list_(pa.string()), "keys into the recording"),
        ),
        key=("judgement_id",),
    ),
    Contract(
        "quality/judges",
        "Judgements by writing mode and teacher (RJDB Figure 2), and the judge's own worth",
        (
            CORPUS,
            Column("document", TEXT, "job_description or resume"),
            Column("criterion", TEXT, "consistency or factuality"),
            Column("teacher", TEXT, "who wrote the documents"),
            Column("writing_mode", TEXT, "whole, sections, or not said"),
            Column("judge", TEXT, "who judged"),
            Column("measure", TEXT, "mean score, that of twins, or AUC of originals against twins"),
            VALUE,
            LOW,
            HIGH,
            COUNT,
        ),
        key=("corpus", "document", "criterion", "teacher", "writing_mode", "judge", "measure"),
    ),
    Contract(
        "quality/balance",
        "Names, genders and groups of what was generated",
        (
            CORPUS,
            Column("attribute", TEXT, "gender, name_group, a crossing of them, or names"),
            Column("group", TEXT, "value of the attribute, a word, or all"),
            Column("measure", TEXT, "count, share, effect size or p (docs/bias.md)"),
            VALUE,
            LOW,
            HIGH,
            COUNT,
            GOAL,
            PASSED,
        ),
        key=("corpus", "attribute", "group", "measure"),
    ),
    Contract(
        "quality/bias",
        "Counterfactual audit: names swapped in resumes, and what a matcher makes of it",
        (
            Column("matcher", TEXT, "what scored"),
            Column(
                "names",
                TEXT,
                "swapped: each resume under a name of each group; as written: under its own",
                allowed=frozenset({"swapped", "as written"}),
            ),
            Column("attribute", TEXT, "gender, name_group, or gender x name_group"),
            Column("group", TEXT, "value of the attribute, unknown, or all"),
            Column("measure", TEXT, "flip rate, selection rate, scoring rate, impact ratio, ..."),
            VALUE,
            LOW,
            HIGH,
            COUNT,
            Column("left_out", pa.bool_(), "under 2% of those known: not in the impact ratios"),
        ),
        key=("matcher", "names", "attribute", "group", "measure"),
    ),
    Contract(
        "quality/cards", "Dataset card, datasheet and Croissant of the release", PAGE, ("name",)
    ),
    Contract("quality/report", "One page with every figure, for people", PAGE, ("name",)),
)
