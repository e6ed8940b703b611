"""An item as text, and texts of ours and of the published layout read back (KDJPPR Figure 1a)."""

import ast
import json
import re
import warnings
from dataclasses import dataclass
from typing import Any

from hr_pipeline.tm_eval.careers import PROJECT, TITLE

_CAREER = "Jobs held so far, the first one first: "
_PROJECTS = "APIs used in each open-source project so far, the first one first: "
_NEXT = {TITLE: "Job that may come next: ", PROJECT: "APIs of the project that may come next: "}
_STRING = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_TOKEN = re.compile(rf"{_STRING}|\[|\]|[^\[\]'\"]+|.", re.DOTALL)
_PUBLISHED_LISTS = (
    re.compile(r"\bcareer\s+history\b[^\[]*", re.IGNORECASE),
    re.compile(r"\bproject\s+experience\b[^\[]*", re.IGNORECASE),
)
_PUBLISHED_TARGET = re.compile(r"\btarget\s+(job\s+title|project)\b[^:\[\"']*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ItemText:
    """What an item's text says."""

    task: str
    career: list[str]
    projects: list[list[str]]
    target: list[str]


class Unreadable(ValueError):
    """A text that is no item; the message says what was not found."""


def item_text(item: ItemText) -> str:
    """Three lines with lists as JSON, so that no quote or bracket in a title is lost."""
    shown = item.target[0] if item.task == TITLE else item.target
    heads = (_CAREER, _PROJECTS, _NEXT[item.task])
    values = (item.career, item.projects, shown)
    return "\n".join(
        head + json.dumps(value, ensure_ascii=False)
        for head, value in zip(heads, values, strict=True)
    )


def read_item_text(text: str) -> ItemText:
    """What an item's text says, in our wording or in the published one. Raises Unreadable."""
    return _ours(text) if text.startswith(_CAREER) else _published(text)


def _ours(text: str) -> ItemText:
    lines = text.split("\n")
    asked = [task for task, head in _NEXT.items() if lines[-1].startswith(head)]
    if len(lines) != 3 or not asked or not lines[1].startswith(_PROJECTS):
        raise Unreadable("its three lines are not all there")
    heads = (_CAREER, _PROJECTS, _NEXT[asked[0]])
    try:
        values = [json.loads(ln.removeprefix(head)) for ln, head in zip(lines, heads, strict=True)]
    except (ValueError, RecursionError):
        raise Unreadable("what it lists is no JSON") from None
    return _checked(asked[0], *values)


def _published(text: str) -> ItemText:
    """Lists stand there as Python writes them; the target in quotes, or in brackets."""
    lists, at = list[Any](), 0
    for head in _PUBLISHED_LISTS:
        found = head.search(text, at)
        if found is None:
            raise Unreadable("career history and project experience are not both there")
        written = _bracketed(text, found.end())
        lists.append(_literal(written))
        at = found.end() + len(written)
    found = _PUBLISHED_TARGET.search(text, at)
    if found is None:
        raise Unreadable("no target job title and no target project is named")
    task = PROJECT if found[1].lower() == "project" else TITLE
    career, projects = lists
    return _checked(task, career, projects, _target(text, found.end(), task))


def _bracketed(text: str, start: int) -> str:
    """From the bracket that opens here to the one that closes it; those in strings do not count."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += (token[0] == "[") - (token[0] == "]")
        if depth <= 0:
            break
    if depth or not text.startswith("[", start):
        raise Unreadable("a list does not end")
    return text[start : token.end()]


def _literal(written: str) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # of backslashes that escape nothing
            return ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise Unreadable(f"cannot be read as a list: {written[:80]}") from None


def _target(text: str, start: int, task: str) -> Any:
    if string := re.compile(_STRING, re.DOTALL).match(text, start):
        named = _unquoted(string[0])
        if task == TITLE:
            return named
        return _literal(named) if named.startswith("[") else _separated(named)
    written = _bracketed(text, start)
    try:
        held = _literal(written)
    except Unreadable:  # [chief operating officer]
        held = _separated(written[1:-1]) if task == PROJECT else [written[1:-1].strip()]
    return held[0] if task == TITLE and isinstance(held, list) and len(held) == 1 else held


def _unquoted(string: str) -> str:
    """What stands in the quotes; backslashes that are no escapes of JSON are part of it."""
    try:
        return json.loads(string)
    except ValueError:
        return string[1:-1].replace("\\'", "'")


def _separated(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _checked(task: str, career: Any, projects: Any, target: Any) -> ItemText:
    """The values, if they are of the shape they should be."""
    target = [target] if task == TITLE else target
    if not _texts(career) or not isinstance(projects, list) or not all(map(_texts, projects)):
        raise Unreadable("titles are no list of texts, or projects no list of such lists")
    if not _texts(target) or not target or not all(part.strip() for part in target):
        raise Unreadable("the target is neither a title nor a list of APIs")
    return ItemText(task, career, projects, target)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
