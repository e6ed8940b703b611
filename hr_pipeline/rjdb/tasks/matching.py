"""Matching and explaining (RJDB 4): does this resume match this job description, and why.

Each triple gives one match and, with the same job description, one mismatch a kind of negative:
"removed" (the unmatched resume), and "swapped" where the triple has a swapped resume. The
explanation comes from the plan that the documents were written from and gated against.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hr_pipeline.rjdb.contexts import Context, ResumeKind, context_from_row

NEGATIVE_KINDS: dict[ResumeKind, str] = {"unmatched": "removed", "swapped": "swapped"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks for a match, or against one: sentences, and the bare skills and job titles that
    they are about."""

    sentences: list[str]
    skills: list[str]
    experiences: list[str]


def explain(context: Context, kind: ResumeKind) -> Explanation:
    """Why the resume of this kind matches (the seed skills and experiences) or does not (the
    planted changes)."""
    plan = context.plan(kind)
    if kind == "matched":
        said = [f"has {skill}" for skill in plan.skills]
        said += [f"{job.duration} as {job.title}" for job in plan.experiences]
        return Explanation(said, list(plan.skills), [job.title for job in plan.experiences])
    lacking = [skill for skill in context.skills if skill not in plan.skills]
    put_in = {swap.removed: swap.put_in for swap in context.swaps} if kind == "swapped" else {}
    said = [
        f"has {put_in[skill]} in place of {skill}" if skill in put_in else f"lacks {skill}"
        for skill in lacking
    ]
    shown = {job.title: job.years for job in plan.experiences}
    short = [job for job in context.experiences if shown.get(job.title, 0) < job.years]
    said += [f"{shown.get(job.title) or 'none'} of {job.duration} as {job.title}" for job in short]
    return Explanation(said, lacking, [job.title for job in short])


def pairs(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of rjdb/matching from rows of rjdb/triples, in order: per triple the match first."""
    for row in rows:
        context = context_from_row(row)
        yield _pair(row, context, "matched")
        for kind in NEGATIVE_KINDS:
            if row[f"resume_{kind}"] is not None:
                yield _pair(row, context, kind)


def _pair(row: Mapping[str, Any], context: Context, kind: ResumeKind) -> dict[str, Any]:
    why = explain(context, kind)
    negative = NEGATIVE_KINDS.get(kind)
    return {
        "pair_id": f"{row['triple_id']}-{negative or 'matched'}",
        "triple_id": row["triple_id"],
        "split": row["split"],
        "job_description": row["job_description"],
        "resume": row[f"resume_{kind}"],
        "label": negative is None,
        "negative_kind": negative,
        "gap": 0 if negative is None else len(why.skills),
        "explanation": why.sentences,
        "skills": why.skills,
        "experiences": why.experiences,
    }


DOCUMENT_OF = {None: "resume_matched"} | {
    negative: f"resume_{kind}" for kind, negative in NEGATIVE_KINDS.items()
}


def faults_in_pairs(
    found: Iterable[Mapping[str, Any]], pairs: Iterable[Mapping[str, Any]]
) -> Counter[str]:
    """Where labels are not what stands in the texts, as rows of rjdb/presence count it.

    A match shows every skill and experience that it names; a mismatch shows none of the skills it
    lacks, and all else of its plan. `pairs` need the columns but the texts.
    """
    counts = {(row["triple_id"], row["document"]): row for row in found}
    faults: Counter[str] = Counter()
    for pair in pairs:
        asked = counts.get((pair["triple_id"], "job_description"))
        shown = counts.get((pair["triple_id"], DOCUMENT_OF[pair["negative_kind"]]))
        if asked is None or shown is None:
            faults["documents were not counted"] += 1
            continue
        named = len(pair["skills"])
        wanted = shown["planned"] if pair["label"] else shown["removed"]
        faults["job description lacks a skill"] += asked["found"] < asked["planned"]
        faults["resume lacks what its plan holds"] += shown["found"] < shown["planned"]
        faults["resume shows what it lacks"] += shown["left"] > 0
        faults["years are other than planned"] += shown["span_errors"] + asked["span_errors"] > 0
        faults["explanation names other skills"] += named != wanted
        faults["label is not what the gap says"] += pair["label"] != (pair["gap"] == 0)
    return +faults
