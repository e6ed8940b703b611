"""The gap ladder: resumes that lack 1 to k of the skills asked for, each one edit from the last.

Rung g exchanges the first g swaps of the context in the matched resume, so that rungs are nested,
about equally long, and differ in nothing but what is asked for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.rjdb.gate import LENGTH_TOLERANCE
from hr_pipeline.rjdb.tasks.exchange import Unclean, read_matched


def ladders(triples: Iterable[Mapping[str, Any]], ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Rows of rjdb/ladder: all rungs of a triple, or none and each of them in the ledger.

    A triple whose context plans no swap (an imported one) has no ladder and is not asked for one.
    """
    for row in triples:
        if not row["swaps"]:
            continue
        try:
            yield from _rungs(row)
        except Unclean as why:
            for gap in range(len(row["swaps"]) + 1):
                raw = row["resume_matched"] if gap == 0 else ""
                ledger.add("row", _item_id(row, gap), why.cause, why.detail, raw)


def _rungs(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    matched = read_matched(row)
    swaps = matched.known.context.swaps
    return [
        {
            "item_id": _item_id(row, gap),
            "triple_id": row["triple_id"],
            "split": row["split"],
            "job_description": row["job_description"],
            "resume": matched.exchanged(swaps[:gap]),
            "label": gap == 0,
            "gap": gap,
            "missing_skills": [swap.removed for swap in swaps[:gap]],
            "put_in": [swap.put_in for swap in swaps[:gap]],
        }
        for gap in range(len(swaps) + 1)
    ]


def _item_id(row: Mapping[str, Any], gap: int) -> str:
    return f"{row['triple_id']}/gap-{gap}"


def faults_in_ladder(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """What is wrong in stored ladders, counted by ladder; empty for good ones."""
    faults: Counter[str] = Counter()
    for _, group in groupby(rows, lambda row: row["triple_id"]):
        rungs = list(group)
        words = [len(rung["resume"].split()) for rung in rungs]
        missing = rungs[-1]["missing_skills"]
        faults.update(
            {
                "a rung is left out": [r["gap"] for r in rungs] != list(range(len(missing) + 1)),
                "rungs are not nested": any(
                    r["missing_skills"] != missing[: r["gap"]] for r in rungs
                ),
                "a label is wrong": any(r["label"] != (r["gap"] == 0) for r in rungs),
                "a length is out of bounds": max(abs(n - words[0]) for n in words)
                > LENGTH_TOLERANCE * words[0],
                "two rungs are equal": len({r["resume"] for r in rungs}) < len(rungs),
            }
        )
    return +faults
