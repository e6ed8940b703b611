"""Job titles as ESCO occupations: the nearest, and the teacher's choice among them (KDJPPR 3.2)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from hr_pipeline.embedding.models import Embedder
from hr_pipeline.jaqa.keys import title_key
from hr_pipeline.jaqa.titles.nearest import (
    Candidates,
    likeness_of_descriptions,
    nearest_occupations,
    tied,
    with_ties_broken,
)
from hr_pipeline.jaqa.titles.occupations import Occupations
from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE, TitleQuestion
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import most_frequent
from hr_pipeline.llm.engine import Engine, Unanswered

Row = dict[str, Any]


@dataclass(frozen=True)
class Title:
    """A distinct title in its most frequent spelling, how many postings have it, and the first of
    them by id (its description breaks ties)."""

    name: str
    n_postings: int
    posting_id: str


def distinct_titles(postings: Iterable[tuple[str, str]]) -> list[Title]:
    """The titles of (posting id, title), those that differ in case and spaces alone once, by key.
    Of equally frequent spellings the first of the alphabet is shown."""
    spellings: dict[str, Counter[str]] = {}
    first: dict[str, str] = {}
    for posting_id, title in postings:
        key = title_key(title)
        spellings.setdefault(key, Counter())[title] += 1
        first[key] = min(posting_id, first.get(key, posting_id))
    return [
        Title(most_frequent(found), found.total(), first[key])
        for key, found in sorted(spellings.items())
    ]


def find_candidates(
    titles: list[Title],
    occupations: Occupations,
    embedder: Embedder,
    k: int,
    descriptions: Callable[[Collection[str]], Iterable[tuple[str, str]]],
) -> list[Candidates]:
    """The k occupations nearest to each title. `descriptions` gives (posting, description) of those
    postings of these ids that have one; it is asked for one posting of each title of which
    candidates share their nearest label."""
    found = list(nearest_occupations(embedder, [t.name for t in titles], occupations, k))
    unclear = {
        title.posting_id: candidates
        for title, candidates in zip(titles, found, strict=True)
        if tied(candidates, occupations)
    }
    near = likeness_of_descriptions(unclear, descriptions(unclear.keys()), occupations)
    return [
        with_ties_broken(candidates, occupations, near.get(title.posting_id, {}))
        for title, candidates in zip(titles, found, strict=True)
    ]


def question_of(title: str, candidates: Candidates, occupations: Occupations) -> TitleQuestion:
    return TitleQuestion(title, tuple(occupations.shown[place] for place in candidates.places))


def choose_titles(
    titles: list[Title],
    found: list[Candidates],
    occupations: Occupations,
    engine: Engine,
    embedder: str,
    ledger: Ledger,
    watch: Callable[[Iterator, int], Iterator] = lambda answers, total: answers,
) -> Iterator[Row]:
    """Rows of jaqa/titles, one call a title; those without a usable reply go to the ledger."""
    questions = [
        question_of(title.name, candidates, occupations)
        for title, candidates in zip(titles, found, strict=True)
    ]
    answers = watch(engine.in_order(partial(engine.answer, CHOOSE_TITLE), questions), len(titles))
    for title, candidates, answer in zip(titles, found, answers, strict=True):
        if isinstance(answer, Unanswered):
            ledger.add("row", title.name, "no_usable_reply", answer.reason, answer.raw)
            continue
        chosen = candidates.places[answer.value]
        yield {
            "title": title.name,
            "n_postings": title.n_postings,
            "candidates": [occupations.shown[place] for place in candidates.places],
            "candidate_uris": [occupations.uris[place] for place in candidates.places],
            "matched": [occupations.labels[label] for label in candidates.labels],
            "scores": list(candidates.scores),
            "esco_uri": occupations.uris[chosen],
            "esco_label": occupations.shown[chosen],
            "isco_group": occupations.groups[chosen],
            "embedder": embedder,
            "teacher": engine.teacher.model,
            "prompt_hash": CHOOSE_TITLE.prompt.hash,
            "request_ids": list(answer.request_ids),
        }


def faults_in_titles(rows: Iterable[Row], known: set[str]) -> Counter[str]:
    """What must not be: a choice outside the candidates, a uri that ESCO does not have, scores that
    do not descend (those that share their nearest label aside: their order has other reasons)."""
    faults: Counter[str] = Counter()
    for row in rows:
        labels = [title_key(label) for label in row["matched"]]
        alone = [
            score
            for score, label in zip(row["scores"], labels, strict=True)
            if labels.count(label) == 1
        ]
        uris = row["candidate_uris"]
        faults["chosen outside the candidates"] += row["esco_uri"] not in uris
        faults["an occupation twice among the candidates"] += len(set(uris)) != len(uris)
        faults["occupations that ESCO does not have"] += bool({row["esco_uri"], *uris} - known)
        faults["scores out of order"] += alone != sorted(alone, reverse=True)
    return +faults
