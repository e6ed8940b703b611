"""The resumes of one reply of the template teacher: one text, edited to each resume's plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hr_pipeline.rjdb.contexts import Context, Experience, ResumePlan
from hr_pipeline.rjdb.documents import SECTIONS
from hr_pipeline.rjdb.template_person import Person
from hr_pipeline.rjdb.template_phrases import (
    PhraseDraws,
    clause,
    joined,
    listed,
    spun,
    tokens,
    word_stock,
)
from hr_pipeline.rjdb.template_style import HEAD_FORMS, Sections, list_mark, styled

_SPANS = ("{t} ({s})",) * 8 + ("{s}: {t}", "{t}, {s}", "{t} | {s}", "{t}: {s}", "**{t}** ({s})")
_CLOSE = 0.03  # swapped and matched resumes closer than this in words are left as they are


@dataclass(frozen=True, slots=True)
class Draft:
    """A context with what a careless writer changes in it."""

    context: Context
    person: Person
    plans: Mapping[str, ResumePlan]
    asked_skills: tuple[str, ...]
    fault: str | None = None


def forbidden_words(context: Context) -> frozenset[str]:
    """Words that no resume may hold by accident: those of removed and of put-in skills."""
    skills = {*context.removed_skills, *(swap.removed for swap in context.swaps)}
    skills.update(swap.put_in for swap in context.swaps)
    return frozenset().union(*map(tokens, skills))


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


def _layout(draws: PhraseDraws, forbidden: frozenset[str]) -> Layout:
    head = draws.pick(HEAD_FORMS)
    skills_as = draws.pick(("clauses",) * 12 + ("list",) * 5 + ("commas", "semicolons", "prose"))
    prose = draws.free(word_stock().flat["prose"], forbidden)
    return Layout(
        head,
        skills_as,
        list_mark(head, draws),
        list_mark(head, draws),
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
    context: Context, forbidden: frozenset[str], layout: Layout, draws: PhraseDraws
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


def _job_clauses(context: Context, forbidden: frozenset[str], draws: PhraseDraws) -> list[str]:
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


def _note(n_words: int, spin: int) -> str:
    """A remark on the education with exactly this many words."""
    lengths = word_stock().by_length["note"]
    parts: list[str] = []
    while n_words > 0:
        n = max(n for n in lengths if n <= n_words)
        parts.append(lengths[n][(spin + len(parts)) % len(lengths[n])].text)
        n_words -= n
    return ", ".join(parts)


def _notes(drawn: int, words: int, surplus: int) -> tuple[int, int]:
    """Lengths of the note in the matched and the swapped resume that even their lengths out.

    `surplus` is how many more words the swapped resume has before notes are added.
    """
    if abs(surplus) <= int(_CLOSE * (words + drawn)):
        return drawn, drawn
    drawn = max(drawn, surplus)
    return drawn, drawn - surplus


def resumes_of(draft: Draft, forbidden: frozenset[str], draws: PhraseDraws) -> dict[str, Sections]:
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
    heads = SECTIONS["resume"]
    resumes = {}
    for document, (skills, jobs) in bodies.items():
        note = _note(swapped if document == "resume_swapped" else kept, person.spin)
        texts = (facts, f"{school}, {note}" if note else school, skills, jobs)
        lines = (styled(layout.head, head) for head in heads.values())
        resumes[document] = dict(zip(heads, zip(lines, texts, strict=True), strict=True))
    return resumes
