"""`evaluate students`: a teacher measured on the held-out rows, replies kept, lost ones counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Engine
from hr_pipeline.training.students.asking import asked_results, held_out_rows
from hr_pipeline.training.students.tasks import STUDENTS
from hr_pipeline_tests.building import one_line
from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.training.test_training_floors import task_rows


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("asked") / "lake")
    for name, student in STUDENTS.items():
        train, test = task_rows(name)
        table = CONTRACTS[student.dataset].table([*train[:60], *test])
        lake.write(student.dataset, [table], Recipe("1"), notice="made up")
    return lake


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def values(results: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    return {(row["task"], row["metric"]): row["value"] for row in results}


def command(lake: Lake, task: str, *more: str) -> list[str]:
    return ["evaluate", "students", "--task", task, "--lake", str(lake.root), *more]


RIGHT = {  # (task, row) -> the reply of a teacher that knows
    "matcher": lambda row: json.dumps({"match": row["label"], "reasons": row["explanation"]}),
    "extractor": lambda row: json.dumps({n: row[n] for n in ("skills", "experiences")}),
    "editor": lambda row: row["target"],
}


@pytest.mark.parametrize("name", STUDENTS)
def test_a_teacher_that_knows_everything(lake: Lake, name: str) -> None:
    """Save that it says nothing usable of one row, which counts as wrong."""
    student = STUDENTS[name]
    train, rows = held_out_rows(lake, student, 0, 1)
    column = {"matcher": "resume", "extractor": "text", "editor": "resume_unmatched"}[name]
    by_text = {(row[column], row.get("section")): row for row in rows}
    lost = rows[-1]

    def reply(task: str, question: Any) -> str:
        text = {"matcher": "resume", "extractor": "text", "editor": "resume"}[name]
        row = by_text[getattr(question, text), getattr(question, "section", None)]
        return "" if row is lost else RIGHT[name](row)

    with Engine(Moody(reply), None, max_reasks=1) as engine:
        result = asked_results(engine, student, train, rows, print)
    found = values(result["results"])
    assert result["asked"] == len(rows)
    assert (result["no_reply"], result["reasks"]) == (1, 1), "an empty reply is none"
    assert set(found.values()) == {1.0}


def test_what_cannot_be_used_is_wrong_and_counted(lake: Lake) -> None:
    student = STUDENTS["matcher"]
    train, rows = held_out_rows(lake, student, 0, 1)
    with Engine(Moody(lambda task, question: "It depends."), None, max_reasks=0) as engine:
        result = asked_results(engine, student, train, rows, print)
    assert (result["unusable"], result["no_reply"]) == (len(rows), 0)
    ((cause, number),) = result["causes"].items()
    assert number == len(rows) and "Say whether they match" in cause
    assert set(values(result["results"]).values()) == {0.0}
    assert max(row["lexical"] for row in result["results"]) > 0.0, "floors are what they are"


def test_rows_are_drawn_by_triple(lake: Lake) -> None:
    student = STUDENTS["matcher"]
    train, rows = held_out_rows(lake, student, 9, 1)
    assert 0 < len(rows) <= 9 and rows == held_out_rows(lake, student, 9, 1)[1]
    assert {row["split"] for row in rows} == {"test"} and {r["split"] for r in train} == {"train"}
    labels: dict[str, list[bool]] = {}
    for row in rows:
        labels.setdefault(row["triple_id"], []).append(row["label"])
    assert all(sum(label) == 1 and len(label) > 1 for label in labels.values())
    with pytest.raises(InputError, match="--rows"):
        held_out_rows(lake, student, -1, 1)


def test_the_command_as_json_goes_on_where_it_was(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(lake, "extractor", "--rows", "12", "--json")) == 0
    some = told(capsys)
    assert main(command(lake, "extractor", "--json")) == 0
    first = told(capsys)
    assert first["found"] >= some["asked"] > 0, "what was recorded is not asked again"
    assert main(command(lake, "extractor", "--json")) == 0
    again = told(capsys)
    assert (again["calls"], again["results"]) == (0, first["results"])
    assert first["notices"][0].startswith("teacher: written by the template teacher")
    assert first["notices"][1] == "rjdb/extraction: made up"
    assert {row["model"] for row in first["results"]} == {"template"}


def test_the_command_for_people(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(lake, "editor")) == 0
    out = capsys.readouterr().out
    assert "not a benchmark" in out and "published: RJDB Table 7" in out
    assert "editing of skills" in out and "no reply 0" in out


def test_a_model_behind_an_endpoint(
    lake: Lake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the schema and says nothing to the point; a third of the prompts it refuses. Then a
    budget that is spent at once ends the run in one line."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    asked = command(lake, "matcher", "--teacher", "openai", "--json")
    assert main(asked) == 2
    assert "add --model M" in one_line(capsys)
    with Endpoint(latency_ms=1, fail_400=0.3) as endpoint:
        asked += ["--model", "gpt-4o-mini", "--base-url", endpoint.url]
        assert main(asked) == 0
        result = told(capsys)
        refused = result["no_reply"]
        assert 0 < refused < result["asked"]
        assert result["unusable"] == 0 and result["calls"] == result["asked"] - refused
        both = [row["rows"] for row in result["results"] if row["metric"] == "accuracy"]
        assert max(both) <= result["asked"] - refused
        assert main([*asked, "--seed", "2", "--rows", "20", "--budget-usd", "0.0000001"]) == 3
    assert "stopped at the budget: $0.0000 of" in one_line(capsys), "what was paid before is over"


def test_what_a_user_may_get_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = Lake(tmp_path / "lake")
    assert main(command(empty, "matcher")) == 2
    assert "rjdb/matching" in one_line(capsys)
    train, _ = task_rows("matcher")
    empty.write("rjdb/matching", [CONTRACTS["rjdb/matching"].table(train[:5])], Recipe("1"))
    assert main(command(empty, "matcher")) == 2
    assert "no row is in the split test" in one_line(capsys)
