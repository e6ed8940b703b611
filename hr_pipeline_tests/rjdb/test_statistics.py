"""Figures of the triples: counted by hand on one triple, and violations where a text is spoilt."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import pyarrow as pa
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap
from hr_pipeline.rjdb.gate import check_triple
from hr_pipeline.rjdb.statistics import (
    MUST_BE_ZERO,
    ROWS_FOR_TWO,
    TeacherWork,
    TripleCounts,
    count_triples,
    plots,
    triple_statistics,
    violations,
)

JOBS = (Experience("Java Developer", 4, 2019, 2023), Experience("QA Tester", 1, 2018, 2019))
CONTEXT = Context(
    context_id="c00001-00002-0",
    cluster_id="c00001",
    occupation="Java Developer",
    category="tech",
    split="train",
    skills=("SQL", "Node.js", "C++"),
    experiences=JOBS,
    first_name="Ana",
    gender="female",
    name_group="south",
    removed_skills=("Node.js",),
    swaps=(Swap("Node.js", "Welding"),),
    shortened=Shortened("Java Developer", 4, 2),
)
JD = """## Job title
Java Developer
## Job Summary
We hire.
## Required Skills
- sql
- Node.js
- C++
## Required Experience
- 4 years as Java Developer
- 1 year as QA Tester
## Responsibilities
- Build things"""
RESUME = """## Personal Information
Name: Ana Alm
Email: ana@example.com
## Education
BSc
## Skills
- SQL
- {}
- C++
## Experience
- Java Developer ({})
- QA Tester (2018 - 2019)"""
GOOD = {
    "job_description": JD,
    "resume_matched": RESUME.format("Node.js", "2019 - 2023"),
    "resume_unmatched": RESUME.format("", "2019 - 2021").replace("- \n", ""),
    "resume_swapped": RESUME.format("Welding", "2019 - 2021"),
}
NONE = dict.fromkeys(MUST_BE_ZERO, 0)


Triple = tuple[Context, Mapping[str, str]]


def batches(*triples: Triple) -> list[pa.RecordBatch]:
    """Rows of rjdb/triples, two a batch."""
    work = {"request_ids": ["a"], "lost_request_ids": [], "reasks": 1, "replaced": 0}
    rows = [
        asdict(context) | dict.fromkeys(GOOD) | documents | work | {"triple_id": f"t{i}"}
        for i, (context, documents) in enumerate(triples)
    ]
    return pa.Table.from_pylist(rows).to_batches(max_chunksize=2)


def count(*triples: Triple, of: int = 0) -> tuple[pa.Table, TripleCounts]:
    """Rows of rjdb/presence and the sums over triples, as if there were `of` of them."""
    counts, contract = TripleCounts(), CONTRACTS["rjdb/presence"]
    found = count_triples(batches(*triples), counts, TeacherWork(), of)
    table = pa.concat_tables([contract.schema().empty_table(), *found])
    return contract.conform(table, contract.schema()), counts


def figures(*triples: Triple) -> dict[str, float]:
    contract = CONTRACTS["rjdb/statistics"]
    given = triple_statistics(*count(*triples), [("extra", 4.5)])
    table = contract.conform(given, contract.schema())
    contract.require_unique([contract.key_hashes(table)])
    return dict(zip(table["statistic"].to_pylist(), table["ours"].to_pylist(), strict=True))


def violations_after(document: str, old: str, new: str) -> dict[str, int]:
    """What is counted after one change, where it differs from nothing."""
    assert old in GOOD[document]
    spoilt = GOOD | {document: GOOD[document].replace(old, new)}
    found = violations(count((CONTEXT, spoilt))[0])
    assert set(found) == set(MUST_BE_ZERO)
    return {name: count for name, count in found.items() if count}


def test_a_good_triple_has_no_violation() -> None:
    assert check_triple(CONTEXT, GOOD) == []
    assert violations(count((CONTEXT, GOOD))[0]) == NONE


@pytest.mark.parametrize(
    ("document", "old", "new", "expected"),
    [
        ("resume_matched", "- C++", "- C", {"planned skills missing": 1}),
        ("job_description", "- Node.js\n- C++", "- much", {"planned skills missing": 2}),
        ("resume_swapped", "Welding", "Sewing", {"planned skills missing": 1}),
        ("resume_unmatched", "- C++", "- C++\n- node.js", {"removed skills left": 1}),
        (
            "resume_swapped",
            "Welding",
            "Node.js",
            {"planned skills missing": 1, "removed skills left": 1},
        ),
        ("resume_matched", "example.com", "gmail.com", {"addresses on ordinary domains": 1}),
        ("job_description", "We hire.", "Write to a@b.org.", {"addresses on ordinary domains": 1}),
        ("resume_matched", "2019 - 2023", "2018 - 2023", {"span errors": 1}),
        ("resume_unmatched", "- QA Tester (2018 - 2019)", "", {"span errors": 1}),
        ("job_description", "4 years", "5 years", {"span errors": 1}),
    ],
)
def test_what_is_spoilt_is_counted_and_nothing_else(
    document: str, old: str, new: str, expected: dict[str, int]
) -> None:
    assert violations_after(document, old, new) == expected


def test_figures_of_two_triples_counted_by_hand() -> None:
    other = replace(CONTEXT, skills=(*CONTEXT.skills, "Git"), category="healthcare")
    spoilt = GOOD | {"resume_matched": GOOD["resume_matched"] + "\nmore words here"}
    found = figures((CONTEXT, GOOD), (other, spoilt))
    words = len(GOOD["resume_matched"].split())
    expected = {
        "triples": 2,
        "skills per triple": 3.5,
        "experiences per triple": 2,
        "removed skills per triple": 1,
        "matched resume: mean words": words + 1.5,
        "matched resume: fewest words": words,
        "matched resume: most words": words + 3,
        "job description: mean words": len(JD.split()),
        "matched resume: skills found verbatim, %": round(600 / 7, 5),
        "matched resume: skills found normalised, %": round(600 / 7, 5),
        "planned skills missing": 4,  # Git, in each of four documents
        "removed skills left": 0,
        "addresses on ordinary domains": 0,
        "span errors": 0,
        "extra": 4.5,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-5)


def test_a_skill_in_other_words_is_found_normalised_and_not_verbatim() -> None:
    context = replace(CONTEXT, skills=("REST-API", "C++", "Node.js"))
    documents = {"resume_matched": RESUME.replace("SQL", "REST APIs").format("Node.js", "x")}
    found = figures((context, documents))
    assert found["matched resume: skills found verbatim, %"] == pytest.approx(200 / 3, abs=1e-4)
    assert found["matched resume: skills found normalised, %"] == 100


def test_a_row_of_presence_tells_of_one_document() -> None:
    rows = count((CONTEXT, GOOD))[0].to_pylist()
    assert [row["document"] for row in rows] == list(GOOD)
    unmatched = {"planned": 2, "verbatim": 2, "found": 2, "removed": 1, "left": 0}
    resume = {"words": len(GOOD["resume_unmatched"].split()), "addresses": 1, "spans": 2}
    expected = {"triple_id": "t0", "split": "train", "span_errors": 0} | unmatched | resume
    assert rows[2] == rows[2] | expected


def test_two_processes_count_what_one_counts() -> None:
    other = (replace(CONTEXT, category="healthcare"), GOOD | {"resume_swapped": None})
    triples = [(CONTEXT, GOOD), other] * 5
    alone, together = count(*triples), count(*triples, of=ROWS_FOR_TWO)
    assert alone[0].num_rows == 35
    assert together == alone


def test_without_swapped_resumes_no_figure_speaks_of_them() -> None:
    three = {name: text for name, text in GOOD.items() if name != "resume_swapped"}
    triple = (replace(CONTEXT, swaps=()), three)
    presence, counts = count(triple)
    assert not [name for name in figures(triple) if "swapped" in name]
    assert violations(presence) == NONE
    assert "base64" in plots(presence, counts)


def test_nothing_counted_gives_figures_too() -> None:
    found = figures()
    assert found["triples"] == found["skills per triple"] == 0
    assert violations(count()[0]) == NONE


def test_the_teachers_work_counts_the_replaced_contexts_too() -> None:
    work = TeacherWork()
    work.add({"request_ids": ["a"], "lost_request_ids": [], "reasks": 0, "replaced": 0})
    lost = ["d", "e", "f"]
    work.add({"request_ids": ["b", "c"], "lost_request_ids": lost, "reasks": 3, "replaced": 1})
    assert (work.replies, work.reasks, work.replaced) == (6, 3, 1)
    assert dict(work.figures()) == {
        "re-asks per 1,000 replies": 500,
        "contexts replaced after all re-asks": 1,
    }
    assert dict(TeacherWork().figures())["re-asks per 1,000 replies"] == 0
