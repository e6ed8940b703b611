"""Labelled names for the taxonomy benchmark: what is asked, what is right, which half it is in."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.taxonomy.concepts import Concepts, bare, form_of
from hr_pipeline.taxonomy.signals import Index
from hr_pipeline.taxonomy.sureness import Sureness

TARGET = 0.92  # precision at the threshold on the first half: two points above what is promised
FEWEST = 20  # links that a threshold must stand on
LEFT_OUT = 5  # one of so many O*NET titles is left out of the index


@dataclass(frozen=True)
class Trial:
    """Distinct names (by their form) and the concepts that are right for each; `first_half` is
    drawn from the form, so that no name is in both. `partial`: the labels are of a part of the
    taxonomy only, and say nothing about a concept that they never name."""

    names: list[str]
    right: list[frozenset[int]]
    partial: bool = False

    @property
    def first_half(self) -> np.ndarray:
        forms = map(form_of, self.names)
        return np.array([draw_integer(0, "taxonomy/half", form, 2) == 0 for form in forms])


@dataclass(frozen=True)
class Outcome:
    """The best concept's signals, whether it is right, and whether the labels could say so."""

    values: np.ndarray
    right: np.ndarray
    judged: np.ndarray
    first_half: np.ndarray


def trial_of(pairs: Iterable[tuple[str, frozenset[int]]], partial: bool = False) -> Trial:
    """One entry per form, right for what any of its entries says."""
    shown: dict[str, str] = {}
    right: dict[str, frozenset[int]] = defaultdict(frozenset)
    for name, concepts in pairs:
        form = form_of(name)
        if form:
            shown.setdefault(form, name)
            right[form] |= concepts
    forms = sorted(shown)
    return Trial([shown[form] for form in forms], [right[form] for form in forms], partial)


def run(index: Index, trial: Trial) -> Outcome:
    found = index.signals(trial.names)
    named: frozenset[int] = frozenset().union(*trial.right)
    concepts = found.concept.tolist()
    return Outcome(
        found.values,
        np.array([c in right for c, right in zip(concepts, trial.right, strict=True)]),
        np.array([not trial.partial or c in named for c in concepts]),
        trial.first_half,
    )


def all_counted(outcome: Outcome) -> Outcome:
    """The same with every name judged: people could choose any concept, or none."""
    return replace(outcome, judged=np.ones_like(outcome.judged))


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    parts = list(outcomes)
    return Outcome(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.judged for part in parts]),
        np.concatenate([part.first_half for part in parts]),
    )


def fitted(learned: Outcome, chosen: Outcome) -> Sureness:
    """Coefficients from the first half of `learned`, the threshold from the first half of `chosen`;
    a name that the labels cannot judge counts in neither."""
    from sklearn.linear_model import LogisticRegression

    take = learned.first_half & learned.judged
    spread = learned.values[take].std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(max_iter=5_000)
    model.fit(learned.values[take] / spread, learned.right[take])
    weights = tuple(round(float(w), 4) for w in model.coef_[0] / spread)
    draft = Sureness(weights, round(float(model.intercept_[0]), 4), 0.0)
    count = chosen.first_half & chosen.judged
    scores, right = draft.probability(chosen.values[count]), chosen.right[count]
    return Sureness(weights, draft.constant, threshold_for(TARGET, scores, right))


def threshold_for(target: float, scores: np.ndarray, right: np.ndarray) -> float:
    """The lowest score from which on so many are right; above 1 where there is none."""
    order = np.argsort(-scores, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_its_score = np.append(np.diff(scores[order]) != 0, True)
    fit = np.flatnonzero((precision >= target) & last_of_its_score)
    fit = fit[fit >= FEWEST - 1]
    return float(scores[order][fit[-1]]) if len(fit) else 1.1


def esco_titles(path: Path, occupations: Concepts) -> Trial:
    places = {uri: place for place, uri in enumerate(occupations.uris)}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["vacancyTitle"], row["conceptUri"]) for row in csv.DictReader(file)]
    pairs = ((title, frozenset({places[uri]} if uri in places else ())) for title, uri in rows)
    return trial_of(pairs, partial=True)


def skill_spans(folder: Path, skills: Concepts) -> Trial:
    """Spans of advertisements; one without an ESCO skill has no right concept."""
    places = {label.casefold(): place for place, label in enumerate(skills.shown)}
    pairs = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                place = places.get(row["label"].casefold())
                concepts = frozenset(() if place is None else {place})
                pairs.append((row["sub_span"] or row["span"], concepts))
    return trial_of(pairs, partial=True)


def left_out_titles(titles: Concepts) -> tuple[Concepts, Trial]:
    """The index without a fifth of the other titles, and those as a trial."""
    forms = [name.form for name in titles.names]
    drawn = [draw_integer(0, "taxonomy/left out", form, LEFT_OUT) == 0 for form in forms]
    left = np.array(drawn) & ~titles.preferred
    labels = (
        (bare(titles.labels[i]), frozenset({int(titles.owner[i])})) for i in np.flatnonzero(left)
    )
    return titles.without(left), trial_of(labels)


def direct_match(direct: Concepts, titles: Concepts) -> Trial:
    """The SOC direct match titles, right where the O*NET-SOC code is of their SOC code."""
    of_code: dict[str, set[int]] = defaultdict(set)
    for place, uri in enumerate(titles.uris):
        of_code[uri[:7]].add(place)
    owners = direct.owner.tolist()
    return trial_of(
        (label, frozenset(of_code[direct.uris[owner]]))
        for label, owner in zip(direct.labels, owners, strict=True)
    )
