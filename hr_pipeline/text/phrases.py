"""Normalised tokens, and phrases found in them as longest matches (RJDB paper, section 2.2).

A phrase is *present* in a text when its tokens stand there side by side and do not lie inside an
occurrence of a longer phrase that is looked for too. "Java" is not present in "Java EE" when both
are looked for. Masks (job titles) are phrases that hide what lies inside them and are never found.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

Phrase = tuple[str, ...]

SOFT_BREAK = ","  # stands in a stream for a comma, a semicolon or the end of a sentence
HARD_BREAK = "\n"  # stands in a stream for the end of a line

_APOSTROPHES = dict.fromkeys("'\u2018\u2019\u02bc\u00b4`\u2032")
_SEPARATORS = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2022\u25cf\u201c\u201d\xa0", " ")
# A run of ASCII without apostrophes, less its last character where something else follows: a mark
# that combines with that may come next.
_SIMPLE_OR_NOT = re.compile(
    r"(?P<simple>[^'`\x80-\U0010ffff]+(?![^\x00-\x7f]))|[^'`\x80-\U0010ffff]?['`\x80-\U0010ffff]+"
)
_TYPOGRAPHY = str.maketrans(_APOSTROPHES | _SEPARATORS)
_HUSHING = ("sse", "she", "che", "xe", "ze")


def _patterns(sign: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns of a token, and of a token or a break, given what one letter or digit is."""
    word = rf"{sign}+(?:(?:\.|[+#]+\.?){sign}+)*[+#]*"
    token = rf"{word}|(?<![\w.+#])\.{word}"
    return re.compile(token), re.compile(token + r"|\n|[,;]|(?<=[^\s.])[.!?](?=\s)")


_WORDS, _STREAM = _patterns(r"[^\W_]")
_ASCII_WORDS, _ASCII_STREAM = _patterns("[A-Za-z0-9]")  # the same for ASCII text, and quicker


def tokens(text: str) -> list[str]:
    """The normalised tokens of a text: two spellings are the same when their tokens are equal.

    Compatibility forms (NFKC) and case are folded, apostrophes dropped ("bachelor's" is
    "bachelors"), plurals folded (see `fold_plural`). Everything but letters and digits separates,
    save `+`, `#` and `.` inside a token or where a name starts or ends with them: "c++", "c#",
    ".net", "node.js". A full stop at the end of a token is no part of it.
    """
    plain = _plain(text)
    pattern = _ASCII_WORDS if plain.isascii() else _WORDS
    return [_fold(word) for word in pattern.findall(plain)]


def phrase(text: str) -> Phrase:
    """The tokens of a phrase to look for."""
    return tuple(tokens(text))


def stream(text: str) -> list[str]:
    """Tokens with the breaks between them, so that no phrase is found across list items.

    "- SQL" and "- Server" on two lines are not "SQL Server", nor are they in "SQL, Server".
    """
    plain = _plain(text)
    pattern = _ASCII_STREAM if plain.isascii() else _STREAM
    return [_fold(word) for word in pattern.findall(plain)]


def located(text: str) -> list[tuple[str, int, int]]:
    """`stream` with places: (token or break, start, end) in the text as it was given."""
    plain, starts, ends = _plain_in_place(text)
    pattern = _ASCII_STREAM if plain.isascii() else _STREAM
    return [
        (_fold(found[0]), starts[found.start()], ends[found.end() - 1])
        for found in pattern.finditer(plain)
    ]


def fold_plural(word: str) -> str:
    """One form for singular and plural of a lower-case word; a key to compare, not to show.

    Words of letters only, longer than three. A final "s" goes unless after "s", "u" or "si"
    ("class", "status", "analysis" stay); then a final "e" goes after a hissing sound ("boxes" and
    "box", "caches" and "cache") and a final "ie" becomes "y" ("libraries", "cookie").
    """
    if len(word) <= 3 or not word.isalpha():
        return word
    if word[-1] == "s" and word[-2] not in "su" and not word.endswith("sis"):
        word = word[:-1]
    if len(word) <= 3:
        return word
    if word.endswith(_HUSHING):
        return word[:-1]
    return word[:-2] + "y" if word.endswith("ie") else word


def _plain(text: str) -> str:
    """The text in compatibility form and without apostrophes, case kept."""
    if text.isascii():
        return text.replace("'", "").replace("`", "") if "'" in text or "`" in text else text
    plain = text.translate(_TYPOGRAPHY)
    return plain if plain.isascii() else unicodedata.normalize("NFKC", plain)


def _plain_in_place(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The plain text, and where in the text each of its characters begins and ends.

    A letter and the marks that combine with it are one: they are normalised together.
    """
    if _plain(text) is text:
        return text, range(len(text)), range(1, len(text) + 1)
    plain, starts, ends = list[str](), list[int](), list[int]()

    def add(piece: str, start: int, end: int) -> None:
        plain.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))

    for part in _SIMPLE_OR_NOT.finditer(text):
        start, end = part.span()
        if part["simple"]:  # one character gives one, or none
            plain.append(part[0])
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            for at, after in pairwise((*_letter_starts(text, start, end), end)):
                add(_plain(text[at:after]), at, after)
    return "".join(plain), starts, ends


def _letter_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Where letters begin between two places; combining marks begin none, but at the start."""
    return (at for at in range(start, end) if at == start or not unicodedata.combining(text[at]))


@lru_cache(maxsize=1 << 17)
def _fold(word: str) -> str:
    if word in ".!?;":
        return SOFT_BREAK
    lower = word.casefold()
    if not lower.isascii():
        lower = unicodedata.normalize("NFKC", lower)
    return fold_plural(lower)


class Matcher:
    """Looks for phrases, given by their tokens, with masks that hide what lies inside them.

    `loose` phrases, and all masks, may run across commas and full stops ("Support, Tier 2" in a
    title that a writer spells "Support - Tier 2"); the others may not. None runs across lines.
    """

    def __init__(
        self,
        phrases: Iterable[Phrase],
        masks: Iterable[Phrase] = (),
        loose: Collection[Phrase] = frozenset(),
    ) -> None:
        self.phrases = frozenset(p for p in phrases if p)
        self.masks = frozenset(m for m in masks if m)
        self._index: dict[str, list[tuple[Phrase, bool]]] = {}
        for item in self.phrases | self.masks:
            entry = (item, item in self.masks or item in loose)
            self._index.setdefault(item[0], []).append(entry)

    def occurrences(self, words: Sequence[str]) -> list[tuple[int, int, Phrase]]:
        """Every longest occurrence of a phrase or a mask as (start, end, phrase), in order."""
        hits: list[tuple[int, int, Phrase]] = []
        index = self._index
        for start, word in enumerate(words):
            if word in index:
                for item, loose in index[word]:
                    end = _end(words, start, item, loose)
                    if end:
                        hits.append((start, end, item))
        return longest(hits) if len(hits) > 1 else hits

    def found(self, words: Sequence[str], hide_equal: bool = True) -> set[Phrase]:
        """The phrases present. One that equals a mask is hidden by it only if `hide_equal`."""
        seen = {item for _, _, item in self.occurrences(words)} & self.phrases
        return seen - self.masks if hide_equal else seen


def _end(words: Sequence[str], start: int, item: Phrase, loose: bool) -> int:
    """Where the phrase ends if it begins at `start`, else 0."""
    if not loose:
        end = start + len(item)
        return end if tuple(words[start:end]) == item else 0
    place, last = start, len(words)
    for word in item:
        while place < last and words[place] == SOFT_BREAK:
            place += 1
        if place >= last or words[place] != word:
            return 0
        place += 1
    return place


def longest(hits: Iterable[tuple[int, int, Phrase]]) -> list[tuple[int, int, Phrase]]:
    """In order of place, without those that lie inside a longer one; overlapping ones stay."""
    kept: list[tuple[int, int, Phrase]] = []
    reach = -1
    for hit in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
        if hit[1] > reach:
            kept.append(hit)
            reach = hit[1]
    return kept
