"""What dev and test share with train: counted thing by thing, every document compared."""

from functools import cache
from typing import Any

import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.quality.overlap.measures import (
    EXACT,
    MUST_BE_ZERO,
    NEAR,
    PAST,
    SKILL_SETS,
    SKILLS,
    START,
    shared_with_train,
)
from hr_pipeline.text.titles import title_core
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.rjdb.writing_runs import contexts, rows, write

Row = dict[str, Any]


@cache
def triples() -> dict[str, list[Row]]:
    """Triples by their split."""
    found: dict[str, list[Row]] = {}
    for row in rows(write(Moody(), planned=contexts()[:45])):
        found.setdefault(row["split"], []).append(row)
    return found


def measured(train: list[Row], *held_out: Row) -> dict[tuple[str, str], Row]:
    found = shared_with_train(held_out, train, title_core)
    return {(row["split"], row["measure"]): row for row in found}


def test_what_must_not_be_shared_is_not() -> None:
    found = measured(triples()["train"], *triples()["dev"], *triples()["test"])
    assert set(found) == {
        (split, m)
        for split in ("dev", "test")
        for m in (START, EXACT, NEAR, SKILLS, PAST, SKILL_SETS)
    }
    for (_, measure), row in found.items():
        assert (row["goal"] is not None) == (measure in MUST_BE_ZERO)
        assert row["passed"] is (True if measure in MUST_BE_ZERO else None)
    assert found["dev", EXACT]["n"] == 4 * len(triples()["dev"])
    assert 0 < found["test", SKILLS]["value"] <= 1
    contract = CONTRACTS["quality/overlap"]
    contract.conform(contract.table(list(found.values())), contract.schema())


def test_shares_are_of_distinct_things_of_the_split() -> None:
    train, (one, other, *_) = triples()["train"][:1], triples()["dev"]
    job = {"years": 1, "start": 2000, "end": 2001}
    past = [{"title": title, **job} for title in ("A", "Welder", "Clerk", "WELDERS")]
    one = one | {"skills": ["SQL", "Rigging"], "experiences": past}
    other = other | {"skills": ["rigging", "Sql"], "experiences": past[:1]}
    train = [train[0] | {"skills": ["SQL", "CPR"], "experiences": [past[0], past[1]]}]
    found = measured(train, one, other)
    assert (found["dev", SKILLS]["value"], found["dev", SKILLS]["n"]) == (0.5, 2)
    assert (found["dev", PAST]["value"], found["dev", PAST]["n"]) == (0.5, 2)
    assert (found["dev", SKILL_SETS]["value"], found["dev", SKILL_SETS]["n"]) == (0, 1)
    same = [train[0] | {"skills": ["Rigging", "SQL"]}]
    assert measured(same, one, other)["dev", SKILL_SETS]["value"] == 1


def test_a_start_occupation_of_train_is_found_in_other_words() -> None:
    train, held = triples()["train"], triples()["test"][0]
    senior = held | {"occupation": "Senior " + train[0]["occupation"]}
    found = measured(train, senior)["test", START]
    assert (found["value"], found["n"], found["passed"]) == (1, 1, False)


@pytest.mark.parametrize("key", ["job_description", "resume_swapped"])
def test_a_copy_of_a_train_document_is_found(key: str) -> None:
    train, (held, *others) = triples()["train"], triples()["test"]
    copied = held | {key: train[3][key].upper() + "\n"}
    found = measured(train, copied, *others)
    assert found["test", EXACT]["value"] == round(1 / (4 + 4 * len(others)), 5)
    assert found["test", EXACT]["passed"] is False


def test_a_document_with_other_skills_in_it_is_a_near_duplicate_and_no_copy() -> None:
    held = triples()["test"][0]
    title, name, skill = held["occupation"], held["first_name"], held["skills"][0]
    text = held["resume_matched"].replace(title, "Stoker").replace(name, "Ada")
    stoker = {"title": "Stoker", "years": 1, "start": 2000, "end": 2001}
    skills = ["Bell casting", *held["skills"][1:]]
    train = held | {"split": "train", "first_name": "Ada", "occupation": "Stoker"}
    train |= {"skills": skills, "removed_skills": [], "swaps": []}
    train |= {"experiences": [stoker, *held["experiences"][1:]]}
    others = {key: f"Nothing of {key} to be seen here" for key in held if "unmatched" in key}
    train |= others | {"resume_swapped": None, "job_description": "What else is there"}
    train |= {"resume_matched": text.replace(skill, "Bell casting")}
    found = measured([train], held)
    assert found["test", EXACT]["passed"] and found["test", NEAR]["passed"] is False
    assert found["test", NEAR]["value"] >= 0.25


def test_without_held_out_splits_nothing_is_shared() -> None:
    assert shared_with_train([], triples()["train"], title_core) == []
