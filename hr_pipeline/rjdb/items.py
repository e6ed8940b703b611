"""Reads what a section says: its items, and the job or the duration that an item tells of."""

import re

BULLET = re.compile(
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
        if text[0].islower() and lines and len(lines[-1]) >= 40 and not BULLET.match(line):
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
    marks = [BULLET.match(line) for line in lines]
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


_MONTH = r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+|\d{1,2}/)?"
_TO = r"-+|[\u2010-\u2015]|,?\s{0,3}(?:up\s+)?(?:to|until|till|through)\b:?"
SPAN = re.compile(
    rf"(?<![\w/])(?=[\djfmasondb])(?P<between>between\s+)?{_MONTH}(?<!\d)(?P<start>(?:19|20)\d\d)"
    rf"\s{{0,3}}(?(between)(?:and\b|{_TO})|(?:{_TO}))\s{{0,3}}{_MONTH}"
    r"(?P<end>(?:19|20)\d\d(?!\d)|present|current(?:ly)?|now|today|(?:till )?date|ongoing)",
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
        before, after = title_of(line[: span.start()]), title_of(line[span.end() :])
        title = before or after or title_of(item.replace(line, "").strip().split("\n")[0])
        return title, int(span["start"]), end_year(span)
    return None


def end_year(span: re.Match[str]) -> int | None:
    """The last year of a span, None for one that is open ("Present", "since 2019")."""
    end = span.groupdict().get("end") or ""
    return int(end) if end.isdecimal() else None


def title_of(text: str) -> str:
    """A job title without what stands around it beside years: a bullet, marks, "worked as a"."""
    bullet = BULLET.match(text)
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
