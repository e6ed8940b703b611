"""How what was written hangs together with gender and group: effect sizes, intervals, p values.

All p values of a corpus are corrected together (Holm), so that one in a hundred sound builds fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SIGNIFICANT = 0.01  # family-wise
RARE = 50  # words in fewer documents are not tested: their expected counts are too small


def codes(values: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The different values in order, and the place of each row's value among them."""
    names, places = np.unique(np.array(values), return_inverse=True)
    return names.tolist(), places


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of a group less that of the others in pooled standard deviations, with 95% interval."""

    d: float
    low: float
    high: float
    n: int


def standardised_difference(values: np.ndarray, inside: np.ndarray) -> Difference | None:
    """Cohen's d of the rows `inside` (bool) against the others; None without spread or a side."""
    a, b = values[inside].astype(float), values[~inside].astype(float)
    if min(len(a), len(b)) < 2:
        return None
    freedom = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    if pooled == 0:
        return None
    d = float((a.mean() - b.mean()) / pooled)
    error = float(np.sqrt(1 / len(a) + 1 / len(b) + d * d / (2 * len(values))))
    return Difference(d, d - 1.96 * error, d + 1.96 * error, len(a))


def p_of_means(values: np.ndarray, groups: np.ndarray) -> float | None:
    """p of a one-way analysis of variance that all groups have one mean; None for one group."""
    from scipy.stats import f

    sides = [values[groups == group].astype(float) for group in np.unique(groups)]
    freedom, between = len(values) - len(sides), len(sides) - 1
    if not between or freedom < 1:
        return None
    within = sum(float(((side - side.mean()) ** 2).sum()) for side in sides)
    gap = sum(len(side) * float(side.mean() - values.mean()) ** 2 for side in sides)
    if within == 0:
        return 0.0 if gap > 0 else 1.0
    return float(f.sf(gap / between / (within / freedom), between, freedom))


def cross_table(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Counts (values of a, values of b) of two arrays of codes."""
    counts = np.zeros((a.max(initial=-1) + 1, b.max(initial=-1) + 1), np.int64)
    np.add.at(counts, (a, b), 1)
    return counts


def cramers_v(counts: np.ndarray) -> tuple[float, float] | None:
    """Cramér's V and the chi-square p of a table without empty rows; None below two by two."""
    from scipy.stats import chi2

    if min(counts.shape) < 2:
        return None
    n = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    statistic = float(((counts - expected) ** 2 / expected).sum())
    rows, columns = counts.shape
    v = np.sqrt(statistic / (n * (min(rows, columns) - 1)))
    return float(v), float(chi2.sf(statistic, (rows - 1) * (columns - 1)))


def p_of_words(documents_with: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Chi-square p per word that all groups use it in the same share of documents.

    `documents_with`: (words, groups) documents that hold the word; `documents`: (groups,).
    """
    from scipy.stats import chi2

    share = documents_with.sum(axis=1, keepdims=True) / documents.sum()
    expected = share * documents
    spread = expected * (1 - share)
    gap = (documents_with - expected) ** 2
    terms = np.divide(gap, spread, out=np.zeros(gap.shape), where=spread > 0)
    return np.asarray(chi2.sf(terms.sum(axis=1), len(documents) - 1))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """p values corrected for having asked all these questions (Holm's step-down)."""
    p = np.array(p_values, float)
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    corrected = np.empty(len(p))
    corrected[order] = steps
    return corrected
