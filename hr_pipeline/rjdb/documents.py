"""Reads what teachers write: replies into documents, documents into sections, sections into items.

Replies drift: heads come with and without marks, numbers, colons and in any case, lists as bullets,
lines or prose (14% of the released replies carry no `##` head). Nothing here raises on odd text
except `split_reply`, whose reason is written for the model that is asked again. Sections are those
of the RJDB paper, section 2.2.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

DocumentKind = Literal["job_description", "resume"]

MARKERS = {
    "job_description": "JOB DESCRIPTION",
    "resume_matched": "MATCHED RESUME",
    "resume_unmatched": "UNMATCHED RESUME",
    "resume_swapped": "SWAPPED RESUME",
}
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


class UnreadableReply(ValueError):
    """A reply that holds no such documents; the message tells the model how to write it."""


# ---------------------------------------------------------------- replies into documents

_MARKER_HINTS = ("match", "job", "swap", "jd", "end")
_FENCE = re.compile(r"^\s*(```|~~~)\s*\w*\s*$")
_NEGATED = re.compile(r"\b(?:un|non|not|mis|no)[\s_-]*(?=match)", re.I)
_FILLER = frozenset(
    re.findall(
        r"\w+",
        "a the of for here is are follows below now and this that document doc part section "
        "version text candidate one two three four first second third fourth i ii iii iv s",
    )
)
_CLOSING = re.compile(
    r"\s*\W*(?:let me know|i hope|hope (?:this|that|these)|please (?:let|note|feel)|feel free|"
    r"these (?:are|documents|four|three)|all (?:four|three|of the) |if you (?:need|would|want)|"
    r"would you like|this completes|note\b\W|is there anything|end of )",
    re.I,
)


def split_reply(reply: str, swapped: bool = True) -> dict[str, str]:
    """The documents of one teacher reply by key: the four of `MARKERS`, three unless `swapped`.

    The prompt asks for lines like `=== MATCHED RESUME ===`; Markdown heads, bold or bracketed
    lines, other word orders, code fences, chatter around and a JSON object are read as well. Of two
    documents with one head the longer counts. Raises `UnreadableReply` if a document is missing.
    """
    wanted = [key for key in MARKERS if swapped or key != "resume_swapped"]
    parts = _marked_parts(reply)
    if not all(parts.get(key) for key in wanted):
        parts = _json_parts(reply) or parts
    missing = [MARKERS[key] for key in wanted if not parts.get(key)]
    if missing:
        heads = ", ".join(f"=== {MARKERS[key]} ===" for key in wanted)
        raise UnreadableReply(
            f"The reply has no document headed {' and none headed '.join(map(repr, missing))}. "
            f"Write all {len(wanted)} documents, each in full under a line of its own: {heads}."
        )
    return {key: parts[key] for key in wanted}


def _marked_parts(reply: str) -> dict[str, str]:
    """Documents by marker lines; an end marker or closing chatter ends the last one."""
    parts: dict[str, str] = {}
    key, body = "", list[str]()
    for line in [*_unfenced(reply), "=== END ==="]:
        found = _marker(line) if len(line) < 90 and line else None
        if found is None or found == key:  # a head said twice, or a section of the same name
            if found is None or "".join(body).strip():
                body.append(line)
            continue
        text = _trim(body)
        if key and len(text) > len(parts.get(key, "")):
            parts[key] = text
        key, body = found, []
    return parts


def _unfenced(reply: str) -> list[str]:
    """Lines without code fences; where one fence holds everything, only what is in it."""
    lines = reply.splitlines()
    if "```" not in reply and "~~~" not in reply:
        return lines
    fences = [i for i, line in enumerate(lines) if _FENCE.match(line)]
    if len(fences) == 2 and not any(map(_marker, lines[: fences[0]] + lines[fences[1] :])):
        return lines[fences[0] + 1 : fences[1]]
    return [line for line in lines if not _FENCE.match(line)]


def _marker(line: str) -> str | None:
    """The document that this line heads, "" for the end of one, None for any other line."""
    if line == "=== END ===":
        return ""
    lower = line.lower()
    if not any([hint in lower for hint in _MARKER_HINTS]):
        return None
    plain = _NEGATED.sub("un", unicodedata.normalize("NFC", line).replace("é", "e")).lower()
    words = re.findall(r"[a-z]+", plain)
    decorated = line.strip()[:1] in "=#*[<_-{" and len(words) <= 7
    rest = frozenset(words) - _FILLER
    if "end" in rest and decorated:
        return ""
    if rest in ({"job", "description"}, {"jd"}, {"job", "posting"}, {"job", "ad"}):
        return "job_description"
    kinds = {word for word in rest if word in _KINDS}
    papers = rest & {"resume", "cv", "curriculum", "vitae"}
    extra = len(rest) - len(kinds) - len(papers)
    if len(kinds) != 1 or (extra and not (decorated and papers)):
        return None
    return _KINDS[kinds.pop()] if papers or decorated else None


_KINDS = {
    word: f"resume_{kind}"
    for kind, words in {
        "matched": "matched matching match",
        "unmatched": "unmatched unmatching unmatch mismatched",
        "swapped": "swapped swap",
    }.items()
    for word in words.split()
}


def _trim(body: list[str]) -> str:
    """The document without rules and closing chatter at its end."""
    while body and (not body[-1].strip(" \t-=_*#`>") or _CLOSING.match(body[-1])):
        body = body[:-1]
    return "\n".join(body).strip("\n").rstrip()


def _json_parts(reply: str) -> dict[str, str]:
    """Documents of a reply that is one JSON object, be they texts or objects of sections."""
    start, end = reply.find("{"), reply.rfind("}")
    try:
        loaded = json.loads(reply[start : end + 1], strict=False) if end > start >= 0 else None
    except (ValueError, RecursionError):
        return {}
    if isinstance(loaded, dict) and len(loaded) == 1:
        loaded = next(iter(loaded.values()))
    parts: dict[str, str] = {}
    for name, value in loaded.items() if isinstance(loaded, dict) else ():
        key = _marker("# " + re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", str(name)))
        if key:
            parts[key] = _rendered(value)
    return parts


def _rendered(value: object) -> str:
    if isinstance(value, dict):
        return "\n\n".join(
            f"## {str(k).replace('_', ' ')}\n{_rendered(v)}" for k, v in value.items()
        )
    return "\n".join(f"- {v}" for v in value) if isinstance(value, list) else str(value).strip()


# ---------------------------------------------------------------- documents into sections

_RULE = re.compile(r"^[\s\-=_*#~`>]*$")
_NUMBER = r"(?:(?:section\s+)?(?:\d{1,2}|[ivx]{1,4})\s*[.):]\s*)?"
_FIRST = r"^[\s>]*(?P<mark>#{1,6}|\*{1,3}|__|[\[=]+)?[\s*_=]*(?P<number>" + _NUMBER + r")[*_\s]*"
_ANY_HASH = re.compile(r"^\s*(#{1,6})\s+[^\s#]")
_LOOSE_HEAD = re.compile(_FIRST + r"(?P<words>[A-Za-z][A-Za-z &/]{3,34}?)[\s*_:\]=#]*$", re.I)


def _head_tables(kind: DocumentKind) -> tuple[dict[str, tuple[str, bool]], re.Pattern[str]]:
    """Heads of a document in lower case -> (section, loose), and the pattern of a head line."""
    heads: dict[str, tuple[str, bool]] = {}
    for key, head in SECTIONS[kind].items():
        good, _, loose = _SYNONYMS[kind][key].partition("|")
        for word in [head.lower(), *good.split(","), *loose.split(",")]:
            heads.setdefault(" ".join(word.split()), (key, word in loose.split(",")))
    names = "|".join(sorted((h.replace(" ", r"\s+") for h in heads), key=len, reverse=True))
    tail = (
        r"(?P<end>[\s*_\]=#]*(?P<colon>:|(?<=\s)[-\u2013\u2014](?=\s|$))?[\s*_\]=#]*)(?P<rest>.*)$"
    )
    return heads, re.compile(_FIRST + rf"(?P<words>{names})(?![^\W_]|[/&,.]){tail}", re.I)


_HEADS = {kind: _head_tables(kind) for kind in SECTIONS}
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
        if title and _candidate([first], 0, kind) is None and _marker(first) is None:
            parts = {"job_title": title["title"], **parts}
    return parts


# ---------------------------------------------------------------- sections into items

_BULLET = re.compile(
    r"^(?P<indent>\s*)(?:(?P<number>\(?(?:\d{1,2}|[a-z])[.)](?![\d@])|\d{1,2}\s+[-\u2013]\s)"
    r"|(?P<sign>[-*+\u2022\u25cf\u25aa\u25e6\u2023\u00b7\u2013\u2014]\s|o\s(?=[A-Z])"
    r"|[-\u2022\u25cf\u25aa\u2013\u2014#](?=[^\s#=-])|\*(?=[^\s*][^*]*$)))\s*"
)
_LEAD = re.compile(
    r"^(?:i\s+am|i\s+have|has|have|is|am)?\s*(?:an?\s+)?"
    r"(?:(?:highly|very|strong(?:ly)?|excellent|solid|good|deep|extensive|proven|well)[\s-]+)*"
    r"(?:skilled|skills?|proficien(?:t|cy|cies)|experienced?|expert(?:ise)?|knowledge(?:able)?|adept|"
    r"competent|familiar(?:ity)?|versed|trained|understanding|background|abilit(?:y|ies))"
    r"\s+(?:in|with|of|at|on|includes?:?|to)\s+",
    re.I,
)
_SPLIT = re.compile(r"[,;|\u2022](?![^()]*\))(?!\d)\s*")
_LABEL = re.compile(r"^[*_]*[A-Z][^:,;.]{1,40}:[*_]*\s+(?=[^:]*[,;])")


def unwrap(body: str) -> list[str]:
    """The lines of a section, bullets kept, where a wrapped line joins the one it continues.

    A line continues a long one if it starts in lower case and without a bullet.
    """
    lines: list[str] = []
    for line in body.splitlines():
        text = line.strip()
        if not text.strip("-=_*#`>"):
            continue
        if text[0].islower() and lines and len(lines[-1]) >= 40 and not _BULLET.match(line):
            lines[-1] += " " + text
        else:
            lines.append(line.rstrip())
    return lines


def items(body: str) -> list[str]:
    """The items of a section: bulleted, numbered, one a line, or a list or sentence on one line.

    Bullets below a numbered or less indented item are part of it, unless it ends with a colon:
    then it only labels them. Lines before the first bullet that end with a colon introduce the
    list. "Languages: A, B" without a bullet is A and B. Markup is taken off.
    """
    lines = unwrap(body)
    marks = [_BULLET.match(line) for line in lines]
    if not any(marks):
        return [item for line in lines for item in _inline(line, alone=len(lines) == 1)]
    found: list[str] = []
    labelled = False  # whether the last item was but a label of the bullets below it
    top = next((len(m["indent"]), bool(m["number"])) for m in marks if m)
    for line, mark in zip(lines, marks, strict=True):
        text = _bare(line[mark.end() :] if mark else line)
        below = mark and (len(mark["indent"]) > top[0] + 1 or bool(mark["number"]) < top[1])
        if mark and found and found[-1].endswith(":") and not SPAN.search(found[-1]):
            found.pop()
            labelled = True
        elif not below:
            labelled = False
        if below and found and not labelled:
            found[-1] += "\n" + text
        else:
            found.append(text)
    return [part for item in found if item.strip(" ,;:.") for part in _parts(item, alone=False)]


def _bare(text: str) -> str:
    return text.strip().strip("*_").replace("**", "").replace("__", "").strip()


def _inline(line: str, alone: bool) -> list[str]:
    """The items on one line without a bullet."""
    text = _bare(line)
    label = _LABEL.match(text)
    if label and not SPAN.search(text):
        found = _parts(text[label.end() :], alone=True)
    else:
        found = _parts(text, alone)
    return [item for item in found if item.strip(" ,;:.")]


def _parts(text: str, alone: bool) -> list[str]:
    """One item, or several: a list on one line, a sentence that lists, jobs with their years.

    A text that stands alone is split into sentences and at commas; one of several only where it
    names nothing but a list of short things ("Proficient in Chef, Vagrant and Unix.").
    """
    spans = [span.span() for span in SPAN.finditer(text)]
    if spans:
        return _cut(text, spans) if len(spans) > 1 and "\n" not in text else [text.rstrip(" ,;")]
    if not alone:
        parts = _listed(text)
        short = len(parts) > 2 and max(len(part.split()) for part in parts) <= 3
        return parts if short and not DURATION.search(text) else [text.rstrip(" ,;")]
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text)
    return [part for sentence in sentences for part in _listed(sentence, len(sentences) > 1)]


def _listed(sentence: str, several: bool = False) -> list[str]:
    """What a sentence lists, without "Skilled in" before it and "and" in it."""
    lead = _LEAD.match(sentence)
    parts = _SPLIT.split((sentence[lead.end() :] if lead else sentence).strip())
    last = parts.pop()
    if re.match(r"(?:and|or|&)\s", last):
        parts.append(re.sub(r"^(?:and|or|&)\s+", "", last))
    elif parts or several or lead:
        parts += re.split(r"\s+(?:and|&)\s+(?=[^()]*(?:\(|$))", last)
    else:
        parts.append(last)
    return [bare for part in parts if (bare := part.strip(" .;,"))]


def _cut(text: str, spans: list[tuple[int, int]]) -> list[str]:
    """A line that names several jobs, cut so that each part holds one span of years."""
    first = spans[0][0] <= 3
    cuts = [start for start, _ in spans[1:]] if first else [end for _, end in spans[:-1]]
    ends = [cut + (not first and text[cut : cut + 1] in ")]") for cut in cuts] + [len(text)]
    parts = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return [re.sub(r"^(?:and|then)\s+", "", part.strip(" ,;.")) for part in parts]


# ---------------------------------------------------------------- what an item says

_MONTH = r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+|\d{1,2}/)?"
_TO = r"-+|[\u2010-\u2015]|,?\s*(?:up\s+)?(?:to|until|till|through)\b:?"
SPAN = re.compile(
    rf"(?<![\w/])(?=[\djfmasondb])(?P<between>between\s+)?{_MONTH}(?<!\d)(?P<start>(?:19|20)\d\d)\s*"
    rf"(?(between)(?:and\b|{_TO})|(?:{_TO}))\s*{_MONTH}(?P<end>(?:19|20)\d\d(?!\d)|present|"
    r"current(?:ly)?|now|today|(?:till )?date|ongoing)",
    re.I,
)
_SINCE = re.compile(r"\bsince\s+(?P<start>(?:19|20)\d\d)\b", re.I)
_NUMBERS = re.findall(
    r"\w+",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty",
)
_NUMBER_WORD = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_COUNT = {word: number for number, word in enumerate(_NUMBERS, 1)} | {"a": 1}
DURATION = re.compile(
    rf"(?<![\w.$])(?=[\daotfsen])(?P<count>\d{{1,2}}|a(?=\s+year)|{_NUMBER_WORD})"
    r"(?:\s*\+|\s*\(\s*\d{1,2}\+?\s*\)|\s+(?:or\s+more|full|plus|solid|whole|consecutive))*"
    r"[\s-]*(?:years?|yrs?)\b['\u2019]?",
    re.I,
)
_AROUND = re.compile(r"^[\s,;:|(\[\-\u2013\u2014.*_]+|[\s,;:|)\](\-\u2013\u2014*_]+$")
_AS = re.compile(
    r"^(?:(?:i|has|have|had)\s+)?(?:(?:been\s+)?(?:work(?:ed|ing)?|served|employed|experience)\s+)?"
    r"(?:as\s+(?:(?:an?|the)\s+)?|role:\s*|title:\s*)|(?:^|\s+)(?:from|between|for|during|in)$",
    re.I,
)


def experience(item: str) -> tuple[str, int, int | None] | None:
    """(title, start year, end year) of one experience item of a resume; "Present" is None.

    The last span of years on the first line that has one counts, so that a title may hold years
    too. None where there is no span.
    """
    for line in item.splitlines():
        found = list(SPAN.finditer(line)) or list(_SINCE.finditer(line))
        if not found:
            continue
        span = found[-1]
        before, after = _title(line[: span.start()]), _title(line[span.end() :])
        title = before or after or _title(item.replace(line, "").strip().split("\n")[0])
        return title, int(span["start"]), end_year(span)
    return None


def end_year(span: re.Match[str]) -> int | None:
    """The last year of a span, None for one that is open ("Present", "since 2019")."""
    end = span.groupdict().get("end") or ""
    return int(end) if end.isdecimal() else None


def _title(text: str) -> str:
    bullet = _BULLET.match(text)
    text = text[bullet.end() :] if bullet else text
    before = ""
    while text != before:
        before, text = text, _AS.sub("", _trim_edges(text.strip()))
    return text


def _trim_edges(text: str) -> str:
    """Without separators at the ends; a bracket stays where its partner is in the text."""
    text = text.strip(" \t,;:|-\u2013\u2014*_")
    while text.endswith("(") or (text.endswith(")") and text.count(")") > text.count("(")):
        text = text[:-1].rstrip(" ,;:|-\u2013\u2014*_")
    while text.startswith(")") or (text.startswith("(") and text.count("(") > text.count(")")):
        text = text[1:].lstrip(" ,;:|-\u2013\u2014*_")
    return text


def duration(item: str) -> int | None:
    """Years in an item of Required Experience ("at least four years as a X"), or None."""
    found = DURATION.search(item)
    return years(found) if found else None


def years(found: re.Match[str]) -> int:
    """The number of years in a match of `DURATION`."""
    count = found["count"].lower()
    return _COUNT[count] if count in _COUNT else int(count)


_ADDRESS = re.compile(r"[\w.+'%-]+@[\w-]+(?:\.[\w-]+)*")
_FULL = re.compile(r"^(?:full\s+|candidate\s+)?name\s*(?:[:\-\u2013]|\bis\b)\s*(?P<name>.+)", re.I)
_PARTS = {
    part: re.compile(rf"^{words}\s*[:\-\u2013]\s*(?P<name>.+)", re.I)
    for part, words in (
        ("first", r"(?:first|given)\s+name"),
        ("last", r"(?:(?:last|family)\s+name|surname)"),
    )
}


def emails(document: str) -> list[str]:
    """Every e-mail address in a text, in order and as written."""
    if "@" not in document:
        return []
    lines = (line for line in document.splitlines() if "@" in line)
    return [address for line in lines for address in _ADDRESS.findall(line)]


def full_name(personal_information: str) -> str | None:
    """The person's name: labelled, as first and last name, or a bare first line; else None."""
    lines = [_name_line(line) for line in personal_information.splitlines()]
    given = {
        part: found["name"]
        for part, p in _PARTS.items()
        for line in lines
        if (found := p.match(line))
    }
    if "first" in given:
        return _clean_name(f"{_clean_name(given['first'])} {given.get('last', '')}")
    for line in lines:
        if found := _FULL.match(line):
            return _clean_name(found["name"])
    first = next((line for line in lines if line), "")
    if "@" in first or ":" in first or len(first) > 60 or not first:
        return None
    return _clean_name(first)


def _name_line(line: str) -> str:
    bullet = _BULLET.match(line)
    text = line[bullet.end() :] if bullet else line
    return " ".join(text.replace("*", "").replace("_", " ").replace("#", "").split())


def _clean_name(text: str) -> str | None:
    """Without what follows a name on its line (an address, another label)."""
    text = re.split(r"\s*(?:[,;|(]|\s[-\u2013]\s|\be-?mail\b|\b(?:tel|phone)\b)", text, flags=re.I)[
        0
    ]
    return " ".join(text.split()).strip(" .") or None
