"""How scores fall along the gap ladder, and what is made of ties (rows of quality/ladder)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.quality.matchers import Matcher, baselines
from hr_pipeline.quality.shortcuts.audit import preference
from hr_pipeline.quality.shortcuts.corpus import Pairs

ALL_GAPS = -1


BELOW_THE_MATCH = "share ranked below the match"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row but for the rule; `value` None where nothing was there to count."""

    gap: int
    measure: str
    value: float | None
    n: int


def fitted(
    triples: Sequence[Mapping[str, Any]], ladder: pa.Table, ties: pa.Table
) -> Iterator[Matcher]:
    """The baselines, one after the other, taught with matches and swapped resumes (removed ones
    where none were written) of triples that stand neither on the ladder nor in a tie."""
    judged = {name for t in (ladder, ties) for name in t.column("triple_id").to_pylist()}
    apart = [row for row in triples if row["triple_id"] not in judged]
    swapped = all(row["resume_swapped"] is not None for row in apart)
    pairs = Pairs.of(apart, "swapped" if swapped else "removed")
    for matcher in baselines() if apart else ():
        matcher.fit(pairs.job_descriptions, pairs.resumes, pairs.labels)
        yield matcher


def measured(matcher: Matcher, ladder: pa.Table, ties: pa.Table) -> list[dict[str, Any]]:
    """All figures of one fitted matcher."""
    figures: list[Figure] = []
    margin = 0.0
    if ladder.num_rows:
        texts = (ladder.column(c).to_pylist() for c in ("job_description", "resume"))
        scores, gaps = matcher.scores(*texts), ladder.column("gap").to_numpy()
        triples = np.unique(ladder.column("triple_id").to_pylist(), return_inverse=True)[1]
        figures += along_the_ladder(scores, gaps, triples)
        margin = half_a_step(scores, gaps, triples)
        figures.append(Figure(ALL_GAPS, "margin within which a tie is called equal", margin, 1))
    if ties.num_rows:
        figures += on_ties(matcher, ties.to_pylist(), margin)
    return [
        {
            "rule": matcher.name,
            "gap": figure.gap,
            "measure": figure.measure,
            "value": None if figure.value is None else round(float(figure.value), 5),
            "n": figure.n,
        }
        for figure in figures
    ]


def along_the_ladder(scores: np.ndarray, gaps: np.ndarray, triples: np.ndarray) -> Iterator[Figure]:
    """Per gap the mean score and the share below the match (equal ones as half); over all gaps the
    mean over triples of Kendall's tau (a) of score against gap, -1 where every step costs.

    scores, gaps, triples: one entry an item, triples numbered from 0, each with one gap 0.
    """
    match = _scores_of_matches(scores, gaps, triples)
    for gap in np.unique(gaps):
        here = gaps == gap
        yield Figure(int(gap), "mean score", scores[here].mean(), int(here.sum()))
        if gap:
            below = preference(match[triples[here]], scores[here])
            yield Figure(int(gap), BELOW_THE_MATCH, below.mean(), int(here.sum()))
    order = np.argsort(triples, kind="stable")
    ends = np.cumsum(np.bincount(triples))[:-1]
    taus = [kendall_tau(scores[items], gaps[items]) for items in np.split(order, ends)]
    yield Figure(ALL_GAPS, "Kendall's tau of score against gap", sum(taus) / len(taus), len(taus))


def kendall_tau(scores: np.ndarray, gaps: np.ndarray) -> float:
    """Of all pairs of rungs the share that rises with the gap less the share that falls."""
    first, second = np.triu_indices(len(gaps), 1)
    signs = np.sign(scores[second] - scores[first]) * np.sign(gaps[second] - gaps[first])
    return float(signs.mean())


def half_a_step(scores: np.ndarray, gaps: np.ndarray, triples: np.ndarray) -> float:
    """Half of what the first missing skill costs on average; 0 for what does not see it."""
    first = gaps == 1
    steps = _scores_of_matches(scores, gaps, triples)[triples[first]] - scores[first]
    return max(0.0, float(steps.mean()) / 2) if len(steps) else 0.0


def _scores_of_matches(scores: np.ndarray, gaps: np.ndarray, triples: np.ndarray) -> np.ndarray:
    match = np.empty(triples.max() + 1)
    match[triples[gaps == 0]] = scores[gaps == 0]
    return match


def on_ties(matcher: Matcher, ties: Sequence[Mapping[str, Any]], margin: float) -> Iterator[Figure]:
    """Per kind of tie: share called equal within the margin, share that prefers A (equal scores as
    half; A was drawn), and of ties of different length the share that prefers the longer."""
    jobs, resumes_a, resumes_b = (
        [tie[c] for tie in ties] for c in ("job_description", "resume_a", "resume_b")
    )
    a, b = matcher.scores(jobs, resumes_a), matcher.scores(jobs, resumes_b)
    longer = np.array(
        [len(x.split()) - len(y.split()) for x, y in zip(resumes_a, resumes_b, strict=True)]
    )
    for kind in dict.fromkeys(tie["kind"] for tie in ties):
        here = np.array([tie["kind"] == kind for tie in ties])
        gap, n = next(tie["gap"] for tie in ties if tie["kind"] == kind), int(here.sum())
        equal = np.abs(a[here] - b[here]) <= margin
        yield Figure(gap, f"{kind}: called equal", equal.mean(), n)
        yield Figure(gap, f"{kind}: prefers A", preference(a[here], b[here]).mean(), n)
        uneven = here & (longer != 0)
        sign = np.sign(longer[uneven])
        prefers = preference(a[uneven] * sign, b[uneven] * sign)
        value = float(prefers.mean()) if len(prefers) else None
        yield Figure(gap, f"{kind}: prefers the longer", value, len(prefers))
