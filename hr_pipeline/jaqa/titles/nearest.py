"""The occupations nearest to a title, and the order of those that share its nearest label.

The score of an occupation is the mean of two cosines: of its label that is nearest to the title,
and of the mean vector of all its labels. The second tells apart what single labels do not: "driver"
is a label of many.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from hr_pipeline.embedding.matrix import Matrix, Parts, cosines
from hr_pipeline.embedding.models import Embedder
from hr_pipeline.jaqa.keys import title_key
from hr_pipeline.jaqa.titles.occupations import Occupations
from hr_pipeline.text.phrases import tokens

_BLOCK = 256  # titles compared with all labels at once


@dataclass(frozen=True)
class Compared:
    """Some titles beside all occupations, rounded to 1e-5: `near` (titles, labels) cosines,
    `best` (titles, occupations) the highest of each occupation's labels, and `scores`."""

    near: np.ndarray
    best: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Candidates:
    """The occupations nearest to one title, the best first: their places, their scores, and the
    place of the label of each that is nearest."""

    places: tuple[int, ...]
    scores: tuple[float, ...]
    labels: tuple[int, ...]


def compared(embedder: Embedder, titles: list[str], occupations: Occupations) -> Iterator[Compared]:
    """The titles in their order, some at a time; memory holds the vectors and the cosines of these
    with all labels."""
    queries, labels = embedder.pair(titles, occupations.labels)
    centres = centres_of(labels, occupations)
    for start in range(0, len(titles), _BLOCK):
        block = queries[start : start + _BLOCK]
        near = np.round(cosines(block, labels).astype(np.float64), 5)
        best = np.maximum.reduceat(near, occupations.starts, axis=1)
        yield Compared(near, best, np.round((best + cosines(block, centres)) / 2, 5))


def nearest_occupations(
    embedder: Embedder, titles: list[str], occupations: Occupations, k: int
) -> Iterator[Candidates]:
    """The k best occupations of each title (all, where there are fewer); of equals the first uri
    comes first."""
    for block in compared(embedder, titles, occupations):
        yield from candidates_in(block, occupations, k)


def candidates_in(block: Compared, occupations: Occupations, k: int) -> Iterator[Candidates]:
    """The k best of each title of a block."""
    order = np.argsort(-block.scores, axis=1, kind="stable")[:, :k]
    for row, places in enumerate(order.tolist()):
        yield Candidates(
            tuple(places),
            tuple(block.scores[row, places].tolist()),
            tuple(_nearest_label(block.near[row], place, occupations) for place in places),
        )


def _nearest_label(near: np.ndarray, place: int, occupations: Occupations) -> int:
    """The place of an occupation's label with the highest cosine, the first of equals."""
    own = occupations.labels_of(place)
    return own.start + int(near[own].argmax())


def centres_of(labels: Matrix, occupations: Occupations) -> Matrix:
    """The mean vector of each occupation's labels, brought to length 1."""
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    if isinstance(labels, Parts):
        return Parts(tuple(centres_of(part, occupations) for part in labels.parts))
    n = len(occupations.labels)
    members = (np.ones(n, np.float32), (occupations.owner, np.arange(n)))
    return normalize(csr_matrix(members, shape=(len(occupations), n)) @ labels)


def tied(candidates: Candidates, occupations: Occupations) -> list[list[int]]:
    """Ranks of the candidates whose nearest label is the same, for each such label."""
    ranks: dict[str, list[int]] = {}
    for rank, label in enumerate(candidates.labels):
        ranks.setdefault(title_key(occupations.labels[label]), []).append(rank)
    return [shared for shared in ranks.values() if len(shared) > 1]


def with_ties_broken(
    candidates: Candidates, occupations: Occupations, likeness: Mapping[int, float]
) -> Candidates:
    """The candidates of which those that share their nearest label have changed places among
    themselves: first comes the highest sum of the score and of the likeness of its description to
    the posting's (`likeness`, by place; may be empty), then the one of whose ISCO group most other
    candidates are, then the first uri."""
    order = list(range(len(candidates.places)))
    groups = [occupations.groups[place] for place in candidates.places]

    def key(rank: int) -> tuple[float, int, int]:
        place = candidates.places[rank]
        told = candidates.scores[rank] + likeness.get(place, 0.0)
        return -round(told, 5), -groups.count(groups[rank]), place

    for ranks in tied(candidates, occupations):
        for rank, put in zip(ranks, sorted(ranks, key=key), strict=True):
            order[rank] = put
    return replace(
        candidates,
        places=tuple(candidates.places[rank] for rank in order),
        scores=tuple(candidates.scores[rank] for rank in order),
        labels=tuple(candidates.labels[rank] for rank in order),
    )


def likeness_of_descriptions(
    found: Mapping[str, Candidates],
    descriptions: Iterable[tuple[str, str]],
    occupations: Occupations,
) -> dict[str, dict[int, float]]:
    """How near a posting's description is to those of the candidates of its title that share their
    nearest label: by posting, by place, the cosine of TF-IDF over the words that ESCO's
    descriptions use. `descriptions`: (posting, text), of which memory holds some at a time."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(map(tokens, occupations.descriptions)):
        return {}
    vectorizer = TfidfVectorizer(analyzer=tokens, sublinear_tf=True)
    texts, waiting = vectorizer.fit_transform(occupations.descriptions), iter(descriptions)
    likeness: dict[str, dict[int, float]] = {}
    while some := list(islice(waiting, _BLOCK)):
        postings = vectorizer.transform([text for _, text in some])
        for (posting, _), vector in zip(some, postings, strict=True):
            shared = tied(found[posting], occupations)
            places = [found[posting].places[rank] for ranks in shared for rank in ranks]
            near = np.round(cosines(vector, texts[places])[0], 5)
            likeness[posting] = dict(zip(places, near.tolist(), strict=True))
    return likeness
