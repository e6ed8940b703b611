"""Floors: what they say by hand, and that they see no label of what they answer."""

from collections.abc import Sequence
from typing import Any

import pytest

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.rjdb.tasks.editing import edits
from hr_pipeline.rjdb.tasks.extraction import extractions
from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.training.measures import floors
from hr_pipeline.training.measures.metrics import Extracted, Verdict, f_add
from hr_pipeline.training.students.results import FLOORS
from hr_pipeline.training.students.tasks import STUDENTS
from hr_pipeline_tests.training.small_data import triples

Row = dict[str, Any]
ASKED = {  # what a floor may read of the rows that it answers
    "matcher": ("job_description", "resume"),
    "extractor": ("kind", "text"),
    "editor": ("section", "signal", "resume_unmatched"),
}


def task_rows(name: str) -> tuple[list[Row], list[Row]]:
    """Rows of the train split, and of test."""
    made = {
        "matcher": lambda: pairs(triples()),
        "extractor": lambda: extractions(triples()),
        "editor": lambda: edits(triples(), Ledger()),
    }
    rows = list(made[name]())
    return [r for r in rows if r["split"] == "train"], [r for r in rows if r["split"] == "test"]


def pair(number: int, asked: str, shown: str, label: bool, lacks: Sequence[str] = ()) -> Row:
    kind = None if label else "removed"
    held = {"triple_id": str(number), "label": label, "negative_kind": kind, "experiences": []}
    return held | {"job_description": asked, "resume": shown, "skills": list(lacks)}


@pytest.mark.parametrize("name", STUDENTS)
def test_floors_need_no_label_of_what_they_answer(name: str) -> None:
    train, test = task_rows(name)
    bare = [{column: row[column] for column in ASKED[name]} for row in test]
    for floor in filter(None, FLOORS[name]):
        assert list(floor(train, bare)) == list(floor(train, test))


def test_the_commoner_label() -> None:
    """Swapped ones do not count: students do not learn from them."""
    one, other = pair(1, "", "", True), pair(1, "", "", False)
    swapped = pair(1, "", "", False) | {"negative_kind": "swapped"}
    assert floors.majority_verdicts([one, other, swapped, swapped], [{}]) == [Verdict(True)]
    assert floors.majority_verdicts([one, other, other], [{}, {}]) == [Verdict(False)] * 2


def test_a_threshold_from_the_train_split() -> None:
    """Matches there share three of four words, mismatches two; all words count, of any section."""
    asked = "needs sql java cobol"
    train = [
        pair(1, asked, "needs sql java", True),
        pair(1, asked, "needs sql", False, ["java"]),
        pair(2, asked, "needs cobol java", True),
        pair(2, asked, "cobol java", False, ["SQL"]),
    ]
    rows = [{"job_description": asked, "resume": shown} for shown in ("sql java cobol", "java now")]
    match, mismatch = floors.lexical_verdicts(train, rows)
    assert match == Verdict(True), "reasons are given of mismatches alone"
    assert mismatch == Verdict(False, ("SQL",)), "java is there, cobol is a name of no pair"


def test_commonest_items() -> None:
    train = [
        {"kind": "resume", "skills": ["SQL", "Go"], "experiences": []},
        {"kind": "resume", "skills": ["SQL", "Ada", "C"], "experiences": []},
        {"kind": "resume", "skills": ["Go"], "experiences": ["Nurse (2014 - 2019)"]},
    ]
    answer, other = floors.majority_extractions(train, [{"kind": "resume"}] + train[:1])
    assert answer == other == Extracted(("Go", "SQL"), ())
    (nothing,) = floors.majority_extractions(train, [{"kind": "job_description"}])
    assert nothing == Extracted()


def test_names_of_the_train_split_are_found_in_texts() -> None:
    train = [{"skills": ["Java", "Java EE"]}, {"skills": ["SQL"]}]
    text = "Knows java ee and Python.\nNurse\n* Head nurse, 2012 - 2016\n2010 to 2012: Welder"
    (found,) = floors.lexical_extractions(train, [{"kind": "resume", "text": text}])
    assert found == Extracted(("Java EE",), ("Head nurse (2012 - 2016)", "Welder (2010 to 2012)"))


@pytest.mark.parametrize(
    ("line", "job"),
    [
        ("- At least four years as a head nurse", "head nurse (four years)"),
        ("- Has worked as Welder for 2 years", "Welder (2 years)"),
        ("- Baker: 3+ years", "Baker (3+ years)"),
        ("- Baker (2014 - 2019)", ""),
        ("- 5 years.", ""),
    ],
)
def test_jobs_that_a_job_description_asks_for(line: str, job: str) -> None:
    assert floors.job_told(line, "job_description") == job


def test_the_section_with_what_it_lacks() -> None:
    resume = "## Skills\n- SQL\n\n## Experience\n- Nurse (2014 - 2016)"
    row = {"section": "skills", "signal": ["Go", "C"], "resume_unmatched": resume}
    assert floors.lexical_sections([row, row | {"section": "education"}]) == [
        "- SQL\nGo\nC",
        "\nGo\nC",
    ]


def test_floors_of_editing_add_something_on_written_rows() -> None:
    _, test = task_rows("editor")
    worth = [
        f_add(text, row["target"], row["resume_unmatched"])
        for row, text in zip(test, floors.lexical_sections(test), strict=True)
    ]
    assert 0.1 < sum(worth) / len(worth) < 0.9


def test_apis_of_the_skills_that_a_question_names() -> None:
    """An API that one of the skill's pairs lacks is not the skill's."""
    train = [
        {"skills": ["SQL", "web design"], "apis": ["JDBC", "react"]},
        {"skills": ["sql"], "apis": ["odbc", "jdbc"]},
        {"skills": ["SQL", "Go"], "apis": ["jdbc", "net/http"]},
    ]
    asked = [{"question": "They write SQL."}, {"question": "Web Design and Go"}, {"question": "?"}]
    assert floors.lexical_apis(train, asked) == [
        {"jdbc"},
        {"jdbc", "react", "net/http"},
        set(),
    ]
    commonest = {"jdbc", "net/http"}  # three times, and the first of those that stand there once
    assert floors.majority_apis(train, asked) == [commonest] * 3


def test_what_was_there_before_comes_next() -> None:
    item = {"task": "title", "career": ["data engineer"], "projects": [["numpy"]], "input": ""}
    items = [item | {"target": ["Senior Data Analyst"]}, item | {"target": ["nurse"]}]
    items += [
        {**item, "task": "project", "target": target}
        for target in (["NumPy", "a", "b"], ["numpy", "a", "b", "c"])
    ]
    assert floors.lexical_next(items) == [True, False, True, False]
    assert floors.majority_next(items) == [True] * 4


def test_nothing_to_learn_from() -> None:
    rows = [pair(1, "needs sql", "sql", True)]
    assert floors.lexical_verdicts([], rows) == [Verdict(True)]
    assert floors.majority_apis([], [{"question": ""}]) == [frozenset()]
    assert floors.lexical_extractions([], [{"kind": "resume", "text": "SQL"}]) == [Extracted()]
