"""Drawing contexts with a teacher: good ones, bad ones, many at a time, and a second time."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import context_from_row, faults_of
from hr_pipeline.rjdb.drawing import MOST_ATTEMPTS, ContextDrawer, Drawn, draw_contexts
from hr_pipeline.rjdb.sampling import Slot, plan_slots
from hr_pipeline.rjdb.writing import slot_of
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.graph.worlds import world

WORLD = world()
SLOTS = plan_slots(WORLD)[::3]


def draw(
    teacher: Moody,
    slots: list[Slot] = SLOTS,
    concurrency: int = 16,
    recording: Recording | None = None,
) -> tuple[list[Drawn], Ledger, Engine]:
    ledger = Ledger()
    with Engine(teacher, recording, concurrency=concurrency) as engine:
        return list(draw_contexts(ContextDrawer(WORLD, engine), slots, ledger)), ledger, engine


def rows(drawn: list[Drawn]) -> list[dict[str, Any]]:
    return [one.row() for one in drawn if one.context]


def slot_ids(drawn: list[Drawn]) -> list[str]:
    return [row["context_id"].rsplit("-", 1)[0] for row in rows(drawn)]


def test_every_slot_gets_a_faultless_context_of_its_own_kind() -> None:
    drawn, ledger, _ = draw(Moody())
    contexts = [context_from_row(row) for row in rows(drawn)]
    assert contexts == [one.context for one in drawn]
    assert [slot_of(context)[0] for context in contexts] == SLOTS
    assert not any(faults_of(context) for context in contexts)
    assert sum(one.attempt + 1 for one in drawn) == len(contexts) + ledger.lost_rows()
    table = CONTRACTS["rjdb/contexts"].table(rows(drawn))
    contract = CONTRACTS["rjdb/contexts"]
    assert contract.conform(table, contract.schema()).num_rows == len(SLOTS)


def test_the_number_at_work_at_once_does_not_change_the_contexts() -> None:
    runs = [draw(Moody(), concurrency=n) for n in (1, 32)]
    assert rows(runs[0][0]) == rows(runs[1][0])
    assert runs[0][1].rows == runs[1][1].rows


def test_an_occupation_is_asked_about_once_however_many_ask_at_once() -> None:
    teacher = Moody()
    drawn, _, engine = draw(teacher, concurrency=64)
    asked = Counter(question for task, question in teacher.asked if task == "count_skills")
    assert set(asked) >= {row["occupation"] for row in rows(drawn)}
    assert max(asked.values()) == 1
    assert engine.counts["count_skills/calls"] == len(asked)


def test_the_wanted_numbers_are_noted_and_met_or_lowered() -> None:
    drawn, _, _ = draw(Moody(lambda task, _: "about 9" if task == "count_skills" else None))
    for row in rows(drawn):
        assert row["skills_wanted"] == len(row["skills"]) == 9
        assert 1 <= row["experiences_wanted"] <= 5
        assert len(row["experiences"]) == row["experiences_wanted"]
    many, _, _ = draw(Moody(lambda task, _: "30" if task == "count_skills" else None), SLOTS[:20])
    assert all(row["skills_wanted"] == 30 >= len(row["skills"]) for row in rows(many))


def test_a_recorded_run_asks_nothing_the_second_time(tmp_path: Path) -> None:
    first = draw(Moody(), recording=Recording(tmp_path / "r.sqlite"))
    teacher = Moody(lambda task, _: "not asked")
    again = draw(teacher, recording=Recording(tmp_path / "r.sqlite"))
    assert rows(again[0]) == rows(first[0])
    assert teacher.asked == []
    assert again[2].counts["count_skills/replies"] == first[2].counts["count_skills/calls"]


# -- the order of past jobs -----------------------------------------------------------------


def by_number(backwards: bool) -> Moody:
    """Arranges jobs in the order they are listed in, or the other way round."""

    def instead(task: str, titles: Any) -> str | None:
        if task != "order_experiences":
            return None
        numbers = [str(n) for n in range(1, len(titles) + 1)]
        return ", ".join(numbers[::-1] if backwards else numbers)

    return Moody(instead)


def test_the_teachers_order_is_the_order_of_the_years() -> None:
    forwards, backwards = (rows(draw(by_number(way))[0]) for way in (False, True))
    turned = 0
    for a, b in zip(forwards, backwards, strict=True):
        titles = [[job["title"] for job in row["experiences"]] for row in (a, b)]
        assert titles[0][0] == titles[1][0] == a["occupation"]
        assert titles[0][1:] == titles[1][:0:-1]
        assert [job["years"] for job in a["experiences"]] == [j["years"] for j in b["experiences"]]
        assert not a["order_kept_as_sampled"]
        turned += len(titles[0]) > 2
    assert turned > 20


def test_earlier_jobs_are_asked_about_oldest_first_and_stand_in_earlier_years() -> None:
    teacher = by_number(False)
    asked: dict[tuple[str, ...], int] = Counter()
    found = rows(draw(teacher)[0])
    for task, question in teacher.asked:
        asked[question] += task == "order_experiences"
    for row in found:
        past = tuple(job["title"] for job in row["experiences"][:0:-1])
        assert len(past) < 2 or asked[past]


def test_without_a_valid_order_the_sampled_one_stays_and_is_noted() -> None:
    teacher = Moody(lambda task, _: "I cannot say." if task == "order_experiences" else None)
    drawn, ledger, engine = draw(teacher)
    expected = rows(draw(by_number(False))[0])
    for row, sampled in zip(rows(drawn), expected, strict=True):
        assert row["order_kept_as_sampled"] == (len(row["experiences"]) > 2)
        assert row | {"order_kept_as_sampled": False} == sampled
    assert not [row for row in ledger.rows if row[2] == "order_experiences"]
    assert engine.counts["order_experiences/unanswered"] > 20


# -- occupations that the teacher cannot count ----------------------------------------------


def mute_about(titles: set[str]) -> Moody:
    return Moody(lambda task, q: "Hard to say." if task == "count_skills" and q in titles else None)


def test_an_uncounted_occupation_is_lost_and_another_start_takes_its_slot() -> None:
    usual = Counter(row["occupation"] for row in rows(draw(Moody())[0]) if row["split"] == "train")
    silent = {title for title, _ in usual.most_common(5)}
    teacher = mute_about(silent)
    drawn, ledger, engine = draw(teacher)
    assert slot_ids(drawn) == [slot.triple_id for slot in SLOTS]
    assert silent.isdisjoint(row["occupation"] for row in rows(drawn))
    assert [slot_of(context_from_row(row))[0] for row in rows(drawn)] == SLOTS
    lost = [row for row in ledger.rows if row[2] == "count_skills"]
    assert len(lost) >= sum(usual[title] for title in silent)
    assert {row[4] for row in lost} == {"Hard to say."}
    assert all("one whole number" in row[3] for row in lost)
    assert sum(one.attempt + 1 for one in drawn) == len(SLOTS) + ledger.lost_rows()
    asked = Counter(question for task, question in teacher.asked if task == "count_skills")
    assert all(asked[title] == 1 + engine.max_reasks for title in silent)


def test_a_slot_stays_empty_after_the_most_attempts() -> None:
    teacher = Moody(lambda task, _: "Hard to say." if task == "count_skills" else None)
    drawn, ledger, _ = draw(teacher, SLOTS[:3])
    assert [one.context for one in drawn] == [None] * 3
    assert sum(one.attempt + 1 for one in drawn) == ledger.lost_rows() == 3 * MOST_ATTEMPTS
    assert len({row[1] for row in ledger.rows}) == 3 * MOST_ATTEMPTS
    with pytest.raises(AssertionError):
        drawn[0].row()
