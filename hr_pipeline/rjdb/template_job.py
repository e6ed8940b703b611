"""The job description of a reply of the template teacher."""

from collections.abc import Mapping, Sequence

from hr_pipeline.rjdb.contexts import Context, Experience
from hr_pipeline.rjdb.documents import SECTIONS
from hr_pipeline.rjdb.template_phrases import (
    Phrase,
    PhraseDraws,
    clause,
    joined,
    listed,
    of_category,
    tokens,
    with_article,
    word_stock,
)
from hr_pipeline.rjdb.template_style import HEAD_FORMS, Sections, list_mark, styled


def _filled(
    stock: Sequence[Phrase],
    count: int,
    slots: Mapping[str, str],
    avoid: frozenset[str],
    d: PhraseDraws,
) -> list[str]:
    """This many different sentences of a stock with their slots filled."""
    found = (d.free(stock, avoid) for _ in range(count))
    texts = dict.fromkeys(phrase.text for phrase in found if phrase)
    return [text.format_map(slots) for text in texts]


def _slots(context: Context, avoid: frozenset[str], draws: PhraseDraws) -> dict[str, str]:
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


def _summary(
    size: int, slots: Mapping[str, str], avoid: frozenset[str], draws: PhraseDraws
) -> list[str]:
    stock = word_stock().flat
    texts = _filled(stock["opening"], 1, slots, avoid, draws)
    if draws.chance(0.8):
        texts += _filled(stock["skilled"], 1, slots, avoid, draws)
    texts += _filled(stock["middle"], draws.whole(0, 1) + size // 2, slots, avoid, draws)
    texts += _filled(stock["closing"], draws.whole(0, 1) + size // 3, slots, avoid, draws)
    return texts + _filled(stock["extra"], max(0, size - 2), slots, avoid, draws)


def _asked_skills(
    skills: Sequence[str], size: int, mark: str, avoid: frozenset[str], draws: PhraseDraws
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


def _asked_jobs(
    jobs: Sequence[Experience], mark: str, avoid: frozenset[str], draws: PhraseDraws
) -> str:
    lines, one = [], draws.free(word_stock().flat["ask_job"], avoid)
    mixed = draws.chance(0.4)
    for job in jobs:
        form = draws.free(word_stock().flat["ask_job"], avoid) if mixed else one
        slots = {"d": job.duration, "a": with_article(job.title), "t": job.title}
        lines.append((form.text if form else "{d} as {a}").format_map(slots))
    return listed(lines, mark)


def _duties(
    context: Context, size: int, slots: Mapping[str, str], avoid: frozenset[str], draws: PhraseDraws
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


def job_description(context: Context, asked_skills: Sequence[str], draws: PhraseDraws) -> Sections:
    """The job description; `avoid` keeps the skills that are put in later out of it."""
    avoid = frozenset().union(*(tokens(swap.put_in) for swap in context.swaps))
    head = draws.pick(HEAD_FORMS)
    mark = list_mark(head, draws)
    size = draws.pick((0, 0, 1, 1, 1, 2, 2, 2, 3, 4))
    slots = _slots(context, avoid, draws)
    stop = draws.pick(("", "."))
    texts = (
        context.occupation,
        " ".join(_summary(size, slots, avoid, draws)),
        _asked_skills(asked_skills, size, mark, avoid, draws),
        _asked_jobs(context.experiences, mark, avoid, draws),
        listed([line + stop for line in _duties(context, size, slots, avoid, draws)], mark),
    )
    names = SECTIONS["job_description"]
    lines = (styled(head, name) for name in names.values())
    return dict(zip(names, zip(lines, texts, strict=True), strict=True))
