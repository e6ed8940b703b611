"""Ties: two resumes of which neither meets more of what the job asks for.

Each kind is an edit of the matched resume that provably changes nothing asked for, or two edits
that change equally much. Which of the two is A is drawn by key.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import rng
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.items import BULLET, items
from hr_pipeline.rjdb.tasks.exchange import (
    MatchedResume,
    Unclean,
    place_of,
    read_matched,
    require_shown,
)
from hr_pipeline.text.phrases import tokens

Two = tuple[str, str]


def ties(
    triples: Iterable[Mapping[str, Any]], seed: int, ledger: Ledger
) -> Iterator[dict[str, Any]]:
    """Rows of rjdb/ties: one of each kind per triple, or a row in the ledger.

    A triple without planned swaps (an imported one) is not asked for any; one with a single swap
    is not asked for an equal gap.
    """
    for row in triples:
        asked = [kind for kind, (gap, _) in KINDS.items() if _can_be_asked(row, gap)]
        if not asked:
            continue
        try:
            matched = read_matched(row)
        except Unclean as why:
            for kind in asked:
                _lose(ledger, row, kind, why)
            continue
        for kind in asked:
            draws = rng(seed, "rjdb/ties", _tie_id(row, kind))
            try:
                one, other = KINDS[kind][1](matched, draws)
            except Unclean as why:
                _lose(ledger, row, kind, why)
                continue
            first, second = (one, other) if draws.integers(2) else (other, one)
            yield {
                "tie_id": _tie_id(row, kind),
                "triple_id": row["triple_id"],
                "split": row["split"],
                "kind": kind,
                "job_description": row["job_description"],
                "resume_a": first,
                "resume_b": second,
                "gap": KINDS[kind][0],
            }


def _can_be_asked(row: Mapping[str, Any], gap: int) -> bool:
    return len(row["swaps"] or ()) >= max(1, 2 * gap)


def _tie_id(row: Mapping[str, Any], kind: str) -> str:
    return f"{row['triple_id']}/{kind.replace(' ', '-')}"


def _lose(ledger: Ledger, row: Mapping[str, Any], kind: str, why: Unclean) -> None:
    ledger.add("row", _tie_id(row, kind), why.cause, why.detail, row["resume_matched"])


def _skills_reordered(matched: MatchedResume, draws: np.random.Generator) -> Two:
    """The same resume with its list of skills in another order."""
    text = matched.text
    start, end = place_of(text, sections(text, "resume").get("skills", ""))
    other = text[:start] + _in_other_order(text[start:end], draws) + text[end:]
    require_shown(matched.known, other, matched.known.context.skills)
    return text, other


def _in_other_order(body: str, draws: np.random.Generator) -> str:
    """A list with its items in another order; marks and numbers stay where they are."""
    lines = body.split("\n")
    marks = [BULLET.match(line) for line in lines]
    if all(marks) and len({len(m["indent"]) for m in marks if m}) == 1:
        heads = [m[0] for m in marks if m]
        parts, joint = [line[len(h) :] for line, h in zip(lines, heads, strict=True)], "\n"
    else:
        joint = next((sign for sign in ("\n", "; ", ", ") if sign in body), "\n")
        parts = body.split(joint)
        heads = [""] * len(parts)
        if items(body) != parts:
            raise Unclean("skills are no plain list", body)
    return joint.join(
        h + parts[n] for h, n in zip(heads, _shuffled(len(parts), draws), strict=True)
    )


def _shuffled(n: int, draws: np.random.Generator) -> list[int]:
    """An order of n things that is not the one they have."""
    if n < 2:
        raise Unclean("nothing to put in another order")
    order = [int(place) for place in draws.permutation(n)]
    return order if order != sorted(order) else [*order[1:], order[0]]


def _sections_reordered(matched: MatchedResume, draws: np.random.Generator) -> Two:
    """The same resume with the sections after the person's in another order."""
    text = matched.text
    bodies = sections(text, "resume")
    ends = sorted(place_of(text, body)[1] for body in bodies.values())
    starts = [0, *ends[:-1]]
    blocks = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    moved = [blocks[1 + n] for n in _shuffled(len(blocks) - 1, draws)]
    other = "".join([blocks[0], *moved, text[ends[-1] :]])
    if sections(other, "resume") != bodies:
        raise Unclean("sections read otherwise in another order")
    return text, other


def _equal_gap(matched: MatchedResume, draws: np.random.Generator) -> Two:
    """Two resumes that lack one skill each, not the same one."""
    swaps = matched.known.context.swaps
    one, other = draws.choice(len(swaps), 2, replace=False)
    return matched.exchanged([swaps[one]]), matched.exchanged([swaps[other]])


KINDS: dict[str, tuple[int, Callable[[MatchedResume, np.random.Generator], Two]]] = {
    "skills in another order": (0, _skills_reordered),
    "sections in another order": (0, _sections_reordered),
    "equal gap": (1, _equal_gap),
}


def faults_in_ties(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """What is wrong in stored ties, counted by tie; empty for good ones."""
    faults: Counter[str] = Counter()
    for row in rows:
        words = [sorted(tokens(row[resume])) for resume in ("resume_a", "resume_b")]
        faults.update(
            {
                "a kind is unknown": row["kind"] not in KINDS,
                "both resumes are the same": row["resume_a"] == row["resume_b"],
                "one says more than the other": row["gap"] == 0 and words[0] != words[1],
            }
        )
    return +faults
