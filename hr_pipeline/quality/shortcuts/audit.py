"""The shortcut audit: how far baselines come that do not read (RJDB 4), and the floor they set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.intervals import wilson
from hr_pipeline.quality.matchers import LONGER_TEXT, MORE_SKILLS, baselines, best_threshold
from hr_pipeline.quality.shortcuts.corpus import NEGATIVES, Fold, Pairs

GOAL = "40% to 60%"  # below, the opposite rule is the shortcut
GOAL_RULES = (LONGER_TEXT, MORE_SKILLS)
FEWEST = 100  # triples from which on such a goal can be told from chance


@dataclass(frozen=True, slots=True)
class Floor:
    """The best score of a setting that needs no reading; the AUC is of pairs."""

    rule: str
    accuracy: float
    auc: float | None

    def beside(self, accuracy: float) -> str:
        """How a model's accuracy is printed: "93.1% (floor 90.1%, word overlap; +3.0 points)"."""
        above = 100 * (accuracy - self.accuracy)
        return f"{accuracy:.1%} (floor {self.accuracy:.1%}, {self.rule}; {above:+.1f} points)"


def floors(table: pa.Table) -> dict[tuple[str, str, str], Floor]:
    """The floor of each (corpus, kind of negative, setting) of quality/shortcuts."""
    return {
        (row["corpus"], row["negative_kind"], row["setting"]): Floor(
            row["rule"], row["accuracy"], row["auc"]
        )
        for row in table.to_pylist()
        if row["floor"]
    }


def audit(corpus: str, folds: Sequence[Fold]) -> list[dict[str, Any]]:
    """Rows of quality/shortcuts of one corpus; a kind of negative that some lack is left out."""
    rows: list[dict[str, Any]] = []
    for negative, column in NEGATIVES.items():
        whole = all(row[column] is not None for f in folds for row in (*f.train, *f.dev, *f.test))
        if folds and whole:
            found = [
                rows_of_rule
                for place in range(len(baselines()))
                for rows_of_rule in _judged(place, folds, negative)
            ]
            for setting in ("triple", "pair"):
                of_setting = [row for row in found if row["setting"] == setting]
                best = max(of_setting, key=lambda row: (row["accuracy"], row["auc"] or 0))
                best["floor"] = True
            rows += [{"corpus": corpus, "negative_kind": negative} | row for row in found]
    return [row | _goal(row) for row in rows]


def _judged(place: int, folds: Sequence[Fold], negative: str) -> list[dict[str, Any]]:
    """One baseline in both settings. A match and its negative are judged together, so intervals
    count triples and not pairs."""
    picked, right, areas = [], [], []
    for fold in folds:
        rule = baselines()[place]
        train, dev, test = (Pairs.of(rows, negative) for rows in (fold.train, fold.dev, fold.test))
        rule.fit(train.job_descriptions, train.resumes, train.labels)
        threshold = best_threshold(rule.scores(dev.job_descriptions, dev.resumes), dev.labels)
        scores = rule.scores(test.job_descriptions, test.resumes)
        picked.append(preference(scores[::2], scores[1::2]))
        right.append(((scores >= threshold) == test.labels).reshape(-1, 2).mean(axis=1))
        areas.append(area_under_curve(scores[::2], scores[1::2]))
    n = [len(part) for part in picked]
    area = round(float(np.average(areas, weights=n)), 5)
    rows = []
    for setting, parts, auc in (("triple", picked, None), ("pair", right, area)):
        share = float(np.concatenate(parts).mean())
        low, high = wilson(share, sum(n))
        rows.append(
            {
                "setting": setting,
                "rule": rule.name,
                "accuracy": round(share, 5),
                "auc": auc,
                "ci_low": low,
                "ci_high": high,
                "n": sum(n) * (1 if setting == "triple" else 2),
                "floor": False,
            }
        )
    return rows


def _goal(row: dict[str, Any]) -> dict[str, Any]:
    """Length and counts must say nothing of our swapped resumes."""
    if (row["corpus"], row["negative_kind"]) != ("ours", "swapped"):
        return {"goal": None, "passed": None}
    if row["rule"] not in GOAL_RULES:
        return {"goal": None, "passed": None}
    triples = row["n"] if row["setting"] == "triple" else row["n"] // 2
    passed = 0.4 <= row["accuracy"] <= 0.6 if triples >= FEWEST else None
    return {"goal": GOAL, "passed": passed}


def preference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """1 where the first score is the higher, 0 where the second is, half where they are equal."""
    return (first > second) + (first == second) / 2


def area_under_curve(matches: np.ndarray, others: np.ndarray) -> float:
    """Chance that a match scores above a negative of any triple, ties as half."""
    held = np.sort(others)
    below = np.searchsorted(held, matches, "left") + np.searchsorted(held, matches, "right")
    return float(below.mean() / (2 * len(held)))
