"""No document of a triple repeats one of another split: the later triple is replaced."""

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import Context, context_from_row
from hr_pipeline.rjdb.originality import WrittenBefore
from hr_pipeline.rjdb.template import write_triple
from hr_pipeline.rjdb.writing import WritingSettings, slot_of
from hr_pipeline.text.phrases import tokens
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.rjdb.writing_runs import (
    WHOLE,
    Run,
    attempt_of,
    contexts,
    documents,
    is_accounted_for,
    rows,
    write,
)


def monotonous(attempts: int) -> Moody:
    """A teacher with one form for all first attempts at a place: only what is planted, and the
    person, changes."""

    def instead(task: str, question: Any) -> str | None:
        if task != "write_triple" or attempt_of(question.context) >= attempts:
            return None
        return write_triple(question.context, rng(1, "test/one form", 0), broken_rate=0)

    return Moody(instead)


def repeats(run: Run) -> list[tuple[str, str, str]]:
    """(cause, context, detail) of the triples that were lost for repeating another."""
    return [row[1:4] for row in run[1].rows if row[2] == "near_duplicate"]


def bare_runs(row: dict[str, Any], key: str) -> set[tuple[str, ...]]:
    """Five-word runs of a document in which what was planted is a blank: by a rule of this test,
    word by word, not that of the product."""
    context = context_from_row(row)
    planted = [*context.skills, *(swap.put_in for swap in context.swaps), context.first_name]
    planted += [job.title for job in context.experiences]
    words = set(tokens(" ".join(planted)))
    kept = [word for word in tokens(row[key]) if word not in words and not word.isdigit()]
    return {tuple(kept[i : i + 5]) for i in range(max(1, len(kept) - 4))}


def test_of_two_alike_the_later_one_is_replaced_by_its_like() -> None:
    plain, run = write(Moody()), write(monotonous(1))
    lost = repeats(run)
    assert not repeats(plain) and len(lost) > 20
    assert len(rows(run)) == len(contexts()) and is_accounted_for(run)
    for planned, row in zip(contexts(), rows(run), strict=True):
        assert slot_of(context_from_row(row))[0] == slot_of(planned)[0]
    order = {row["triple_id"]: (place, row["split"]) for place, row in enumerate(rows(run))}
    for key, _, detail in lost:
        cluster, index, _ = key.split("-")
        place, split = order[f"{cluster}-{index}"]
        earlier, other = order[detail.split(" is like ")[1].split()[0]]
        assert earlier < place and other != split


def test_no_document_is_left_that_is_like_one_of_another_split() -> None:
    run = write(monotonous(1))
    kept = [(row["split"], bare_runs(row, "job_description")) for row in rows(run)]
    alike = Counter(
        frozenset((one, other))
        for (one, a), (other, b) in combinations(kept, 2)
        if len(a & b) >= 0.9 * len(a | b)
    )
    assert alike[frozenset(("train",))] > 20
    assert not [splits for splits in alike if len(splits) > 1]


def test_within_a_split_documents_may_be_alike() -> None:
    train = tuple(context for context in contexts() if context.split == "train")
    run = write(monotonous(1), planned=train)
    assert not run[1].rows and all(row["replaced"] == 0 for row in rows(run))


def test_requests_of_what_was_replaced_are_those_of_the_engine() -> None:
    run = write(monotonous(1))
    found = rows(run)
    assert sum(row["replaced"] for row in found) >= len(repeats(run)) > 0
    ids = [key for row in found for key in row["request_ids"] + row["lost_request_ids"]]
    assert len(set(ids)) == len(ids) == run[2].counts["write_triple/replies"]
    assert sum(row["reasks"] for row in found) == run[2].counts["write_triple/reasks"]


def test_neither_the_number_at_work_nor_a_recording_changes_the_triples(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    one = write(monotonous(2), concurrency=1, recording=Recording(path))
    many = write(monotonous(2), concurrency=32)
    silent = Moody(lambda task, _: "not asked")
    again = write(silent, concurrency=8, recording=Recording(path))
    assert repeats(one) and rows(one) == rows(many) == rows(again)
    assert one[1].rows == many[1].rows == again[1].rows
    assert silent.asked == []


@pytest.mark.parametrize("replacements", [0, 2])
def test_a_place_whose_triples_all_repeat_is_given_up(replacements: int) -> None:
    run = write(monotonous(99), WritingSettings(replacements=replacements))
    gone = [one for one in run[0] if one.row is None]
    assert gone and len(rows(run)) == len(contexts()) - len(gone) and is_accounted_for(run)
    assert {sum(lost.cause == "near_duplicate" for lost in one.lost) for one in gone} == {
        1 + replacements
    }


def test_a_failed_context_and_a_repeat_share_the_replacements() -> None:
    """Attempt 0 is refused, attempt 1 repeats, attempt 2 would do."""
    repeating = monotonous(2).instead

    def instead(task: str, question: Any) -> str | None:
        if task == "write_triple" and attempt_of(question.context) == 0:
            return "No."
        return repeating(task, question)

    enough, few = (write(Moody(instead), WritingSettings(replacements=n)) for n in (2, 1))
    assert len(rows(enough)) == len(contexts()) > len(rows(few))
    assert max(row["replaced"] for row in rows(enough)) == 2
    assert is_accounted_for(enough) and is_accounted_for(few)


def triple(number: int, split: str, **documents_given: str) -> tuple[str, Context, dict[str, str]]:
    row = rows(write(Moody(), WHOLE, contexts()[number : number + 1]))[0]
    context = context_from_row(row | {"split": split})
    return row["triple_id"], context, documents(row) | documents_given


def test_equal_documents_are_found_whatever_was_planted_in_them() -> None:
    """Word for word the same text, though other words of it are planted."""
    text = "SKILLS\nSQL Server, Java EE and Python"
    before = WrittenBefore()
    assert before.repeated(*triple(0, "train", resume_matched=text)) is None
    found = before.repeated(*triple(9, "test", resume_swapped=text.lower() + "\n"))
    assert found is not None and found.similarity == 1
    assert found.document == "resume_swapped" and found.earlier.endswith(" resume_matched")


def test_what_was_refused_is_not_written_before_others() -> None:
    before = WrittenBefore()
    assert before.repeated(*triple(0, "train")) is None
    name, context, texts = triple(1, "test")
    same = {"resume_matched": triple(0, "test")[2]["resume_matched"]}
    assert before.repeated(name, context, texts | same)
    assert before.repeated(*triple(1, "train")) is None
