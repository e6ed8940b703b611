"""What scores pairs of a job description and a resume: one interface, and simple baselines.

A matcher learns from train, its threshold is found on dev, and test is only scored. The baselines
are what a model must beat: rules of length and count, shared words, and linear models on words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.items import SPAN, end_year, items
from hr_pipeline.text.phrases import tokens

Texts = Sequence[str]
LONGER_TEXT = "longer text"
MORE_SKILLS = "more skills listed"


class Matcher(Protocol):
    """Scores pairs; of two resumes for one job the higher score is the better match."""

    @property
    def name(self) -> str:
        """What tables and pages call it."""

    def fit(self, job_descriptions: Texts, resumes: Texts, labels: np.ndarray) -> None:
        """Learns from n pairs and their labels (bool, n); rules that learn nothing do nothing."""

    def scores(self, job_descriptions: Texts, resumes: Texts) -> np.ndarray:
        """float64 of n, rounded to 1e-5: higher is a better match."""


def baselines() -> tuple[Matcher, ...]:
    """Fresh baselines, not fitted: what needs no reading, from crude to learnt."""
    return (
        Rule(LONGER_TEXT, lambda _, resume: len(resume.split())),
        Rule(MORE_SKILLS, lambda _, resume: skills_listed(resume)),
        Rule("more years", lambda _, resume: years_worked(resume)),
        Rule("word overlap", word_overlap),
        TfidfCosine(),
        PairRegression(),
        ResumeRegression(),
    )


def best_threshold(scores: np.ndarray, labels: np.ndarray) -> float:
    """The score from which on a pair is called a match so that most of these pairs are right.

    Half-way between two scores that occur; of equally good places the lowest. Find it on train or
    dev, never on test.
    """
    order = np.argsort(scores, kind="stable")
    held, matches = scores[order], np.asarray(labels, bool)[order]
    ends = np.flatnonzero(np.append(np.diff(held) > 0, True)) + 1  # pairs below each place
    places = np.append(0, ends)
    right = np.append(0, np.cumsum(~matches))[places] + matches.sum()
    right -= np.append(0, np.cumsum(matches))[places]
    best = places[np.argmax(right)]
    if best in (0, len(held)):
        return float(held[0]) if best == 0 else float(np.nextafter(held[-1], np.inf))
    return float((held[best - 1] + held[best]) / 2)


# -- rules ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """A figure of a pair, read off without learning."""

    name: str
    of_pair: Callable[[str, str], float]

    def fit(self, job_descriptions: Texts, resumes: Texts, labels: np.ndarray) -> None:
        """Nothing to learn."""

    def scores(self, job_descriptions: Texts, resumes: Texts) -> np.ndarray:
        pairs = zip(job_descriptions, resumes, strict=True)
        return np.array([self.of_pair(*pair) for pair in pairs], float).round(5)


def skills_listed(resume: str) -> int:
    """Items of the Skills section, bulleted or between commas: a count that needs no plan."""
    return len(items(sections(resume, "resume").get("skills", "")))


def years_worked(resume: str) -> int:
    """Sum of the spans of years in the Experience section; an open one counts nothing."""
    spans = SPAN.finditer(sections(resume, "resume").get("experience", ""))
    return sum((end_year(span) or int(span["start"])) - int(span["start"]) for span in spans)


def word_overlap(job_description: str, resume: str) -> float:
    """Share of the different words of the job description that the resume has too."""
    asked = set(_words(job_description))
    return len(asked.intersection(_words(resume))) / len(asked) if asked else 0.0


@lru_cache(maxsize=1 << 15)  # about 100 MB; baselines read the same texts one after the other
def _words(text: str) -> tuple[str, ...]:
    return tuple(tokens(text))


# -- words weighed -------------------------------------------------------------------------


class TfidfCosine:
    """Cosine of TF-IDF vectors of normalised words; their weights come from the fitted texts."""

    name = "TF-IDF cosine"

    def __init__(self) -> None:
        self._words = WordVectors()

    def fit(self, job_descriptions: Texts, resumes: Texts, labels: np.ndarray) -> None:
        self._words.fit([*job_descriptions, *resumes])

    def scores(self, job_descriptions: Texts, resumes: Texts) -> np.ndarray:
        asked, shown = self._words.of(job_descriptions), self._words.of(resumes)
        return np.asarray(asked.multiply(shown).sum(axis=1), float).ravel().round(5)


class PairRegression:
    """Logistic regression on a pair: its cosine, and per word the product and the difference."""

    name = "TF-IDF + logistic regression"

    def __init__(self) -> None:
        self._words, self._model = WordVectors(), _regression()

    def fit(self, job_descriptions: Texts, resumes: Texts, labels: np.ndarray) -> None:
        self._words.fit([*job_descriptions, *resumes])
        self._model.fit(self._features(job_descriptions, resumes), labels)

    def scores(self, job_descriptions: Texts, resumes: Texts) -> np.ndarray:
        features = self._features(job_descriptions, resumes)
        return np.asarray(self._model.decision_function(features), float).round(5)

    def _features(self, job_descriptions: Texts, resumes: Texts) -> Any:
        from scipy.sparse import csr_matrix, hstack

        asked, shown = self._words.of(job_descriptions), self._words.of(resumes)
        product = asked.multiply(shown).tocsr()
        cosine = csr_matrix(np.asarray(product.sum(axis=1)).reshape(-1, 1))
        return hstack([cosine, product, abs(asked - shown)], format="csr")


class ResumeRegression:
    """Logistic regression on the resume alone: whatever it finds is an artefact of the writing."""

    name = "resume alone + logistic regression"

    def __init__(self) -> None:
        self._words, self._model = WordVectors(), _regression()

    def fit(self, job_descriptions: Texts, resumes: Texts, labels: np.ndarray) -> None:
        self._words.fit(resumes)
        self._model.fit(self._words.of(resumes), labels)

    def scores(self, job_descriptions: Texts, resumes: Texts) -> np.ndarray:
        vectors = self._words.of(resumes)
        return np.asarray(self._model.decision_function(vectors), float).round(5)


@dataclass(slots=True)
class WordVectors:
    """Unit TF-IDF vectors of normalised words (sparse); a text that repeats is read once. Where no
    text to fit on holds a word, all vectors are empty."""

    _model: Any = field(default_factory=lambda: _vectoriser())

    def fit(self, texts: Texts) -> None:
        told = any(_words(text) for text in texts)
        self._model.fit(dict.fromkeys(texts) if told else ["nothing"])

    def of(self, texts: Texts) -> Any:
        place = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        return self._model.transform(place)[[place[text] for text in texts]]


def _vectoriser() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=_words, sublinear_tf=True)


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="liblinear", C=10.0)
