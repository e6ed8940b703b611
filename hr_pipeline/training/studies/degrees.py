"""The level of the degree that a resume's education section tells of.

A field that a small model made from scratch can learn in a minute on a CPU, and answer for resumes
that it has not seen: so a proof can ask for more than learning by heart (`proofs`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hr_pipeline.rjdb.documents import sections
from hr_pipeline.training.examples import Example

NONE = "none"
# Letters that may mean something else (MA, a state) count where a degree would be told.
_PLAIN = r"(?:(?m:^)[\W_]*{0}|\b{0}(?=\s*\)|,?\s+(?:in|of|degrees?)\b))\b"
# Level -> what says it, highest first; where a section names several, the highest counts.
_SAYS = {
    "doctorate": re.compile(
        r"(?i:\bdoctor(?:al|ate)\b|\bdoctor (?:of|degree)\b|\bjuris doctor\b|\bph\.?\s?d\b"
        r"|\bd\.v\.m\b)|\b(?:M\.D|J\.D)\b|" + _PLAIN.format("(?:MD|JD|DVM|EdD)")
    ),
    "master": re.compile(
        r"(?i:\bmaster'?s?,? (?:of|in|degrees?)\b|\bmaster's\b|\bm\.?sc\b|\bmba\b|\bm\.?tech\b"
        r"|\bm\.?eng\b|\b(?:post[- ]?)?graduate degree\b)|\bM\.[SA]\b|"
        + _PLAIN.format("(?:MS|MA|MPH|MFA|MEd)")
    ),
    "bachelor": re.compile(
        r"(?i:\bbachelor'?s?\b|\bb\.?\s?sc\b|\bb\.?tech\b|\bb\.?com\b|\bb\.?eng\b|\bbba\b"
        r"|\bm\.?b\.?b\.?s\b|\bunder-?graduate degree\b)|\bB\.[SAE]\b|"
        + _PLAIN.format("(?:BS|BA|BE|BFA|BSN|LLB|BEd)")
    ),
    "associate": re.compile(r"(?i)\bassoc(?:iate)?'?s?\.?,? (?:of|in|degrees?)\b|\bassociate's\b"),
    "certificate": re.compile(
        r"(?i)\b(?:certificates?|certifications?|certified|diplomas?|apprenticeships?)\b"
        r"|\b(?:vocational|trade|technical) (?:school|college|training)\b"
    ),
    "school": re.compile(
        r"(?i)\b(?:high|secondary) ?school(?:ed|ing)?(?: leaving)?(?: (?:diploma|certificate))?"
        r"|\bgeneral education(?:al development)? (?:diploma|certificate)\b|\bged\b"
    ),
}
LEVELS = (*_SAYS, NONE)
_COURSE = re.compile(r"(?i)\b(?:summer school|weeks?)\b")  # a certificate for less than a level
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc`\u00b4", "'''''")


def degree_level(section: str) -> str:
    """The highest level that an education section names, of `LEVELS`; "none" where it names none.
    A diploma of a high school is "school", any other diploma or certificate "certificate"."""
    lines = (line for line in section.splitlines() if not _COURSE.search(line))
    text = "\n".join(lines).translate(_APOSTROPHES)
    rest = _SAYS["school"].sub(" ", text)
    for level, says in _SAYS.items():
        if level != "school" and says.search(rest):
            return level
    return "school" if rest != text else NONE


@dataclass(frozen=True)
class DegreeTask:
    """Education sections and their levels, to be learnt and to be asked. `without`: resumes of
    these splits that have no such section."""

    train: list[Example]
    held_out: list[Example]
    without: int

    @property
    def majority(self) -> float:
        """Share of the held-out sections that the commonest of their levels would be right for."""
        return Counter(e.target for e in self.held_out).most_common(1)[0][1] / len(self.held_out)


def degree_task(rows: Iterable[Mapping[str, Any]]) -> DegreeTask:
    """From rows of rjdb/triples: their matched resumes, by split; dev and test are held out. Rows
    without a split are of neither."""
    train: list[Example] = []
    held_out: list[Example] = []
    without = 0
    for row in rows:
        if row["split"] is None:
            continue
        section = sections(row["resume_matched"], "resume").get("education")
        if section is None:
            without += 1
            continue
        asked = Example(row["triple_id"], section, degree_level(section))
        (train if row["split"] == "train" else held_out).append(asked)
    return DegreeTask(train, held_out, without)
