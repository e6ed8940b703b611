"""The words of a document that are its own: without section heads and what was planted.

So two documents are not alike because they were planted with equal skills, and not unlike because
the same text was filled with others.
"""

from collections.abc import Mapping
from functools import lru_cache

from hr_pipeline.rjdb.contexts import Context
from hr_pipeline.rjdb.documents import HEADS
from hr_pipeline.rjdb.person import emails, full_name
from hr_pipeline.text.phrases import Matcher, Phrase, phrase, tokens

MASK = "_"  # no token is spelt so
_MARKS = " \t#*_=[]()>-:.0123456789"
_LONGEST_HEAD = 2 * max(map(len, HEADS))  # with its marks


def masked_words(context: Context, documents: Mapping[str, str]) -> dict[str, list[str]]:
    """Per document (a column of rjdb/triples) its normalised words in order: section heads are
    taken out, and each planted skill and job title, every number, the applicant's name and every
    e-mail address is `MASK`."""
    matcher = _planted(context, _names(context.first_name, documents))
    known: dict[str, list[str]] = {}  # the resumes of a triple share most of their lines
    masked = {}
    for key, text in documents.items():
        words = masked[key] = list[str]()
        for line in text.splitlines():
            if line not in known:
                known[line] = _masked(line, matcher)
            words += known[line]
    return masked


def _names(first_name: str, documents: Mapping[str, str]) -> list[str]:
    """The first name, alone and with the family name that the teacher gave, and that one alone."""
    full = full_name(documents.get("resume_matched", "")) or ""
    if first_name and full.startswith(f"{first_name} "):
        return [first_name, full, full.removeprefix(f"{first_name} ")]
    return [first_name]


def _planted(context: Context, people: list[str]) -> Matcher:
    put_in = (swap.put_in for swap in context.swaps)
    titles = (job.title for job in context.experiences)
    names = (*context.skills, *context.removed_skills, *put_in, *titles, *people)
    return Matcher(map(_phrase, names))


@lru_cache(maxsize=1 << 16)
def _phrase(name: str) -> Phrase:
    return phrase(name)


def _masked(line: str, matcher: Matcher) -> list[str]:
    if _is_head(line):
        return []
    for address in emails(line):
        line = line.replace(address, "0")
    head, colon, rest = line.partition(":")
    words = tokens(rest if colon and _is_head(head) else line)
    for start, end, _ in reversed(matcher.occurrences(words)):
        words[start:end] = [MASK]
    return [MASK if word.isdigit() else word for word in words]


def _is_head(line: str) -> bool:
    """Whether the line is a head, with marks and a number or without ("## 3. Skills:")."""
    return len(line) < _LONGEST_HEAD and line.strip(_MARKS).lower() in HEADS
