"""The template teacher's writer: raw replies in the shapes that language models give.

Nothing here is parsed or checked; other code does that to a model's replies and to these alike.
A reply depends on the context and the generator alone. What must be the same whenever the same
person is written about (family name, address, education) comes from the context's id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from hr_pipeline.lake.rng import digest
from hr_pipeline.rjdb.contexts import DOCUMENTS, RESUME_KINDS, Context
from hr_pipeline.rjdb.template_job import job_description
from hr_pipeline.rjdb.template_person import person_of
from hr_pipeline.rjdb.template_phrases import PhraseDraws
from hr_pipeline.rjdb.template_resume import Draft, forbidden_words, resumes_of
from hr_pipeline.rjdb.template_style import MARKER_FORMS, Sections, styled

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
_KINDS = {f"resume_{kind}": kind for kind in RESUME_KINDS}


def _draft(context: Context, forbidden: frozenset[str], swapped: bool) -> Draft:
    """What is to be written, without a fault."""
    kinds = [name for name in _KINDS if swapped or name != "resume_swapped"]
    plans = {document: context.plan(_KINDS[document]) for document in kinds}
    return Draft(context, person_of(context, forbidden), plans, context.skills)


def _without(skills: tuple[str, ...], draws: PhraseDraws) -> tuple[str, ...]:
    gone = draws.whole(0, len(skills) - 1)
    return skills[:gone] + skills[gone + 1 :]


def _careless(draft: Draft, fault: str | None, draws: PhraseDraws) -> Draft:
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
    faults: Sequence[str], share: float, draws: PhraseDraws, fault: str | None
) -> str | None:
    """The fault asked for, else one of `faults` in a share of the replies."""
    broken, drawn = draws.chance(share), draws.pick(faults)
    return fault or (drawn if broken else None)


def _rendered(documents: Mapping[str, Sections], draws: PhraseDraws) -> str:
    marker, gap = draws.pick(MARKER_FORMS), draws.pick(("\n\n", "\n\n", "\n\n\n"))
    opening = "Here are the documents.\n\n" if draws.chance(0.04) else ""
    parts = []
    for document, sections in documents.items():
        body = "\n\n".join(f"{head}\n{text}" for head, text in sections.values())
        parts.append(f"{styled(marker, DOCUMENTS[document].marker.title())}\n{body}")
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
    draws, forbidden = PhraseDraws(rng), forbidden_words(context)
    faults = [f for f in FAULTS if swapped or f != "swapped_too_long"]
    faults = [f for f in faults if context.removed_skills or f != "removed_skill_left"]
    fault = _drawn_fault(faults, broken_rate, draws, broken)
    draft = _careless(_draft(context, forbidden, swapped), fault, draws)
    documents = {"job_description": job_description(context, draft.asked_skills, draws)}
    documents.update(resumes_of(draft, forbidden, draws))
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
    draws, forbidden = PhraseDraws(rng), forbidden_words(context)
    faults = [f for f in SECTION_FAULTS if context.removed_skills or f != "removed_skill_left"]
    fault = _drawn_fault(faults, broken_rate, draws, broken)
    draft = _careless(_draft(context, forbidden, True), fault, draws)
    if document == "job_description":
        return job_description(context, draft.asked_skills, draws)[section][1]
    words = np.frombuffer(digest("rjdb/template/resumes", context.context_id), dtype=np.uint64)
    keyed = PhraseDraws(np.random.Generator(np.random.Philox(key=words)))
    return resumes_of(draft, forbidden, keyed)[document][section][1]
