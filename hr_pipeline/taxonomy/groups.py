"""The SOC major group of any job title: a linear classifier over the titles whose code is known.

It learns from every label of O*NET and SOC that is there and from the official titles, so it works,
with less to learn from, where only the occupations file is. Own codes are taken as they are.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.taxonomy.concepts import bare, form_of
from hr_pipeline.text.titles import job_words

MAJOR_GROUPS = {
    "11": "Management",
    "13": "Business and Financial Operations",
    "15": "Computer and Mathematical",
    "17": "Architecture and Engineering",
    "19": "Life, Physical, and Social Science",
    "21": "Community and Social Service",
    "23": "Legal",
    "25": "Educational Instruction and Library",
    "27": "Arts, Design, Entertainment, Sports, and Media",
    "29": "Healthcare Practitioners and Technical",
    "31": "Healthcare Support",
    "33": "Protective Service",
    "35": "Food Preparation and Serving Related",
    "37": "Building and Grounds Cleaning and Maintenance",
    "39": "Personal Care and Service",
    "41": "Sales and Related",
    "43": "Office and Administrative Support",
    "45": "Farming, Fishing, and Forestry",
    "47": "Construction and Extraction",
    "49": "Installation, Maintenance, and Repair",
    "51": "Production",
    "53": "Transportation and Material Moving",
    "55": "Military Specific",
}
CODED_SCHEMES = ("onet", "soc")
# Slope and level of a logistic curve: `python -m hr_pipeline_tests.benchmarks.taxonomy` fits it on
# one half of the O*NET titles that it leaves out.
LEAD_TO_PROBABILITY = (2.304, -0.333)


def coded_titles(concepts: pa.Table, official: pa.Table) -> list[tuple[str, str]]:
    """(code, title) of all titles whose code is known: sources/concepts and sources/occupations."""
    rows = concepts.select(["scheme", "uri", "label"]).to_pylist()
    known = [(row["uri"], row["label"]) for row in rows if row["scheme"] in CODED_SCHEMES]
    codes, titles = official.column("code").to_pylist(), official.column("title").to_pylist()
    return known + list(zip(codes, titles, strict=True))


class GroupFinder:
    """Finds the major group of a title; made from (code, title) pairs."""

    def __init__(self, coded: Iterable[tuple[str, str]]) -> None:
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        pairs = sorted({(form_of(bare(title)), code[:2]) for code, title in coded})
        self.groups = sorted({group for _, group in pairs})
        if len(self.groups) < 2:
            return
        shared: dict[str, Any] = {"sublinear_tf": True, "lowercase": False, "dtype": np.float32}
        self._vectors = (
            TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), **shared),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), **shared),
        )
        texts = [text for text, _ in pairs]
        known = hstack([vectors.fit_transform(texts) for vectors in self._vectors], format="csr")
        self._model = LinearSVC(C=0.3, tol=0.01, random_state=0)
        self._model.fit(known, [group for _, group in pairs])

    def find(self, titles: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """The group of each title ("" where no group is known), and by how much its value of the
        classifier exceeds the second's."""
        from scipy.sparse import hstack

        if len(self.groups) < 2 or not titles:
            return [*self.groups, ""][:1] * len(titles), np.zeros(len(titles))
        jobs = [" ".join(job_words(title)) for title in titles]  # place and client say nothing
        asked = hstack([vectors.transform(jobs) for vectors in self._vectors], format="csr")
        values = self._model.decision_function(asked)
        if values.ndim == 1:  # of two groups it says how far a title is on the second's side
            values = np.stack([-values, values], axis=1)
        values = np.round(values, 5)
        best_two = np.sort(values, axis=1)[:, -2:]
        found = [str(self._model.classes_[place]) for place in values.argmax(axis=1)]
        return found, best_two[:, 1] - best_two[:, 0]


def probability_of(leads: np.ndarray) -> np.ndarray:
    """How probable it is that groups found with these leads are right."""
    slope, level = LEAD_TO_PROBABILITY
    return np.round(1 / (1 + np.exp(-(slope * leads + level))), 5)
