"""What the teacher is asked of a skill: which of the nearest APIs it needs (KDJPPR 3.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hr_pipeline.jaqa.apis import template
from hr_pipeline.llm.lists import AROUND, quoted
from hr_pipeline.llm.structured import read_field, read_json, schema_of
from hr_pipeline.llm.task import ReplyError, Task, load_prompt

_MARK = re.compile(r"^(?:[-*•–—]+\s+|\(?\d{1,2}[.)]\s*)")
_AFTER = re.compile(r"\s+[-–—(]|:\s")  # what a name is followed by: an explanation, its ecosystem
_NONE = re.compile(
    r"(?:none|nothing|no (?:software )?(?:apis?|names?|libraries|library))\b[^`\"\n]*",
    re.IGNORECASE,
)
_TALK = re.compile(r"(?:sure|certainly|of course|here (?:are|is))\b", re.IGNORECASE)
_SHOWN = 5  # strangers that are named to the teacher


@dataclass(frozen=True)
class ApisQuestion:
    """A skill and the APIs it is near to, the nearest first, each with its ecosystems as text."""

    skill: str
    candidates: tuple[str, ...]
    ecosystems: tuple[str, ...]


def parse_apis(reply: str, question: ApisQuestion) -> list[str]:
    """The chosen candidates, each once, as the question spells them; none is an answer too.

    JSON, or a list in plain text. Case, outer quotes and spaces are folded; ReplyError names what
    is outside the list.
    """
    chosen, strangers = dict[str, None](), list[str]()
    for entry in _entries(reply):
        api = _candidate(entry, question.candidates)
        if api is None:
            strangers.append(entry)
        else:
            chosen[api] = None
    if strangers:
        named = ", ".join(f'"{entry[:80]}"' for entry in strangers[:_SHOWN])
        raise ReplyError(
            f"Not in the list as written there: {named}. Use names of the list, copied exactly."
        )
    return list(chosen)


def _candidate(entry: str, candidates: tuple[str, ...]) -> str | None:
    """The candidate that an entry names, if it is one alone."""
    for form in _forms(entry):
        if form in candidates:
            return form
        alike = [name for name in candidates if name.casefold() == form.casefold()]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def _forms(entry: str) -> Iterator[str]:
    """An entry as it is, then without marks, an explanation, and a full stop."""
    yield entry.strip()
    yield entry.strip(AROUND)
    bare = _MARK.sub("", entry.strip()).strip(AROUND)
    yield bare
    yield bare.rstrip(".;,").strip(AROUND)
    name = _AFTER.split(bare, maxsplit=1)[0].strip(AROUND)
    yield name
    yield name.rstrip(".;,:").strip(AROUND)


def _entries(reply: str) -> list[str]:
    """The names that a reply lists. Raises ReplyError where it lists nothing and says no "none"."""
    held: Any = read_field(reply, "result")
    if held is None and not re.search(r'["“”]result["“”]\s*:', reply):
        held = _array(reply)
        if held is None:
            return _plain_entries(reply)
    if held is None or isinstance(held, str):
        return [] if not held or _NONE.fullmatch(held.strip()) else held.split(",")
    if not isinstance(held, list) or not all(isinstance(entry, str) for entry in held):
        raise ReplyError('"result" is no list of names. Reply with {"result": ["name", ...]}.')
    return [entry for entry in held if entry.strip()]


def _array(reply: str) -> list[str] | None:
    """A JSON array of names that stands alone in a reply."""
    if "[" not in reply or "{" in reply:
        return None
    try:
        value = read_json(reply)
    except ReplyError:
        return None
    names = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    return value if names else None


def _plain_entries(reply: str) -> list[str]:
    """The names in plain text: the lines of a list, else names in quotes, else one line's parts."""
    lines = [line.strip() for line in reply.splitlines() if line.strip(" \t`")]
    listed = [line for line in lines if _MARK.match(line)]
    if listed:
        return listed
    if lines and _NONE.match(lines[0].strip(AROUND)):
        return []
    if names := quoted(reply):
        return names
    lines = [line for line in lines if not line.endswith(":") and not _TALK.match(line)]
    if len(lines) == 1:
        listed = re.split(r",\s*(?:and\s+)?|\s+and\s+", re.split(r":\s", lines[0])[-1])
        lines = [part for part in listed if part.strip()]
    if not lines:
        raise ReplyError('No names were found. Reply with {"result": [...]}, a list of names.')
    return lines


CHOOSE_APIS: Task[ApisQuestion, list[str]] = Task(
    name="choose_apis",
    prompt=load_prompt("hr_pipeline.jaqa", "choose_apis"),
    fields=lambda q: {
        "skill": q.skill,
        "candidates": "\n".join(
            f"- {name} ({where})" for name, where in zip(q.candidates, q.ecosystems, strict=True)
        ),
    },
    parse=parse_apis,
    template=lambda q, rng: template.choose(q.skill, q.candidates, rng),
    schema=schema_of("apis", "result", {"type": "array", "items": {"type": "string"}}),
)
