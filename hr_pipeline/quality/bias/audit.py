"""What a matcher makes of names: scores of twins, and tables as New York's Local Law 144 asks for.

Every resume is scored under a name of each (gender, group); nothing else differs between twins. The
measures of a group g of an attribute, over all applications and over the cells of g:

- selection rate: share of scores at or above the matcher's threshold;
- scoring rate: share of scores above the median of all scores in the table;
- impact ratio, scoring impact ratio: that rate over that of the group with the highest one, of
  those that are not left out;
- flip rate: chance that a name of another group in place of one of g changes the decision;
- selection shift, score shift: rate or mean score of g's twins less that of other groups' twins of
  the same applications.

Intervals (95%) are of a bootstrap over triples, whose resumes belong together; the median stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import rng
from hr_pipeline.quality.bias.applications import Applications, Cells
from hr_pipeline.quality.bias.people import UNKNOWN
from hr_pipeline.rjdb.names import GENDERS

LEAST_SHARE = 0.02  # groups below may be left out of impact ratios (6 RCNY 5-301)
REPLICATES = 1_000
BOTH = "gender x name_group"
RATIOS = {"selection rate": "impact ratio", "scoring rate": "scoring impact ratio"}
Scorer = Callable[[Sequence[str], Sequence[str]], np.ndarray]
Row = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """Scores of n applications: under their own names (n), and of twins (n, genders, groups)."""

    written: np.ndarray
    twins: np.ndarray


def score(applications: Applications, cells: Cells, scorer: Scorer, seed: int) -> Scored:
    """Scores all texts in one call; without applications, none. Raises InputError where a matcher
    does not give a finite score for each."""
    if not len(applications):
        return Scored(np.zeros(0), np.zeros((0, len(GENDERS), len(cells.groups))))
    texts = [*applications.resumes]
    for twins in applications.twins(cells, seed):
        texts += twins
    times = 1 + len(cells.names)
    scores = np.asarray(scorer(applications.job_descriptions * times, texts), float)
    if scores.shape != (len(texts),) or not np.isfinite(scores).all():
        raise InputError(
            f"gives {scores.shape} scores, or some that are no numbers, for {len(texts)} pairs",
            "matcher",
            "let scores() return one finite number a pair",
        )
    n = len(applications)
    scores = scores.round(5)
    return Scored(scores[:n], scores[n:].reshape(-1, n).T.reshape(n, len(GENDERS), -1))


def audit(
    matcher: str,
    applications: Applications,
    cells: Cells,
    scored: Scored,
    threshold: float,
    seed: int,
) -> list[Row]:
    """Rows of quality/bias for one matcher; empty without applications."""
    if not len(applications):
        return []
    triples = np.unique(applications.triple, return_inverse=True)[1]
    weights = bootstrap_weights(int(triples.max()) + 1, seed)
    rows = []
    for names, attribute, groups, sums, applied in (
        *_swapped(cells, scored, threshold),
        *_as_written(applications, cells, scored, threshold),
    ):
        table = _Table(groups, _by_triple(applied, triples), weights)
        found = table.rows({name: _by_triple(held, triples) for name, held in sums.items()})
        rows += [
            {"matcher": matcher, "names": names, "attribute": attribute} | row for row in found
        ]
    return rows


def bootstrap_weights(triples: int, seed: int) -> np.ndarray:
    """(replicates, triples): how often each triple is drawn."""
    draw = rng(seed, "quality/bias/bootstrap", triples)
    return draw.multinomial(triples, np.full(triples, 1 / triples), REPLICATES).astype(float)


def _by_triple(values: np.ndarray, triples: np.ndarray) -> np.ndarray:
    """Sums (triples, groups) of values (applications, groups)."""
    sums = np.zeros((int(triples.max()) + 1, values.shape[1]))
    np.add.at(sums, triples, values)
    return sums


# -- sums per application and group ----------------------------------------------------------

_Sums = tuple[str, str, list[str], dict[str, np.ndarray], np.ndarray]


def _swapped(cells: Cells, scored: Scored, threshold: float) -> list[_Sums]:
    """Tables of the twins: every group has every application."""
    twins, middle = scored.twins, np.median(scored.twins)
    both = [f"{gender}, {group}" for gender in GENDERS for group in cells.groups]
    shapes = {  # (applications, values of the attribute, the rest)
        "gender": (list(GENDERS), twins),
        "name_group": (list(cells.groups), twins.transpose(0, 2, 1)),
        BOTH: (both, twins.reshape(len(twins), -1, 1)),
    }
    tables = []
    for attribute, (groups, scores) in shapes.items():
        selected = (scores >= threshold).astype(float)
        others = max(len(groups) - 1, 1)
        chosen = selected.sum(axis=1, keepdims=True)
        differing = np.where(selected > 0, len(groups) - chosen, chosen) / others
        sums = {
            "selection rate": selected.sum(axis=2),
            "scoring rate": (scores > middle).sum(axis=2).astype(float),
            "flip rate": differing.sum(axis=2),
            "selection shift": _shift(selected),
            "score shift": _shift(scores),
        }
        applied = np.full((len(twins), len(groups)), float(scores.shape[2]))
        tables.append(("swapped", attribute, groups, sums, applied))
    return tables


def _shift(values: np.ndarray) -> np.ndarray:
    """Values (applications, groups, rest) less the mean of the other groups, rest summed."""
    others = max(values.shape[1] - 1, 1)
    elsewhere = (values.sum(axis=1, keepdims=True) - values) / others
    return (values - elsewhere).sum(axis=2)


def _as_written(
    applications: Applications, cells: Cells, scored: Scored, threshold: float
) -> list[_Sums]:
    """Tables of the resumes as they are: each group has its own applicants, some are unknown."""
    written, middle = scored.written, np.median(scored.written)
    genders, groups = np.array(applications.genders), np.array(applications.groups)
    known = (genders != UNKNOWN) & (groups != UNKNOWN)
    both = np.where(known, np.char.add(np.char.add(genders, ", "), groups), UNKNOWN)
    tables = []
    for attribute, values in (("gender", genders), ("name_group", groups), (BOTH, both)):
        names = sorted(set(values.tolist()) - {UNKNOWN}) + [UNKNOWN]
        applied = (values[:, None] == np.array(names)[None, :]).astype(float)
        sums = {
            "selection rate": applied * (written >= threshold)[:, None],
            "scoring rate": applied * (written > middle)[:, None],
        }
        tables.append(("as written", attribute, names, sums, applied))
    return tables


# -- rates, ratios, intervals ----------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """Figures of one table: `applied` (triples, groups) counts applications."""

    groups: list[str]
    applied: np.ndarray
    weights: np.ndarray

    def rows(self, sums: dict[str, np.ndarray]) -> list[Row]:
        counts = self.applied.sum(axis=0)
        known = np.array([group != UNKNOWN for group in self.groups])
        share = counts / max(counts[known].sum(), 1)
        left_out = known & (share < LEAST_SHARE)
        in_ratios = known & ~left_out
        found: dict[str, np.ndarray] = {}  # (1 + replicates, groups): the figure, then replicates
        for name, held in sums.items():
            rate = found[name] = self._rate(held)
            if ratio := RATIOS.get(name):
                highest = int(np.nanargmax(np.where(in_ratios & (counts > 0), rate[0], -1)))
                found[ratio] = np.where(in_ratios, _over(rate, rate[:, [highest]]), np.nan)
        rows = [
            self._row(group, name, figures[:, i], counts[i], left_out[i])
            for i, group in enumerate(self.groups)
            for name, figures in found.items()
        ]
        for i, group in enumerate(self.groups):
            shown = counts[i] / max(counts.sum(), 1)
            rows.append(self._row(group, "share", np.array([shown]), counts[i], left_out[i]))
        return rows + self._over_all(found, sums, counts.sum())

    def _rate(self, held: np.ndarray) -> np.ndarray:
        applied = np.vstack([self.applied.sum(axis=0), self.weights @ self.applied])
        return _over(np.vstack([held.sum(axis=0), self.weights @ held]), applied)

    def _over_all(
        self, found: dict[str, np.ndarray], sums: dict[str, np.ndarray], n: float
    ) -> list[Row]:
        """Rates over all applications, and the lowest impact ratios."""
        rows = []
        applied = np.vstack(
            [self.applied.sum(), (self.weights @ self.applied).sum(axis=1)[:, None]]
        )
        for name in sums:
            if not name.endswith("shift"):
                held = sums[name].sum(axis=1, keepdims=True)
                whole = _over(np.vstack([held.sum(axis=0), self.weights @ held]), applied)
                rows.append(self._row("all", name, whole[:, 0], n, False))
        for ratio in RATIOS.values():
            held = found[ratio][:, ~np.isnan(found[ratio][0])]
            if held.shape[1]:
                lowest = held[:, held[0].argmin()]
                rows.append(self._row("all", f"lowest {ratio}", lowest, n, False))
        return rows

    def _row(self, group: str, name: str, figures: np.ndarray, n: float, left_out: bool) -> Row:
        """`figures`: the value, then its replicates; NaN where a group has no applicant."""
        value, replicates = figures[0], figures[1:][~np.isnan(figures[1:])]
        low = high = None
        if len(replicates) and not np.isnan(value):
            low, high = (round(float(q), 5) for q in np.quantile(replicates, (0.025, 0.975)))
        return {
            "group": group,
            "measure": name,
            "value": None if np.isnan(value) else round(float(value), 5),
            "ci_low": low,
            "ci_high": high,
            "n": int(n),
            "left_out": bool(left_out),
        }


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotient; NaN over nothing."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.divide(above, below, out=np.full(shape, np.nan), where=below > 0)
