"""The template teacher's writer: raw replies in the shapes that language models give.

Nothing here is parsed or checked; other code does that to a model's replies and to these alike.
A reply depends on the context and the generator alone. What must be the same whenever the same
person is written about (family name, address, education) comes from the context's id.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hr_pipeline.lake.rng import digest
from hr_pipeline.rjdb.contexts import Context, Experience, ResumeKind, ResumePlan
from hr_pipeline.rjdb.template_phrases import (
    Draws,
    Phrase,
    clause,
    joined,
    listed,
    of_category,
    spun,
    tokens,
    with_article,
    word_stock,
)

Section = tuple[str, str]
Sections = dict[str, Section]

FAULTS = (
    "skill_forgotten",
    "removed_skill_left",
    "wrong_span",
    "ordinary_domain",
    "other_first_name",
    "section_missing",
    "document_missing",
    "swapped_too_long",
    "truncated",
)
SECTION_FAULTS = (
    "skill_forgotten",
    "removed_skill_left",
    "wrong_span",
    "ordinary_domain",
    "other_first_name",
)
JD_SECTIONS = {
    "job_title": "Job title",
    "job_summary": "Job Summary",
    "required_skills": "Required Skills",
    "required_experience": "Required Experience",
    "responsibilities": "Responsibilities",
}
RESUME_SECTIONS = {
    "personal_information": "Personal Information",
    "education": "Education",
    "skills": "Skills",
    "experience": "Experience",
}
DOCUMENTS: dict[str, str] = {
    "job_description": "Job Description",
    "resume_matched": "Matched Resume",
    "resume_unmatched": "Unmatched Resume",
    "resume_swapped": "Swapped Resume",
}
_KINDS: dict[str, ResumeKind] = {
    "resume_matched": "matched",
    "resume_unmatched": "unmatched",
    "resume_swapped": "swapped",
}
_HEADS: tuple[str, ...] = ("## {}",) * 58 + ("## {}:",) * 8 + ("### {}",) * 4 + ("**{}**",) * 10
_HEADS += ("**{}:**",) * 6 + ("{}:",) * 6 + ("{}",) * 4 + ("UPPER",) * 4
_MARKERS: tuple[str, ...] = (
    ("=== UPPER ===",) * 90 + ("=== {} ===",) * 4 + ("# {}",) * 3 + ("**UPPER**",) * 3
)
_MARKS = ("- ",) * 7 + ("N. ",) * 6 + ("* ",) * 4 + ("• ",) * 2 + ("N) ", "")
_SPANS = ("{t} ({s})",) * 8 + ("{s}: {t}", "{t}, {s}", "{t} | {s}", "{t}: {s}", "**{t}** ({s})")
_EMAILS = ("{f}.{l}", "{f}{l}", "{f}_{l}", "{i}.{l}", "{i}{l}", "{l}.{f}", "{f}.{l}{n}", "{f}-{l}")
_DOMAINS = ("example.com", "example.org", "example.net")
_CLOSE = 0.03  # swapped and matched resumes closer than this in words are left as they are


def _style(form: str, name: str) -> str:
    return form.replace("UPPER", name.upper()) if "UPPER" in form else form.replace("{}", name)


def _mark(head: str, draws: Draws) -> str:
    """How a list's lines begin; lines without a mark only where heads cannot be mistaken."""
    mark = draws.pick(_MARKS)
    return mark if mark or head.startswith(("#", "*")) else "- "


# --- the person: the same in every reply about one context ---------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    personal: str
    education: tuple[str, ...]
    spin: int


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())


def _forbidden(context: Context) -> frozenset[str]:
    """Words that no resume may hold by accident: those of removed and of put-in skills."""
    skills = {*context.removed_skills, *(swap.removed for swap in context.swaps)}
    skills.update(swap.put_in for swap in context.swaps)
    return frozenset().union(*map(tokens, skills))


def _person(context: Context, forbidden: frozenset[str]) -> Person:
    """Family name, address and education, drawn from the context's id."""
    words, draw = word_stock(), digest("rjdb/template/person", context.context_id)
    family = words.names[(draw[0] << 8 | draw[1]) % len(words.names)]
    first = _ascii(context.first_name) or "contact"
    parts = {"f": first, "i": first[0], "l": _ascii(family), "n": 1 + draw[2] % 98}
    email = _EMAILS[draw[3] % len(_EMAILS)].format(**parts)
    degree = spun(of_category("education", context.category), draw[4], forbidden) or "Diploma"
    place = spun(words.flat["institutions"], draw[5], forbidden)
    year = context.experiences[-1].start - draw[6] % 3
    shapes = ("{d}, {p}", "{d}, {p} ({y})", "{d}, {p}, {y}", "{d} - {p}", "{p}: {d}", "{d} ({y})")
    shape = shapes[draw[7] % len(shapes)] if place else "{d} ({y})"
    lines = [shape.format(d=degree, p=place, y=year)]
    if draw[8] < 140:
        lines.append(spun(words.flat["education_more"], draw[9], forbidden))
    personal = spun(words.flat["personal"], draw[10], forbidden) if draw[11] < 120 else ""
    return Person(
        f"{context.first_name} {family}",
        f"{email}@{_DOMAINS[draw[12] % 3]}",
        personal,
        tuple(line for line in lines if line),
        draw[13],
    )


def _note(n_words: int, spin: int) -> str:
    """A remark on the education with exactly this many words."""
    lengths = word_stock().by_length["note"]
    parts: list[str] = []
    while n_words > 0:
        n = max(n for n in lengths if n <= n_words)
        parts.append(lengths[n][(spin + len(parts)) % len(lengths[n])].text)
        n_words -= n
    return ", ".join(parts)


# --- resumes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    """What the resumes of one reply have in common."""

    head: str
    skills_as: str  # list, clauses, commas, semicolons or prose
    skill_mark: str
    job_mark: str
    school_mark: str
    clause: str
    span: str
    label: str
    prose: str


def _layout(draws: Draws, forbidden: frozenset[str]) -> Layout:
    head = draws.pick(_HEADS)
    skills_as = draws.pick(("clauses",) * 12 + ("list",) * 5 + ("commas", "semicolons", "prose"))
    prose = draws.free(word_stock().flat["prose"], forbidden)
    return Layout(
        head,
        skills_as,
        _mark(head, draws),
        _mark(head, draws),
        draws.pick(("", "", "- ")),
        draws.pick(("{}: {}",) * 5 + ("{} ({})",) * 2 + ("{} - {}",) * 2),
        draws.pick(_SPANS),
        draws.pick(("{}: ",) * 8 + ("**{}:** ", "- {}: ")),
        prose.text if prose else "{}",
    )


def _skills(skills: Sequence[str], clauses: Mapping[str, str], layout: Layout) -> str:
    if layout.skills_as == "commas":
        return ", ".join(skills)
    if layout.skills_as == "semicolons":
        return "; ".join(skills)
    if layout.skills_as == "prose":
        return layout.prose.replace("{}", joined(skills), 1)
    lines = [layout.clause.format(s, clauses[s]) if clauses.get(s) else s for s in skills]
    return listed(lines, layout.skill_mark)


def _jobs(jobs: Sequence[Experience], clauses: Sequence[str], layout: Layout, none: str) -> str:
    lines = [layout.span.format(t=job.title, s=job.span) for job in jobs]
    clauses = clauses[len(clauses) - len(lines) :]
    joint = " - " if ": " in layout.span else ": "
    lines = [f"{line}{joint}{c}" if c else line for line, c in zip(lines, clauses, strict=True)]
    return listed(lines, layout.job_mark) if lines else none


def _skill_clauses(
    context: Context, forbidden: frozenset[str], layout: Layout, draws: Draws
) -> dict[str, str]:
    """A clause per skill; one put in gets a line as long as the one it replaces has."""
    if layout.skills_as != "clauses":
        return {}
    longest = draws.pick((5, 8, 11))
    clauses = {
        skill: clause("skill_clause", draws.whole(1, longest), forbidden, draws)
        for skill in context.skills
    }
    for removed, put_in in ((swap.removed, swap.put_in) for swap in context.swaps):
        room = len(f"{removed} {clauses.get(removed, '')}".split()) - len(put_in.split())
        if clauses.get(removed):
            clauses[put_in] = clause("skill_clause", room, forbidden, draws)
    return clauses


def _job_clauses(context: Context, forbidden: frozenset[str], draws: Draws) -> list[str]:
    """A clause per job, more of them in a long resume, none in a short one."""
    size = draws.pick((0, 0, 0, 1, 1, 1, 1, 1, 2, 4))
    more = word_stock().flat["job_more"]
    clauses = []
    for _ in context.experiences if size else ():
        parts = [clause("job_clause", draws.whole(3, 12), forbidden, draws)]
        found = (draws.free(more, forbidden) for _ in range(size - 1))
        parts += [phrase.text for phrase in found if phrase]
        clauses.append("; ".join(dict.fromkeys(part for part in parts if part)))
    return clauses or [""] * len(context.experiences)


def _notes(drawn: int, words: int, surplus: int) -> tuple[int, int]:
    """Lengths of the note in the matched and the swapped resume that even their lengths out.

    `surplus` is how many more words the swapped resume has before notes are added.
    """
    if abs(surplus) <= int(_CLOSE * (words + drawn)):
        return drawn, drawn
    drawn = max(drawn, surplus)
    return drawn, drawn - surplus


@dataclass(frozen=True, slots=True)
class Draft:
    """A context with what a careless writer changes in it."""

    context: Context
    person: Person
    plans: Mapping[str, ResumePlan]
    asked_skills: tuple[str, ...]
    fault: str | None = None


def _resumes(draft: Draft, forbidden: frozenset[str], draws: Draws) -> dict[str, Sections]:
    """The resumes, each as sections: one layout and one set of lines, edited to each plan."""
    context, person = draft.context, draft.person
    layout = _layout(draws, forbidden)
    clauses = _skill_clauses(context, forbidden, layout, draws)
    job_clauses = _job_clauses(context, forbidden, draws)
    none = spun(word_stock().flat["no_jobs"], person.spin, forbidden) or "None"
    name, mail = layout.label.format("Name"), layout.label.format("Email")
    facts = f"{name}{person.name}\n{mail}{person.email}"
    if person.personal:
        key, value = person.personal.split(": ")
        facts += f"\n{layout.label.format(key)}{value}"
    bodies = {
        document: (
            _skills(plan.skills, clauses, layout),
            _jobs(plan.experiences, job_clauses, layout, none),
        )
        for document, plan in draft.plans.items()
    }
    school = listed(person.education, layout.school_mark)
    n_words = {d: sum(len(part.split()) for part in body) for d, body in bodies.items()}
    matched = n_words["resume_matched"]
    surplus = n_words["resume_swapped"] - matched if "resume_swapped" in n_words else 0
    rest = len(facts.split()) + len(school.split()) + 5
    kept, swapped = _notes(draws.pick((0, 0, 0, 3, 5, 8)), matched + rest, surplus)
    swapped += 25 + matched // 8 if draft.fault == "swapped_too_long" else 0
    resumes = {}
    for document, (skills, jobs) in bodies.items():
        note = _note(swapped if document == "resume_swapped" else kept, person.spin)
        texts = (facts, f"{school}, {note}" if note else school, skills, jobs)
        heads = (_style(layout.head, head) for head in RESUME_SECTIONS.values())
        resumes[document] = dict(zip(RESUME_SECTIONS, zip(heads, texts, strict=True), strict=True))
    return resumes


# --- the job description -------------------------------------------------------------------------


def _filled(
    stock: Sequence[Phrase], count: int, slots: Mapping[str, str], avoid: frozenset[str], d: Draws
) -> list[str]:
    """This many different sentences of a stock with their slots filled."""
    found = (d.free(stock, avoid) for _ in range(count))
    texts = dict.fromkeys(phrase.text for phrase in found if phrase)
    return [text.format_map(slots) for text in texts]


def _slots(context: Context, avoid: frozenset[str], draws: Draws) -> dict[str, str]:
    """What the sentences of a job description speak of: title, setting and two of the skills."""
    setting = draws.free(of_category("settings", context.category), avoid)
    first = draws.whole(0, len(context.skills) - 1)
    second = (first + draws.whole(1, max(1, len(context.skills) - 1))) % len(context.skills)
    return {
        "a": with_article(context.occupation),
        "t": context.occupation,
        "setting": setting.text if setting else "group",
        "s": context.skills[first],
        "z": context.skills[second] if second != first else "what goes with it",
    }


def _summary(size: int, slots: Mapping[str, str], avoid: frozenset[str], draws: Draws) -> list[str]:
    stock = word_stock().flat
    texts = _filled(stock["opening"], 1, slots, avoid, draws)
    if draws.chance(0.8):
        texts += _filled(stock["skilled"], 1, slots, avoid, draws)
    texts += _filled(stock["middle"], draws.whole(0, 1) + size // 2, slots, avoid, draws)
    texts += _filled(stock["closing"], draws.whole(0, 1) + size // 3, slots, avoid, draws)
    return texts + _filled(stock["extra"], max(0, size - 2), slots, avoid, draws)


def _asked_skills(
    skills: Sequence[str], size: int, mark: str, avoid: frozenset[str], draws: Draws
) -> str:
    shape = draws.pick(("clauses",) * 9 + ("prefixes",) * 5 + ("list",) * 4 + ("commas", "prose"))
    if shape == "commas":
        return ", ".join(skills)
    if shape == "prose":
        prose = draws.free(word_stock().flat["ask_prose"], avoid)
        return (prose.text if prose else "{}").replace("{}", joined(skills), 1)
    lines, joint = list(skills), draws.pick((": ", ": ", " - "))
    for place, skill in enumerate(skills):
        if shape == "clauses":
            text = clause("ask_clause", draws.whole(2, 5 + size), avoid, draws)
            lines[place] = f"{skill}{joint}{text}" if text else skill
        elif shape == "prefixes" and (prefix := draws.free(word_stock().flat["ask_prefix"], avoid)):
            lines[place] = prefix.text.replace("{}", skill, 1)
    return listed(lines, mark)


def _asked_jobs(jobs: Sequence[Experience], mark: str, avoid: frozenset[str], draws: Draws) -> str:
    lines, one = [], draws.free(word_stock().flat["ask_job"], avoid)
    mixed = draws.chance(0.4)
    for job in jobs:
        form = draws.free(word_stock().flat["ask_job"], avoid) if mixed else one
        slots = {"d": job.duration, "a": with_article(job.title), "t": job.title}
        lines.append((form.text if form else "{d} as {a}").format_map(slots))
    return listed(lines, mark)


def _duties(
    context: Context, size: int, slots: Mapping[str, str], avoid: frozenset[str], draws: Draws
) -> list[str]:
    stock = word_stock().flat
    lines = _filled(stock["duties_skill"], draws.whole(1, 2), slots, avoid, draws)
    lines += _filled(
        of_category("duties_by", context.category), draws.whole(1, 2), slots, avoid, draws
    )
    lines += _filled(stock["duties"], draws.whole(1, 1 + (size + 1) // 2), slots, avoid, draws)
    if draws.chance(0.5):
        lines.reverse()
    return lines


def _job_description(draft: Draft, draws: Draws) -> Sections:
    """The job description; `avoid` keeps the skills that are put in later out of it."""
    context = draft.context
    avoid = frozenset().union(*(tokens(swap.put_in) for swap in context.swaps))
    head = draws.pick(_HEADS)
    mark = _mark(head, draws)
    size = draws.pick((0, 0, 1, 1, 1, 2, 2, 2, 3, 4))
    slots = _slots(context, avoid, draws)
    stop = draws.pick(("", "."))
    texts = (
        context.occupation,
        " ".join(_summary(size, slots, avoid, draws)),
        _asked_skills(draft.asked_skills, size, mark, avoid, draws),
        _asked_jobs(context.experiences, mark, avoid, draws),
        listed([line + stop for line in _duties(context, size, slots, avoid, draws)], mark),
    )
    heads = (_style(head, name) for name in JD_SECTIONS.values())
    return dict(zip(JD_SECTIONS, zip(heads, texts, strict=True), strict=True))


# --- whole replies -------------------------------------------------------------------------------


def _draft(context: Context, forbidden: frozenset[str], swapped: bool) -> Draft:
    kinds = [name for name in _KINDS if swapped or name != "resume_swapped"]
    plans = {document: context.plan(_KINDS[document]) for document in kinds}
    return Draft(context, _person(context, forbidden), plans, context.skills)


def _without(skills: tuple[str, ...], draws: Draws) -> tuple[str, ...]:
    gone = draws.whole(0, len(skills) - 1)
    return skills[:gone] + skills[gone + 1 :]


def _careless(draft: Draft, fault: str | None, draws: Draws) -> Draft:
    """The draft with a fault in what it plans; faults of the finished text come later."""
    context, person, plans = draft.context, draft.person, dict(draft.plans)
    document = draws.pick(tuple(plans))
    plan = plans[document]
    asked = draft.asked_skills
    if fault == "skill_forgotten":
        if draws.chance(0.4):
            asked = _without(asked, draws)
        else:
            plans[document] = replace(plan, skills=_without(plan.skills, draws))
    elif fault == "removed_skill_left":
        left = draws.pick(context.removed_skills)
        kept = {left, *plans["resume_unmatched"].skills}
        skills = tuple(skill for skill in context.skills if skill in kept)
        plans["resume_unmatched"] = replace(plans["resume_unmatched"], skills=skills)
    elif fault == "wrong_span":
        if not plan.experiences:
            document, plan = "resume_matched", plans["resume_matched"]
        latest, *earlier = plan.experiences
        wrong = replace(latest, years=latest.years + 1, start=latest.start - 1)
        plans[document] = replace(plan, experiences=(wrong, *earlier))
    elif fault == "ordinary_domain":
        person = replace(person, email=person.email.split("@")[0] + "@post.invalid")
    elif fault == "other_first_name":
        other = "Robin" if context.first_name != "Robin" else "Alex"
        person = replace(person, name=f"{other} {person.name.split()[-1]}")
    return Draft(context, person, plans, asked, fault)


def _drawn_fault(
    faults: Sequence[str], share: float, draws: Draws, fault: str | None
) -> str | None:
    broken, drawn = draws.chance(share), draws.pick(faults)
    return fault or (drawn if broken else None)


def _rendered(documents: Mapping[str, Sections], draws: Draws) -> str:
    marker, gap = draws.pick(_MARKERS), draws.pick(("\n\n", "\n\n", "\n\n\n"))
    opening = "Here are the documents.\n\n" if draws.chance(0.04) else ""
    parts = []
    for document, sections in documents.items():
        body = "\n\n".join(f"{head}\n{text}" for head, text in sections.values())
        parts.append(f"{_style(marker, DOCUMENTS[document])}\n{body}")
    return opening + gap.join(parts) + "\n"


def write_triple(
    context: Context,
    rng: np.random.Generator,
    swapped: bool = True,
    broken_rate: float = 0.04,
    broken: str | None = None,
) -> str:
    """One reply with the job description and the resumes of a context.

    A share `broken_rate` of the replies has one of FAULTS; `broken` asks for that fault.
    """
    draws, forbidden = Draws(rng), _forbidden(context)
    faults = [f for f in FAULTS if swapped or f != "swapped_too_long"]
    faults = [f for f in faults if context.removed_skills or f != "removed_skill_left"]
    fault = _drawn_fault(faults, broken_rate, draws, broken)
    draft = _careless(_draft(context, forbidden, swapped), fault, draws)
    documents = {"job_description": _job_description(draft, draws)}
    documents.update(_resumes(draft, forbidden, draws))
    victim = draws.pick(tuple(documents))
    if fault == "document_missing":
        del documents[victim]
    elif fault == "section_missing":
        del documents[victim][draws.pick(tuple(documents[victim])[1:])]
    text, cut = _rendered(documents, draws), draws.whole(30, 80)
    return text[: len(text) * cut // 100] if fault == "truncated" else text


def write_section(
    context: Context,
    document: str,
    section: str,
    rng: np.random.Generator,
    broken_rate: float = 0.005,
    broken: str | None = None,
) -> str:
    """The body of one section of one document.

    Sections of resumes come from draws keyed by the context, so that they agree with each other
    though each is a reply of its own; job descriptions are drawn anew.
    """
    draws, forbidden = Draws(rng), _forbidden(context)
    faults = [f for f in SECTION_FAULTS if context.removed_skills or f != "removed_skill_left"]
    fault = _drawn_fault(faults, broken_rate, draws, broken)
    draft = _careless(_draft(context, forbidden, True), fault, draws)
    if document == "job_description":
        return _job_description(draft, draws)[section][1]
    words = np.frombuffer(digest("rjdb/template/resumes", context.context_id), dtype=np.uint64)
    keyed = Draws(np.random.Generator(np.random.Philox(key=words)))
    return _resumes(draft, forbidden, keyed)[document][section][1]


# --- small questions -----------------------------------------------------------------------------


def _rank(title: str) -> int:
    words = tokens(title)
    ranks = word_stock().by_category["ranks"]
    return max((int(rank) for rank, (marks,) in ranks.items() if words & marks.tokens), default=2)


def order(titles: Sequence[str], rng: np.random.Generator, broken_rate: float = 0.02) -> str:
    """The numbers of the titles, earliest job first, juniors before seniors before heads."""
    draws = Draws(rng)
    broken, comma = draws.chance(broken_rate), draws.pick((", ",) * 8 + (",", " , "))
    keys = [(_rank(title), draws.whole(0, 1 << 30), n) for n, title in enumerate(titles, 1)]
    numbers = [str(n) for _, _, n in sorted(keys)]
    if broken:
        numbers = numbers[:-1] if draws.chance(0.5) else [*numbers, numbers[0]]
    return comma.join(numbers) + draws.pick(("",) * 9 + (".",))


def count(occupation: str, rng: np.random.Generator) -> str:
    """How many skills a resume lists, from 3 to 12 and 6.5 on average, as a model would say it."""
    draws = Draws(rng)
    n = 3 + sum(draws.chance(3.5 / 9) for _ in range(9))
    replies = ("{n}",) * 14 + ("About {n} skills.", "{n} skills", "Around {n}", "On average {n}.")
    reply = draws.pick((*replies, "Typically {low}-{high}; I'd say {n}", "**{n}**"))
    return reply.format(n=n, low=n - 1, high=n + 1, title=occupation)
