"""What the answers to the students' tasks are worth (RJDB 4): rows of task, metric, value, rows.

Values go from 0 to 1. The same functions measure a student, a teacher behind the engine, and the
floors. Nothing is guessed for an answer that is missing or cannot be read: it is wrong. A measure
of no rows gives no row.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hr_pipeline.rjdb.pages import with_dates, words_of
from hr_pipeline.text.phrases import Matcher, phrase, stream

Row = Mapping[str, Any]
Measured = dict[str, Any]  # {"task", "metric", "value", "rows"}
Bigram = tuple[str, str]

MATCHING, MATCHING_SWAPPED = "matching", "matching, swapped"
EXPLAINING, EXPLAINING_SWAPPED = "explaining", "explaining, swapped"
SETS = {"removed": (MATCHING, EXPLAINING), "swapped": (MATCHING_SWAPPED, EXPLAINING_SWAPPED)}
EXTRACTED = ("skills", "experiences")
KINDS = {"resume": "resumes", "job_description": "job descriptions"}
EDITED = ("skills", "experience")
ACCURACY, F1, PRECISION, ROUGE2, F_ADD = "accuracy", "f1", "precision", "rouge2", "f_add"


def extraction_task(what: str, kind: str) -> str:
    """The name of a part of extraction, e.g. of ("skills", "resume")."""
    return f"extraction of {what}, {KINDS[kind]}"


def editing_task(section: str) -> str:
    return f"editing of {section}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer to matching: `match` is None where it says neither; `reasons` are the items of the
    explanation, a skill or an experience each, in any words around it."""

    match: bool | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """An answer to extraction: items in the order of the answer."""

    skills: tuple[str, ...] = ()
    experiences: tuple[str, ...] = ()


def matching_metrics(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[Measured]:
    """Of rows of rjdb/matching: the paper's set (matches and removed), and that of matches and
    swapped, each with what it explains."""
    pairs = list(zip(rows, verdicts, strict=True))
    measured = []
    for kind, (matching, explaining) in SETS.items():
        negatives = [pair for pair in pairs if pair[0]["negative_kind"] == kind]
        if negatives:
            matches = [pair for pair in pairs if pair[0]["label"]]
            measured += _matching(matching, [*matches, *negatives])
            measured += _explaining(explaining, negatives)
    return measured


def _matching(task: str, pairs: Sequence[tuple[Row, Verdict]]) -> list[Measured]:
    """Accuracy, and F1 of "match". A verdict of neither is wrong: it lowers the accuracy, and the
    recall where the pair is a match."""
    counts = Counter((row["label"], verdict.match) for row, verdict in pairs)
    right = counts[True, True] + counts[False, False]
    said = counts[True, True] + counts[False, True]
    true = sum(n for (label, _), n in counts.items() if label)
    f1 = _ratio(2 * counts[True, True], said + true)
    return _rows(task, len(pairs), {ACCURACY: _ratio(right, len(pairs)), F1: f1})


def _explaining(task: str, pairs: Sequence[tuple[Row, Verdict]]) -> list[Measured]:
    """The accuracy is the paper's: the share of all planted changes that the explanations name.
    Beside it the precision, the share of the explanations' items that name one, since whoever
    names everything finds all. The reasons of a pair that is not called a mismatch speak for a
    match: they name none."""
    planted = found = items = telling = 0
    for row, verdict in pairs:
        changes = [*row["skills"], *row["experiences"]]
        reasons = verdict.reasons if verdict.match is False else ()
        named = [_named(changes, reason) for reason in reasons]
        planted += len(set(changes))
        found += len(set().union(*named))
        items += len(reasons)
        telling += sum(map(bool, named))
    shares = {ACCURACY: _ratio(found, planted), PRECISION: _ratio(telling, items)}
    return _rows(task, len(pairs), shares)


_BREAKS = re.compile(r"[,;.!?]")


def _named(names: Sequence[str], text: str) -> set[str]:
    """Which of the names stand in the text, as longest matches of normalised words."""
    phrases = {name: phrase(name) for name in names}
    loose = {phrases[name] for name in names if _BREAKS.search(name)}
    seen = Matcher(phrases.values(), loose=loose).found(stream(text))
    return {name for name in names if (phrases[name] in seen if phrases[name] else name in text)}


def extraction_metrics(rows: Sequence[Row], answers: Sequence[Extracted]) -> list[Measured]:
    """Of rows of rjdb/extraction: accuracy, the share of a document's items that the answer has,
    and F1 over its items, as means over documents. Items are equal when their normalised words are
    (years of a job are one word, however they are written). Where a document has nothing of a kind,
    an answer of nothing is worth 1, and any other 0."""
    pairs = list(zip(rows, answers, strict=True))
    measured = []
    for kind in KINDS:
        of_kind = [pair for pair in pairs if pair[0]["kind"] == kind]
        for what in EXTRACTED:
            shares = [_overlap(_keys(row[what]), _keys(getattr(a, what))) for row, a in of_kind]
            recalls, f1s = [recall for recall, _ in shares], [f1 for _, f1 in shares]
            means = {ACCURACY: _mean(recalls), F1: _mean(f1s)}
            measured += _rows(extraction_task(what, kind), len(of_kind), means)
    return measured


def _keys(items: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(filter(None, (item_key(item) for item in items)))


def item_key(item: str) -> tuple[str, ...]:
    """What two spellings of a skill or of an experience share: "Nurse (2014 to 2019)" is "nurses
    2014-2019"."""
    return tuple(words_of(with_dates(item))) or tuple(item.split())


def editing_metrics(rows: Sequence[Row], sections: Sequence[str]) -> list[Measured]:
    """Of rows of rjdb/editing: ROUGE-2 and F_add of each section, as means over rows."""
    measured = []
    for section in EDITED:
        of_section = [
            (text, row["target"], row["resume_unmatched"])
            for row, text in zip(rows, sections, strict=True)
            if row["section"] == section
        ]
        rouges = [rouge_2(text, target) for text, target, _ in of_section]
        means = {ROUGE2: _mean(rouges), F_ADD: _mean([f_add(*texts) for texts in of_section])}
        measured += _rows(editing_task(section), len(of_section), means)
    return measured


_WORD = re.compile(r"[^\W_]+")


def bigrams(text: str) -> list[Bigram]:
    """Pairs of neighbouring words, across lines and marks; a word is a run of letters and digits in
    folded case, neither stemmed nor left out."""
    return list(pairwise(_words(text)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def rouge_2(output: str, reference: str) -> float:
    """F1 on bigrams, each counted as often as it stands in both (Lin, 2004). Equal words are
    worth 1, also where there are too few for a bigram."""
    said, wanted = Counter(bigrams(output)), Counter(bigrams(reference))
    if not said and not wanted:
        return float(_words(output) == _words(reference))
    return _ratio(2 * (said & wanted).total(), said.total() + wanted.total())


def f_add(output: str, reference: str, unmatched: str) -> float:
    """F1 of what is added, on sets of bigrams (Xu et al., 2016): O output, R reference, U the whole
    unmatched resume; P = |O & R - U| / |O - U|, recall = |O & R - U| / |R - U|. The signal is no
    part of U. Where there is nothing to add, adding nothing is worth 1, and anything else 0."""
    known = set(bigrams(unmatched))
    return _overlap(set(bigrams(reference)) - known, set(bigrams(output)) - known)[1]


def _overlap(wanted: Set[Any], said: Set[Any]) -> tuple[float, float]:
    """Recall and F1 of what was said; both 1 where nothing was wanted and nothing said."""
    if not wanted and not said:
        return 1.0, 1.0
    both = len(wanted & said)
    return _ratio(both, len(wanted)), _ratio(2 * both, len(wanted) + len(said))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return _ratio(sum(values), len(values))


def _rows(task: str, rows: int, values: Mapping[str, float]) -> list[Measured]:
    return [
        {"task": task, "metric": metric, "value": round(value, 5), "rows": rows}
        for metric, value in values.items()
        if rows
    ]
