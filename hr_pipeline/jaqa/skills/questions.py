"""What the teacher is asked about a posting: the skills that its text asks for."""

from dataclasses import dataclass

import numpy as np

from hr_pipeline.llm.lists import read_list
from hr_pipeline.llm.structured import schema_of
from hr_pipeline.llm.task import ReplyError, Task, load_prompt
from hr_pipeline.llm.template import JSON_RATE, written_as_json
from hr_pipeline.text.dictionary import Dictionary
from hr_pipeline.text.phrases import Phrase, located, phrase

NONE = "none"
_BROKEN_RATE = 0.01
_MADE_UP = "underwater basket weaving"


@dataclass(frozen=True)
class PostingQuestion:
    """`names` are what rules find in the text; they serve the template teacher only."""

    description: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A skill as the teacher writes it, and its first place in the text (characters)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Listed:
    """The listed skills that stand in the posting, in its order, each once; and the others."""

    named: list[Named]
    invented: list[str]


def parse_posting_skills(reply: str, question: PostingQuestion) -> Listed:
    """A list as JSON, one skill a line, or with commas; the word "none" for no skill.

    Raises ReplyError where nothing is listed, or nothing of the posting.
    """
    listed = [name for name in read_list(reply, "skills") if any(map(str.isalnum, name))]
    if not listed and not _is_empty_json(reply):
        raise ReplyError(f"No skill is listed; write one per line, or the word {NONE}.")
    names = {phrase(name): name for name in reversed(listed) if name.casefold() != NONE}
    places = located(question.description)
    first: dict[Phrase, tuple[int, int]] = {}
    for start, end, item in Dictionary(names).hits([word for word, _, _ in places]):
        first.setdefault(item, (places[start][1], places[end - 1][2]))
    if names and not first:
        raise ReplyError("None of the listed skills stands in the posting; copy its own words.")
    ordered = sorted(first.items(), key=lambda entry: entry[1])
    return Listed(
        [Named(names[item], *place) for item, place in ordered],
        [name for item, name in names.items() if item not in first],
    )


def _is_empty_json(reply: str) -> bool:
    return "[]" in "".join(reply.split())


def list_by_template(question: PostingQuestion, rng: np.random.Generator) -> str:
    """A reply as a model would write it, of the names that rules find in the text."""
    names = list(question.names)
    if rng.random() < _BROKEN_RATE:
        return f"- {_MADE_UP}"
    if rng.random() < JSON_RATE:
        return written_as_json("skills", names, int(rng.integers(4)))
    if not names:
        return NONE
    style = ("{i}. {name}", "- {name}", "{name}")[int(rng.integers(3))]
    head = ("", "Skills:\n", "Here are the skills of this posting:\n\n")[int(rng.integers(3))]
    return head + "\n".join(style.format(i=i, name=name) for i, name in enumerate(names, 1))


LIST_POSTING_SKILLS: Task[PostingQuestion, Listed] = Task(
    name="list_posting_skills",
    prompt=load_prompt("hr_pipeline.jaqa", "list_posting_skills"),
    fields=lambda question: {"description": question.description},
    parse=parse_posting_skills,
    template=list_by_template,
    schema=schema_of("skills", "skills", {"type": "array", "items": {"type": "string"}}),
)
