"""Splits of pairs: descriptions that are near-duplicates stay together."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np

from hr_pipeline.jaqa.pairs.assemble import STAGE, Row
from hr_pipeline.lake import picked
from hr_pipeline.text.duplicates import DuplicateIndex, shingles
from hr_pipeline.text.phrases import tokens


def descriptions_among(postings: Iterable[Row], ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """(posting id, description) of these postings, in their order."""
    for row in postings:
        if row["posting_id"] in ids:
            yield row["posting_id"], row["description"]


def groups_of(descriptions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Posting id -> the smallest id of its group, from (posting id, description).

    A group is what hangs together through near-duplicate descriptions (text/duplicates). Texts of
    equal shingles are looked up once; memory grows with the different ones.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    index, texts, links = DuplicateIndex(), dict[bytes, int](), list[tuple[int, int]]()
    place_of: dict[str, int] = {}
    for posting, description in descriptions:
        found = shingles(tokens(description))
        text = found.tobytes() or description.strip().encode("utf-8", "surrogatepass")
        if text not in texts:
            place = texts[text] = len(texts)
            links += [(place, int(near.key)) for near in index.near("", found)]
            index.add(str(place), "all", found)
        place_of[posting] = texts[text]
    ends = np.array(links, np.int64).reshape(-1, 2)
    ones = np.ones(len(ends), np.int8)
    near_each_other = coo_array((ones, (ends[:, 0], ends[:, 1])), (len(texts), len(texts)))
    _, component = connected_components(near_each_other, directed=False)
    first: dict[int, str] = {}
    for posting in sorted(place_of):
        first.setdefault(int(component[place_of[posting]]), posting)
    return {posting: first[int(component[place])] for posting, place in place_of.items()}


def splits_of(
    groups: Mapping[str, str], seed: int, dev_share: float, test_share: float
) -> dict[str, str]:
    """Posting id -> train, dev or test, drawn by the key of its group."""
    return {
        posting: picked.split_of(seed, f"{STAGE}/split", key, dev_share, test_share)
        for posting, key in groups.items()
    }


def near_across_splits(pairs: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Pairs of ids with near-duplicate descriptions in different splits, from (id, split,
    description): must be none."""
    index, across = DuplicateIndex(), list[tuple[str, str]]()
    for pair, split, description in pairs:
        found = shingles(tokens(description))
        across += [(pair, near.key) for near in index.near(split, found)]
        index.add(pair, split, found)
    return across
