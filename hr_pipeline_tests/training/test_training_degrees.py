"""Levels of degrees in education sections, and the task made of them."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.released import read_released
from hr_pipeline.training.studies.degrees import LEVELS, NONE, degree_level, degree_task


@pytest.mark.parametrize(
    ("section", "level"),
    [
        ("PhD, Alder Point University", "doctorate"),
        ("Doctor of Physical Therapy (2011)", "doctorate"),
        ("MD, surgery", "doctorate"),
        ("Master\u2019s Degree in Design", "master"),
        ("M.S. Statistics, 2004", "master"),
        ("MBA (2016)", "master"),
        ("Bachelor of Laws and Master of Laws", "master"),
        ("B.Sc. Geology", "bachelor"),
        ("BS in Geology", "bachelor"),
        ("Bachelors, Boston, MA", "bachelor"),
        ("Undergraduate degree in Music", "bachelor"),
        ("Associate degree in Office Studies", "associate"),
        ("Sales Associate course", NONE),
        ("Scrum Master certification", "certificate"),
        ("Diploma in Carpentry", "certificate"),
        ("Trade school diploma", "certificate"),
        ("High school diploma", "school"),
        ("High school diploma\nCertified welder", "certificate"),
        ("GED, 2010", "school"),
        ("Secondary school leaving certificate", "school"),
        ("High school diploma\nSummer school certificate, four weeks", "school"),
        ("Bethesda, MD", NONE),
        ("Degree in Computer Science", NONE),
        ("not provided", NONE),
        ("", NONE),
    ],
)
def test_level_of_a_section(section: str, level: str) -> None:
    assert degree_level(section) == level


@given(st.text())
def test_any_text_has_a_level(section: str) -> None:
    assert degree_level(section) in LEVELS


@given(
    st.sampled_from(["Doctorate", "Master of Arts", "BSc in Art", "Diploma", "High school"]),
    st.sampled_from(["Doctorate", "Master of Arts", "BSc in Art", "Diploma", "High school"]),
    st.sampled_from([", ", "\n", "; "]),
)
def test_the_highest_level_counts_wherever_it_stands(a: str, b: str, between: str) -> None:
    levels = {degree_level(a), degree_level(b)}
    assert degree_level(f"{a}{between}{b}") == min(levels, key=LEVELS.index)


def resume(education: str) -> str:
    return f"## Personal Information\nName: Ada Ray\n\n{education}## Skills\n- welding\n"


def test_the_task_holds_whole_splits_out_and_counts_what_has_no_section() -> None:
    rows: list[dict[str, Any]] = [
        {"triple_id": "a", "split": "train", "resume_matched": resume("## Education\nBSc\n\n")},
        {"triple_id": "b", "split": "train", "resume_matched": resume("")},
        {"triple_id": "c", "split": "dev", "resume_matched": resume("## Education\nPhD\n\n")},
        {"triple_id": "d", "split": "test", "resume_matched": resume("## Education\nBSc\n\n")},
        {"triple_id": "e", "split": "test", "resume_matched": resume("## Education\nBSc\n\n")},
        {"triple_id": "f", "split": None, "resume_matched": resume("## Education\nBSc\n\n")},
    ]
    task = degree_task(rows)
    assert [(e.key, e.prompt, e.target) for e in task.train] == [("a", "BSc", "bachelor")]
    assert [e.key for e in task.held_out] == ["c", "d", "e"]
    assert task.without == 1
    assert task.majority == pytest.approx(2 / 3)


@pytest.mark.real
def test_levels_in_the_published_resumes() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    rows, _ = read_released(Path(folder) / "rjdb" / "test_part_a.jsonl")
    found = [sections(row["resume_matched"], "resume").get("education") for row in rows]
    told = [section for section in found if section]
    levels = Counter(map(degree_level, told))
    assert levels[NONE] < 0.2 * len(told)
    assert levels["bachelor"] > 0.55 * len(told)
    named = [section for section in told if "bachelor" in section.lower()]
    wrong = [s for s in named if LEVELS.index(degree_level(s)) > LEVELS.index("bachelor")]
    assert not wrong
