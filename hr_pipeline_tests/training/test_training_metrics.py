"""Measures of the students' tasks, against figures and formulas by hand."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.rjdb.tasks.editing import edits
from hr_pipeline.rjdb.tasks.extraction import extractions
from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.training.measures.metrics import (
    Extracted,
    Verdict,
    editing_metrics,
    extraction_metrics,
    f_add,
    item_key,
    matching_metrics,
    rouge_2,
)
from hr_pipeline_tests.training.small_data import triples

Rows = list[dict[str, Any]]
WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=12).map(" ".join)


def values(measured: Rows) -> dict[tuple[str, str], float]:
    return {(row["task"], row["metric"]): row["value"] for row in measured}


def pair(kind: str | None, skills: list[str], jobs: list[str] | None = None) -> dict[str, Any]:
    held = {"negative_kind": kind, "label": kind is None}
    return held | {"skills": skills, "experiences": jobs or []}


# -- matching and explaining ---------------------------------------------------------------


def test_matching_counted_by_hand() -> None:
    """Four pairs of the paper's set: two right, one mismatch called a match, one match that is
    neither. Precision 1/2, recall 1/2."""
    rows = [pair(None, []), pair(None, []), pair("removed", ["a"]), pair("removed", ["b"])]
    measured = matching_metrics(rows, [Verdict(said) for said in (True, None, True, False)])
    assert {row["rows"] for row in measured if row["task"] == "matching"} == {4}
    told = values(measured)
    assert told["matching", "accuracy"] == 0.5 and told["matching", "f1"] == 0.5


def test_sets_of_mismatches_are_never_averaged() -> None:
    rows = [pair(None, []), pair("removed", ["a"]), pair("swapped", ["b"])]
    told = values(matching_metrics(rows, [Verdict(True), Verdict(False, ("a",)), Verdict(True)]))
    assert told["matching", "accuracy"] == told["matching", "f1"] == 1.0
    assert told["matching, swapped", "accuracy"] == 0.5
    assert told["matching, swapped", "f1"] == pytest.approx(2 / 3, abs=1e-5)
    assert (told["explaining", "accuracy"], told["explaining, swapped", "accuracy"]) == (1.0, 0.0)


def test_whoever_calls_nothing_a_match_has_no_f1() -> None:
    rows = [pair(None, []), pair("removed", ["a"])]
    told = values(matching_metrics(rows, [Verdict(False), Verdict(False)]))
    assert told["matching", "f1"] == 0.0 and told["matching", "accuracy"] == 0.5


@pytest.mark.parametrize(
    ("reasons", "found", "telling"),
    [
        (("lacks Node.js", "2 of 5 years as Nurses"), 2, 2),
        (("NODE.JS and nurse",), 2, 1),
        (("lacks Node", "nursing"), 0, 0),
        (("Node.js", "Node.js", "Python"), 1, 2),
        ((), 0, 0),
    ],
)
def test_planted_changes_in_an_explanation(
    reasons: tuple[str, ...], found: int, telling: int
) -> None:
    rows = [pair("removed", ["Node.js"], ["Nurse"]), pair("removed", ["Go"])]
    told = values(matching_metrics(rows, [Verdict(False, reasons), Verdict(False, ("Gopher",))]))
    assert told["explaining", "accuracy"] == pytest.approx(found / 3, abs=1e-5), "of all planted"
    items = len(reasons) + 1
    assert told["explaining", "precision"] == pytest.approx(telling / items, abs=1e-5)


def test_reasons_for_a_match_explain_no_mismatch() -> None:
    """Whoever calls a pair a match and lists all that is asked for has found no change."""
    rows = [pair("removed", ["SQL"])]
    for verdict in (Verdict(True, ("has SQL",)), Verdict(None, ("lacks SQL",))):
        assert values(matching_metrics(rows, [verdict]))["explaining", "accuracy"] == 0.0


def test_names_inside_longer_ones_and_with_commas() -> None:
    rows = [pair("removed", ["Java", "Java EE"], ["Support, Tier 2"])]
    reasons = ("lacks Java EE", "none of 3 years as Support - Tier 2")
    told = values(matching_metrics(rows, [Verdict(False, reasons)]))
    assert told["explaining", "accuracy"] == pytest.approx(2 / 3, abs=1e-5)


# -- extraction ----------------------------------------------------------------------------


def document(kind: str, skills: list[str], jobs: list[str]) -> dict[str, Any]:
    return {"kind": kind, "skills": skills, "experiences": jobs}


def test_extraction_counted_by_hand() -> None:
    """Means over documents, not over items: 1/2 and 1 are 3/4."""
    rows = [
        document("resume", ["SQL", "C++"], ["Nurse (2014 - 2019)"]),
        document("resume", ["Go"], []),
        document("job_description", ["R"], ["Clerk (4 years)"]),
    ]
    answers = [
        Extracted(("sql", "C", "Excel"), ("Nurses, from 2014 to 2019",)),
        Extracted(("Go", "go"), ()),
        Extracted((), ("Clerk (4 years)", "Clerk (5 years)")),
    ]
    measured = extraction_metrics(rows, answers)
    assert {row["rows"] for row in measured if "resumes" in row["task"]} == {2}
    told = values(measured)
    assert told["extraction of skills, resumes", "accuracy"] == 0.75
    assert told["extraction of skills, resumes", "f1"] == pytest.approx((2 / 5 + 1) / 2)
    assert told["extraction of experiences, resumes", "f1"] == 0.5, "'from' is another word"
    assert told["extraction of skills, job descriptions", "f1"] == 0.0
    assert told["extraction of experiences, job descriptions", "accuracy"] == 1.0
    assert told["extraction of experiences, job descriptions", "f1"] == pytest.approx(
        2 / 3, abs=1e-5
    )


def test_a_document_without_jobs() -> None:
    row = document("resume", ["a"], [])
    for answer, worth in ((Extracted(("a",)), 1.0), (Extracted(("a",), ("Nurse",)), 0.0)):
        told = values(extraction_metrics([row], [answer]))
        assert told["extraction of experiences, resumes", "f1"] == worth


def test_a_kind_of_document_that_is_not_there_has_no_rows() -> None:
    told = values(extraction_metrics([document("resume", ["a"], [])], [Extracted()]))
    assert {task.split(", ")[1] for task, _ in told} == {"resumes"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nurse (2014 - 2019)", "nurses (2014 – 2019)"),
        ("Nurse (2014 - 2019)", "Nurse 2014 to 2019"),
        ("Clerk (4 years)", "clerk, four years"),
        ("Micro-services", "micro services"),
    ],
)
def test_spellings_of_one_item(one: str, other: str) -> None:
    assert item_key(one) == item_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("C++", "C"), ("Nurse (2014 - 2019)", "Nurse (2014 - 2018)"), (".NET", "Net"), ("+", "-")],
)
def test_different_items(one: str, other: str) -> None:
    assert item_key(one) != item_key(other)


# -- editing -------------------------------------------------------------------------------


def test_rouge_counted_by_hand() -> None:
    """ "a b a b" has a-b twice and b-a once; of these, a-b once and b-a once stand in the other."""
    assert rouge_2("a b a b", "a b a c") == pytest.approx(2 * 2 / 6)
    assert rouge_2("- SQL: daily\n- Go", "sql daily go") == 1.0, "marks and lines do not count"
    assert rouge_2("", "a b") == rouge_2("a b", "") == rouge_2("a", "b") == 0.0
    assert rouge_2("", "") == rouge_2("a", "A.") == 1.0


def test_what_is_added_counted_by_hand() -> None:
    """U has a-b. Wanted are b-c and c-d; b-c and c-e are added: P = 1/2, recall = 1/2."""
    assert f_add("a b c e", "a b c d", "a b x") == pytest.approx(0.5)
    assert f_add("a b", "a b c", "a b") == 0.0, "nothing is added"
    assert f_add("a b", "a b", "x a b y") == 1.0, "nothing was to be added"
    assert f_add("a b c", "a b", "x a b y") == 0.0, "there was nothing to add"


@given(WORDS, WORDS)
def test_rouge_is_the_f1_of_counted_bigrams(output: str, reference: str) -> None:
    def counted(text: str) -> Counter[str]:
        words = text.split()
        return Counter(f"{words[n]} {words[n + 1]}" for n in range(len(words) - 1))

    said, wanted = counted(output), counted(reference)
    if said and wanted:
        both = sum(min(said[two], wanted[two]) for two in said)
        precision, recall = both / sum(said.values()), both / sum(wanted.values())
        f1 = 2 * precision * recall / (precision + recall) if both else 0.0
        assert rouge_2(output, reference) == pytest.approx(f1)
    assert rouge_2(output, reference) == rouge_2(reference, output)
    assert rouge_2(output, output) == 1.0


@given(WORDS, WORDS, WORDS)
def test_what_is_added_is_the_f1_of_the_two_shares(o: str, r: str, u: str) -> None:
    def sets(text: str) -> set[tuple[str, str]]:
        words = text.split()
        return set(zip(words, words[1:], strict=False))

    out, wanted, known = sets(o), sets(r), sets(u)
    if out - known and wanted - known:
        both = (out & wanted) - known
        precision, recall = len(both) / len(out - known), len(both) / len(wanted - known)
        f1 = 2 * precision * recall / (precision + recall) if both else 0.0
        assert f_add(o, r, u) == pytest.approx(f1)
    assert 0.0 <= f_add(o, r, u) <= 1.0
    assert f_add(r, r, u) == 1.0


# -- rows as the lake has them -------------------------------------------------------------


def test_the_right_answers_are_worth_one() -> None:
    rows = list(pairs(triples()))
    measured = matching_metrics(rows, [Verdict(r["label"], tuple(r["explanation"])) for r in rows])
    documents = list(extractions(triples()))
    right = [Extracted(tuple(r["skills"]), tuple(r["experiences"])) for r in documents]
    measured += extraction_metrics(documents, right)
    edited = list(edits(triples(), Ledger()))
    measured += editing_metrics(edited, [row["target"] for row in edited])
    assert len(measured) == 8 + 8 + 4
    assert {row["value"] for row in measured} == {1.0}


def test_no_answer_is_worth_nothing() -> None:
    rows, documents = list(pairs(triples())), list(extractions(triples()))
    documents = [row for row in documents if row["experiences"]]
    edited = list(edits(triples(), Ledger()))
    measured = matching_metrics(rows, [Verdict()] * len(rows))
    measured += extraction_metrics(documents, [Extracted()] * len(documents))
    measured += editing_metrics(edited, [""] * len(edited))
    assert {row["value"] for row in measured} == {0.0}


def test_every_row_needs_an_answer() -> None:
    with pytest.raises(ValueError):
        matching_metrics([pair(None, [])], [])
    assert matching_metrics([], []) == extraction_metrics([], []) == editing_metrics([], []) == []
