"""Datasets whose rows are made one by one, each from a row of an input."""

from collections.abc import Callable
from typing import Any

from hr_pipeline.audit.ancestry import input_build
from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.rows import Found, row_of
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording

Row = dict[str, Any]


def _answer(lake: Lake, found: Found, recording: Recording | None) -> Row:
    from hr_pipeline.audit.tm_eval_story import item_of
    from hr_pipeline.tm_eval.answering import answers

    with Replay(found.build, recording).engine() as engine:
        (row,) = answers(engine, [item_of(lake, found).row], Ledger())
    if row is None:
        raise InputError("its item got no reply again", found.row_id)
    return row


def _posting_skills(lake: Lake, found: Found, recording: Recording | None) -> Row:
    from hr_pipeline.jaqa.skills.postings import (
        NAMES,
        finder_of,
        skills_by_names,
        skills_by_teacher,
    )

    posting = posting_of(lake, found).row
    names, ledger = input_build(lake, found.build, NAMES), Ledger()
    if found.build.recipe.teacher:
        finder = finder_of(str(lake.root), names.version)
        with Replay(found.build, recording).engine() as engine:
            rows = list(skills_by_teacher([posting], finder, engine, ledger))
    else:
        rows = list(skills_by_names([posting], lake, names.version, ledger, processes=1))
    if not rows:
        raise InputError("no skill was found again in its posting", found.row_id)
    return rows[0]


def posting_of(lake: Lake, found: Found) -> Found:
    """The posting of a row with its posting_id, in the version that its build read. InputError
    where it is gone."""
    postings = input_build(lake, found.build, "sources/linkedin_postings")
    posting = row_of(lake, postings, found.row["posting_id"])
    if posting is None:
        raise InputError("its posting is not in the version it was made from", found.row_id)
    return posting


ALONE: dict[str, Callable[[Lake, Found, Recording | None], Row]] = {
    "tm_eval/answers": _answer,
    "jaqa/posting_skills": _posting_skills,
}
