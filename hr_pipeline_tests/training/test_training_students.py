"""The students' tasks as text: prompts, answers, and answers read back."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.text.phrases import phrase
from hr_pipeline.training.measures.metrics import Extracted, Verdict
from hr_pipeline.training.students.flat_text import (
    DOCUMENT,
    PARAGRAPH,
    cut,
    flat,
    joined,
    shares,
    unflat,
)
from hr_pipeline.training.students.tasks import (
    STUDENTS,
    extracted_text,
    read_extracted,
    read_verdict,
    some_triples,
    verdict_text,
)

ITEMS = st.lists(st.text(st.sampled_from("ab C#+.|;:, \n-0"), min_size=1, max_size=12), max_size=5)
JOB = "## Job title\nNurse\n\n## Required Skills\n- SQL\n- Java | Python\n"
RESUME = "**Skills**\n• SQL\n\n**Experience**\n* Nurse (2014 - 2019)"


def spelt(items: Any) -> list[tuple[str, ...]]:
    """Items by their normalised words; those without any are left out."""
    return [words for item in items if (words := phrase(item))]


# -- on one line ---------------------------------------------------------------------------


def test_lines_and_paragraphs_become_bars_and_lines_again() -> None:
    line = flat(JOB)
    assert line == "## Job title | Nurse || ## Required Skills | - SQL | - Java / Python"
    assert unflat(line) == JOB.strip().replace("|", "/")


@given(st.text(st.sampled_from("a |\n\t\r\u2028;")))
def test_a_flat_text_has_one_line_and_stays_as_it_is(text: str) -> None:
    line = flat(text)
    assert line.splitlines() in ([], [line])
    assert line.replace("|", "").split() == text.replace("|", "/").split()
    assert flat(unflat(line)) == line


@given(st.text())
def test_nothing_that_a_model_writes_breaks_the_reading(text: str) -> None:
    for student in STUDENTS.values():
        student.read(text)
    assert "|" not in unflat(text)


# -- cutting -------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 200))
def test_shares_fill_the_room_and_no_small_one_pays_for_a_large_one(
    sizes: list[int], room: int
) -> None:
    given_ = shares(sizes, room)
    assert sum(given_) == min(room, sum(sizes))
    cut_ones = [kept for kept, size in zip(given_, sizes, strict=True) if kept < size]
    assert all(kept <= size for kept, size in zip(given_, sizes, strict=True))
    if cut_ones:
        assert max(given_) - min(cut_ones) <= 1


def test_a_cut_prompt_keeps_a_share_of_every_document_and_paragraph() -> None:
    long, short = "job " * 100, "resume one\n\nresume two " + "x " * 100
    prompt = joined("asked", long, short)
    kept = [chr(token) for token in cut(prompt, 80, lambda text: [ord(c) for c in text])]
    text = "".join(kept)
    assert len(text) == 80
    asked, job, resume = text.split(DOCUMENT)
    assert asked == "asked" and abs(len(job) - len(resume)) <= 1
    one, two = resume.split(PARAGRAPH)
    assert one == "resume one" and two.startswith("resume two x")


def test_a_prompt_of_one_part_loses_its_end() -> None:
    kept = cut("a long section", 6, lambda text: [ord(c) for c in text])
    assert "".join(map(chr, kept)) == "a long"


# -- answers -------------------------------------------------------------------------------


@given(st.booleans(), ITEMS)
def test_a_verdict_and_its_reasons_come_back(match: bool, reasons: list[str]) -> None:
    read = read_verdict(flat(verdict_text(match, reasons)))
    assert read.match is match
    assert spelt(read.reasons) == spelt(reasons)


@pytest.mark.parametrize(
    ("text", "match", "reasons"),
    [
        ("no match; lacks SQL", False, ("lacks SQL",)),
        ("Match: has .NET | has SQL", True, ("has .NET", "has SQL")),
        ("not a match", False, ()),
        ("mismatch; lacks C", False, ("lacks C",)),
        ("- no match;; ; lacks C++;", False, ("lacks C++",)),
        ("matching skills: SQL", None, ()),
        ("lacks SQL; no match", None, ()),
        ("", None, ()),
        ("nonono; has; has", None, ()),
    ],
)
def test_verdicts_are_read_or_told_to_be_none(
    text: str, match: bool | None, reasons: tuple[str, ...]
) -> None:
    assert read_verdict(text) == Verdict(match, reasons)


@given(ITEMS, ITEMS)
def test_extracted_items_come_back(skills: list[str], experiences: list[str]) -> None:
    read = read_extracted(extracted_text(skills, experiences))
    assert set(spelt(read.skills)) == set(spelt(skills))
    assert set(spelt(read.experiences)) == set(spelt(experiences))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("skills: .NET; C++ | experiences: Nurse", Extracted((".NET", "C++"), ("Nurse",))),
        ("Experiences: Nurse\nSKILLS: SQL; SQL", Extracted(("SQL",), ("Nurse",))),
        ("skills: A | experiences: | skills: B", Extracted(("A", "B"), ())),
        ("skills: people skills: all of them", Extracted(("people skills: all of them",), ())),
        ("SQL; Java", Extracted()),
        ("", Extracted()),
    ],
)
def test_broken_extractions_are_read_as_far_as_they_go(text: str, expected: Extracted) -> None:
    assert read_extracted(text) == expected


# -- rows ----------------------------------------------------------------------------------


def matching_row(negative: str | None = None, **more: Any) -> dict[str, Any]:
    row = {
        "pair_id": f"t-{negative or 'matched'}", "triple_id": "t", "job_description": JOB,
        "resume": RESUME, "label": negative is None, "negative_kind": negative,
        "explanation": ["lacks Java, or none"] if negative else ["has SQL"],
        "skills": ["SQL"], "experiences": [],
    }  # fmt: skip
    return row | more


EXTRACTION_ROW = {
    "document_id": "t-resume_matched", "triple_id": "t", "kind": "resume", "text": RESUME,
    "skills": ["SQL"], "experiences": ["Nurse (2014 - 2019)"],
}  # fmt: skip
EDITING_ROW = {
    "item_id": "t-skills", "triple_id": "t", "section": "skills", "resume_unmatched": RESUME,
    "signal": ["Java", "C++"], "target": "• SQL\n• Java\n• C++",
}  # fmt: skip


def test_a_matching_prompt_holds_both_documents_and_the_answer_begins_with_the_verdict() -> None:
    matcher = STUDENTS["matcher"]
    example = matcher.example(matching_row("removed"))
    asked, job, resume = example.prompt.split(DOCUMENT)
    assert example.key == "t-removed" and "fit" in asked
    assert flat(JOB) in job and flat(RESUME) in resume
    assert example.target == "no match; lacks Java, or none"
    assert matcher.example(matching_row()).target == "match; has SQL"


def test_the_matcher_learns_the_set_of_the_paper() -> None:
    learns = STUDENTS["matcher"].learns
    assert [learns(matching_row(kind)) for kind in (None, "removed", "swapped")] == [
        *(True, True, False)
    ]


def test_extraction_and_editing_as_text() -> None:
    extraction = STUDENTS["extractor"].example(EXTRACTION_ROW)
    assert "resume" in extraction.prompt.split(DOCUMENT)[0]
    assert flat(RESUME) in extraction.prompt
    assert extraction.target == "skills: SQL | experiences: Nurse (2014 - 2019)"
    editing = STUDENTS["editor"].example(EDITING_ROW)
    asked, resume = editing.prompt.split(DOCUMENT)
    assert "skills section" in asked and asked.endswith("Java; C++")
    assert resume == flat(RESUME)
    assert editing.target == "• SQL | • Java | • C++"


@pytest.mark.parametrize(
    ("name", "row"),
    [("matcher", matching_row("removed")), ("extractor", EXTRACTION_ROW), ("editor", EDITING_ROW)],
)
def test_the_target_read_back_is_worth_1(name: str, row: dict[str, Any]) -> None:
    student = STUDENTS[name]
    rows = [row, matching_row()] if name == "matcher" else [row]
    answers = [student.read(student.target(one)) for one in rows]
    measured = {one["metric"]: one["value"] for one in student.measure(rows, answers)}
    if name == "matcher":
        rows[0]["skills"] = ["Java"]
        measured = {one["metric"]: one["value"] for one in student.measure(rows, answers)}
    assert measured and set(measured.values()) == {1.0}


def rows_of(kinds: Callable[[int], int], triples: int = 20) -> list[dict[str, Any]]:
    return [{"triple_id": f"t{i}", "n": n} for i in range(triples) for n in range(kinds(i))]


def test_drawn_rows_are_of_whole_triples_in_order() -> None:
    rows = rows_of(lambda i: 3)
    some = some_triples(rows, 11, 1, "stage")
    assert len(some) == 9 and some == [row for row in rows if row in some]
    kept = {row["triple_id"] for row in some}
    assert all(row in some for row in rows if row["triple_id"] in kept)
    assert some_triples(rows, 11, 2, "stage") != some
    assert some_triples(list(reversed(rows)), 11, 1, "stage") == list(reversed(some))


def test_all_rows_for_0_and_one_triple_at_least() -> None:
    rows = rows_of(lambda i: 3)
    assert some_triples(rows, 0, 1, "stage") == rows == some_triples(rows, 60, 1, "stage")
    assert len(some_triples(rows, 1, 1, "stage")) == 3
    assert some_triples([], 5, 1, "stage") == []
