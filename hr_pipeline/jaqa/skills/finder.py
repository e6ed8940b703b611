"""Skills found in running text by their names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hr_pipeline.jaqa.keys import skill_key
from hr_pipeline.jaqa.skills.names import Name, Row, Written, looked_for
from hr_pipeline.text.dictionary import Dictionary
from hr_pipeline.text.phrases import (
    HARD_BREAK,
    SOFT_BREAK,
    Phrase,
    located,
    longest,
    phrase,
    tokens,
)

_BREAKS = (SOFT_BREAK, HARD_BREAK)
_APART = re.compile(r"[()\[\]{}<>:|*\u2022\u25cf\u00b7]|\s[-\u2013\u2014/]\s")  # no name across it
_GLUED = re.compile(r"(?<=[a-z]{2})\.(?=[A-Z][a-z])")  # "skills.Experience"
_COMMAS = (",", ";")
_MARKED = re.compile(r"[\d.+#]")
_LIST_BEFORE = re.compile(r"(?:^|[,;/(\u2022*-]|\b(?:and|or|in|with|using|as|like))\s*$", re.M)
_LIST_AFTER = re.compile(
    r"\s*(?:$|[,;/).]|(?:and|or|programming|language|code|studio|shiny)\b)", re.M
)
_LONGEST_WORD = 60  # characters looked at before and after a stop without a space
_ASIDE = 12  # characters looked at before and after a single letter


@dataclass(frozen=True, slots=True)
class Found:
    """A skill in a text: by which name, and where (characters, the end not included)."""

    start: int
    end: int
    name: Name


class SkillFinder:
    """Finds the longest names in a text; those that overlap are both found.

    `rows` are those of sources/skill_names. A name is whole words, in any case and number unless
    its rule asks for more (`Written`), and runs neither across sentences and list items nor across
    brackets, colons and bullets.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        looked = looked_for(list(rows))
        self.names, self.left_out, self._skills = looked.names, looked.left_out, looked.skills
        self._dictionary = Dictionary(self.names)

    def find(self, text: str) -> list[Found]:
        """The skills in the order of the text."""
        text = _GLUED.sub(self._part_glued, text)  # as long as before: places stay
        places = located(text)
        hits = self._dictionary.hits([word for word, _, _ in places])
        right = [hit for hit in hits if self._is_written_right(text, places, *hit)]
        return [
            Found(places[start][1], places[end - 1][2], self.names[item])
            for start, end, item in longest(right)
        ]

    def usual(self, name: str) -> str:
        """The skill that a name stands for, in its usual spelling; an unknown one as it is."""
        return self._skills.get(phrase(name), name)

    def _part_glued(self, stop: re.Match[str]) -> str:
        """A line's end for the stop between two sentences without a space; "Vue.Js" stays."""
        text, at = stop.string, stop.start()
        before = text[max(0, at - _LONGEST_WORD) : at].rsplit(maxsplit=1)[-1]
        after = text[at : at + _LONGEST_WORD].split(maxsplit=1)[0]
        pair = before.rsplit(".", 1)[-1] + "." + after.split(".", 2)[1]
        known = (
            all(w in self._dictionary for w in tokens(name)) for name in (before + after, pair)
        )
        return "." if any(known) else "\n"

    def _is_written_right(
        self, text: str, places: list[tuple[str, int, int]], start: int, end: int, item: Phrase
    ) -> bool:
        if any(_APART.search(text, places[i][2], places[i + 1][1]) for i in range(start, end - 1)):
            return False
        name = self.names[item]
        if name.written is Written.ANYHOW:
            return True
        at, after = places[start][1], places[end - 1][2]
        spelled = text[at:after]
        if len(spelled) == 1:
            return spelled.isupper() and _in_a_list(text, at, after)
        if name.written is Written.AS_SPELLED and spelled != name.name:
            return False
        return _has_capitals(spelled, name.name) and (
            not spelled[1:].islower() or not _opens_a_sentence(text, places, start, end)
        )


def _has_capitals(spelled: str, name: str) -> bool:
    if spelled.isupper() and spelled.isalpha() and not name.isupper():
        return False  # a line in capitals says nothing
    return not spelled.islower() or bool(_MARKED.search(spelled))


def _opens_a_sentence(text: str, places: list[tuple[str, int, int]], start: int, end: int) -> bool:
    """Whether the word is the first of several, so that its capital says nothing; after a comma it
    is one of a list."""
    listed = start > 0 and text[places[start - 1][1]] in _COMMAS
    return not listed and _breaks(text, places, start) and not _breaks(text, places, end)


def _breaks(text: str, places: list[tuple[str, int, int]], number: int) -> bool:
    """Whether something parts the token of this number from the one before it."""
    if number == 0 or number == len(places):
        return True
    if places[number - 1][0] in _BREAKS or places[number][0] in _BREAKS:
        return True
    return bool(_APART.search(text, places[number - 1][2], places[number][1]))


def _in_a_list(text: str, start: int, end: int) -> bool:
    """Whether a single letter stands among names: "C, R and Go", not "J. R. Smith" or "(R)"."""
    before = _LIST_BEFORE.search(text[max(0, start - _ASIDE) : start])
    after = _LIST_AFTER.match(text[end : end + _ASIDE])
    bracketed = text[start - 1 : start] == "(" and text[end : end + 1] == ")"
    return bool(before and after and not bracketed)


def distinct(skills: Iterable[str]) -> list[str]:
    """Each skill once, by its normalised form, as it is spelled first."""
    spelled: dict[str, str] = {}
    for skill in skills:
        spelled.setdefault(skill_key(skill), skill)
    return list(spelled.values())
