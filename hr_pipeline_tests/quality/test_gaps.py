"""What rules make of ladders and ties of which the answer is known."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.quality.matchers import Rule, baselines
from hr_pipeline.quality.shortcuts.gaps import ALL_GAPS, fitted, kendall_tau, measured
from hr_pipeline_tests.quality.written import triples


def ladder(*resumes: list[str]) -> pa.Table:
    """A ladder of resumes per triple, gap 0 first."""
    rows = [
        {
            "item_id": f"{triple}/{gap}",
            "triple_id": f"t{triple}",
            "split": "test",
            "job_description": "a b c d",
            "resume": resume,
            "label": gap == 0,
            "gap": gap,
            "missing_skills": [],
            "put_in": [],
        }
        for triple, rungs in enumerate(resumes)
        for gap, resume in enumerate(rungs)
    ]
    return CONTRACTS["rjdb/ladder"].table(rows)


def ties(*pairs: tuple[str, str], kind: str = "equal gap") -> pa.Table:
    rows = [
        {
            "tie_id": f"t{n}/{kind}",
            "triple_id": f"t{n}",
            "split": "test",
            "kind": kind,
            "job_description": "a b c d",
            "resume_a": a,
            "resume_b": b,
            "gap": 1,
        }
        for n, (a, b) in enumerate(pairs)
    ]
    return CONTRACTS["rjdb/ties"].table(rows)


def figures(rule: Rule, rungs: pa.Table, pairs: pa.Table) -> dict[tuple[int, str], Any]:
    rows = measured(rule, rungs, pairs)
    CONTRACTS["quality/ladder"].table(rows)
    return {(row["gap"], row["measure"]): (row["value"], row["n"]) for row in rows}


OVERLAP = Rule("shared", lambda job, resume: len(set(job.split()) & set(resume.split())))
LENGTH = Rule("longer", lambda _, resume: len(resume.split()))


def test_along_the_ladder() -> None:
    found = figures(OVERLAP, ladder(["a b c", "a b x", "a y x"], ["a b", "b a"]), ties())
    assert found[0, "mean score"] == (2.5, 2)
    assert found[1, "mean score"] == (2.0, 2)
    assert found[1, "share ranked below the match"] == (0.75, 2)  # below, and equal
    assert found[2, "share ranked below the match"] == (1.0, 1)
    assert found[ALL_GAPS, "Kendall's tau of score against gap"] == (-0.5, 2)  # -1 and 0
    assert found[ALL_GAPS, "margin within which a tie is called equal"][0] == 0.25


def test_triples_need_not_stand_in_alphabetical_order() -> None:
    rungs = ladder(["a b c", "a b x"], ["a b", "a x"], ["a", "x"])
    swapped = pa.concat_tables([rungs.slice(4), rungs.slice(0, 4)])
    assert figures(OVERLAP, rungs, ties()) == figures(OVERLAP, swapped, ties())


@pytest.mark.parametrize(
    ("scores", "tau"), [([3, 2, 1], -1.0), ([1, 2, 3], 1.0), ([1, 1, 1], 0.0), ([3, 1, 2], -1 / 3)]
)
def test_kendall_tau(scores: list[float], tau: float) -> None:
    assert kendall_tau(np.array(scores, float), np.arange(3)) == pytest.approx(tau)


def test_on_ties() -> None:
    pairs = ties(("a b x", "a b"), ("a", "a x y"), ("a", "b"))
    found = figures(LENGTH, ladder(["a b", "a"]), pairs)  # a step is one word, the margin a half
    assert found[1, "equal gap: called equal"] == (round(1 / 3, 5), 3)
    assert found[1, "equal gap: prefers A"] == (0.5, 3)
    assert found[1, "equal gap: prefers the longer"] == (1.0, 2)
    found = figures(OVERLAP, ladder(["a b", "a"]), pairs)
    assert found[1, "equal gap: called equal"] == (1.0, 3)
    assert found[1, "equal gap: prefers the longer"] == (0.5, 2)


def test_nothing_longer_is_no_figure() -> None:
    found = figures(LENGTH, ladder(), ties(("a b", "b a")))
    assert found[1, "equal gap: prefers the longer"] == (None, 0)


def test_rules_learn_from_triples_that_are_not_judged() -> None:
    """A rule that has seen the ladder's own triples would rank them by heart."""
    rows = triples({"train": 6, "test": 2})
    for row in rows[:6]:
        row["resume_swapped"] = None
    rungs = ladder(["a b", "a"]).set_column(1, "triple_id", [[rows[6]["triple_id"]] * 2])
    pairs = ties(("a", "b")).set_column(1, "triple_id", [[rows[7]["triple_id"]]])
    names = [matcher.name for matcher in fitted(rows, rungs, pairs)]
    assert names == [matcher.name for matcher in baselines()]
    assert not list(fitted(rows[6:], rungs, pairs)), "nobody to learn from"
