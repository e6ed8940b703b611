"""Structured replies: the JSON in a reply, mended where nothing of it was lost."""

import json
import re
from typing import Any

from hr_pipeline.llm.request import Schema
from hr_pipeline.llm.task import ReplyError

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_CURLY_STRING = r'[“”„][^"“”„\\]*[“”]'  # with another quote in it, its end is not certain
_TOKEN = re.compile(rf'{_STRING}|{_CURLY_STRING}|[\[\]{{}},"]|[^\[\]{{}},"“”„]+|.', re.DOTALL)
_QUOTES = frozenset('"“”„')
_OPENING = re.compile(r"[\[{]")
_CLOSES = {"[": "]", "{": "}"}
_AGAIN = "Write the whole answer again as one JSON value that is complete and valid."


def schema_of(name: str, field: str, kind: dict[str, Any]) -> Schema:
    """The schema of an object with one field."""
    return schema_of_fields(name, {field: kind})


def schema_of_fields(name: str, kinds: dict[str, dict[str, Any]]) -> Schema:
    """The schema of an object, as strict endpoints want it: all fields required, no others, no
    limits of length or number (these are checked by the task's parser)."""
    shape = {"type": "object", "properties": kinds}
    return Schema(name, {**shape, "required": list(kinds), "additionalProperties": False})


def read_json(text: str) -> Any:
    """The JSON object or array in a reply, or any value that is the whole of it.

    Code fences and chatter around it, commas before a closing bracket, typographic quotes, line
    breaks in strings and NaN (read as null) are mended. What was cut off is not: it lacks content.
    Raises ReplyError, with a reason for the model.
    """
    try:
        return _loads(text.strip().removeprefix("\ufeff"))
    except ValueError:
        values = _values(text)
    if not values:
        raise ReplyError(f"The reply holds no JSON. {_AGAIN}")
    if any(value != values[0] for value in values):
        raise ReplyError(f"The reply holds several JSON values that differ. {_AGAIN}")
    return values[0]


def read_field(text: str, field: str) -> Any:
    """What the JSON object of a reply holds in this field; None where the reply speaks of no such
    field, as plain text does. Raises ReplyError where it does and cannot be read."""
    if not re.search(rf'["“”„]{field}["“”]\s*:', text):
        return None
    value = read_json(text)
    if not isinstance(value, dict) or field not in value:
        raise ReplyError(f'The JSON is no object with the field "{field}". {_AGAIN}')
    return value[field]


def _values(text: str) -> list[Any]:
    """All objects and arrays that stand in no other. Brackets without a quote in them that are no
    JSON are chatter; any other error may mean that content is missing, and is raised."""
    values = []
    opening = _OPENING.search(text)
    while opening:
        mended, end = _mended(text, opening.start())
        try:
            values.append(_loads(mended))
        except ValueError as error:
            if not _QUOTES.isdisjoint(mended):
                raise ReplyError(f"The JSON is not valid ({_said(error)}). {_AGAIN}") from None
        opening = _OPENING.search(text, end)
    return values


def _mended(text: str, start: int) -> tuple[str, int]:
    """The value that opens here as strict JSON, if it can be, and where it ends. Raises ReplyError
    where it does not end."""
    mended: list[str] = []
    open_brackets: list[str] = []
    for token in _TOKEN.finditer(text, start):
        piece = token[0]
        if piece in _CLOSES:
            open_brackets.append(_CLOSES[piece])
        elif piece in ("]", "}"):
            if mended[-1] == "," and len(mended) > 1 and mended[-2] not in ("[", "{", ","):
                mended.pop()
            if piece != open_brackets.pop():
                raise ReplyError(f"The JSON is not valid: its brackets do not match. {_AGAIN}")
        elif piece == '"':
            break  # a string that does not end
        elif piece[0] in _QUOTES and piece[0] != '"' and len(piece) > 1:
            piece = f'"{piece[1:-1]}"'
        if not piece.isspace():
            mended.append(piece)
        if not open_brackets:
            return "".join(mended), token.end()
    raise ReplyError(f"The JSON is cut off before its end. {_AGAIN}")


def _loads(text: str) -> Any:
    """Raises ValueError."""
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _said(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:80]
