"""Pairs in words and back, and files of pairs out and in."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hr_pipeline.exchange import export, import_released
from hr_pipeline.jaqa.pairs.wording import answer_of, question_of, read_answer, read_question
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.template import NOT_A_BENCHMARK

NAME = st.text(min_size=1, max_size=20)
HARD = [".NET", "Node.js", "System.Text.Json", "@types/node", "a, b", 'say "hi"', " x ", "R", "."]
FOLLOWS = "? The job is described as follows.\n\nNo: Here is the job description. The APIs are: x."


@given(st.lists(NAME, min_size=1, max_size=9, unique=True))
@example(HARD)
@example(['"'])
@example(["and x", "x\ny", "\r", "a."])
def test_an_answer_is_read_back(apis: list[str]) -> None:
    assert read_answer(answer_of(apis)) == apis


@given(st.text().map(lambda text: " ".join(text.split())), st.text())
@example("Cook?", "Here is the job description: X. The APIs are: y")
@example('Developer ".NET" (m/f?)', FOLLOWS)
@example("What? The job is described as follows.", "\n\n")
def test_a_question_is_read_back(title: str, description: str) -> None:
    assert read_question(question_of(title, description)) == (title, description)


PUBLISHED = "What skills are required for the role of {}? Here is the job description {}"


def test_the_published_wording_is_read_without_the_faults_of_its_scripts() -> None:
    assert read_question(PUBLISHED.format("C# or VB? Developer", ": We use .NET. Why?")) == (
        "C# or VB? Developer",
        "We use .NET. Why?",
    )
    asked = "What APIs are required for the role of Cook? Here is the job description: Stir. "
    assert read_question(asked + "The APIs are:") == ("Cook", "Stir.")
    assert read_answer("The skills are .NET, Node.js, R, and System.Text.Json.") == [
        *(".NET", "Node.js", "R", "System.Text.Json")
    ]
    assert read_answer("The APIs are numpy, numpy, `go`") == ["numpy", "go"]


@pytest.mark.parametrize("text", ["", "numpy", "I do not know.", "These APIs are needed: a\nb."])
def test_other_words_are_no_answer(text: str) -> None:
    assert read_answer(text) is None


@pytest.mark.parametrize("text", ["", "Which APIs?", "What APIs are required for a role?"])
def test_other_words_are_no_question(text: str) -> None:
    assert read_question(text) is None


def pair(number: int, split: str = "train") -> dict[str, object]:
    title, description = 'Developer, "web"', f"Text {number}\n\nof a posting?\u2028"
    apis = HARD[: number + 1]
    return {
        "pair_id": f"linkedin-{number}",
        "posting_id": f"linkedin-{number}",
        "split": split,
        "title_raw": title.upper(),
        "title": title,
        "esco_uri": "http://data.europa.eu/esco/occupation/1",
        "isco_group": "2513",
        "job_description": description,
        "skills": ["x"],
        "apis": apis,
        "question": question_of(title, description),
        "answer": answer_of(apis),
        "teacher": "template",
    }


def filled(root: Path, notice: str) -> list[dict[str, object]]:
    rows = [pair(0), pair(1, "test"), pair(2)]
    tables = [CONTRACTS["jaqa/pairs"].table(rows)]
    Lake(root).write("jaqa/pairs", tables, Recipe("1"), notice=notice)
    return rows


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("notice", ["", NOT_A_BENCHMARK])
def test_export_and_import_keep_the_content(tmp_path: Path, form: str, notice: str) -> None:
    root = tmp_path / "lake"
    rows = filled(root, notice)
    out, written = export(str(root), "jaqa", form, tmp_path / "out")
    assert written == 3
    marked = "template-" if notice else ""
    names = {f"{marked}{split}.{form}" for split in ("train", "test")}
    assert {path.name for path in out.iterdir()} == names
    lines = import_released(str(root), "jaqa", out / f"{marked}train.{form}")
    assert lines[0].startswith("jaqa_released/pairs: 2 of 2 rows")
    same = ("title", "job_description", "apis", "question", "answer")
    read = Lake(root).table("jaqa_released/pairs").to_pylist()
    assert [{key: row[key] for key in same} for row in read] == [
        {key: rows[number][key] for key in same} for number in (0, 2)
    ]
    assert Lake(root).require("jaqa_released/pairs").notice == notice


def test_rows_that_are_no_pairs_go_to_the_ledger(tmp_path: Path) -> None:
    file = tmp_path / "published.json"
    good = {"question": PUBLISHED.format("Cook", "x"), "answer": "The skills are a, b."}
    bad = [{"question": 3, "answer": "x"}, good | {"answer": "None."}, good | {"question": "?"}]
    file.write_text(json.dumps([good, *bad]))
    import_released(str(tmp_path / "lake"), "jaqa", file)
    lake = Lake(tmp_path / "lake")
    build = lake.require("jaqa_released/pairs")
    assert (build.rows_in, build.rows, build.rows_lost) == (4, 2, 2)
    assert build.lost_by_cause == {
        "row: no_question_and_answer": 1,
        "row: answer_lists_no_api": 1,
        "question: in_unknown_words": 1,
    }
    assert [row["title"] for row in lake.rows("jaqa_released/pairs")] == ["Cook", None]


def test_a_file_without_pairs_and_a_form_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text('{"Input": "x", "Label": "Yes"}\n')
    with pytest.raises(InputError, match="none of its 1 rows is a pair"):
        import_released(str(tmp_path / "lake"), "jaqa", file)
    with pytest.raises(InputError, match="jaqa has no format 'hf'"):
        export(str(tmp_path / "lake"), "jaqa", "hf", tmp_path)
