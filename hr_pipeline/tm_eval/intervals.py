"""95% bootstrap intervals of what is counted by items."""

from collections.abc import Callable, Sequence

import numpy as np

REPLICATES = 2000
Measure = Callable[[np.ndarray], np.ndarray]  # counts (..., kinds) to values (...)


def interval(
    counts: Sequence[int] | np.ndarray, measure: Measure, draw: np.random.Generator
) -> tuple[float, float]:
    """The middle 95% of a measure over samples of the items with replacement; `counts` are of the
    kinds of items that the measure is made from (so a draw is a multinomial one)."""
    total = sum(counts)
    if not total:
        return 0.0, 0.0
    resampled = measure(draw.multinomial(total, np.asarray(counts) / total, REPLICATES))
    low, high = np.percentile(resampled, (2.5, 97.5))
    return round(float(low), 5), round(float(high), 5)
