"""How well a name fits its best concept: the signals by which a link is judged sure.

Labels are compared as TF-IDF over character trigrams and over words, half each; the label
that is nearest decides, together with the words of all labels of its concept. Memory holds one
block of names against the labels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hr_pipeline.taxonomy.concepts import Concepts, Name, name_of

SIGNALS = (
    "cosine",  # of the nearest label
    "cosine_all",  # of all labels of the concept as one text
    "margin",  # of the sum of both to the second concept
    "main_label",  # 1 where the name is the concept's preferred label
    "only_label",  # 1 where the name is a label of this concept and no other
    "only_core",  # 1 where the same holds but for seniority, place, spacing, order
    "wider",  # log of 1 + other concepts whose labels hold all words of the name
    "rarity",  # sum of the words' inverse document frequencies, at most 40
    "known",  # share of that sum in words that the concept's labels use
)
NEAREST, BLOCK, MOST_RARITY = 30, 256, 40.0


@dataclass(frozen=True)
class Signals:
    """Per name: its best concept (-1: shares nothing with any label), the label that was nearest,
    and the signals, a row of `SIGNALS` each."""

    concept: np.ndarray
    label: np.ndarray
    values: np.ndarray


class Index:
    """The labels of a taxonomy, ready to be compared with names."""

    def __init__(self, concepts: Concepts) -> None:
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.concepts = concepts
        texts = [name.text for name in concepts.names]
        of_concept: list[list[str]] = [[] for _ in range(len(concepts))]
        for text, owner in zip(texts, concepts.owner.tolist(), strict=True):
            of_concept[owner].append(text)
        shared: dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32, "lowercase": False}
        words = {"token_pattern": r"\S+"}
        self._chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), **shared)
        self._words = TfidfVectorizer(**words, **shared)
        self._pairs = TfidfVectorizer(ngram_range=(1, 2), **words, **shared)
        self._labels = hstack(
            [self._chars.fit_transform(texts), self._words.fit_transform(texts)], format="csr"
        ).T.tocsr()
        self._concepts = self._pairs.fit_transform([" | ".join(t) for t in of_concept]).T.tocsr()
        self._idf = dict(
            zip(self._words.get_feature_names_out(), self._words.idf_.tolist(), strict=True)
        )
        self._unknown_idf = max(self._idf.values()) + 1
        self._users: dict[str, set[int]] = {}  # labels that use a word
        for place, text in enumerate(texts):
            for word in text.split():
                self._users.setdefault(word, set()).add(place)
        self._vocabulary = [frozenset(" ".join(texts).split()) for texts in of_concept]

    def signals(self, names: list[str]) -> Signals:
        """The best concept of each name and the signals of the fit."""
        asked = [name_of(name, self.concepts.kind) for name in names]
        found = Signals(
            np.full(len(names), -1, dtype=np.int64),
            np.full(len(names), -1, dtype=np.int64),
            np.zeros((len(names), len(SIGNALS))),
        )
        for start in range(0, len(asked), BLOCK):
            block = asked[start : start + BLOCK]
            by_label, by_concept = self._compared([name.text for name in block])
            for offset, name in enumerate(block):
                row = slice(by_label.indptr[offset], by_label.indptr[offset + 1])
                if row.start == row.stop:
                    continue
                fit = self._fit(by_label.indices[row], by_label.data[row], by_concept[offset])
                place = start + offset
                found.concept[place], found.label[place], scores = fit
                found.values[place] = (*scores, *self._facts(name, found.concept[place]))
        return found

    def _compared(self, texts: list[str]) -> tuple[Any, np.ndarray]:
        """Cosines with all labels (sparse, the mean of both kinds) and with all concepts."""
        from scipy.sparse import hstack

        asked = hstack([self._chars.transform(texts), self._words.transform(texts)], format="csr")
        by_label = asked @ self._labels
        by_label.data = np.round(by_label.data.astype(np.float64) / 2, 5)
        by_concept = (self._pairs.transform(texts) @ self._concepts).toarray()
        return by_label, np.round(by_concept.astype(np.float64), 5)

    def _fit(
        self, labels: np.ndarray, scores: np.ndarray, by_concept: np.ndarray
    ) -> tuple[int, int, tuple[float, float, float]]:
        """Best concept, its nearest label, then cosine, cosine_all, margin; the first of equals."""
        if len(scores) > NEAREST:
            near = scores >= np.partition(scores, -NEAREST)[-NEAREST]
            labels, scores = labels[near], scores[near]
        order = np.lexsort((labels, -scores))
        labels, scores = labels[order], scores[order]
        concepts, first = np.unique(self.concepts.owner[labels], return_index=True)
        totals = scores[first] + by_concept[concepts]
        best = int(np.argmax(totals))
        second = float(np.delete(totals, best).max(initial=0.0))
        concept, nearest = int(concepts[best]), first[best]
        margin = round(float(totals[best]) - second, 5)
        return (
            concept,
            int(labels[nearest]),
            (float(scores[nearest]), float(by_concept[concept]), margin),
        )

    def _facts(self, name: Name, concept: int) -> tuple[float, ...]:
        """main_label, only_label, only_core, wider, rarity, known of a name and a concept."""
        known = self.concepts
        words = sorted(name.text.split(), key=lambda word: len(self._users.get(word, ())))
        weights = {word: self._idf.get(word, self._unknown_idf) for word in words}
        rarity = sum(weights.values())
        held = self._users.get(words[0], set()) if words else set()
        for word in words[1:]:
            held = held & self._users.get(word, set())
        wider = {int(known.owner[place]) for place in held} - {concept}
        own = sum(w for word, w in weights.items() if word in self._vocabulary[concept])
        return (
            float(known.by_main_form.get(name.form) == concept),
            float(known.by_form.get(name.form) == {concept}),
            float(known.by_core.get(name.core) == {concept}),
            round(float(np.log1p(len(wider))), 5),
            round(min(rarity, MOST_RARITY), 5),
            round(own / rarity, 5) if rarity else 0.0,
        )
