"""The integrity gate of a triple: what METHOD section 4 asks of every document, and what is wrong.

Rules are functions of one section, so that the mode that writes a section at a time uses the same
ones; rules across documents (one name, equal length) come on top. A message is an instruction
that the teacher can act on. `presence` counts the same things for statistics.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping

from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, Experience, documents_of
from hr_pipeline.rjdb.documents import SECTIONS
from hr_pipeline.rjdb.pages import (
    JD_SKILL_SECTIONS,
    RESUME_SKILL_SECTIONS,
    Facts,
    Page,
    Problem,
    facts,
    page_of,
    present,
)
from hr_pipeline.rjdb.person import emails
from hr_pipeline.text.phrases import HARD_BREAK, Matcher, Phrase, phrase

RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
LENGTH_TOLERANCE = 0.05  # of the matched resume's words


def _missing(known: Facts, page: Page, wanted: tuple[str, ...], section: str) -> Iterator[Problem]:
    parts = RESUME_SKILL_SECTIONS if page.kind == "resume" else JD_SKILL_SECTIONS
    there = present(known, page, wanted, parts)
    for name in wanted:
        if name not in there:
            text = f"the skill '{name}' is missing; write it exactly so."
            yield page.problem(section, "skill_missing", text)


def _unwanted(
    known: Facts, page: Page, names: Collection[str], section: str, code: str
) -> Iterator[Problem]:
    there = present(known, page, names, (section,)) if names else ()
    for name in names:
        if name in there:
            text = f"the skill '{name}' must not appear; take out every mention of it."
            yield page.problem(section, code, text)


# ---------------------------------------------------------------- experiences

Event = tuple[Phrase | None, str | None]


def _entries(words: list[str], titles: Matcher, date: re.Pattern[str]) -> Iterator[Event]:
    """Pairs of a title and the dated token (span or duration) that goes with it, or None for one.

    On a line with as many titles as dates they pair in order, else each with each. A title and a
    date on lines of their own pair when one follows the other.
    """
    held: list[Phrase] = []
    dates: list[str] = []
    for line in _lines(words):
        hits = titles.occurrences(line)
        inside = {place for start, end, _ in hits for place in range(start, end)}
        new_dates = [
            w for i, w in enumerate(line) if "." in w and i not in inside and date.fullmatch(w)
        ]
        new_titles = [title for _, _, title in hits]
        if (new_titles and held) or (new_dates and dates):
            yield from _paired(held, dates)
            held, dates = [], []
        held += new_titles
        dates += new_dates
    yield from _paired(held, dates)


def _lines(words: list[str]) -> Iterator[list[str]]:
    line: list[str] = []
    for word in words:
        if word == HARD_BREAK:
            yield line
            line = []
        else:
            line.append(word)
    yield line


_YEARS = re.compile(r"\d{1,2}\.year")
_SPANS = re.compile(r"(?:19|20)\d\d\.(?:(?:19|20)\d\d|open)")


def _paired(titles: list[Phrase], dates: list[str]) -> Iterator[Event]:
    if len(titles) == len(dates):
        yield from zip(titles, dates, strict=True)
    elif titles and dates:
        yield from ((title, date) for title in titles for date in dates)
    else:
        yield from ((title, None) for title in titles)
        yield from ((None, date) for date in dates)


def _shown(date: str | None) -> str:
    """A dated token as a writer would put it."""
    if date is None:
        return "no years"
    start, _, end = date.partition(".")
    return f"{start} years" if end == "year" else f"{start} - {end.replace('open', 'Present')}"


def experience_problems(known: Facts, page: Page, section: str) -> Iterator[Problem]:
    """A resume's Experience: each planned job with its span, and no other job."""
    planned = known.context.plan(page.document.plan).experiences
    listed = list(_entries(page.stream(section), known.titles, _SPANS))
    entries = set(listed)
    wrong: set[str] = set()
    for job in planned:
        title, span = known.jobs[job.title], f"{job.start}.{job.end}"
        if not title or (title, span) in entries:
            continue
        others = sorted({d for t, d in entries if t == title and d and d not in _spans(planned)})
        wrong.update(others)
        if any(t == title for t, _ in entries):
            shown = f"it shows {', '.join(map(_shown, others)) or 'other years'}"
            text = f"'{job.title}' must stand with ({job.span}); {shown}."
            yield page.problem(section, "experience_span", text)
        else:
            text = f"'{job.title} ({job.span})' is missing; write it exactly so."
            yield page.problem(section, "experience_missing", text)
    yield from _extra(known, page, section, planned, wrong, listed)


def _spans(jobs: Iterable[Experience]) -> set[str]:
    return {f"{job.start}.{job.end}" for job in jobs}


def _extra(
    known: Facts,
    page: Page,
    section: str,
    planned: tuple[Experience, ...],
    wrong: set[str],
    entries: list[Event],
) -> Iterator[Problem]:
    """Jobs that the plan does not have, known by the span they show or by the title left out."""
    wanted = {known.jobs[job.title] for job in planned}
    left = [e for e in known.context.experiences if known.jobs[e.title] not in wanted]
    for job in left:
        if any(title == known.jobs[job.title] for title, _ in entries):
            text = f"'{job.title}' must not appear; leave this job out."
            yield page.problem(section, "experience_left", text)
            wrong = (
                wrong | _spans([job]) | {d for t, d in entries if t == known.jobs[job.title] and d}
            )
    spare = _spans(planned) | wrong | {w for t in known.titles.masks for w in t if "." in w}
    surplus = {
        word for word in page.stream(section) if "." in word and _SPANS.fullmatch(word)
    } - spare
    for date in sorted(surplus):
        text = f"a job of {_shown(date)} is not among the planned ones; take it out."
        yield page.problem(section, "experience_extra", text)
    dated = [d for t, d in entries if t is None and d and d in _spans(planned)]
    if dated and not surplus and len(planned) < sum(d is not None for _, d in entries):
        text = f"it shows more than the {len(planned)} planned jobs; take the others out."
        yield page.problem(section, "experience_extra", text)


def required_experience(known: Facts, page: Page, section: str) -> Iterator[Problem]:
    """Each planned job's title with its number of years."""
    entries = set(_entries(page.stream(section), known.titles, _YEARS))
    for job in known.context.experiences:
        title = known.jobs[job.title]
        if not title or (title, f"{job.years}.year") in entries:
            continue
        if any(t == title for t, _ in entries):
            text = f"'{job.title}' must be asked for with {job.duration} in the same item."
            yield page.problem(section, "experience_years", text)
        else:
            text = f"'{job.duration} as a {job.title}' is missing; write it exactly so."
            yield page.problem(section, "experience_missing", text)


# ---------------------------------------------------------------- names and addresses


def _same_name(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).replace("\u2019", "'").casefold()
    return " ".join(plain.split())


def _person(known: Facts, page: Page, section: str) -> Iterator[Problem]:
    name = page.person
    first = known.context.first_name
    if name is None or not (_same_name(name) + " ").startswith(_same_name(first) + " "):
        text = f"the name must begin with the first name '{first}', as in 'Name: {first} ...'."
        yield page.problem(section, "name", text)


def is_reserved(address: str) -> bool:
    """Whether an address is on a domain that nobody can own."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return domain in RESERVED_DOMAINS or domain.endswith(tuple("." + d for d in RESERVED_DOMAINS))


def _addresses(page: Page, section: str, text: str, needed: bool) -> Iterator[Problem]:
    found = emails(text)
    for address in dict.fromkeys(found):
        if not is_reserved(address):
            advice = f"the address {address} may belong to somebody; use one at example.com."
            yield page.problem(section, "address", advice)
    if needed and not found:
        yield page.problem(section, "address_missing", "give an e-mail address at example.com.")


# ---------------------------------------------------------------- the rules, section by section


def _section_problems(known: Facts, page: Page, section: str) -> Iterator[Problem]:
    head = SECTIONS[page.kind][section]
    if not page.bodies.get(section, "").strip():
        text = f"the section '{head}' is missing or empty; write it under the head '## {head}'."
        yield Problem(
            page.document.key, section, "section_missing", f"{page.document.title}: {text}"
        )
    elif section == "job_title":
        title = phrase(known.context.occupation)
        if title and not Matcher((), [title]).occurrences(page.stream(section)):
            text = f"write the job title '{known.context.occupation}' exactly so."
            yield page.problem(section, "job_title", text)
    elif section == "required_experience":
        yield from required_experience(known, page, section)
    elif section == "required_skills":
        yield from _missing(known, page, known.context.skills, section)
        put_in = [swap.put_in for swap in known.context.swaps]
        yield from _unwanted(known, page, put_in, section, "skill_put_in")
    elif section == "personal_information":
        yield from _person(known, page, section)
    elif section in RESUME_SKILL_SECTIONS:
        yield from _resume_skills(known, page, section)
        if section == "experience":
            yield from experience_problems(known, page, section)


def _resume_skills(known: Facts, page: Page, section: str) -> Iterator[Problem]:
    context, plan = known.context, page.document.plan
    if section == "skills":
        yield from _missing(known, page, context.plan(plan).skills, section)
    if plan == "unmatched":
        yield from _unwanted(known, page, context.removed_skills, section, "skill_left")
    elif plan == "swapped":
        removed = [swap.removed for swap in context.swaps]
        yield from _unwanted(known, page, removed, section, "skill_left")
    else:
        put_in = [swap.put_in for swap in context.swaps]
        yield from _unwanted(known, page, put_in, section, "skill_put_in")


def check_section(context: Context, document: str, section: str, body: str) -> list[Problem]:
    """What is wrong in one section; keys as in `DOCUMENTS` and `SECTIONS`."""
    page = Page(document, {section: body})
    needed = section == "personal_information"
    found = [*_section_problems(facts(context), page, section)]
    return found + [*_addresses(page, section, body, needed)]


def check_triple(
    context: Context, documents: Mapping[str, str], swapped: bool = True
) -> list[Problem]:
    """What is wrong in a triple's documents (keys of `DOCUMENTS`); nothing if it passes."""
    known = facts(context)
    pages = [page_of(key, documents.get(key, "")) for key in documents_of(swapped)]
    problems: list[Problem] = []
    for page in pages:
        for section in SECTIONS[page.kind]:
            problems += _section_problems(known, page, section)
        resume = page.kind == "resume"
        section = "personal_information" if resume else ""
        problems += _addresses(page, section, documents.get(page.document.key, ""), needed=resume)
    problems += _one_name(pages)
    if swapped:
        problems += _length(documents)
    return problems


def _one_name(pages: list[Page]) -> Iterator[Problem]:
    """The full name is that of the matched resume in every resume."""
    section = "personal_information"
    first, *others = [page for page in pages if page.kind == "resume"]
    for page in others:
        if page.person and first.person and _same_name(page.person) != _same_name(first.person):
            text = (
                f"the name is '{page.person}'; it must be '{first.person}' as in the matched one."
            )
            yield page.problem(section, "name_differs", text)


def _length(documents: Mapping[str, str]) -> Iterator[Problem]:
    """The swapped resume has as many words as the matched one, within 5%."""
    matched = len(documents.get("resume_matched", "").split())
    words = len(documents.get("resume_swapped", "").split())
    if abs(words - matched) > LENGTH_TOLERANCE * matched:
        spread = int(LENGTH_TOLERANCE * matched)
        text = f"{words} words long; write {matched - spread} to {matched + spread} words."
        swapped = DOCUMENTS["resume_swapped"]
        yield Problem(swapped.key, "", "length", f"{swapped.title}: it is {text}")
