"""The students' tasks as questions to a teacher, so that any model is measured as they are."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hr_pipeline.llm.lists import read_list
from hr_pipeline.llm.structured import read_field, schema_of_fields
from hr_pipeline.llm.task import ReplyError, Task, load_prompt
from hr_pipeline.rjdb.contexts import DocumentKind
from hr_pipeline.rjdb.documents import SECTIONS, sections
from hr_pipeline.rjdb.items import BULLET
from hr_pipeline.rjdb.questions import body_of
from hr_pipeline.training.measures.metrics import Extracted, Verdict
from hr_pipeline.training.students import template_answers as template
from hr_pipeline.training.students.tasks import DOCUMENTS

Row = Mapping[str, Any]
_ROOM = "hr_pipeline.training"
_TEXTS = {"type": "array", "items": {"type": "string"}}


# -- matching and explaining ---------------------------------------------------------------


@dataclass(frozen=True)
class PairQuestion:
    job_description: str
    resume: str


_PLAIN = re.compile(
    r"\W*(?:(?:match(?:es|ing)?|verdict|answer|result)\W*[:=?]\W*)?"
    r"(?P<said>no\W?match|not\s+a\s+match|mismatch|match|yes|no|true|false)\W*"
    r"(?:[\n;]|\Z)(?P<rest>.*)",
    re.I | re.S,
)
_NO = ("no", "mis", "false")  # what a verdict against a match begins with


def parse_verdict(reply: str, question: PairQuestion) -> Verdict:
    """From JSON, or from plain text that begins with the bare verdict. Raises ReplyError."""
    held = read_field(reply, "match")
    found = _PLAIN.fullmatch(reply if held is None else str(held))
    if found is None:
        raise ReplyError('Say whether they match: {"match": true or false, "reasons": [...]}.')
    listed = held is not None
    reasons = _texts(reply, "reasons") if listed else read_list(found["rest"], "reasons")
    match = not found["said"].lower().startswith(_NO)
    return Verdict(match, tuple(filter(str.strip, reasons)))


MATCH_AND_EXPLAIN: Task[PairQuestion, Verdict] = Task(
    name="match_and_explain",
    prompt=load_prompt(_ROOM, "match_and_explain"),
    fields=lambda q: {"job_description": q.job_description, "resume": q.resume},
    parse=parse_verdict,
    template=lambda q, rng: template.verdict(q.job_description, q.resume, rng),
    schema=schema_of_fields("verdict", {"match": {"type": "boolean"}, "reasons": _TEXTS}),
)


# -- extraction ----------------------------------------------------------------------------


@dataclass(frozen=True)
class DocumentQuestion:
    kind: DocumentKind
    text: str


_TIMES = {
    "resume": ("the years from and to", "Baker (2012 - 2016)"),
    "job_description": ("the number of years asked for", "Baker (4 years)"),
}
_LABELLED = re.compile(
    r".*?\bskills\W*?:(?P<skills>.*)\bexperiences?\W*?:(?P<experiences>.*)", re.I | re.S
)


def parse_extracted(reply: str, question: DocumentQuestion) -> Extracted:
    """From JSON, or from plain text with both labels, skills first. Raises ReplyError."""
    found = _LABELLED.fullmatch(reply)
    if found and read_field(reply, "skills") is None:
        return Extracted(_listed(found["skills"]), _listed(found["experiences"]))
    return Extracted(tuple(_texts(reply, "skills")), tuple(_texts(reply, "experiences")))


def _listed(text: str) -> tuple[str, ...]:
    """What stands between semicolons and line ends, without bullets and emphasis."""
    bare = (BULLET.sub("", part).strip(" \t*_,") for part in re.split(r"[;\n]", text))
    return tuple(filter(None, bare))


def _extraction_fields(question: DocumentQuestion) -> dict[str, str]:
    time, example = _TIMES[question.kind]
    named = {"document": DOCUMENTS[question.kind], "text": question.text}
    return named | {"time": time, "example": example}


EXTRACT_ITEMS: Task[DocumentQuestion, Extracted] = Task(
    name="extract_items",
    prompt=load_prompt(_ROOM, "extract_items"),
    fields=_extraction_fields,
    parse=parse_extracted,
    template=lambda q, rng: template.extracted(q.kind, q.text, rng),
    schema=schema_of_fields("items", {"skills": _TEXTS, "experiences": _TEXTS}),
)


# -- editing -------------------------------------------------------------------------------


@dataclass(frozen=True)
class EditQuestion:
    """`section`: a key of the sections of a resume."""

    section: str
    signal: tuple[str, ...]
    resume: str


def parse_section(reply: str, question: EditQuestion) -> str:
    """The body of the section; of a reply that holds a whole resume this section alone."""
    written = sections(reply, "resume")
    whole = len(written) > 1 and question.section in written
    body = written[question.section] if whole else body_of(reply, question.section)
    if not body:
        raise ReplyError("The section is empty. Write its text.")
    return body


EDIT_SECTION: Task[EditQuestion, str] = Task(
    name="edit_section",
    prompt=load_prompt(_ROOM, "edit_section"),
    fields=lambda q: {
        "section": SECTIONS["resume"][q.section],
        "signal": "\n".join(f"- {item}" for item in q.signal),
        "resume": q.resume,
    },
    parse=parse_section,
    template=lambda q, rng: template.section(q.section, q.signal, q.resume, rng),
)


def _texts(reply: str, field: str) -> list[str]:
    """A list of strings in the JSON of a reply. Raises ReplyError."""
    held = read_field(reply, field)
    if not isinstance(held, list) or not all(isinstance(item, str) for item in held):
        raise ReplyError(
            f'"{field}" is no list of strings. Write all of the JSON that is asked for.'
        )
    return held


@dataclass(frozen=True)
class Asked:
    """How a teacher is asked a row of a student's dataset; `lost` stands for a reply that cannot be
    used: it is wrong."""

    task: Task[Any, Any]
    question: Callable[[Row], Any]
    lost: Any


ASKED = {  # by the student
    "matcher": Asked(
        MATCH_AND_EXPLAIN, lambda r: PairQuestion(r["job_description"], r["resume"]), Verdict()
    ),
    "extractor": Asked(
        EXTRACT_ITEMS, lambda r: DocumentQuestion(r["kind"], r["text"]), Extracted()
    ),
    "editor": Asked(
        EDIT_SECTION,
        lambda r: EditQuestion(r["section"], tuple(r["signal"]), r["resume_unmatched"]),
        "",
    ),
}
