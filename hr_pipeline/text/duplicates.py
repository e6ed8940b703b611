"""Near-duplicates: word shingles, and an index that finds what resembles an earlier text.

Two texts are near-duplicates when the Jaccard similarity of their sets of 5-word shingles is 0.8 or
more. Candidates come from MinHash with locality-sensitive hashing (rensa), and each is verified on
the sets themselves, so that what is found is exact; what is overlooked is rare: a pair at the very
threshold shares one of 25 bands of 5 with a chance of 1 - (1 - 0.8^5)^25 = 99.995%.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rensa import RMinHash, RMinHashLSH

NEAR = 0.8
_BANDS, _ROWS = 25, 5
_SEED = 20_240_213  # of the permutations: fixed, so that equal texts are found alike everywhere

Shingles = np.ndarray  # uint32, ascending, without repeats
_WEIGHTS = np.array(  # one for each place in a shingle: odd, with bits all over
    [
        *(0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB),
        *(0xD6E8FEB86659FD93, 0xA0761D6478BD642F),
    ],
    np.uint64,
)


def word_runs(words: Sequence[str], length: int = len(_WEIGHTS)) -> np.ndarray:
    """A 64-bit hash of every run of `length` (at most 5) words in their order, the same on every
    machine. A text with fewer words is a single run; one without a word has none."""
    if not words:
        return np.empty(0, np.uint64)
    hashes = np.fromiter(map(_word_hash, words), np.uint64, len(words))
    return np.correlate(hashes, _WEIGHTS[: min(length, len(words))], "valid")


def shingles(words: Sequence[str]) -> Shingles:
    """The set of runs of five words."""
    found = (word_runs(words) >> np.uint64(32)).astype(np.uint32)
    found.sort()
    return found[np.append(True, found[1:] != found[:-1])] if len(found) else found


@lru_cache(maxsize=1 << 17)
def _word_hash(word: str) -> int:
    data = word.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def jaccard(one: Shingles, other: Shingles) -> float:
    """Shared shingles over all, rounded to 1e-5; 0 where both are empty."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    union = len(one) + len(other) - shared
    return round(shared / union, 5) if union else 0.0


@dataclass(frozen=True, slots=True)
class Near:
    """A text that was added before, by its key, and the Jaccard similarity to it."""

    key: str
    similarity: float


class DuplicateIndex:
    """Texts are added in order, each with a key and a group (a split); `near` looks among those
    added before, in all groups but one.

    Memory: four bytes a shingle and about 2 kB a text.
    """

    def __init__(self, threshold: float = NEAR) -> None:
        self.threshold = threshold
        self._keys: list[str] = []
        self._sets: list[Shingles] = []
        self._groups: dict[str, RMinHashLSH] = {}

    def add(self, key: str, group: str, found: Shingles) -> None:
        from rensa import RMinHashLSH

        if not len(found):
            return
        if group not in self._groups:
            self._groups[group] = RMinHashLSH(self.threshold, _BANDS * _ROWS, _BANDS)
        self._groups[group].insert(len(self._keys), _minhash(found))
        self._keys.append(key)
        self._sets.append(found)

    def near(self, group: str, found: Shingles) -> list[Near]:
        """The near-duplicates in other groups, the most similar first, in order of adding where
        they are equally similar."""
        others = [index for name, index in self._groups.items() if name != group]
        if not others or not len(found):
            return []
        minhash = _minhash(found)
        candidates = sorted({place for index in others for place in index.query(minhash)})
        scored = [Near(self._keys[p], jaccard(found, self._sets[p])) for p in candidates]
        alike = [one for one in scored if one.similarity >= self.threshold]
        return sorted(alike, key=lambda one: -one.similarity)


def _minhash(found: Shingles) -> "RMinHash":
    from rensa import RMinHash

    minhash = RMinHash(_BANDS * _ROWS, _SEED)
    minhash.update(found.view("V4").tolist())
    return minhash
