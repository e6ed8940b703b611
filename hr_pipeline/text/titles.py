"""What job a title names, without seniority, place and client words."""

import re
from functools import lru_cache

from hr_pipeline.text.phrases import tokens

_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|"
    "NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
_TOWN = r"[A-Z][\w.']+"
_ASIDES = re.compile(
    r"\([^)]*\)?|\[[^\]]*\]?"  # what stands in brackets
    rf"|(?:\s-|[–—|@:,]|\bin\b|\bat\b)\s*{_TOWN}(?:\s{_TOWN}){{0,2}},\s*(?:{_STATES})\b"
    rf"|-{_TOWN},\s*(?:{_STATES})\b"
    r"|(?i:\b(?:full|part|long|short)[\s-]*(?:time|term)\b)"
    r"|(?i:\b(?:contract|c2c|c2h)[\s-]*to[\s-]*hire\b)"
    r"|(?i:\b\d+\+?\s*(?:months?|years?|yrs?)\b)"
)
_BREAKS = re.compile(
    r"\s[-–—]+\s|[-–—]{2,}|\s[-–—]|[–—|@:;,*!]"
    r"|\s(?:at|in(?!\s+test\b)|for|with|w/|needed|wanted|based|to)\s|\sw/",
    re.IGNORECASE,
)
_LEVELS = frozenset(
    tokens(
        "junior jr senior sr lead principal staff intern internship trainee entry mid midlevel "
        "level associate i ii iii iv v 1 2 3 4 5 l1 l2 l3 l4 l5 experienced expert remote "
        "onsite local telecommute contract contractor permanent perm fulltime temporary temp w2 "
        "c2c c2h urgent urgently immediate immediately need needed hiring walkin opening "
        "requirement opportunity job position role"
    )
)
_ROLES = frozenset(
    tokens(
        "accountant admin administrator advisor agent analyst architect assistant associate "
        "attorney auditor buyer clerk consultant coordinator dba designer developer director "
        "driver engineer executive expert instructor intern lead leader manager master modeler "
        "nurse officer operator owner planner president professional programmer recruiter "
        "representative researcher scheduler scientist sme specialist strategist supervisor "
        "support teacher tech technician technologist tester trainer vp writer"
    )
)
_SMALL = frozenset(tokens("a an and for of or the to"))
_GLUED = re.compile(r"\b([js]r)\.(?=\w)", re.IGNORECASE)  # "Sr.Java Developer"


def title_core(title: str) -> str:
    """The words of `job_words`, each once and in alphabetical order ("Programmer Analyst" is
    "Analyst Programmer")."""
    return " ".join(sorted(set(job_words(title))))


def title_words(title: str) -> tuple[str, ...]:
    """All words of a title but seniority and small ones, each once and in alphabetical order: those
    in brackets and in every part ("Engineer, Java (Contract)" is "Java Engineer")."""
    words = {word.lstrip(".") for word in tokens(_GLUED.sub(r"\1. ", title))}
    return tuple(sorted(words - _LEVELS - _SMALL))


@lru_cache(maxsize=1 << 16)
def job_words(title: str) -> tuple[str, ...]:
    """The title without seniority, place and client words, as normalised tokens.

    Of a title in several parts ("Austin, TX - Java Developer - Retail client") the first that names
    a role stands for the job; a bare role ("Manager, Payroll") takes the part that follows it.
    """
    title = _GLUED.sub(r"\1. ", title)
    texts = [part for part in _BREAKS.split(_ASIDES.sub(" ", title)) if part]
    words = [(part, _without_levels(part)) for part in map(tokens, texts)]
    parts = [(whole, core) for whole, core in words if core]
    if not parts:
        return tuple(tokens(title))
    named = [i for i, (whole, _) in enumerate(parts) if not _ROLES.isdisjoint(whole)]
    first = named[0] if named else 0
    core = parts[first][1]
    if len(core) == 1 and core[0] in _ROLES:
        core = core + (parts[first + 1][1] if first + 1 < len(parts) else [])
    return tuple(word.lstrip(".") for word in core)


def _without_levels(words: list[str]) -> list[str]:
    core = [word for word in words if word not in _LEVELS]
    while core and core[0] in _SMALL:
        core = core[1:]
    return core
