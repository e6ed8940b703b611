"""Which documents of the triples hold a text of some other collection, or are held by one.

Texts are compared by their normalised words, so that case, space and punctuation do not count.

- A text of 20 words or more: the share of the shorter text's 5-word shingles that stand in the
  other, 0.5 or more.
- One of 3 to 19 words: the share of its words that stand in the document in their order, in a
  stretch at most four words longer, 0.83 or more, three of them side by side. So it is found
  when one of six words is missing or is another, or two of twelve; of five all must be there.
- One or two words say nothing of where they come from; nor do single letters, as tags are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.rjdb.contexts import DOCUMENTS
from hr_pipeline.text.duplicates import word_runs
from hr_pipeline.text.phrases import tokens

FEWEST_WORDS, LONG = 3, 20
SHORT_RUN, LONG_RUN = 3, 5
CONTAINED, ALIGNED = 0.5, 0.83  # five of six words are enough, four of five are not
_SLACK = 2  # other words among those of a short text
_EXCERPT_WORDS = 30


@dataclass(frozen=True, slots=True)
class Sought:
    """A text of a file, by its words."""

    file: str
    text_id: str
    words: tuple[str, ...]

    @property
    def says_something(self) -> bool:
        return sum(len(word) > 1 for word in self.words) >= FEWEST_WORDS


@dataclass(frozen=True, slots=True)
class Hit:
    """A text found in a document: how much of it, and the words they share."""

    sought: Sought
    similarity: float
    excerpt: str


class Index:
    """The runs of words of texts, and which texts have them."""

    def __init__(self, texts: Sequence[Sought], run: int) -> None:
        self.texts, self.run = texts, run
        found = [np.unique(word_runs(text.words, run)) for text in texts]
        self.sizes = [len(runs) for runs in found]
        owners = np.repeat(np.arange(len(found)), self.sizes)
        runs = np.concatenate(found) if found else np.empty(0, np.uint64)
        order = np.argsort(runs, kind="stable")
        self._runs, self._owners = runs[order], owners[order]

    def shared(self, runs: np.ndarray) -> Counter[int]:
        """Text number -> how many of the distinct runs given it has."""
        first = np.searchsorted(self._runs, runs, "left")
        last = np.searchsorted(self._runs, runs, "right")
        counts: Counter[int] = Counter()
        for start, end in zip(first[last > first], last[last > first], strict=True):
            counts.update(self._owners[start:end].tolist())
        return counts


class Scan:
    """Texts to be looked for in documents, one after the other."""

    def __init__(self, texts: Iterable[Sought]) -> None:
        listed = list(texts)
        telling = [text for text in listed if text.says_something]
        self.texts, self.too_short = len(listed), len(listed) - len(telling)
        self._short = Index([text for text in telling if len(text.words) < LONG], SHORT_RUN)
        self._long = Index([text for text in telling if len(text.words) >= LONG], LONG_RUN)

    def hits(self, document: str) -> Iterator[Hit]:
        """The texts that stand in the document, or that it stands in."""
        words = tokens(document)
        yield from self._long_hits(words)
        yield from self._short_hits(words)

    def _long_hits(self, words: list[str]) -> Iterator[Hit]:
        index = self._long
        if not index.texts or len(words) < LONG_RUN:
            return
        runs = np.unique(word_runs(words, LONG_RUN))
        for number, shared in sorted(index.shared(runs).items()):
            similarity = round(shared / min(index.sizes[number], len(runs)), 5)
            if similarity >= CONTAINED:
                text = index.texts[number]
                yield Hit(text, similarity, _longest_shared(words, text.words))

    def _short_hits(self, words: list[str]) -> Iterator[Hit]:
        index = self._short
        if not index.texts or len(words) < SHORT_RUN:
            return
        places: Places | None = None
        runs = np.unique(word_runs(words, SHORT_RUN))
        for number, shared in sorted(index.shared(runs).items()):
            text = index.texts[number]
            missing = max(1, len(text.words) // 6)  # words: each breaks as many runs as it is in
            if shared < index.sizes[number] - SHORT_RUN * missing:
                continue
            places = places or _places(words)
            common, minus_start = max(_alignments(text.words, words, places))
            similarity = round(common / len(text.words), 5)
            if similarity >= ALIGNED:
                stretch = words[max(0, -minus_start) : len(text.words) - minus_start]
                yield Hit(text, similarity, " ".join(stretch))


Places = dict[tuple[str, ...], list[int]]


def _places(words: Sequence[str]) -> Places:
    """Where each run of words begins."""
    places: Places = {}
    for start in range(len(words) - SHORT_RUN + 1):
        places.setdefault(tuple(words[start : start + SHORT_RUN]), []).append(start)
    return places


def _alignments(
    text: tuple[str, ...], words: list[str], places: Places
) -> Iterator[tuple[int, int]]:
    """For each way to lay the text on the document so that a run falls on its like: how many words
    follow each other in both, and where the text begins, as a negative number (the first of equals
    is the greatest)."""
    starts = {
        place - offset
        for offset in range(len(text) - SHORT_RUN + 1)
        for place in places.get(text[offset : offset + SHORT_RUN], ())
    }
    for start in starts:
        stretch = words[max(0, start - _SLACK) : start + len(text) + _SLACK]
        yield _common(text, stretch), -start


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    before = [0] * (len(other) + 1)
    for word in one:
        now = [0]
        for place, theirs in enumerate(other):
            now.append(before[place] + 1 if word == theirs else max(before[place + 1], now[place]))
        before = now
    return before[-1]


def _longest_shared(words: list[str], text: tuple[str, ...]) -> str:
    """The beginning of the longest stretch of the document that stands in the text."""
    known = set(word_runs(text, LONG_RUN).tolist())
    best = start = 0
    longest = 0
    for place, run in enumerate([*word_runs(words, LONG_RUN).tolist(), None]):
        if run in known:
            continue
        if place - start > longest:
            best, longest = start, place - start
        start = place + 1
    return " ".join(words[best : best + min(longest + LONG_RUN - 1, _EXCERPT_WORDS)])


def contamination(scan: Scan, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of quality/contamination from rows of rjdb/triples, in their order."""
    for row in rows:
        for key in DOCUMENTS:
            for hit in scan.hits(row[key] or ""):
                yield {
                    "file": hit.sought.file,
                    "text_id": hit.sought.text_id,
                    "triple_id": row["triple_id"],
                    "document": key,
                    "split": row["split"],
                    "similarity": hit.similarity,
                    "words": len(hit.sought.words),
                    "excerpt": hit.excerpt,
                }
