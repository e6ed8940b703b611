"""Texts in which people marked the skills: SkillSpan JSON lines, and CSV files of spans with the
ESCO label of each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.records import read_lines
from hr_pipeline.sources.tabular import read_table

SKILLSPAN, SPANS = "SkillSpan JSON lines", "CSV of spans"
TAGS = {"skill": "tags_skill", "knowledge": "tags_knowledge"}
SKILLSPAN_FIELDS = ("tokens", *TAGS.values())
SPAN_COLUMNS = ("sentence", "span", "label")
NO_LABEL = ("LABEL NOT PRESENT", "UNDERSPECIFIED")  # a skill, but none of ESCO's
_WORTH_AN_END = re.compile(r"[^\W_]|[+#]")  # what may end a place; others are trimmed


@dataclass(frozen=True)
class Mark:
    """A marked place (characters); `kind` is skill or knowledge where the file tells them apart,
    `labels` are of ESCO where it names them."""

    start: int
    end: int
    kind: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A text with its marks; equal places of one kind are one mark."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Labelled:
    """The sentences of a file; `lost` counts marked words that stand nowhere in their sentence."""

    shape: str
    sentences: list[Sentence]
    lost: int = 0


def read_labelled(path: Path) -> Labelled:
    """Reads either shape, by what stands in the file. InputError: no such file, neither shape, a
    line or row that is not whole, nothing marked."""
    if not path.is_file():
        raise InputError("the file does not exist", str(path), "check the path")
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        first = next((line for line in file if line.strip()), "")
    read = _skillspan if first.lstrip().startswith("{") else _spans
    labelled = read(path)
    if not any(sentence.marks for sentence in labelled.sentences):
        raise InputError("no skill is marked in it", str(path), "name a labelled file")
    return labelled


def _skillspan(path: Path) -> Labelled:
    lines = read_lines(path, f"each line needs {', '.join(SKILLSPAN_FIELDS)}")
    return Labelled(SKILLSPAN, [_tagged(row, where) for where, row in lines])


def _tagged(row: dict[str, Any], where: str) -> Sentence:
    if missing := [name for name in SKILLSPAN_FIELDS if name not in row]:
        raise InputError("is no line of SkillSpan", where, f"it needs {', '.join(missing)}")
    words, tags = row["tokens"], {kind: row[name] for kind, name in TAGS.items()}
    lists = [words, *tags.values()]
    texts = all(isinstance(one, list) and all(isinstance(x, str) for x in one) for one in lists)
    if not texts or len({len(one) for one in lists}) > 1:
        raise InputError("has not one tag a token", where, "mend the line")
    starts = [0, *accumulate(len(word) + 1 for word in words)]
    marks = (
        (starts[first], starts[last] + len(words[last]), kind)
        for kind, of_kind in tags.items()
        for first, last in _runs(of_kind)
    )
    return _sentence(" ".join(words), (Mark(*mark) for mark in marks))


def _runs(tags: Iterable[str]) -> Iterator[tuple[int, int]]:
    """First and last token of each run of a B and the I that follow it; an I alone begins one."""
    first = None
    at = -1
    for at, tag in enumerate(tags):
        if first is not None and not tag.startswith("I"):
            yield first, at - 1
            first = None
        if tag[:1] in ("B", "I") and first is None:
            first = at
    if first is not None:
        yield first, at


def _spans(path: Path) -> Labelled:
    table = read_table(path)
    if missing := table.missing(SPAN_COLUMNS):
        what = f"is neither {SKILLSPAN} nor a {SPANS}: it lacks the column {', '.join(missing)}"
        raise InputError(what, str(path), f"name the columns {', '.join(SPAN_COLUMNS)}")
    labels: dict[str, dict[str, list[str]]] = {}
    for text, span, label in zip(*map(table.column, SPAN_COLUMNS), strict=True):
        labels.setdefault(text, {}).setdefault(span, []).append(label)
    sentences, lost = [], 0
    for text, spans in labels.items():
        marks: list[Mark] = []
        for span, named in spans.items():
            of_esco = tuple(dict.fromkeys(one for one in named if one not in NO_LABEL))
            places = [found.span() for found in _whole_words(span).finditer(text)]
            marks += [Mark(*place, labels=of_esco) for place in places]
            lost += not places
        sentences.append(_sentence(text, marks))
    return Labelled(SPANS, sentences, lost)


def _whole_words(span: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(span.strip())}(?!\w)" if span.strip() else r"(?!)")


def _sentence(text: str, marks: Iterable[Mark]) -> Sentence:
    trimmed: dict[Any, Mark] = {}
    for mark in marks:
        start, end = trimmed_place(text, mark.start, mark.end)
        if start < end:
            trimmed.setdefault((start, end, mark.kind), Mark(start, end, mark.kind, mark.labels))
    return Sentence(text, tuple(trimmed.values()))


def trimmed_place(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without punctuation and spaces at its ends: annotators differ about them."""
    while start < end and not _WORTH_AN_END.match(text[start]):
        start += 1
    while start < end and not _WORTH_AN_END.match(text[end - 1]):
        end -= 1
    return start, end
