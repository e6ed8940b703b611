"""What skill finding is worth: precision, recall and F1 on texts in which people marked the skills.

Three measures: a place counts as right where it is exactly a marked one, where it overlaps one, and
word by word. Beside the rules stands the baseline: the longest matches of all names, without rules.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from hr_pipeline.jaqa.skills.finder import SkillFinder
from hr_pipeline.jaqa.skills.labelled import Labelled, Mark, Sentence, trimmed_place
from hr_pipeline.jaqa.skills.names import Row, best_names
from hr_pipeline.text.dictionary import Dictionary
from hr_pipeline.text.phrases import located, longest, phrase

MEASURES = ("exact", "overlap", "word")
RULES, BASELINE = "rules", "all names"
KINDS = ("all", "skill", "knowledge")
_KIND_OF_ESCO = {"skill/competence": "skill", "knowledge": "knowledge"}
_WORD = re.compile(r"\S+")
Place = tuple[int, int]
Finder = Callable[[str], list[Mark]]  # the found places, each with kind and skill


def measure(labelled: Labelled, names: list[Row]) -> list[Row]:
    """The figures of the rules, and of the baseline."""
    finders = {RULES: by_rules(names), BASELINE: by_all_names(names)}
    return [
        {"finder": name} | row
        for name, find in finders.items()
        for row in measure_finder(labelled, find)
    ]


def measure_finder(labelled: Labelled, find: Finder) -> list[Row]:
    """A row for each kind and measure: kind, measure, found, marked, precision, recall, f1.

    Where the file tells skills from knowledge, each is measured apart too: a found name is of its
    kind in ESCO, one of Dice is knowledge.
    """
    rows: list[Row] = []
    kinds = KINDS if any(mark.kind for s in labelled.sentences for mark in s.marks) else KINDS[:1]
    found = [find(sentence.text) for sentence in labelled.sentences]
    for kind in kinds:
        counts = Counter[str]()
        for sentence, marks in zip(labelled.sentences, found, strict=True):
            counts += _counted(sentence, _places(marks, kind), _places(sentence.marks, kind))
        rows += [{"kind": kind} | _figures(counts, by) for by in MEASURES]
    return rows


def by_rules(names: list[Row]) -> Finder:
    """What JA-QA finds."""
    finder = SkillFinder(names)
    return lambda text: [
        _mark(text, one.start, one.end, one.name.kind, one.name.skill) for one in finder.find(text)
    ]


def by_all_names(names: list[Row]) -> Finder:
    """The longest matches of all names as they are."""
    best = best_names(names)
    dictionary = Dictionary(best)

    def find(text: str) -> list[Mark]:
        places = located(text)
        return [
            _mark(
                *(text, places[start][1], places[end - 1][2]),
                *(best[item]["kind"], best[item]["skill"]),
            )
            for start, end, item in longest(dictionary.hits([word for word, _, _ in places]))
        ]

    return find


def _mark(text: str, start: int, end: int, kind: str | None, skill: str) -> Mark:
    of_kind = _KIND_OF_ESCO.get(kind or "", "knowledge")
    return Mark(*trimmed_place(text, start, end), of_kind, (skill,))


def _places(marks: Iterable[Mark], kind: str) -> set[Place]:
    return {(mark.start, mark.end) for mark in marks if kind in ("all", mark.kind)}


def _counted(sentence: Sentence, found: set[Place], marked: set[Place]) -> Counter[str]:
    words = [word.span() for word in _WORD.finditer(sentence.text)]
    found_words, marked_words = _touching(words, found), _touching(words, marked)
    both, both_words = len(found & marked), len(set(found_words) & set(marked_words))
    return Counter(
        {
            "exact found": len(found),
            "exact marked": len(marked),
            "exact found, right": both,
            "exact marked, right": both,
            "overlap found": len(found),
            "overlap marked": len(marked),
            "overlap found, right": len(_touching(found, marked)),
            "overlap marked, right": len(_touching(marked, found)),
            "word found": len(found_words),
            "word marked": len(marked_words),
            "word found, right": both_words,
            "word marked, right": both_words,
        }
    )


def _touching(places: Iterable[Place], others: Iterable[Place]) -> list[Place]:
    """The places that share a character with one of the others."""
    others = list(others)
    return [
        (start, end)
        for start, end in places
        if any(first < end and start < last for first, last in others)
    ]


def _figures(counts: Counter[str], by: str) -> Row:
    found, marked = counts[f"{by} found"], counts[f"{by} marked"]
    precision = counts[f"{by} found, right"] / found if found else 0.0
    recall = counts[f"{by} marked, right"] / marked if marked else 0.0
    both = precision + recall
    return {
        "measure": by,
        "found": found,
        "marked": marked,
        "precision": round(precision, 5),
        "recall": round(recall, 5),
        "f1": round(2 * precision * recall / both, 5) if both else 0.0,
    }


def linking(labelled: Labelled, names: list[Row]) -> dict[str, Any] | None:
    """Whether the skill is the right one: marks with an ESCO label, of these found exactly, and of
    these the same skill by its normalised label. None where the file names no labels."""
    if not any(mark.labels for sentence in labelled.sentences for mark in sentence.marks):
        return None
    find, with_label, found_exactly, right = by_rules(names), 0, 0, 0
    for sentence in labelled.sentences:
        found = {(mark.start, mark.end): mark for mark in find(sentence.text)}
        for mark in sentence.marks:
            one = found.get((mark.start, mark.end))
            with_label += bool(mark.labels)
            if mark.labels and one:
                found_exactly += 1
                right += phrase(one.labels[0]) in map(phrase, mark.labels)
    share = round(right / found_exactly, 5) if found_exactly else 0.0
    return {
        "with_label": with_label,
        "found_exactly": found_exactly,
        "right_label": right,
        "accuracy": share,
    }
