"""What the RJDB room asks a teacher: how many skills, which order, and the documents themselves."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hr_pipeline.llm.structured import read_field, schema_of
from hr_pipeline.llm.task import ReplyError, Task, load_prompt
from hr_pipeline.rjdb import template, template_answers
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, Experience, ResumePlan
from hr_pipeline.rjdb.documents import SECTIONS
from hr_pipeline.rjdb.gate import check_section, check_triple
from hr_pipeline.rjdb.replies import split_reply

_ROOM = "hr_pipeline.rjdb"
_COUNT_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_COUNT_WORD = re.compile(rf"\b(?:{_COUNT_WORDS})\b", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|—|to|and)\s*(\d+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_OF_SKILLS = re.compile(r"(\d+(?:\.\d+)?)\W*(?:\w+\W+){0,2}skills?\b", re.IGNORECASE)
SKILL_COUNTS = (2, 30)  # a reply outside is asked again


def parse_count(reply: str, occupation: str) -> int:
    """A whole number of skills; a range that stands alone gives its middle ("6-8" is 7).

    Several numbers are a reply to ask again, unless one of them alone is followed by "skills".
    """
    held = read_field(reply, "count")
    said = reply if held is None else str(held)
    text = _COUNT_WORD.sub(lambda m: str(2 + _COUNT_WORDS.split("|").index(m[0].lower())), said)
    ranges = _RANGE.findall(text)
    numbers = set(map(float, _NUMBER.findall(_RANGE.sub(" ", text))))
    if ranges and not numbers:
        numbers = {(int(least) + int(most)) / 2 for least, most in ranges}
    if len(numbers) > 1:
        numbers &= set(map(float, _OF_SKILLS.findall(text)))
    if len(numbers) != 1:
        raise ReplyError("No single number was found. Reply with one whole number alone.")
    count, (least, most) = numbers.pop(), SKILL_COUNTS
    if not least <= count <= most:
        raise ReplyError(f"Reply with one whole number between {least} and {most}.")
    return round(count)


_ORDER = re.compile(r"\d+(?:(?:[\s,;.*>→<–-]|then|and)+\d+)+")


def parse_order(reply: str, titles: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the titles from earliest to latest, from the last run of numbers that names each
    once, or from lines that repeat number and title; raises where there is none."""
    held = read_field(reply, "order")
    if isinstance(held, list):
        reply = "\n".join(map(str, held))
    everyone = list(range(len(titles)))
    lines = [line.strip(" *-") for line in reply.splitlines()]
    named = [n for n in map(_numbered(titles).get, lines) if n is not None]
    runs = [run for text in (*lines, reply) for run in _ORDER.findall(text)]
    orders = [[int(number) - 1 for number in re.findall(r"\d+", run)] for run in runs]
    for order in [*reversed(orders), named]:
        if sorted(order) == everyone:
            return tuple(order)
    raise ReplyError(
        f"Name each of the numbers 1 to {len(titles)} exactly once, separated by commas, and "
        "nothing else."
    )


def _numbered(titles: tuple[str, ...]) -> dict[str, int]:
    """The lines of the question, as a reply may repeat them."""
    return {f"{i + 1}{mark} {title}": i for i, title in enumerate(titles) for mark in ".):"}


COUNT_SKILLS: Task[str, int] = Task(
    name="count_skills",
    prompt=load_prompt(_ROOM, "count_skills"),
    fields=lambda occupation: {"occupation": occupation},
    parse=parse_count,
    template=template_answers.count,
    schema=schema_of("skill_count", "count", {"type": "integer"}),
)

ORDER_EXPERIENCES: Task[tuple[str, ...], tuple[int, ...]] = Task(
    name="order_experiences",
    prompt=load_prompt(_ROOM, "order_experiences"),
    fields=lambda titles: {
        "experiences": "\n".join(f"{i}. {title}" for i, title in enumerate(titles, 1))
    },
    parse=parse_order,
    template=template_answers.order,
    schema=schema_of("job_order", "order", {"type": "array", "items": {"type": "integer"}}),
)


def _lines(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items) or "- (none)"


def _spans(experiences: tuple[Experience, ...]) -> str:
    return _lines(tuple(f"{e.title} ({e.span})" for e in experiences))


def _durations(experiences: tuple[Experience, ...]) -> str:
    return _lines(tuple(f"{e.duration} as {e.title}" for e in experiences))


def _shortening(context: Context) -> str:
    latest = context.experiences[0]
    if context.shortened.years_after == 0:
        return f'leave out "{latest.title} ({latest.span})".'
    shorter = context.plan("unmatched").experiences[0]
    return f'in place of "{latest.title} ({latest.span})" write "{latest.title} ({shorter.span})".'


@dataclass(frozen=True)
class TripleQuestion:
    """The documents of one context; `swapped` asks for the swapped resume as well."""

    context: Context
    swapped: bool


def _triple_fields(question: TripleQuestion) -> Mapping[str, str]:
    context = question.context
    unmatched, swapped = context.plan("unmatched"), context.plan("swapped")
    fields = {
        "occupation": context.occupation,
        "skills": _lines(context.skills),
        "experience_durations": _durations(context.experiences),
        "experience_spans": _spans(context.experiences),
        "first_name": context.first_name,
        "removed_skills": _lines(context.removed_skills),
        "shortened": _shortening(context),
        "unmatched_skills": _lines(unmatched.skills),
        "unmatched_spans": _spans(unmatched.experiences),
        "swapped_skills": _lines(swapped.skills),
        "swapped_spans": _spans(swapped.experiences),
        "put_in_skills": _lines(tuple(swap.put_in for swap in context.swaps)),
    }
    part = load_prompt(_ROOM, "write_triple_swapped").render(fields) if question.swapped else ""
    return fields | {"swapped_part": part}


def parse_triple(reply: str, question: TripleQuestion) -> dict[str, str]:
    """The documents of one reply, through the gate; raises ReplyError with all problems."""
    documents = split_reply(reply, question.swapped)
    problems = check_triple(question.context, documents, question.swapped)
    if problems:
        raise ReplyError("\n".join(f"- {problem.message}" for problem in problems[:12]))
    return documents


WRITE_TRIPLE: Task[TripleQuestion, dict[str, str]] = Task(
    name="write_triple",
    prompt=load_prompt(_ROOM, "write_triple"),
    fields=_triple_fields,
    parse=parse_triple,
    template=lambda q, rng: template.write_triple(q.context, rng, q.swapped),
)

HEADS = SECTIONS["job_description"] | SECTIONS["resume"]


@dataclass(frozen=True)
class SectionQuestion:
    """One section of one document, with what the document says so far; `words` is the length of the
    matched resume's section, where this one must be as long."""

    context: Context
    document: str
    section: str
    written_so_far: str
    words: int = 0

    @property
    def plan(self) -> ResumePlan:
        return self.context.plan(DOCUMENTS[self.document].plan)


_INSTRUCTIONS: Mapping[str, Callable[[SectionQuestion], str]] = {
    "job_title": lambda q: "The title of the post, exactly as given.",
    "job_summary": lambda q: "Two or three sentences about the post.",
    "required_skills": lambda q: "A list of all skills given, a few words about each.",
    "required_experience": lambda q: (
        "All experience given, as numbers of years:\n" + _durations(q.context.experiences)
    ),
    "responsibilities": lambda q: "A list of three to six duties of the post.",
    "personal_information": lambda q: "Two lines, Name: and Email:, with a made-up family name.",
    "education": lambda q: "One or two lines that suit the post.",
    "skills": lambda q: (
        "A list of exactly the skills given."
        + (
            f" Not one of: {'; '.join(q.context.removed_skills)}."
            if q.plan.kind != "matched"
            else ""
        )
    ),
    "experience": lambda q: (
        "Exactly the experience given, with these years:\n"
        + (_spans(q.plan.experiences) if q.plan.experiences else 'None is left: write "None".')
    ),
}


def _length(question: SectionQuestion) -> str:
    return f"\nWrite {question.words} words, at most two more or less." if question.words else ""


def _section_fields(question: SectionQuestion) -> Mapping[str, str]:
    return {
        "occupation": question.context.occupation,
        "document": DOCUMENTS[question.document].asked_as,
        "section": HEADS[question.section],
        "first_name": question.context.first_name,
        "skills": _lines(question.plan.skills),
        "experiences": _spans(question.plan.experiences),
        "instructions": _INSTRUCTIONS[question.section](question) + _length(question),
        "written_so_far": question.written_so_far,
    }


def body_of(reply: str, section: str) -> str:
    """A reply without fences around it and without the head of the section (a key of `HEADS`)."""
    head = re.escape(HEADS[section])
    body = re.sub(r"\A\s*```\w*\n|```\s*\Z", "", reply).strip().strip("`").strip()
    headed = rf"\A[#*_ ]*{head}(?:[*_ ]*(?:\n|\Z)|[*_ ]*:[*_ ]*)"
    return re.sub(headed, "", body, flags=re.I).strip()


def parse_section(reply: str, question: SectionQuestion) -> str:
    """The body of a section, through the gate's rules for it."""
    body = body_of(reply, question.section)
    problems = check_section(question.context, question.document, question.section, body)
    if problems:
        raise ReplyError("\n".join(f"- {problem.message}" for problem in problems[:12]))
    return body


WRITE_SECTION: Task[SectionQuestion, str] = Task(
    name="write_section",
    prompt=load_prompt(_ROOM, "write_section"),
    fields=_section_fields,
    parse=parse_section,
    template=lambda q, rng: template.write_section(q.context, q.document, q.section, rng),
)
