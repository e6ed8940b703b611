"""When a link is sure: the probability that it is right, and the least that is asked for.

The coefficients are those of a logistic regression on `signals.SIGNALS`, and the thresholds the
lowest at which 92% of the links were right, two points above what is promised; both come from one
half of labelled titles or skills, and docs/taxonomy.md tells what holds on the other half. The
command that fits them and writes the page:

    python -m hr_pipeline_tests.benchmarks.taxonomy --raw DIR
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sureness:
    """One weight per signal, the constant term, and the probability from which a link is sure."""

    weights: tuple[float, ...]
    constant: float
    threshold: float

    def probability(self, values: np.ndarray) -> np.ndarray:
        """Of each row of signals, rounded to 1e-5."""
        sums = values @ np.array(self.weights) + self.constant
        return np.round(1 / (1 + np.exp(-sums)), 5)


SURENESS = {
    ("esco", "occupation"): Sureness(
        (2.2034, 1.0158, 1.5055, 2.3539, 0.2536, 0.5875, -0.2643, 0.0396, 0.9724), -4.412, 0.87953
    ),
    ("esco", "skill"): Sureness(
        (0.2779, 2.1821, 0.2353, 3.1732, 0.0544, 0.0544, 0.0353, 0.0123, 1.0797), -2.0149, 0.74109
    ),
    ("onet", "occupation"): Sureness(
        (-1.9964, 4.7885, 4.4324, 2.6191, 2.7421, 0.5845, -0.2957, 0.0048, 3.4826), -2.7401, 0.8796
    ),
}
