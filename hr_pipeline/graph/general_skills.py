"""Skills of general occupations (RJDB 2.1, "Generating Skills"): how many, which, the 5% rule."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.embedding.nearest import nearest_k
from hr_pipeline.graph.build import fold
from hr_pipeline.graph.questions import LIST_SKILLS, SkillsQuestion
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import digest
from hr_pipeline.llm.engine import Answer, Engine, Unanswered

N_SKILLS = (3, 20)  # bounds of n: merged titles reach 284
N_WITHOUT_COUNTERPART = 8
MOST_COMMON_SHARE = 0.05  # of the general occupations that may share one generated skill
Row = dict[str, Any]


@dataclass(frozen=True)
class Counterpart:
    """The advertised title nearest to a general occupation, and the n that follows from it."""

    title: str | None
    similarity: float | None
    n: int


def counterparts(occupations: list[str], postings: pa.Table, model: str) -> list[Counterpart]:
    """n = the median number of skills per advertisement of the counterpart, held to 3..20."""
    per_title: dict[str, list[int]] = {}
    shown: dict[str, str] = {}
    for title, skills in zip(
        postings.column("title").to_pylist(), postings.column("skills").to_pylist(), strict=True
    ):
        shown[fold(title)] = min(title, shown.get(fold(title), title))
        per_title.setdefault(fold(title), []).append(len(skills))
    if not per_title or not occupations:
        return [Counterpart(None, None, N_WITHOUT_COUNTERPART)] * len(occupations)
    keys = sorted(per_title)
    found = nearest_k(open_embedder(model), occupations, [shown[key] for key in keys], 1)
    return [
        Counterpart(
            shown[keys[p]], float(s), int(np.clip(np.median(per_title[keys[p]]), *N_SKILLS))
        )
        for p, s in zip(found.positions[:, 0], found.scores[:, 0], strict=True)
    ]


@dataclass(frozen=True)
class GeneralSkills:
    """Rows of graph/general_skills, and what was lost."""

    rows: list[Row]
    ledger: Ledger


def list_general_skills(
    occupations: pa.Table,
    postings: pa.Table,
    engine: Engine,
    seed: int,
    model: str,
    watch: Callable[[Iterator, int], Iterator] = lambda results, total: results,
) -> GeneralSkills:
    """Ask the teacher for the skills of every general occupation and hold the 5% rule."""
    titles, codes = occupations.column("title").to_pylist(), occupations.column("code").to_pylist()
    found = counterparts(titles, postings, model)
    questions = [
        SkillsQuestion(title, code, counterpart.n)
        for title, code, counterpart in zip(titles, codes, found, strict=True)
    ]
    answers = watch(engine.in_order(partial(engine.answer, LIST_SKILLS), questions), len(questions))
    rows, ledger = [], Ledger()
    for question, counterpart, answer in zip(questions, found, answers, strict=True):
        if isinstance(answer, Unanswered):
            ledger.add("row", question.code, "no_usable_reply", answer.reason, answer.raw)
        else:
            rows.append(_row(question, counterpart, engine.teacher.model, answer))
    return GeneralSkills(hold_most_common_share(rows, seed, ledger), ledger)


def _row(
    question: SkillsQuestion, counterpart: Counterpart, teacher: str, answer: Answer[list[str]]
) -> Row:
    return {
        "code": question.code,
        "title": question.occupation,
        "counterpart": counterpart.title,
        "similarity": counterpart.similarity,
        "n": counterpart.n,
        "skills": answer.value,
        "teacher": teacher,
        "request_ids": list(answer.request_ids),
    }


def most_holders(n_occupations: int) -> int:
    """How many general occupations may share one generated skill."""
    return max(1, int(MOST_COMMON_SHARE * n_occupations))


def largest_share(general: pa.Table) -> tuple[str, int, int]:
    """The generated skill on most occupations, on how many it sits, and on how many it may."""
    counts = Counter(fold(s) for skills in general.column("skills").to_pylist() for s in skills)
    skill, holders = counts.most_common(1)[0] if counts else ("", 0)
    return skill, holders, most_holders(general.num_rows)


def hold_most_common_share(rows: list[Row], seed: int, ledger: Ledger) -> list[Row]:
    """The rows after a skill was taken from randomly drawn ones until at most 5% of them have it.

    One "communication" on all of them would make them a single cluster (METHOD: the 5% rule).
    Occupations that are left without a skill are lost; 5% of the fewer that stay may be less.
    """
    while True:
        held = _without_too_common(rows, seed, ledger)
        rows = [row for row in held if row["skills"]]
        if len(rows) == len(held):
            return rows
        for row in held:
            if not row["skills"]:
                ledger.add("row", row["code"], "no_skills", "all were too common", row["title"])


def _without_too_common(rows: list[Row], seed: int, ledger: Ledger) -> list[Row]:
    most = most_holders(len(rows))
    holders: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        for skill in dict.fromkeys(map(fold, row["skills"])):
            holders.setdefault(skill, []).append(i)
    taken = set()
    for skill, having in holders.items():
        drawn = sorted(having, key=lambda i: digest(seed, "5%", skill, rows[i]["code"]))
        for i in drawn[most:]:
            taken.add((i, skill))
            ledger.add("skill", rows[i]["code"], "too_common", f"on more than {most}", skill)
    return [
        row | {"skills": [skill for skill in row["skills"] if (i, fold(skill)) not in taken]}
        for i, row in enumerate(rows)
    ]
