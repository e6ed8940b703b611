"""The `trace` command: the passport of a row on stdout, as text or JSON; rows made again."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, nullcontext
from typing import Any

from hr_pipeline.audit.passport import Passport, trace
from hr_pipeline.audit.rows import find
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording, is_there, place_of

_MOST_CHARACTERS = 160  # of one text, in the short form
_MOST_ITEMS = 12  # of one list
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def trace_row(arguments: Namespace) -> int:
    """Print the passport, or make the row again and compare: 1 where it differs."""
    lake = Lake(arguments.lake)
    place = place_of(arguments.recording, lake)
    with closing(Recording(place)) if is_there(place) else nullcontext() as recording:
        if arguments.rebuild:
            return _rebuild(lake, arguments, recording)
        passport = trace(lake, arguments.row_id, arguments.dataset, recording)
    if arguments.json:
        print(json.dumps(passport.as_json(), ensure_ascii=False))
    else:
        for line in shown(passport, arguments.full):
            print(line)
    return 0


def _rebuild(lake: Lake, arguments: Namespace, recording: Recording | None) -> int:
    from hr_pipeline.audit.rebuild import differences, rebuild

    found = find(lake, arguments.row_id, arguments.dataset)
    different = differences(found, rebuild(lake, found, recording))
    said = f"differs in {', '.join(different)}" if different else "made again, it is the stored row"
    print(f"{found.dataset} {found.row_id}: {said}", file=sys.stderr)
    return 1 if different else 0


def shown(passport: Passport, full: bool = False) -> Iterator[str]:
    """The passport in lines for people; long texts and lists are cut unless `full`."""
    yield f"{passport.row_id} of {passport.dataset}"
    if passport.notice:
        yield f"({passport.notice})"
    for section in passport.sections:
        yield f"\n== {section.title}  <- {section.source}"
        yield from _lines(section.facts, full) if section.facts else ("none",)


def _lines(facts: Any, full: bool) -> Iterator[str]:
    """Names and values of an object, a blank line between the objects of a list."""
    if not isinstance(facts, list):
        yield from (f"{name}: {_value(value, full)}" for name, value in _told(facts, full))
        return
    listed = facts if full else facts[:_MOST_ITEMS]
    long = any(len(json.dumps(one, ensure_ascii=False)) > 2 * _MOST_CHARACTERS for one in listed)
    for number, one in enumerate(listed):
        if long:
            yield from ([""] if number else [])
            yield from _lines(one, full)
        else:
            told = (f"{name}: {_value(value, full)}" for name, value in _told(one, full))
            yield "- " + "; ".join(told)
    if len(listed) < len(facts):
        yield f"... and {len(facts) - len(listed):,} more (--full)"


def _told(facts: dict[str, Any], full: bool) -> Iterator[tuple[str, Any]]:
    """Names and values; the short form leaves out what is empty."""
    yield from ((name, value) for name, value in facts.items() if full or value not in _EMPTY)


def _value(value: Any, full: bool) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if full:
        return "\n    " + text.replace("\n", "\n    ") if "\n" in text else text
    text = " ".join(text.split())
    if len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[:_MOST_CHARACTERS]}... ({len(text):,} characters)"
