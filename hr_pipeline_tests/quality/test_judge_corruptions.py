"""Corrupted twins: one thing is made wrong, everything else stays."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.lake.rng import rng
from hr_pipeline.quality.judges.corruptions import CORRUPTIONS, Strangers
from hr_pipeline.quality.judges.questions import JudgeQuestion
from hr_pipeline.quality.judges.template import defects
from hr_pipeline.rjdb.contexts import context_from_row
from hr_pipeline.rjdb.released import read_released
from hr_pipeline_tests.quality.judged import CONTEXT, JOB_DESCRIPTION, RESUME

OTHER = replace(CONTEXT, context_id="c2", occupation="Roofer", skills=("ladders", "tiles"))
STRANGERS = Strangers(
    ["sugar work", "Sugar", "oven gloves", "welding"], ["Dish washer", "Cook", "Roofer"], [OTHER]
)
DOCUMENTS = {
    "job_description": JudgeQuestion("job_description", JOB_DESCRIPTION, CONTEXT),
    "resume_matched": JudgeQuestion("resume_matched", RESUME, CONTEXT),
}


def twin(name: str, document: str, draw: int = 0) -> JudgeQuestion | None:
    return CORRUPTIONS[name](DOCUMENTS[document], STRANGERS, rng(1, name, draw))


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_twin_has_a_defect_and_is_the_same_at_each_making(name: str, document: str) -> None:
    for draw in range(20):
        changed = twin(name, document, draw)
        assert changed is not None and changed == twin(name, document, draw)
        assert not defects(document, DOCUMENTS[document].text, CONTEXT)
        assert defects(document, changed.text, changed.context)


def changed_lines(document: str, changed: JudgeQuestion) -> set[str]:
    return set(changed.text.splitlines()) - set(DOCUMENTS[document].text.splitlines())


def test_only_a_skill_that_is_a_stranger_to_the_context_is_put_in() -> None:
    for draw in range(20):
        changed = twin("wrong skill", "job_description", draw)
        assert changed is not None and "welding" in changed.text
        assert not {"Sugar", "oven gloves"} & set(changed.text.split("- "))
        gone = [skill for skill in CONTEXT.skills if skill not in changed.text]
        assert len(gone) == 1 and changed.context == CONTEXT


def test_a_title_is_changed_wherever_it_stands() -> None:
    changed = twin("wrong title", "job_description")
    assert changed is not None and "Pastry cook" not in changed.text
    assert changed_lines("job_description", changed) == {
        "Roofer",
        "Our bakery hires a Roofer who is at home with sugar work.",
        "- 4 years as a Roofer",
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_years_of_one_job_are_changed(document: str) -> None:
    for draw in range(10):
        changed = twin("wrong span", document, draw)
        assert changed is not None and len(changed_lines(document, changed)) == 1


def test_facts_are_those_of_another_occupation_and_the_document_stays() -> None:
    changed = twin("facts of another triple", "resume_matched")
    assert changed == JudgeQuestion("resume_matched", RESUME, OTHER)


@pytest.mark.parametrize("name", ["wrong skill", "wrong span", "wrong title"])
def test_what_does_not_say_it_cannot_be_corrupted(name: str) -> None:
    silent = JudgeQuestion("job_description", "We bake.", CONTEXT)
    assert CORRUPTIONS[name](silent, STRANGERS, rng(1, name, 0)) is None
    nobody = Strangers([], [], [CONTEXT])
    said = DOCUMENTS["job_description"]
    assert (CORRUPTIONS[name](said, nobody, rng(1, name, 0)) is None) == (name != "wrong span")


def test_no_other_facts_where_all_are_of_one_occupation() -> None:
    alone = Strangers([], [], [CONTEXT])
    corrupt = CORRUPTIONS["facts of another triple"]
    assert corrupt(DOCUMENTS["resume_matched"], alone, rng(1, "", 0)) is None


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(list(DOCUMENTS)), st.sampled_from(list(CORRUPTIONS)))
def test_any_text_is_taken(text: str, document: str, name: str) -> None:
    question = JudgeQuestion(document, text, CONTEXT)
    changed = CORRUPTIONS[name](question, STRANGERS, rng(1, name, 0))
    assert changed is None or changed != question


@pytest.mark.real
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_published_documents_have_twins_with_more_defects(name: str) -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    rows, _ = read_released(Path(folder) / "rjdb" / "test_part_a.jsonl")
    contexts = [context_from_row(row) for row in rows]
    skills = sorted({skill for context in contexts for skill in context.skills})
    strangers = Strangers(skills, sorted({c.occupation for c in contexts}), contexts)
    asked = made = worse = 0
    for row, context in zip(rows, contexts, strict=True):
        for document in DOCUMENTS:
            question = JudgeQuestion(document, row[document], context)
            changed = CORRUPTIONS[name](question, strangers, rng(1, name, row["triple_id"]))
            asked, made = asked + 1, made + (changed is not None)
            if changed:
                found = defects(document, changed.text, changed.context)
                worse += found.total() > defects(document, question.text, context).total()
    assert made >= 0.6 * asked and worse >= 0.85 * made
