"""Reads the sections of a document (RJDB paper, section 2.2), however their heads are written.

Heads come with and without marks, numbers, colons and in any case: 14% of the released replies
carry no `##` head. Nothing here raises on odd text.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from hr_pipeline.rjdb.contexts import DOCUMENTS, DocumentKind
from hr_pipeline.rjdb.replies import marker

SECTIONS: dict[DocumentKind, dict[str, str]] = {
    "job_description": {
        "job_title": "Job title",
        "job_summary": "Job Summary",
        "required_skills": "Required Skills",
        "required_experience": "Required Experience",
        "responsibilities": "Responsibilities",
    },
    "resume": {
        "personal_information": "Personal Information",
        "education": "Education",
        "skills": "Skills",
        "experience": "Experience",
    },
}


def heads_of(document: str) -> dict[str, str]:
    """Section keys and heads of a document (a key of `DOCUMENTS`)."""
    return SECTIONS[DOCUMENTS[document].kind]


# Other words for the heads. After the bar: heads so loose that any other candidate goes before.
_SYNONYMS: dict[DocumentKind, dict[str, str]] = {
    "job_description": {
        "job_title": "position title, role title | title, position, role, job",
        "job_summary": "position summary, role summary, summary of the position, job overview, "
        "position overview, role overview | summary, overview, job description, description, "
        "about the job, about the role, about the position",
        "required_skills": "skills required, required technical skills, required qualifications, "
        "key skills, recommended skills, essential skills, must have skills | skills, "
        "requirements, qualifications, technical skills, skills and qualifications",
        "required_experience": "experience required, required experiences, job experience, "
        "required work experience, recommended experience, experience requirements, "
        "professional experience, work experience | experience, experiences",
        "responsibilities": "key responsibilities, job responsibilities, main responsibilities, "
        "roles and responsibilities, duties and responsibilities | duties, job duties, "
        "responsibility, role responsibilities, what you will do",
    },
    "resume": {
        "personal_information": "personal info, personal details, personal data, contact "
        "information, contact details, contact info, personal and contact information | contact, "
        "personal profile, candidate information",
        "education": "education and training, educational background, academic background, "
        "educational qualifications, education and certifications | academic qualifications, "
        "qualifications, academics",
        "skills": "technical skills, key skills, professional skills, core skills, skill set, "
        "skills and abilities, skills and expertise, relevant skills | core competencies, "
        "competencies, skill, areas of expertise",
        "experience": "work experience, professional experience, employment history, work history, "
        "job experience, relevant experience, career history, professional background, "
        "working experience, experiences, work experiences | employment, career",
    },
}

_RULE = re.compile(r"^[\s\-=_*#~`>]*$")
_NUMBER = r"(?:(?:section\s+)?(?:\d{1,2}|[ivx]{1,4})\s*[.):]\s*)?"
# Runs of marks and spaces are bounded, so that no line takes long to be told from a head.
_FIRST = (
    r"^[\s>]{0,12}(?P<mark>#{1,6}|\*{1,3}|__|[\[=]{1,9})?[\s*_=]{0,9}(?P<number>"
    + _NUMBER
    + r")[*_\s]{0,9}"
)
_ANY_HASH = re.compile(r"^\s*(#{1,6})\s+[^\s#]")
_LOOSE_HEAD = re.compile(_FIRST + r"(?P<words>[A-Za-z][A-Za-z &/]{3,34}?)[\s*_:\]=#]{0,12}$", re.I)


def _head_tables(kind: DocumentKind) -> tuple[dict[str, tuple[str, bool]], re.Pattern[str]]:
    """Heads of a document in lower case -> (section, loose), and the pattern of a head line."""
    heads: dict[str, tuple[str, bool]] = {}
    for key, head in SECTIONS[kind].items():
        good, _, loose = _SYNONYMS[kind][key].partition("|")
        for word in [head.lower(), *good.split(","), *loose.split(",")]:
            heads.setdefault(" ".join(word.split()), (key, word in loose.split(",")))
    names = "|".join(sorted((h.replace(" ", r"\s+") for h in heads), key=len, reverse=True))
    colon = r"(?P<colon>:|(?<=\s)[-\u2013\u2014](?=\s|$))?"
    tail = rf"(?P<end>[\s*_\]=#]{{0,9}}{colon}[\s*_\]=#]{{0,9}})(?P<rest>.*)$"
    return heads, re.compile(_FIRST + rf"(?P<words>{names})(?![^\W_]|[/&,.]){tail}", re.I)


_HEADS = {kind: _head_tables(kind) for kind in SECTIONS}
HEADS = frozenset(head for table, _ in _HEADS.values() for head in table)  # in lower case
_FIRST_WORD = re.compile(r"(?:section\s)?[^A-Za-z]*(?:[ivx]{1,4}\s*[.):])?\s*([a-z]+)", re.I)
_FIRST_WORDS = {head.split()[0] for table, _ in _HEADS.values() for head in table}


@lru_cache(maxsize=4096)
def _misspelt(kind: DocumentKind, words: str) -> str | None:
    """The known head that a head with a slip of the pen means ("Requiredd Experience")."""
    close = get_close_matches(words, _HEADS[kind][0], n=1, cutoff=0.88)
    return close[0] if close else None


def sections(document: str, kind: DocumentKind) -> dict[str, str]:
    """The sections of a document by key (see `SECTIONS`), without heads; empty ones are absent.

    Each head is taken where it is written most like a head (`##` before bold or underlined before
    a bare line, the usual words before loose ones); weaker look-alikes are content. A `##` head of
    no known section, at the level of the known ones, ends the section before it.
    """
    lines = document.splitlines()
    heads = _chosen(
        [
            _candidate(lines, i, kind) if _worth_a_look(line) else None
            for i, line in enumerate(lines)
        ]
    )
    levels = {head.level for head in heads.values()} - {0}
    parts: dict[str, list[str]] = {key: [] for key in SECTIONS[kind]}
    prelude: list[str] = []
    current: list[str] | None = prelude
    for i, line in enumerate(lines):
        if i in heads:
            current = parts[heads[i].key]
            current.append(heads[i].rest)
        elif (text := line.lstrip()) and text[0] not in "#-=_*~`>":
            if current is not None:
                current.append(line)
        elif _ends_section(line, levels) and current is not prelude:
            current = None
        elif current is not None:
            current.append("" if _RULE.match(line) else line)
    bodies = {key: "\n".join(body).strip("\n").rstrip() for key, body in parts.items()}
    return _with_prelude({k: b for k, b in bodies.items() if b.strip()}, prelude, lines, kind)


def _ends_section(line: str, levels: set[int]) -> bool:
    """Whether the line is a `##` head, at the level of the known ones but itself unknown."""
    mark = _ANY_HASH.match(line)
    return mark is not None and len(mark[1]) in levels


class _Head:
    """A line that may head a section; `rank` says how much it looks like it."""

    __slots__ = ("key", "rank", "rest", "level", "repeats")

    def __init__(self, key: str, rank: int, rest: str, level: int) -> None:
        self.key, self.rank, self.rest, self.level = key, rank, rest, level
        self.repeats = level > 0


def _worth_a_look(line: str) -> bool:
    """Cheap: false for nearly all lines that cannot be heads."""
    text = line.lstrip(" \t>")
    if text[:2] in ("* ", "- ") or not text:
        return False
    if text[0] in "#*_=[":
        return len(text) < 60 or ":" in text[:60]
    if len(text) > 40 and ":" not in text[:40] and " -" not in text[:40] and " \u2013" not in text:
        return False
    first = _FIRST_WORD.match(text)
    return first is not None and first[1].lower() in _FIRST_WORDS


def _candidate(lines: list[str], i: int, kind: DocumentKind) -> _Head | None:
    line = lines[i]
    table, pattern = _HEADS[kind]
    found = pattern.match(line)
    mark = (found["mark"] if found else line.lstrip(" \t>")[:1]) or ""
    if found is None:
        loose = _LOOSE_HEAD.match(line) if mark and mark in "#*_" else None
        known = _misspelt(kind, " ".join(loose["words"].lower().split())) if loose else None
        if loose is None or known is None:
            return None
        level = len(loose["mark"] or "") if mark == "#" else 0
        return _Head(table[known][0], 3 if level else 2, "", level)
    rest = found["rest"].strip()
    if rest and not found["colon"]:
        return None
    if mark == "*" and not rest and "*" not in found["end"]:
        return None  # "* Skills" is a list item
    key, is_loose = table[" ".join(found["words"].lower().split())]
    level = len(mark) if mark.startswith("#") else 0
    under = i + 1 < len(lines) and len(lines[i + 1].strip()) > 2 and _is_underline(lines[i + 1])
    strength = 3 if level else 2 if mark or under else 1
    if strength == 1 and found["number"]:
        strength = 0
    return _Head(key, strength - 10 * is_loose, rest.lstrip("*_ "), level)


def _is_underline(line: str) -> bool:
    return not line.strip(" \t").strip("=-") and line.strip(" \t") != ""


def _chosen(candidates: Iterable[_Head | None]) -> dict[int, _Head]:
    """Of the lines that may head a section the best, the first of equals; `##` ones may repeat."""
    best: dict[str, tuple[int, int]] = {}
    listed = [(i, head) for i, head in enumerate(candidates) if head]
    for i, head in listed:
        if head.key not in best or head.rank > best[head.key][0]:
            best[head.key] = (head.rank, i)
    return {
        i: head
        for i, head in listed
        if i == best[head.key][1] or (head.repeats and head.rank == best[head.key][0])
    }


def _with_prelude(
    parts: dict[str, str], prelude: list[str], lines: list[str], kind: DocumentKind
) -> dict[str, str]:
    """Adds a first section without a head: a name and address, or a title as a Markdown head."""
    text = "\n".join(prelude).strip()
    if kind == "resume" and parts and "personal_information" not in parts:
        if "@" in text or re.search(r"\bname\b", text, re.I):
            parts = {"personal_information": text, **parts}
    elif kind == "job_description" and parts and "job_title" not in parts and lines:
        first = next((line for line in lines if line.strip()), "")
        title = re.match(r"^\s*(?:#+|\*\*)\s*(?P<title>[^:#*]{2,100}?)[\s*#]*$", first)
        if title and _candidate([first], 0, kind) is None and marker(first) is None:
            parts = {"job_title": title["title"], **parts}
    return parts
