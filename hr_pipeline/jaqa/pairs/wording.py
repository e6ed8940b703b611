"""How a pair is worded, and how a wording is read back: ours, and that of the published scripts.

Titles may hold "?", quotes and full stops, and APIs may be ".NET" or "System.Text.Json": a question
is cut at fixed words alone, an answer at its last full stop and at commas outside quotes.
"""

import csv
import re

_ASKS = "Which software APIs does somebody need who works as "
_FOLLOWS = "? The job is described as follows."
_LISTS = "These APIs are needed: "

# "What APIs are required for the role of T? Here is the job description: D. The APIs are:"
_PUBLISHED_QUESTION = re.compile(
    r"\s*what (?:apis|skills) are required for the role of (?P<title>.*?)\?\s*"
    r"here is the job description\s*:?\s*(?P<description>.*?)"
    r"(?:\s*the (?:apis|skills) are\s*:?)?\s*",
    re.IGNORECASE | re.DOTALL,
)
_PUBLISHED_ANSWER = re.compile(
    r"\s*the (?:apis|skills) are:?\s+(?P<names>.*?)\s*", re.IGNORECASE | re.DOTALL
)


def question_of(title: str, description: str) -> str:
    """The question: APIs for a title (put on one line), with the job's description."""
    return f"{_ASKS}{' '.join(title.split())}{_FOLLOWS}\n\n{description}"


def read_question(text: str) -> tuple[str, str] | None:
    """(title, description) of a question in our wording or the published one, else None."""
    head, _, description = text.partition("\n\n")
    if head.startswith(_ASKS) and head.endswith(_FOLLOWS):
        return head[len(_ASKS) : -len(_FOLLOWS)], description
    found = _PUBLISHED_QUESTION.fullmatch(text)
    return (found["title"], found["description"]) if found else None


def answer_of(apis: list[str]) -> str:
    """The answer: a sentence that lists the APIs; a name with a comma or quote stands in quotes."""
    return f"{_LISTS}{', '.join(map(_quoted, apis))}."


def read_answer(text: str) -> list[str] | None:
    """The APIs of an answer in our wording or the published one, each once; None for any other."""
    if text.startswith(_LISTS) and text.endswith("."):
        try:
            names = next(csv.reader([text[len(_LISTS) : -1]], skipinitialspace=True))
        except csv.Error:
            return None
        return list(dict.fromkeys(names))
    found = _PUBLISHED_ANSWER.fullmatch(text)
    if not found:
        return None
    listed = re.split(r",\s*(?:and\s+)?", found["names"].removesuffix("."))
    return list(dict.fromkeys(filter(None, (name.strip(" \"'`") for name in listed))))


def _quoted(name: str) -> str:
    if name == name.strip() and name and not set(name) & set(',"\r\n'):
        return name
    return '"' + name.replace('"', '""') + '"'
