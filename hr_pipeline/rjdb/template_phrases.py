"""The word stock of the template teacher, and how phrases are drawn from it.

The phrases stand in template_phrases.yaml; here they are read once and made quick to draw from.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import NamedTuple, TypeVar

import yaml

from hr_pipeline.graph.walks import Draws

T = TypeVar("T")

_GLUE = frozenset(("a", "an", "and", "as", "at", "by", "for", "in", "my", "of", "on", "or", "the"))
_GLUE |= {"to", "with"}
_TOKEN = re.compile(r"[^\W_]+")
_OPEN = ("a", "e", "i", "o", "hour", "un", "um", "up", "ul", "ur")
_CLOSED = ("eu", "one", "uni")
_FINE = 1 << 53  # a uniform draw has this many values


class Phrase(NamedTuple):
    text: str
    n_words: int
    tokens: frozenset[str]


class PhraseDraws(Draws):
    """Draws of chances, numbers and phrases."""

    def chance(self, share: float) -> bool:
        return self.below(_FINE) < share * _FINE

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def pick(self, stock: Sequence[T]) -> T:
        return stock[self.below(len(stock))]

    def free(self, stock: Sequence[Phrase], forbidden: frozenset[str]) -> Phrase | None:
        """A phrase with no forbidden word in it, if one turns up near a random place."""
        place = self.below(len(stock))
        stride = 17 if len(stock) % 17 else 19
        for step in range(min(len(stock), 12)):
            phrase = stock[(place + step * stride) % len(stock)]
            if phrase.tokens.isdisjoint(forbidden):
                return phrase
        return None


@lru_cache(maxsize=65536)
def tokens(text: str) -> frozenset[str]:
    """Words in lower case without plural s, the ones that join other words left out."""
    return frozenset(word.rstrip("s") for word in _TOKEN.findall(text.lower())) - _GLUE


@dataclass(frozen=True, slots=True)
class Stock:
    """The word stock as the writer uses it; clauses are kept by their number of words."""

    names: tuple[str, ...]
    flat: Mapping[str, tuple[Phrase, ...]]
    by_category: Mapping[str, Mapping[str, tuple[Phrase, ...]]]
    by_length: Mapping[str, Mapping[int, tuple[Phrase, ...]]]


def _phrase(text: str) -> Phrase:
    return Phrase(text, len(text.split()), tokens(text))


def _lengths(texts: Sequence[str]) -> dict[int, tuple[Phrase, ...]]:
    phrases = sorted({_phrase(text) for text in texts}, key=lambda phrase: phrase.text)
    lengths = sorted({phrase.n_words for phrase in phrases})
    return {n: tuple(phrase for phrase in phrases if phrase.n_words == n) for n in lengths}


@lru_cache(maxsize=1)
def word_stock() -> Stock:
    """The phrases of template_phrases.yaml, made ready once."""
    file = resources.files("hr_pipeline.rjdb").joinpath("template_phrases.yaml")
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    flat: dict[str, tuple[Phrase, ...]] = {}
    by_category: dict[str, dict[str, tuple[Phrase, ...]]] = {}
    by_length: dict[str, dict[int, tuple[Phrase, ...]]] = {}
    for name, entry in raw.items():
        if isinstance(entry, str):
            flat[name] = tuple(_phrase(line) for line in entry.splitlines())
        elif isinstance(entry, dict):
            by_category[name] = {
                key: tuple(_phrase(line) for line in lines.splitlines())
                for key, lines in entry.items()
            }
        else:
            parts = itertools.product(*(lines.splitlines() for lines in entry))
            joined = [" ".join(part for part in p if part).replace(" ,", ",") for p in parts]
            joined += raw.get(name.replace("clause", "words"), "").splitlines()
            by_length[name] = _lengths(joined)
    by_length["note"] = _lengths(raw["note"].splitlines())
    return Stock(tuple(raw["family_names"].split()), flat, by_category, by_length)


def of_category(name: str, category: str) -> tuple[Phrase, ...]:
    """The phrases for one of the five categories; an unknown one counts as administrative."""
    stocks = word_stock().by_category[name]
    return stocks.get(category.strip().lower(), stocks["administrative"])


def clause(name: str, n_words: int, forbidden: frozenset[str], draws: PhraseDraws) -> str:
    """A clause of this many words, or as near as there is; empty where none is free."""
    lengths = word_stock().by_length[name]
    n_words = min(max(n_words, min(lengths)), max(lengths))
    phrase = draws.free(lengths.get(n_words) or lengths[min(lengths)], forbidden)
    return phrase.text if phrase else ""


@lru_cache(maxsize=65536)
def with_article(title: str) -> str:
    """`an Electrician`, `a UX Designer`, `an SQL Developer`; plural titles stay as they are."""
    head = re.split(r"\s+[-–|/]\s+|[,(]", title, maxsplit=1)[0].split() or [""]
    last = head[-1].lower()
    if last.endswith("s") and not last.endswith(("ss", "us", "is")):
        return title
    first = re.split(r"[\s/-]", title, maxsplit=1)[0]
    spelled = len(first) == 1 or (first.isupper() and not title.isupper())
    if spelled:
        return f"{'an' if first[0] in 'AEFHILMNORSX' else 'a'} {title}"
    opens = first.lower().startswith(_OPEN) and not first.lower().startswith(_CLOSED)
    return f"{'an' if opens else 'a'} {title}"


def listed(lines: Sequence[str], mark: str) -> str:
    if mark.startswith("N"):
        return "\n".join(f"{n}{mark[1:]}{line}" for n, line in enumerate(lines, 1))
    return "\n".join(mark + line for line in lines)


def joined(items: Sequence[str], comma: str = ", ", last: str = " and ") -> str:
    if len(items) < 2:
        return "".join(items)
    return comma.join(items[:-1]) + last + items[-1]


def spun(stock: Sequence[Phrase], place: int, forbidden: frozenset[str]) -> str:
    for step in range(len(stock)):
        phrase = stock[(place + step) % len(stock)]
        if phrase.tokens.isdisjoint(forbidden):
            return phrase.text
    return ""
