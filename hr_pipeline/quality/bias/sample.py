"""The triples that an audit reads: those to learn from, and those whose resumes are swapped."""

from collections.abc import Mapping
from dataclasses import dataclass

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import rows_among
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.bias.applications import (
    COLUMNS,
    Applications,
    Pairs,
    applications,
    chosen,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """`applications` are of test, the pairs of train and dev."""

    applications: Applications
    train: Pairs
    dev: Pairs


def read_sample(
    lake: Lake, version: str, sizes: Mapping[str, int], seed: int, ledger: Ledger
) -> Sample:
    """At most `sizes[split]` triples of each split of a version of rjdb/triples, in its order;
    memory holds these."""
    known = lake.table("rjdb/triples", version, ["triple_id", "split"])
    listed = zip(known["triple_id"].to_pylist(), known["split"].to_pylist(), strict=True)
    wanted = chosen(listed, sizes, seed)
    pairs, test = {"train": Pairs(), "dev": Pairs()}, []
    for row in rows_among(lake.batches("rjdb/triples", version, COLUMNS), "triple_id", wanted):
        if row["split"] in pairs:
            pairs[row["split"]].add(row)
        else:
            test.append(row)
    return Sample(applications(test, ledger), pairs["train"], pairs["dev"])
