"""What needs no model: answers that a student must beat, from the train split and shared words.

A majority floor gives every row the commonest answer of the train split. A lexical floor compares
words, and looks for the names (skills, job titles, APIs) that the train split holds. None of them
sees a label of the rows that it answers, nor the sections of a document or how its items are
written: that is our own form, which other documents do not have. The one exception is editing,
where a section has to be given back.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median_low
from typing import Any

import numpy as np

from hr_pipeline.lake.picked import drawn
from hr_pipeline.quality.matchers import best_threshold, word_overlap
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.items import DURATION, SPAN, title_of
from hr_pipeline.text.dictionary import Dictionary
from hr_pipeline.text.phrases import Phrase, longest, phrase, stream
from hr_pipeline.tm_eval.careers import apis_key
from hr_pipeline.tm_eval.questions import ItemQuestion, is_familiar
from hr_pipeline.training.measures.metrics import EXTRACTED, KINDS, Extracted, Verdict

Row = Mapping[str, Any]
ApiSet = frozenset[str]
MOST_TRIPLES = 2_000  # of the train split that a threshold is found on


# -- matching and explaining (rows of rjdb/matching) -----------------------------------------


def majority_verdicts(train: Sequence[Row], rows: Sequence[Row]) -> list[Verdict]:
    """The commoner label of the paper's set, a match where both are equally common; no reasons."""
    labels = [row["label"] for row in train if row["negative_kind"] != "swapped"]
    return [Verdict(2 * sum(labels) >= len(labels))] * len(rows)


def lexical_verdicts(train: Sequence[Row], rows: Sequence[Row]) -> list[Verdict]:
    """A match where the resume has enough of the job description's words; enough is what is right
    most often in the paper's set of the train split. The reasons of a mismatch are the skills and
    job titles known from there that the job description names and the resume does not."""
    paper = [row for row in train if row["negative_kind"] != "swapped"]
    chosen = set(drawn({row["triple_id"] for row in paper}, MOST_TRIPLES, "training/floors"))
    learnt = [row for row in paper if row["triple_id"] in chosen]
    labels = np.array([row["label"] for row in learnt], bool)
    threshold = best_threshold(_overlaps(learnt), labels) if learnt else 0.0
    names = _Names(name for row in train for name in (*row["skills"], *row["experiences"]))
    verdicts = []
    for row, overlap in zip(rows, _overlaps(rows), strict=True):
        shown = set(names.within(row["resume"]))
        lacking = [name for name in names.within(row["job_description"]) if name not in shown]
        match = bool(overlap >= threshold)
        verdicts.append(Verdict(match, () if match else tuple(lacking)))
    return verdicts


def _overlaps(rows: Sequence[Row]) -> np.ndarray:
    return np.array([word_overlap(row["job_description"], row["resume"]) for row in rows], float)


# -- extraction (rows of rjdb/extraction) ----------------------------------------------------


def majority_extractions(train: Sequence[Row], rows: Sequence[Row]) -> list[Extracted]:
    """As many of the commonest items of a kind of document as the median document has."""
    commonest = {}
    for kind in KINDS:
        of_kind = [row for row in train if row["kind"] == kind]
        held = [_commonest([row[what] for row in of_kind]) for what in EXTRACTED]
        commonest[kind] = Extracted(*held)
    return [commonest[row["kind"]] for row in rows]


def lexical_extractions(train: Sequence[Row], rows: Sequence[Row]) -> list[Extracted]:
    """Skills known from the train split that the text names; and, of each line that tells of years,
    what stands beside them."""
    skills = _Names(skill for row in train for skill in row["skills"])
    answers = []
    for row in rows:
        jobs = (job_told(line, row["kind"]) for line in row["text"].splitlines())
        answers.append(Extracted(tuple(skills.within(row["text"])), tuple(filter(None, jobs))))
    return answers


_AS = re.compile(r".*\bas\s+(?:an?\s+|the\s+)?", re.I)


def job_told(line: str, kind: str) -> str:
    """The job of a line, as "Nurse (2014 - 2019)" or "Nurse (5 years)"; "" for one without years.

    In a resume its title is what comes before the last span of years, else after; in a job
    description what comes after the last number of years, else before, and there after "as a"."""
    found = [*(SPAN if kind == "resume" else DURATION).finditer(line)]
    if not found:
        return ""
    years = found[-1]
    before, after = title_of(line[: years.start()]), title_of(line[years.end() :].rstrip(" ."))
    title = before or after if kind == "resume" else _AS.sub("", after) or _AS.sub("", before)
    return f"{title} ({years[0]})" if title else ""


# -- editing (rows of rjdb/editing) ----------------------------------------------------------


def lexical_sections(rows: Sequence[Row]) -> list[str]:
    """The section of the unmatched resume as it is, then what it lacks, one a line."""
    return [
        "\n".join(
            [sections(row["resume_unmatched"], "resume").get(row["section"], ""), *row["signal"]]
        )
        for row in rows
    ]


# -- APIs of a job (rows of jaqa/pairs) ------------------------------------------------------


def majority_apis(train: Sequence[Row], rows: Sequence[Row]) -> list[ApiSet]:
    """As many of the commonest APIs as the median pair of the train split has."""
    return [frozenset(_commonest([[*apis_key(row["apis"])] for row in train]))] * len(rows)


def lexical_apis(train: Sequence[Row], rows: Sequence[Row]) -> list[ApiSet]:
    """The APIs of the skills that the question names: those that all pairs of the train split with
    such a skill have."""
    of_skill: dict[Phrase, ApiSet] = {}
    for row in train:
        apis = apis_key(row["apis"])
        for skill in map(phrase, row["skills"]):
            of_skill[skill] = of_skill.get(skill, apis) & apis
    skills = _Names(skill for row in train for skill in row["skills"])
    return [
        frozenset[str]().union(*(of_skill[phrase(s)] for s in skills.within(row["question"])))
        for row in rows
    ]


# -- what comes next (rows of tm_eval/items) -------------------------------------------------


def majority_next(items: Sequence[Row]) -> list[bool | None]:
    """Yes throughout: half of the items of a task are."""
    return [True] * len(items)


def lexical_next(items: Sequence[Row]) -> list[bool | None]:
    """Yes where something of the target was there before."""
    return [is_familiar(ItemQuestion.of(item)) for item in items]


# -- what they share -------------------------------------------------------------------------


def _commonest(answers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Of lists of items the commonest items, as many as the median list has; of equally common ones
    the first of the alphabet."""
    if not answers:
        return ()
    counts = Counter(item for items in answers for item in set(items))
    ranked = sorted(counts, key=lambda item: (-counts[item], item))
    return tuple(ranked[: median_low([len(items) for items in answers])])


class _Names:
    """Finds names in texts as longest matches of normalised words, the first spelling of each."""

    def __init__(self, names: Iterable[str]) -> None:
        self._spelt: dict[Phrase, str] = {}
        for name in dict.fromkeys(names):
            self._spelt.setdefault(phrase(name), name)
        self._dictionary = Dictionary(self._spelt)

    def within(self, text: str) -> list[str]:
        """The names in the text, each once, in the order of the text."""
        hits = longest(self._dictionary.hits(stream(text)))
        return list(dict.fromkeys(self._spelt[found] for _, _, found in hits))
