"""A document made ready for the gate's rules: what to look for, and what is present."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from hr_pipeline.rjdb.contexts import DOCUMENTS, Context
from hr_pipeline.rjdb.documents import SECTIONS, sections
from hr_pipeline.rjdb.items import DURATION, SPAN, end_year, unwrap, years
from hr_pipeline.rjdb.person import full_name
from hr_pipeline.text.phrases import HARD_BREAK, SOFT_BREAK, Matcher, Phrase, phrase, stream

JD_SKILL_SECTIONS = ("required_skills", "job_summary", "responsibilities")
RESUME_SKILL_SECTIONS = ("skills", "experience")
_LISTS = ("required_skills", "skills")  # where a skill that equals a job title is a skill
_DATED = ("required_experience", "experience")  # where years are read


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: `code` for counting, `message` for the teacher."""

    document: str
    section: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a context says, ready to be looked for: tokens of its skills and titles."""

    context: Context
    names: dict[str, Phrase]
    jobs: dict[str, Phrase]
    skills: Matcher
    titles: Matcher


@lru_cache(maxsize=256)
def facts(context: Context) -> Facts:
    """The facts of a context: all its skills compete for the longest match, its titles hide.

    A title of equal length hides a skill too, save in the list of skills: there "Business Analyst"
    is the skill, elsewhere it is the job. What lies inside a longer title is hidden everywhere.
    """
    put_in = [swap.put_in for swap in context.swaps]
    skills = dict.fromkeys([*context.skills, *context.removed_skills, *put_in])
    titles = dict.fromkeys([context.occupation, *(e.title for e in context.experiences)])
    jobs = {text: tuple(words_of(with_dates(text))) for text in titles}
    names = {text: phrase(text) for text in skills}
    loose = {names[text] for text in skills if _BREAKS.search(text)}
    masks = {*jobs.values(), *(phrase(text) for text in titles if _DIGIT.search(text))}
    return Facts(
        context, names, jobs, Matcher(names.values(), masks, loose), Matcher((), jobs.values())
    )


def words_of(text: str) -> list[str]:
    return [word for word in stream(text) if word not in (SOFT_BREAK, HARD_BREAK)]


_BREAKS = re.compile(r"[,;.!?]")
_DIGIT = re.compile(r"\d")


def with_dates(text: str) -> str:
    """Spans and durations as single tokens ("2019.2023", "4.year"), so that they stay together."""
    if _DIGIT.search(text):
        text = SPAN.sub(lambda m: f" {m['start']}.{end_year(m) or 'open'} ", text)
    lower = text.lower()
    if "year" not in lower and "yr" not in lower:
        return text
    return DURATION.sub(lambda m: f" {years(m)}.year ", text)


class Page:
    """One document (a key of `DOCUMENTS`) or a part of it: each section tokenised once."""

    def __init__(self, key: str, bodies: Mapping[str, str]) -> None:
        self.document = DOCUMENTS[key]
        self.kind = self.document.kind
        self.bodies = bodies
        self._streams: dict[str, list[str]] = {}
        self._skills: dict[str, set[Phrase]] = {}
        self.person = full_name(bodies.get("personal_information", ""))

    def stream(self, section: str) -> list[str]:
        if section not in self._streams:
            text = "\n".join(unwrap(self.bodies.get(section, "")))
            self._streams[section] = stream(with_dates(text) if section in _DATED else text)
        return self._streams[section]

    def skills(self, known: Facts, section: str) -> set[Phrase]:
        """The planned skills present in the section."""
        if section not in self._skills:
            words = self.stream(section)
            self._skills[section] = known.skills.found(words, hide_equal=section not in _LISTS)
        return self._skills[section]

    def problem(self, section: str, code: str, message: str) -> Problem:
        head = SECTIONS[self.kind].get(section, "")
        title = self.document.title
        where = f"{title}, {head}" if head else title
        return Problem(self.document.key, section, code, f"{where}: {message}")


def present(known: Facts, page: Page, names: Collection[str], parts: Iterable[str]) -> set[str]:
    """Which of the named skills are present in the sections, as longest matches."""
    found = set[Phrase]().union(*(page.skills(known, section) for section in parts))
    odd = [name for name in names if not known.names[name]]  # no letter or digit in it
    text = "\n".join(page.bodies.get(section, "") for section in parts) if odd else ""
    return {name for name in names if known.names[name] in found} | {n for n in odd if n in text}


def page_of(key: str, text: str) -> Page:
    return Page(key, sections(text, DOCUMENTS[key].kind))
