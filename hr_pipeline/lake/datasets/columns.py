"""Types and allowed words that several contracts share."""

import pyarrow as pa

from hr_pipeline.lake.contracts import Column, Contract

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
