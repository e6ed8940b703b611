"""Matching, extraction, editing: what the rows say is what stands in the texts."""

from collections import Counter
from functools import cache
from typing import Any

import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, context_from_row
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.items import duration, experience, items
from hr_pipeline.rjdb.pages import (
    JD_SKILL_SECTIONS,
    RESUME_SKILL_SECTIONS,
    facts,
    page_of,
    present,
)
from hr_pipeline.rjdb.presence import presence
from hr_pipeline.rjdb.tasks.editing import edits
from hr_pipeline.rjdb.tasks.extraction import extractions
from hr_pipeline.rjdb.tasks.matching import DOCUMENT_OF, explain, faults_in_pairs, pairs
from hr_pipeline.rjdb.tasks.splits import faults_in_splits
from hr_pipeline.rjdb.writing import WritingSettings
from hr_pipeline.text.phrases import tokens
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.rjdb.writing_runs import contexts, documents, rows, write

Row = dict[str, Any]


@cache
def triples() -> tuple[Row, ...]:
    return tuple(rows(write(Moody())))


def counted() -> list[Row]:
    """As rows of rjdb/presence."""
    return [
        {"triple_id": row["triple_id"], "document": key}
        | {name: getattr(found, name) for name in found.__slots__}
        for row in triples()
        for key, found in presence(context_from_row(row), documents(row)).items()
    ]


def spans_in(resume: str) -> dict[str, int]:
    """Title in its tokens -> years, as the items of the experience section tell them."""
    found = {}
    for item in items(sections(resume, "resume")["experience"]):
        read = experience(item)
        if read and read[2] is not None:
            found[" ".join(tokens(read[0]))] = read[2] - read[1]
    return found


def rebuilt(context: Context, pair: Row) -> list[str]:
    """The explanation again, from the two texts and the names of what to look for alone."""
    known = facts(context)
    job = page_of("job_description", pair["job_description"])
    asked = present(known, job, known.names, JD_SKILL_SECTIONS)
    resume = page_of(DOCUMENT_OF[pair["negative_kind"]], pair["resume"])
    shown = present(known, resume, known.names, RESUME_SKILL_SECTIONS)
    years = spans_in(pair["resume"])
    wanted = {job.title: job.years for job in context.experiences}
    has = {title: years.get(" ".join(tokens(title)), 0) for title in wanted}
    if pair["label"]:
        assert asked <= shown and has == wanted
        said = [f"has {skill}" for skill in asked]
        return said + [f"{n} year{'s' * (n > 1)} as {title}" for title, n in wanted.items()]
    put_in = {swap.removed: swap.put_in for swap in context.swaps if swap.put_in in shown}
    said = [
        f"has {put_in[skill]} in place of {skill}" if skill in put_in else f"lacks {skill}"
        for skill in asked - shown
    ]
    return said + [
        f"{has[title] or 'none'} of {n} year{'s' * (n > 1)} as {title}"
        for title, n in wanted.items()
        if has[title] < n
    ]


def test_explanations_are_what_the_texts_say() -> None:
    contexts_of = {row["triple_id"]: context_from_row(row) for row in triples()}
    unread = 0
    for pair in pairs(triples()):
        context = contexts_of[pair["triple_id"]]
        titles = {" ".join(tokens(job.title)) for job in context.experiences}
        if not set(spans_in(pair["resume"])) <= titles:
            unread += 1  # this test reads the years more simply than the gate does
            continue
        assert Counter(pair["explanation"]) == Counter(rebuilt(context, pair))
    assert unread < 0.1 * 3 * len(triples())


def test_every_triple_gives_a_match_and_a_mismatch_of_each_kind() -> None:
    kinds = Counter((p["triple_id"], p["label"], p["negative_kind"]) for p in pairs(triples()))
    assert set(kinds.values()) == {1}
    assert Counter((label, kind) for _, label, kind in kinds) == {
        (True, None): len(triples()),
        (False, "removed"): len(triples()),
        (False, "swapped"): len(triples()),
    }


def test_without_swapped_resumes_there_is_one_kind_of_mismatch() -> None:
    written = rows(write(Moody(), WritingSettings(swapped=False), contexts()[:5]))
    assert [p["negative_kind"] for p in pairs(written)] == [None, "removed"] * 5
    assert Counter(d["kind"] for d in extractions(written)) == {"job_description": 5, "resume": 10}


def test_the_gap_counts_the_skills_that_the_resume_lacks() -> None:
    for pair in pairs(triples()):
        skills = pair["skills"]
        assert pair["gap"] == (0 if pair["label"] else len(skills)) and skills
        assert pair["label"] == (pair["gap"] == 0)


def test_a_year_that_the_swapped_resume_keeps_is_no_mismatch() -> None:
    """Its latest job is never left out: a job of one year stays as long as it was."""
    short = next(context_from_row(row) for row in triples() if row["experiences"][0]["years"] == 1)
    title = short.experiences[0].title
    assert explain(short, "unmatched").experiences == [title]
    assert f"none of 1 year as {title}" in explain(short, "unmatched").sentences
    assert explain(short, "swapped").experiences == []


FAULTS = {
    "resume shows what it lacks": ("resume_unmatched", {"left": 1}),
    "resume lacks what its plan holds": ("resume_swapped", {"found": 0}),
    "job description lacks a skill": ("job_description", {"found": 0}),
    "years are other than planned": ("resume_matched", {"span_errors": 1}),
    "explanation names other skills": ("resume_unmatched", {"removed": 99}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_label_that_the_texts_belie_is_found(fault: str) -> None:
    document, change = FAULTS[fault]
    found = counted()
    assert not faults_in_pairs(found, pairs(triples()))
    spoilt = [row | change if row["document"] == document else row for row in found]
    assert set(faults_in_pairs(spoilt, pairs(triples()))) == {fault}


def test_pairs_whose_documents_were_not_counted_are_found() -> None:
    some = [row for row in counted() if row["triple_id"] != triples()[0]["triple_id"]]
    assert faults_in_pairs(some, pairs(triples())) == {"documents were not counted": 3}
    mislabelled = [pair | {"label": True} for pair in pairs(triples()[:1])]
    assert faults_in_pairs(counted(), mislabelled)["label is not what the gap says"] == 2


def test_the_reference_of_an_extraction_stands_in_its_document() -> None:
    contexts_of = {row["triple_id"]: context_from_row(row) for row in triples()}
    found = list(extractions(triples()))
    assert len(found) == 4 * len(triples())
    for row in found:
        key = row["document_id"].removeprefix(row["triple_id"] + "-")
        known, page = facts(contexts_of[row["triple_id"]]), page_of(key, row["text"])
        parts = RESUME_SKILL_SECTIONS if row["kind"] == "resume" else JD_SKILL_SECTIONS
        assert row["kind"] == DOCUMENTS[key].kind
        assert present(known, page, known.names, parts) == set(row["skills"])
        jobs = {job.title for job in contexts_of[row["triple_id"]].experiences}
        for text in row["experiences"]:
            title, _, dated = text.rpartition(" (")
            assert title in jobs and (duration(dated) is None) == (row["kind"] == "resume")


def test_an_edit_leads_from_the_unmatched_section_to_the_matched_one() -> None:
    by_id = {row["triple_id"]: row for row in triples()}
    ledger = Ledger()
    found = list(edits(triples(), ledger))
    assert not ledger.rows and len(found) == 2 * len(triples())
    for item in found:
        row = by_id[item["triple_id"]]
        assert item["target"] in row["resume_matched"] and item["signal"]
        assert item["target"] != sections(row["resume_unmatched"], "resume")[item["section"]]
        if item["section"] == "skills":
            assert item["signal"] == list(row["removed_skills"])
            for skill in item["signal"]:
                assert skill in item["target"]
        else:
            title, years = row["occupation"], row["experiences"][0]
            assert item["signal"] == [f"{title} ({years['start']} - {years['end']})"]
            assert str(years["end"]) in item["target"]


def test_a_section_that_cannot_be_read_goes_to_the_ledger() -> None:
    row = triples()[0]
    headless = row | {"resume_matched": "Education\nNone\n\nExperience\nClerk (2001 - 2003)"}
    ledger = Ledger()
    assert [item["section"] for item in edits([headless], ledger)] == ["experience"]
    assert [lost[:3] for lost in ledger.rows] == [
        ("row", f"{row['triple_id']}-skills", "no such section")
    ]


def test_rows_keep_to_their_contracts() -> None:
    made = {
        "rjdb/matching": pairs(triples()),
        "rjdb/extraction": extractions(triples()),
        "rjdb/editing": edits(triples(), Ledger()),
    }
    for name, found in made.items():
        contract = CONTRACTS[name]
        table = contract.conform(contract.table(list(found)), contract.schema())
        contract.require_unique([contract.key_hashes(table)])


TRIPLES = [("a-1", "train"), ("a-2", "test"), ("a-3", "dev")]


@pytest.mark.parametrize(
    ("given", "lost", "fault"),
    [
        (TRIPLES * 2, [], None),
        (TRIPLES[:2], ["a-3-skills"], None),
        (TRIPLES[:2], [], "triples without a row"),
        ([*TRIPLES, ("a-2", "train")], [], "another split than the triple's"),
        ([*TRIPLES, ("b-1", "train")], [], "a triple that is none"),
    ],
)
def test_a_task_set_has_every_triple_in_its_own_split(
    given: list[tuple[str, str]], lost: list[str], fault: str | None
) -> None:
    assert faults_in_splits(TRIPLES, given, lost) == ({fault: 1} if fault else {})
