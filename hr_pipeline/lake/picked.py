"""Some of many: keys drawn by their hashes, splits too, the most frequent of counted texts, and
rows picked out of batches."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hr_pipeline.lake.rng import digest, draw_integer

_PARTS_PER_MILLION = 1_000_000


def drawn(keys: Iterable[str], size: int, *stage: object) -> list[str]:
    """`size` of the keys, or all: those with the least hashes of (*stage, key), in that order.
    Neither the order in which they come nor the other keys decide."""
    return heapq.nsmallest(size, keys, lambda key: digest(*stage, key))


def split_of(seed: int, stage: str, key: str, dev_share: float, test_share: float) -> str:
    """train, dev or test, drawn by the key of a row or of a group that stays together."""
    draw = draw_integer(seed, stage, key, _PARTS_PER_MILLION) / _PARTS_PER_MILLION
    if draw < test_share:
        return "test"
    return "dev" if draw < test_share + dev_share else "train"


def most_frequent(counts: Mapping[str, int]) -> str:
    """Of equally frequent texts the first of the alphabet."""
    return min(counts, key=lambda text: (-counts[text], text))


def rows_among(
    batches: Iterable[pa.RecordBatch], column: str, values: Collection[str]
) -> Iterator[dict[str, Any]]:
    """The rows whose column holds one of these values, in their order; the others are never made
    Python objects of."""
    wanted = pa.array(sorted(values), pa.string())
    for batch in batches:
        yield from batch.filter(pc.is_in(batch[column], wanted)).to_pylist()
