"""How often the right ESCO occupation is found for titles whose occupation is known.

Two rankings are measured beside each other: by the nearest label alone, and by the score that
JA-QA uses (hr_pipeline/jaqa/titles/nearest.py). A teacher, where there is one, chooses among the
candidates of the latter, as it does for JA-QA.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hr_pipeline.embedding.models import Embedder
from hr_pipeline.jaqa.titles.choose import question_of
from hr_pipeline.jaqa.titles.nearest import Candidates, candidates_in, compared, with_ties_broken
from hr_pipeline.jaqa.titles.occupations import Occupations
from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE, TitleQuestion
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.intervals import wilson
from hr_pipeline.lake.picked import drawn
from hr_pipeline.llm.engine import Answer, Engine
from hr_pipeline.sources.source_table import squeeze
from hr_pipeline.sources.tabular import read_table

TITLE, URI = "vacancyTitle", "conceptUri"
DEPTHS = (1, 5, 30)
LABEL, SCORE = "nearest label", "score of JA-QA"
Row = dict[str, Any]


@dataclass(frozen=True)
class Labelled:
    """Titles with the uri of their occupation; `blank`: rows of the file that lack one of both."""

    titles: list[str]
    uris: list[str]
    blank: int

    def sample(self, size: int) -> "Labelled":
        """So many of the rows, in their order; their numbers decide which. 0: all.
        InputError below."""
        if size < 0:
            raise InputError(f"no sample has {size} rows", "--sample", "name 0 for all, or more")
        if not size:
            return self
        places = sorted(map(int, drawn(map(str, range(len(self.titles))), size, "labelled titles")))
        return Labelled(
            [self.titles[place] for place in places], [self.uris[place] for place in places], 0
        )


def read_labelled(path: Path) -> Labelled:
    """A table with the columns vacancyTitle and conceptUri, in any order, among any others.
    InputError: no such file, no such columns, no row with both."""
    table = read_table(path)
    if missing := table.missing((TITLE, URI)):
        what = f"lacks the column {' and '.join(missing)}"
        raise InputError(what, str(path), f"name the columns {TITLE} and {URI}")
    pairs = zip(map(squeeze, table.column(TITLE)), map(squeeze, table.column(URI)), strict=True)
    rows = [(title, uri) for title, uri in pairs if title and uri]
    if not rows:
        raise InputError(f"no row has both {TITLE} and {URI}", str(path), "fill them in")
    return Labelled([t for t, _ in rows], [u for _, u in rows], len(table.rows) - len(rows))


@dataclass(frozen=True)
class Found:
    """What retrieval gave for labelled titles: the right occupation of each (-1: not in this
    ESCO), its rank from 0 in both rankings (-1 likewise), and the candidates of the second."""

    right: np.ndarray
    ranks: dict[str, np.ndarray]
    candidates: list[Candidates]


def find(labelled: Labelled, occupations: Occupations, embedder: Embedder, k: int) -> Found:
    """Rank the right occupation of each title among all, and keep the k best."""
    places = {uri: place for place, uri in enumerate(occupations.uris)}
    right = np.array([places.get(uri, -1) for uri in labelled.uris])
    ranks: dict[str, list[int]] = {LABEL: [], SCORE: []}
    candidates: list[Candidates] = []
    for block in compared(embedder, labelled.titles, occupations):
        own = right[len(candidates) : len(candidates) + len(block.near)]
        ranks[LABEL] += _ranks(block.best, own)
        ranks[SCORE] += _ranks(block.scores, own)
        candidates += candidates_in(block, occupations, k)
    return Found(right, {name: np.array(found) for name, found in ranks.items()}, candidates)


def _ranks(scores: np.ndarray, right: np.ndarray) -> list[int]:
    """Occupations before the right one of each title, the earlier uri first among equals."""
    own = np.take_along_axis(scores, np.maximum(right, 0)[:, None], 1)
    earlier = np.arange(scores.shape[1])[None, :] < right[:, None]
    before = ((scores > own) | ((scores == own) & earlier)).sum(axis=1)
    return np.where(right < 0, -1, before).tolist()


def recalls(found: Found) -> list[Row]:
    """ranking, depth, share of the titles whose right occupation stands at most so deep, and its
    95% interval. One that is not in this ESCO is not found."""
    return [
        {
            "ranking": name,
            "depth": depth,
            **_share(int(np.isin(ranks, np.arange(depth)).sum()), len(ranks)),
        }
        for name, ranks in found.ranks.items()
        for depth in DEPTHS
    ]


def _share(hits: int, n: int) -> Row:
    share = hits / n
    low, high = wilson(share, n)
    return {"share": round(share, 5), "low": low, "high": high}


def questions(labelled: Labelled, found: Found, occupations: Occupations) -> list[TitleQuestion]:
    """What the teacher is asked, a question a title; equal ones are one call."""
    return [
        question_of(title, with_ties_broken(candidates, occupations, {}), occupations)
        for title, candidates in zip(labelled.titles, found.candidates, strict=True)
    ]


def accuracy(
    asked: list[TitleQuestion],
    found: Found,
    occupations: Occupations,
    engine: Engine,
    watch: Callable[[Iterator, int], Iterator] = lambda answers, total: answers,
) -> Row:
    """How often the teacher chose the right occupation; a reply that cannot be used is no hit, and
    is counted."""
    hits = unusable = 0
    answers = watch(engine.in_order(partial(engine.answer, CHOOSE_TITLE), asked), len(asked))
    for question, right, answer in zip(asked, found.right.tolist(), answers, strict=True):
        if isinstance(answer, Answer):
            hits += right >= 0 and question.candidates[answer.value] == occupations.shown[right]
        else:
            unusable += 1
    return {**_share(hits, len(asked)), "unusable": unusable, "teacher": engine.teacher.model}
