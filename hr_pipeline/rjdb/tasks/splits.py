"""Which splits a task set is made of, and whether it has the triples of each, all of them and in no
other split."""

from collections import Counter
from collections.abc import Iterable, Mapping

from hr_pipeline.lake.errors import InputError
from hr_pipeline.rjdb.splits import SPLITS

Split = tuple[str, str]  # triple_id, split


def checked_splits(splits: list[str], where: str) -> list[str]:
    """The setting; InputError where one is no split."""
    if strange := [split for split in splits if split not in SPLITS]:
        raise InputError(
            f"there is no split {strange[0]!r}", where, f"choose of {', '.join(SPLITS)}"
        )
    return splits


def faults_in_splits(
    triples: Iterable[Split], rows: Iterable[Split], lost: Iterable[str]
) -> Counter[str]:
    """`rows` are those of the task set, `lost` the ids of its ledger's rows ("<triple_id>-...")."""
    of_triple: Mapping[str, str] = dict(triples)
    faults: Counter[str] = Counter()
    met: set[str] = set()
    for triple_id, split in rows:
        met.add(triple_id)
        if triple_id not in of_triple:
            faults["a triple that is none"] += 1
        elif of_triple[triple_id] != split:
            faults["another split than the triple's"] += 1
    met |= {item.rsplit("-", 1)[0] for item in lost}
    faults["triples without a row"] += len(of_triple.keys() - met)
    return +faults
