"""Small edits of matched resumes: the gap ladder and the ties."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.rjdb.contexts import context_from_row
from hr_pipeline.rjdb.presence import presence
from hr_pipeline.rjdb.released import read_released
from hr_pipeline.rjdb.tasks.exchange import MATCHED, Unclean, place_of, read_matched
from hr_pipeline.rjdb.tasks.ladder import faults_in_ladder, ladders
from hr_pipeline.rjdb.tasks.splits import checked_splits
from hr_pipeline.rjdb.tasks.ties import KINDS, faults_in_ties, ties

RESUME = """## Personal Information
- Name: Ada Ember
- Email: ada@example.com

## Education
- Course in Java, evenings, with a certificate of the trade school

## Skills
1. Java \u2013 daily work with java services
2. Excel (basic): monthly figures for the office
3. JavaScript: pages and forms that people use
4. Bread baking: every morning before the shop opens

## Experience
- Web Developer (2019 - 2022): wrote JAVA, tested it and fixed the faults of others
- Baker (2016 - 2019): made sourdough and rolls for two shops in town
"""


def triple(**changes: Any) -> dict[str, Any]:
    """A row of rjdb/triples with two swaps."""
    jobs = [("Web Developer", 2019, 2022), ("Baker", 2016, 2019)]
    return {
        "triple_id": "t1",
        "context_id": "t1",
        "cluster_id": "c",
        "occupation": "Web Developer",
        "category": "tech",
        "split": "test",
        "skills": ["Java", "Excel (basic)", "JavaScript", "Bread baking"],
        "experiences": [
            {"title": title, "years": end - start, "start": start, "end": end}
            for title, start, end in jobs
        ],
        "first_name": "Ada",
        "gender": "female",
        "name_group": "europe",
        "removed_skills": ["Java", "Excel (basic)"],
        "swaps": [
            {"removed": "Java", "put_in": "Welding"},
            {"removed": "Excel (basic)", "put_in": "C++ (expert)"},
        ],
        "shortened": None,
        "job_description": "any",
        "resume_matched": RESUME,
    } | changes


def test_rungs_are_nested_and_change_nothing_else() -> None:
    ledger = Ledger()
    rungs = list(ladders([triple()], ledger))
    assert [r["gap"] for r in rungs] == [0, 1, 2] and not ledger.rows
    assert [r["label"] for r in rungs] == [True, False, False]
    assert rungs[0]["resume"] == RESUME
    first = RESUME.replace(
        "1. Java \u2013 daily work with java", "1. Welding \u2013 daily work with Welding"
    )
    first = first.replace("wrote JAVA,", "wrote Welding,")
    assert rungs[1]["resume"] == first  # the education, and "JavaScript", stay as they are
    assert rungs[2]["resume"] == first.replace("Excel (basic)", "C++ (expert)")
    assert rungs[2]["missing_skills"] == ["Java", "Excel (basic)"]
    assert not faults_in_ladder(rungs)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"swaps": [{"removed": "Bread baking", "put_in": "one of many words, " * 5}]}, "length"),
        ({"resume_matched": RESUME.replace("3. JavaScript", "3. Scripts")}, "shows other skills"),
        ({"resume_matched": RESUME.replace("2016 - 2019", "2015 - 2019")}, "shows other jobs"),
        ({"resume_matched": RESUME.replace("2. Excel (basic)", "2. Sheets")}, "skill not found"),
        ({"resume_matched": "nothing here"}, "section is not one run of lines"),
    ],
)
def test_what_cannot_be_edited_cleanly_is_in_the_ledger(change: dict[str, Any], cause: str) -> None:
    row, ledger = triple(**change), Ledger()
    assert not list(ladders([row], ledger))
    assert ledger.causes() == {f"row: {cause}": len(row["swaps"]) + 1}


def test_a_kept_skill_that_overlaps_a_removed_one_is_not_destroyed() -> None:
    """Where the removed skill stands inside a longer one that stays."""
    row = triple(
        skills=["Java", "java services", "Bread baking"],
        removed_skills=["Java"],
        swaps=[{"removed": "Java", "put_in": "Welding"}],
    )
    text = read_matched(row).exchanged(read_matched(row).known.context.swaps)
    assert "1. Welding \u2013 daily work with java services" in text


def test_rows_without_swaps_are_not_asked_for() -> None:
    ledger = Ledger()
    rows = [triple(swaps=None), triple(swaps=[])]
    assert not list(ladders(rows, ledger)) and not list(ties(rows, 1, ledger)) and not ledger.rows


def test_faults_of_ladders_are_seen() -> None:
    rungs = list(ladders([triple()], Ledger()))
    assert faults_in_ladder(rungs[1:]) == {"a rung is left out": 1}
    assert faults_in_ladder([rungs[0], {**rungs[1], "label": True}, rungs[2]]) == {
        "a label is wrong": 1
    }
    other = {**rungs[1], "missing_skills": ["Excel (basic)"]}
    assert faults_in_ladder([rungs[0], other, rungs[2]]) == {"rungs are not nested": 1}
    longer = {**rungs[2], "resume": rungs[2]["resume"] + " and so on" * 9}
    assert faults_in_ladder([*rungs[:2], longer]) == {"a length is out of bounds": 1}
    same = {**rungs[1], "resume": RESUME}
    assert faults_in_ladder([rungs[0], same, rungs[2]]) == {"two rungs are equal": 1}


def test_ties_of_all_kinds() -> None:
    ledger = Ledger()
    found = {tie["kind"]: tie for tie in ties([triple()], 1, ledger)}
    assert set(found) == set(KINDS) and not ledger.rows
    assert not faults_in_ties(found.values())
    for kind in ("skills in another order", "sections in another order"):
        tie = found[kind]
        assert RESUME in (tie["resume_a"], tie["resume_b"]) and tie["gap"] == 0
    gap = found["equal gap"]
    lacking = [("Java \u2013" in r, "Excel" in r) for r in (gap["resume_a"], gap["resume_b"])]
    assert sorted(lacking) == [(False, True), (True, False)] and gap["gap"] == 1


def test_numbers_of_a_reordered_list_stay() -> None:
    (tie,) = (t for t in ties([triple()], 1, Ledger()) if t["kind"].startswith("skills"))
    other = tie["resume_b"] if tie["resume_a"] == RESUME else tie["resume_a"]
    numbers = [line[0] for line in other.splitlines() if line[:2] in ("1.", "2.", "3.", "4.")]
    assert numbers == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("skills", "lost"),
    [
        ("Java, Excel (basic), JavaScript, Bread baking", False),
        ("Java\nExcel (basic)\nJavaScript\nBread baking", False),
        ("At home with Java, Excel (basic), JavaScript and Bread baking for years", True),
    ],
)
def test_only_plain_lists_are_reordered(skills: str, lost: bool) -> None:
    start, end = RESUME.index("1. Java"), RESUME.index("\n\n## Experience")
    ledger = Ledger()
    row = triple(resume_matched=RESUME[:start] + skills + RESUME[end:])
    kinds = [tie["kind"] for tie in ties([row], 1, ledger)]
    assert ("skills in another order" not in kinds) == lost
    assert ledger.causes() == ({"row: skills are no plain list": 1} if lost else {})


def test_a_is_drawn_by_key_and_not_by_order() -> None:
    rows = [triple(triple_id=f"t{n}") for n in range(200)]
    made = list(ties(rows, 1, Ledger()))
    first = [t["resume_a"] == RESUME for t in made if t["gap"] == 0]
    assert 0.4 < sum(first) / len(first) < 0.6
    again = list(ties(rows[::-1], 1, Ledger()))
    by_id = {tie["tie_id"]: tie for tie in made}
    assert all(by_id[tie["tie_id"]] == tie for tie in again)


def test_one_swap_gives_no_equal_gap() -> None:
    row = triple(removed_skills=["Java"], swaps=[{"removed": "Java", "put_in": "Welding"}])
    ledger = Ledger()
    assert {tie["gap"] for tie in ties([row], 1, ledger)} == {0} and not ledger.rows


def test_faults_of_ties_are_seen() -> None:
    tie = next(ties([triple()], 1, Ledger()))
    assert faults_in_ties([{**tie, "resume_a": tie["resume_b"]}]) == {
        "both resumes are the same": 1
    }
    assert faults_in_ties([{**tie, "resume_a": "less"}]) == {"one says more than the other": 1}


def test_a_body_that_stands_twice_has_no_place() -> None:
    assert place_of("a\nJava  \nb", "Java") == (2, 6)
    assert place_of("a\nJava\n \t\n--\nSQL\nb", "Java\n\n\nSQL") == (2, 16)
    for text in ("Java\nJava", "Java EE", ""):
        with pytest.raises(Unclean):
            place_of(text, "Java")


def test_a_split_that_is_none_is_the_users_error() -> None:
    with pytest.raises(InputError, match="validation"):
        checked_splits(["test", "validation"], "rjdb__ladder.splits")


@pytest.mark.real
def test_resumes_that_a_model_wrote_can_be_edited() -> None:
    """The published matched resumes that show their plan, with swaps made up: nearly all are."""
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    released, _ = read_released(Path(folder) / "rjdb" / "test_part_a.jsonl")
    rows = []
    for row in released:
        shown = presence(context_from_row(row), {MATCHED: row[MATCHED]})[MATCHED]
        removed = set(row["removed_skills"]) & set(row["skills"])
        if shown.found == shown.planned and not shown.span_errors and removed:
            names = [
                (r, " ".join([f"qz{n}"] * len(r.split()))) for n, r in enumerate(sorted(removed))
            ]
            swaps = [{"removed": r, "put_in": p} for r, p in names]
            rows.append({**row, "split": "test", "swaps": swaps})
    ledger = Ledger()
    rungs = list(ladders(rows, ledger))
    assert not faults_in_ladder(rungs) and len(rows) > 150
    edited = {rung["triple_id"] for rung in rungs}
    assert len(edited) >= 0.98 * len(rows), ledger.causes()
    made = list(ties(rows, 1, Ledger()))
    assert not faults_in_ties(made)
    kinds = Counter(tie["kind"] for tie in made)
    assert kinds["sections in another order"] >= 0.95 * len(rows)
