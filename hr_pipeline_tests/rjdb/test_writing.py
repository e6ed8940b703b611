"""Writing triples: through the gate, replaced by their like, every context accounted for."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import context_from_row, documents_of
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.gate import check_triple
from hr_pipeline.rjdb.writing import WritingSettings, slot_of
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.rjdb.writing_runs import (
    SECTIONS,
    WHOLE,
    attempt_of,
    contexts,
    documents,
    is_accounted_for,
    refuses,
    rows,
    write,
)

# -- good teachers --------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [WHOLE, SECTIONS, WritingSettings(swapped=False)])
def test_every_triple_passes_the_gate_and_the_contract(settings: WritingSettings) -> None:
    planned = contexts() if settings.mode == "whole" else contexts()[:30]
    run = write(Moody(), settings, planned)
    assert [row["triple_id"] for row in rows(run)] == [slot_of(c)[0].triple_id for c in planned]
    for row in rows(run):
        assert check_triple(context_from_row(row), documents(row), settings.swapped) == []
        assert (row["resume_swapped"] is not None) == settings.swapped
        assert row["writing_mode"] == settings.mode and row["teacher"] == "template"
    contract = CONTRACTS["rjdb/triples"]
    contract.require_unique([contract.key_hashes(contract.table(rows(run)))])
    contract.conform(contract.table(rows(run)), contract.schema())
    assert is_accounted_for(run)


def test_what_was_planned_is_what_is_written_where_nothing_fails() -> None:
    run = write(Moody())
    written = {row["context_id"]: context_from_row(row) for row in rows(run)}
    lost = {row[1] for row in run[1].rows}
    assert len(lost) < 5
    assert all(written[c.context_id] == c for c in contexts() if c.context_id not in lost)


def test_requests_and_reasks_of_a_row_are_those_of_the_engine() -> None:
    run = write(Moody())
    counts, found = run[2].counts, rows(run)
    assert sum(row["reasks"] for row in found) == counts["write_triple/reasks"] > 0
    ids = [key for row in found for key in row["request_ids"] + row["lost_request_ids"]]
    assert len(set(ids)) == len(ids) == counts["write_triple/replies"]
    first = [row for row in found if not row["replaced"]]
    assert {len(row["request_ids"]) - row["reasks"] for row in first} == {1}
    assert not any(row["lost_request_ids"] for row in first)


@pytest.mark.parametrize("settings", [WHOLE, SECTIONS])
def test_requests_of_replaced_contexts_are_those_of_the_engine_too(
    settings: WritingSettings,
) -> None:
    """In the section mode the refusal comes in the middle, after sections that were written."""

    def instead(task: str, question: Any) -> str | None:
        if task != "write_triple" and (task != "write_section" or question.section != "skills"):
            return None
        slot, attempt = slot_of(question.context)
        return "No." if attempt < slot.index // 6 % 3 else None

    run = write(Moody(instead), settings, contexts()[:20])
    task, found = ("write_triple" if settings == WHOLE else "write_section"), rows(run)
    assert len(found) == 20 and max(row["replaced"] for row in found) == 2
    assert sum(row["replaced"] for row in found) == run[1].causes()[f"row: {task}"]
    assert sum(row["reasks"] for row in found) == run[2].counts[f"{task}/reasks"]
    ids = [key for row in found for key in row["request_ids"] + row["lost_request_ids"]]
    assert len(set(ids)) == len(ids) == run[2].counts[f"{task}/replies"]
    assert all(bool(row["lost_request_ids"]) == bool(row["replaced"]) for row in found)


def test_the_number_at_work_at_once_does_not_change_the_triples() -> None:
    teachers = [refuses(lambda c: len(c.skills) == 6 and attempt_of(c) < 2) for _ in range(2)]
    one, many = (write(t, concurrency=n) for t, n in zip(teachers, (1, 32), strict=True))
    assert rows(one) == rows(many)
    assert one[1].rows == many[1].rows != []
    assert [w.tried for w in one[0]] == [w.tried for w in many[0]]


@pytest.mark.parametrize("settings", [WHOLE, SECTIONS])
def test_a_recorded_run_asks_nothing_the_second_time(
    settings: WritingSettings, tmp_path: Path
) -> None:
    planned, path = contexts()[:12], tmp_path / "r.sqlite"
    broken = refuses(lambda c: c == planned[0])
    first = write(broken, settings, planned, recording=Recording(path))
    teacher = Moody(lambda task, _: "not asked")
    again = write(teacher, settings, planned, recording=Recording(path))
    assert rows(again) == rows(first) and again[1].rows == first[1].rows
    assert teacher.asked == []
    assert not [count for count in again[2].counts if count.endswith("/calls")]


def test_section_by_section_the_person_and_education_are_written_once() -> None:
    teacher = Moody()
    run = write(teacher, SECTIONS, contexts()[:8])
    for row in rows(run):
        parts = {d: sections(row[d], "resume") for d in documents_of(True)[1:]}
        for name in ("personal_information", "education"):
            assert len({body[name] for body in parts.values()}) == 1
    asked = Counter((q.document, q.section) for task, q in teacher.asked if task == "write_section")
    assert ("resume_matched", "education") in asked and len(asked) == 5 + 4 + 2 + 2
    assert ("resume_swapped", "education") not in asked


def test_section_by_section_each_question_shows_what_is_written_so_far() -> None:
    teacher = Moody()
    row = rows(write(teacher, SECTIONS, contexts()[:1]))[0]
    asked = [q for task, q in teacher.asked if task == "write_section"]
    first, last = asked[0], [q for q in asked if q.document == "job_description"][-1]
    assert first.written_so_far == ""
    assert row["job_description"].startswith(last.written_so_far)
    assert last.written_so_far.count("## ") == 4


def test_prompt_hashes_differ_by_mode_alone() -> None:
    runs = [write(Moody(), s, contexts()[:3]) for s in (WHOLE, SECTIONS)]
    hashes = [{row["prompt_hash"] for row in rows(run)} for run in runs]
    assert len(hashes[0]) == len(hashes[1]) == 1 and hashes[0] != hashes[1]


# -- teachers that fail ---------------------------------------------------------------------


@pytest.mark.parametrize("settings", [WHOLE, SECTIONS])
def test_a_context_that_is_never_written_is_replaced_by_its_like(settings: WritingSettings) -> None:
    planned = contexts()[:20]
    broken = {planned[i].context_id for i in (0, 7, 8, 19)}
    run = write(refuses(lambda c: c.context_id in broken), settings, planned)
    assert len(rows(run)) == len(planned)
    for context, row in zip(planned, rows(run), strict=True):
        assert slot_of(context_from_row(row))[0] == slot_of(context)[0]
        assert (row["context_id"] != context.context_id) >= (context.context_id in broken)
    found = {row[1]: row for row in run[1].rows}
    assert broken <= set(found)
    for key in broken:
        step, _, cause, detail, raw = found[key]
        assert (step, cause) == ("row", "write_triple" if settings == WHOLE else "write_section")
        assert raw == f"I cannot write about {key}." and detail
    assert is_accounted_for(run)


def test_genders_and_groups_stay_as_planned_when_all_first_contexts_fail() -> None:
    run = write(refuses(lambda c: attempt_of(c) == 0))
    planned = Counter((c.cluster_id, c.gender, c.name_group, c.split) for c in contexts())
    keys = ("cluster_id", "gender", "name_group", "split")
    assert Counter(tuple(row[key] for key in keys) for row in rows(run)) == planned
    assert all(attempt_of(context_from_row(row)) > 0 for row in rows(run))
    assert run[1].lost_rows() >= len(contexts()) and is_accounted_for(run)


@pytest.mark.parametrize("replacements", [0, 1, 3])
def test_a_slot_is_given_up_after_its_replacements(replacements: int) -> None:
    settings = WritingSettings(replacements=replacements)
    run = write(refuses(lambda c: True), settings, contexts()[:4])
    assert rows(run) == []
    written = [row for row in run[1].rows if row[2] == "write_triple"]
    assert len(written) == 4 * (1 + replacements)
    assert len({row[1] for row in run[1].rows}) == len(run[1].rows)
    assert is_accounted_for(run)


def test_draws_that_give_no_context_do_not_use_up_the_replacements() -> None:
    """The first two contexts of every slot are refused, and draws between them are lost."""
    silent = {title for title, _ in Counter(c.occupation for c in contexts()).most_common(12)}
    refused: dict[str, set[str]] = {}

    def instead(task: str, question: Any) -> str | None:
        if task == "count_skills":
            return "Hard to say." if question in silent else None
        if task != "write_triple":
            return None
        key = question.context.context_id
        seen = refused.setdefault(slot_of(question.context)[0].triple_id, set())
        seen.update({key} if len(seen) < 2 else ())
        return "No." if key in seen else None

    run = write(Moody(instead), WritingSettings(replacements=2))
    assert run[1].causes()["row: count_skills"] > 5
    assert max(one.tried for one in run[0]) > 3
    assert len(rows(run)) == len(contexts())
    assert is_accounted_for(run)


def test_where_no_replacement_can_be_drawn_the_slot_is_lost_and_accounted_for() -> None:
    def instead(task: str, question: Any) -> str | None:
        return {"count_skills": "Hard to say.", "write_triple": "No."}.get(task)

    run = write(Moody(instead), WHOLE, contexts()[:2])
    assert rows(run) == [] and is_accounted_for(run)
    assert [one.tried for one in run[0]] == [40, 40]


def test_sections_that_pass_alone_are_refused_where_they_fail_together() -> None:
    """A swapped resume far longer than the matched one: no section's rule sees it."""

    def instead(task: str, question: Any) -> str | None:
        wordy = task == "write_section" and question.document == "resume_swapped"
        if not wordy or question.section != "skills" or attempt_of(question.context):
            return None
        return "\n".join(f"- {skill}" for skill in question.plan.skills) + "\n- " + "very " * 200

    planned = contexts()[:3]
    run = write(Moody(instead), SECTIONS, planned)
    found = {row[1]: row for row in run[1].rows}
    assert {c.context_id for c in planned} <= set(found)
    assert all("words long" in found[c.context_id][3] for c in planned)
    assert all("very very" in found[c.context_id][4] for c in planned)
    assert len(rows(run)) == 3 and is_accounted_for(run)
