"""Task sets, overlap and the contamination scan through the command line."""

import json
from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.building import build_arguments, one_line

TASK_SETS = ["rjdb/matching", "rjdb/extraction", "rjdb/editing"]
FILES = "quality/contamination.files="
JOB = "{title} ({start} - {end})"  # a line that resumes hold


def make(lake: Path, targets: list[str], *more: str) -> int:
    command, _, *rest = build_arguments(lake, *more)
    return main([command, *targets, *rest])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("overlap") / "lake"
    assert make(lake, [*TASK_SETS, "quality/overlap", "quality/contamination"]) == 0
    return lake


def test_task_sets_are_whole_and_keep_the_splits(made: Path) -> None:
    lake = Lake(made)
    triples = lake.table("rjdb/triples").select(["triple_id", "split"]).to_pydict()
    of_triple = dict(zip(*triples.values(), strict=True))
    for name, rows in zip(TASK_SETS, (3, 4, 2), strict=True):
        table = lake.table(name).select(["triple_id", "split"]).to_pylist()
        assert len(table) == 32 * rows
        assert all(of_triple[row["triple_id"]] == row["split"] for row in table)
        assert "not a benchmark" in lake.require(name).notice


def test_nothing_that_must_not_be_is_in_train(made: Path) -> None:
    rows = Lake(made).table("quality/overlap").to_pylist()
    assert [row["value"] for row in rows if row["goal"]] == [0] * 6
    assert {row["split"] for row in rows} == {"dev", "test"}


def test_without_a_file_nothing_is_looked_for(made: Path) -> None:
    assert Lake(made).require("quality/contamination").rows == 0


def test_documents_that_stand_in_a_named_file_are_found(made: Path, tmp_path: Path) -> None:
    (row, *_) = Lake(made).table("rjdb/triples").to_pylist()
    named = tmp_path / "others.jsonl"
    lines = [{"text": "A sentence that is in none of the documents at all, I hope"}]
    lines += [{"text": row["resume_matched"].upper()}]
    named.write_text("\n".join(map(json.dumps, lines)))
    assert make(made, ["quality/contamination"], "--set", f"{FILES}[{named}]") == 0
    found = Lake(made).table("quality/contamination").to_pylist()
    best = max(found, key=lambda hit: hit["similarity"])
    assert {hit["text_id"] for hit in found} == {"line 2: text"}
    assert (best["similarity"], best["triple_id"]) == (1, row["triple_id"])
    assert best["document"] == "resume_matched" and best["file"] == str(named)


def test_a_named_file_with_other_content_is_looked_for_again(made: Path, tmp_path: Path) -> None:
    named = tmp_path / "others.txt"
    (row, *_) = Lake(made).table("rjdb/triples").to_pylist()
    for text, is_found in (("What nobody says in a resume, ever", False), (JOB, True)):
        named.write_text(text.format(**row["experiences"][0]))
        assert make(made, ["quality/contamination"], "--set", f"{FILES}[{named}]") == 0
        assert (Lake(made).require("quality/contamination").rows > 0) == is_found


def test_a_file_that_is_not_there_is_named(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.txt"
    assert make(made, ["quality/contamination"], "--set", f"{FILES}[{missing}]") == 2
    assert str(missing) in one_line(capsys)
