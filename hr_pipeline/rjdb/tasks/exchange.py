"""Small exact edits of a matched resume: what ladder and ties are made of, without a teacher."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hr_pipeline.rjdb.contexts import Swap, context_from_row
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.gate import LENGTH_TOLERANCE, experience_problems
from hr_pipeline.rjdb.pages import RESUME_SKILL_SECTIONS, Facts, facts, page_of, present
from hr_pipeline.text.phrases import located

MATCHED = "resume_matched"


class Unclean(Exception):
    """An edit that would change more than it should; `cause` and `detail` are for the ledger."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause, detail)
        self.cause, self.detail = cause, detail


@dataclass(frozen=True, slots=True)
class MatchedResume:
    """A matched resume, and the places (start, end) where each skill to be swapped stands."""

    known: Facts
    text: str
    places: Mapping[Swap, tuple[tuple[int, int], ...]]

    def exchanged(self, swaps: Collection[Swap]) -> str:
        """The text with what these swaps put in wherever what they remove stands, all else kept.

        Raises Unclean where the rule of presence then reads other skills or jobs than it should,
        or where the length leaves the bounds that hold for swapped resumes.
        """
        edits = sorted((place, swap.put_in) for swap in swaps for place in self.places[swap])
        text, done = "", 0
        for (start, end), put_in in edits:
            if start < done:
                raise Unclean("skills overlap", self.text[start:end])
            text += self.text[done:start] + put_in
            done = end
        text += self.text[done:]
        shows = set(self.known.context.skills) - {swap.removed for swap in swaps}
        require_shown(self.known, text, shows | {swap.put_in for swap in swaps})
        words, before = len(text.split()), len(self.text.split())
        if abs(words - before) > LENGTH_TOLERANCE * before:
            raise Unclean("length", f"{words} words in place of {before}")
        return text


def read_matched(row: Mapping[str, Any]) -> MatchedResume:
    """The matched resume of a row of rjdb/triples; Unclean where a skill is not found in it."""
    known, text = facts(context_from_row(row)), row[MATCHED]
    bodies = sections(text, "resume")
    places: dict[Swap, list[tuple[int, int]]] = {swap: [] for swap in known.context.swaps}
    by_name = {known.names[swap.removed]: swap for swap in places}
    for section in RESUME_SKILL_SECTIONS:
        start, end = place_of(text, bodies.get(section, ""))
        body = text[start:end]
        words = located(body)
        for first, last, phrase in known.skills.occurrences([word for word, _, _ in words]):
            if swap := by_name.get(phrase):
                place = _as_displayed(body, words[first][1], words[last - 1][2], swap.removed)
                places[swap].append((start + place[0], start + place[1]))
    for swap, found in places.items():
        if not found:
            raise Unclean("skill not found", swap.removed)
    return MatchedResume(known, text, {swap: tuple(found) for swap, found in places.items()})


def place_of(text: str, body: str) -> tuple[int, int]:
    """Where a section's body stands in the text, in whole lines; Unclean if not exactly once.

    Lines that are blank in the body may hold blanks or a ruled line in the text.
    """
    lines = (re.escape(ln) if ln.strip() else r"[^\w\n]*" for ln in body.split("\n"))
    pattern = "^(" + "\n".join(lines) + r")[ \t]*$"
    found = list(re.finditer(pattern, text, re.M)) if body else []
    if len(found) != 1:
        raise Unclean("section is not one run of lines", body)
    return found[0].span(1)


def _as_displayed(body: str, start: int, end: int, name: str) -> tuple[int, int]:
    """The place widened to signs of the name that are no tokens, as in "Excel (basic)"."""
    words = located(name)
    before, after = name[: words[0][1]], name[words[-1][2] :]
    if before and body[:start].endswith(before):
        start -= len(before)
    if after and body.startswith(after, end):
        end += len(after)
    return start, end


def require_shown(known: Facts, text: str, skills: Collection[str]) -> None:
    """Unclean unless a resume of the matched plan shows exactly these skills, and its jobs."""
    page = page_of(MATCHED, text)
    shown = present(known, page, known.names, RESUME_SKILL_SECTIONS)
    if wrong := shown ^ set(skills):
        raise Unclean("shows other skills", ", ".join(sorted(wrong)))
    for problem in experience_problems(known, page, "experience"):
        raise Unclean("shows other jobs", problem.message)
