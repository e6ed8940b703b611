"""Judgements by document, criterion, teacher and writing mode, and what the judge is worth.

Means are those of the RJDB paper's Figure 2. The worth of a judge is the AUC by which it ranks
corrupted twins below originals: 0.5 for one that does not read, 1 for one that sees all. Where
originals have faults of their own, the AUC in pairs (a twin against its own original) is the fair
one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from hr_pipeline.lake.rng import rng
from hr_pipeline.quality.judges.judging import ORIGINAL
from hr_pipeline.rjdb.contexts import DOCUMENTS

LEAST_AUC = 0.9  # of the template judge
MEAN, AUC, IN_PAIRS = "mean score", "AUC", "AUC in pairs"
RESAMPLES = 1_000
Row = dict[str, Any]
Scores = dict[str, dict[str, float]]  # corruption -> triple -> score
_GROUP = ("corpus", "document", "criterion", "teacher", "writing_mode", "judge")
_MODE_NOT_SAID = "not said"


def judge_rows(judgements: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Rows of quality/judges from rows of quality/judgements: the mean score of originals and of
    each kind of twin, and the AUC of each kind of twin against the originals."""
    groups: dict[tuple[str, ...], Scores] = defaultdict(lambda: defaultdict(dict))
    for row in judgements:
        known = dict(row) | {
            "document": DOCUMENTS[row["document"]].kind,
            "writing_mode": row["writing_mode"] or _MODE_NOT_SAID,
        }
        group = tuple(known[name] for name in _GROUP)
        groups[group][row["corruption"]][row["triple_id"]] = row["score"]
    rows: list[Row] = []
    for group, scores in sorted(groups.items()):
        facts = dict(zip(_GROUP, group, strict=True))
        for measure, value, low, high, n in _measures(scores, "/".join(group)):
            figures = {"value": value, "ci_low": low, "ci_high": high, "n": n}
            rows.append(facts | {"measure": measure} | figures)
    return rows


def _measures(
    scores: Scores, key: str
) -> Iterable[tuple[str, float, float | None, float | None, int]]:
    """(measure, value, low, high, n), originals first."""
    for corruption in sorted(scores, key=lambda name: (name != ORIGINAL, name)):
        name = MEAN if corruption == ORIGINAL else f"{MEAN}, {corruption}"
        yield (name, *mean_of(list(scores[corruption].values())))
    originals = scores.get(ORIGINAL, {})
    for corruption in sorted(set(scores) - {ORIGINAL}):
        for measure, auc in ((AUC, auc_of), (IN_PAIRS, auc_in_pairs)):
            draws = rng(0, measure, f"{key}/{corruption}")
            if found := auc(originals, scores[corruption], draws):
                yield (f"{measure}, {corruption}", *found)


def mean_of(scores: list[float]) -> tuple[float, float | None, float | None, int]:
    """Mean, the ends of its 95% interval (Student's t; None for a single score), and n."""
    from scipy import stats

    n, mean = len(scores), float(np.mean(scores))
    if n < 2:
        return round(mean, 5), None, None, n
    half = float(stats.t.ppf(0.975, n - 1)) * float(np.std(scores, ddof=1)) / n**0.5
    return round(mean, 5), round(mean - half, 5), round(mean + half, 5), n


Auc = tuple[float, float, float, int]


def auc_of(
    originals: Mapping[str, float], twins: Mapping[str, float], draws: np.random.Generator
) -> Auc | None:
    """Chance that a drawn original has a higher score than a drawn twin (a tie counts half), its
    95% interval by resampling triples, and the number of twins; None where one side is empty. Keys
    are triples: an original and its twin are drawn together."""
    if not originals or not twins:
        return None
    keys, values = sorted({*originals, *twins}), np.unique([*originals.values(), *twins.values()])
    sides = []
    for side in (originals, twins):
        there = np.array([at for at, key in enumerate(keys) if key in side])
        sides.append((there, np.searchsorted(values, [side[keys[at]] for at in there])))

    def auc(counts: np.ndarray) -> float:
        """Of a sample that holds each triple so many times, from how often each value stands."""
        up, down = (np.bincount(place, counts[there], len(values)) for there, place in sides)
        pairs = up.sum() * down.sum()
        return float(down @ (up.sum() - np.cumsum(up) + up / 2) / pairs) if pairs else float("nan")

    resampled = [auc(counts) for counts in _resamples(len(keys), draws)]
    return _with_interval(auc(np.ones(len(keys))), resampled, len(twins))


def auc_in_pairs(
    originals: Mapping[str, float], twins: Mapping[str, float], draws: np.random.Generator
) -> Auc | None:
    """The same of each twin against its own original."""
    keys = sorted(set(originals) & set(twins))
    if not keys:
        return None
    wins = np.array([0.5 + 0.5 * np.sign(originals[key] - twins[key]) for key in keys])
    resampled = [float(counts @ wins) / len(keys) for counts in _resamples(len(keys), draws)]
    return _with_interval(float(wins.mean()), resampled, len(keys))


def _resamples(n: int, draws: np.random.Generator) -> Iterator[np.ndarray]:
    """How often each of n things is drawn, resample by resample."""
    for _ in range(RESAMPLES):
        yield np.bincount(draws.integers(n, size=n), minlength=n).astype(float)


def _with_interval(auc: float, resampled: list[float], n: int) -> Auc:
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    return round(auc, 5), round(float(low), 5), round(float(high), 5), n


def weak_spots(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The corruptions of our own triples that the judge ranks with an AUC below 0.9, by name."""
    return {
        f"{row['document']}, {row['criterion']}, {row['measure']}": row["value"]
        for row in rows
        if row["corpus"] == "ours"
        and row["measure"].startswith(f"{AUC}, ")
        and row["value"] < LEAST_AUC
    }
