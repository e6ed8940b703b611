"""Items out as {"Input", "Label"} files and in again; files of others."""

import json
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.exchange import export, import_released
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.tm_eval.careers import Person
from hr_pipeline.tm_eval.exchange import read_layout
from hr_pipeline.tm_eval.items import ItemSettings, make_items
from hr_pipeline_tests.tm_eval.career_world import NOTICE, career_rows

HELD = ("task", "career", "projects", "target", "label", "input")


def lake_of_items(folder: Path, notice: str) -> tuple[Lake, list[dict[str, Any]]]:
    people = [Person.of(row) for row in career_rows(120)]
    rows = make_items(people, ItemSettings(30, 30, 0.3), 1, Ledger())
    lake = Lake(folder)
    table = CONTRACTS["tm_eval/items"].table(rows)
    lake.write("tm_eval/items", [table], Recipe(code_version="test"), notice=notice)
    return lake, rows


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize(("notice", "mark"), [("", ""), (NOTICE, "made-up-")])
def test_out_and_in_again(tmp_path: Path, form: str, notice: str, mark: str) -> None:
    lake, rows = lake_of_items(tmp_path / "lake", notice)
    _, written = export(str(lake.root), "tm_eval", form, tmp_path / "out")
    assert written == len(rows)
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == sorted(
        f"{mark}{task}-{split}.{form}" for task in ("title", "project") for split in ("dev", "test")
    )
    for task, split in {(row["task"], row["split"]) for row in rows}:
        path = tmp_path / "out" / f"{mark}{task}-{split}.{form}"
        import_released(str(lake.root), "tm_eval", path)
        ours = [r for r in rows if (r["task"], r["split"]) == (task, split)]
        back = lake.table("tm_eval_released/items").to_pylist()
        assert [{k: r[k] for k in HELD} for r in back] == [{k: r[k] for k in HELD} for r in ours]
        assert lake.require("tm_eval_released/items").notice == notice
    text = path.read_text(encoding="utf-8")
    first = json.loads(text)[0] if form == "json" else json.loads(text.split("\n")[0])
    assert set(first) == {"Input", "Label"} | ({"Notice"} if notice else set())


PUBLISHED = (
    "career history are ['cook']. project experience are [['os']]. target job title: \"chef\""
)


def test_rows_that_are_no_items_go_to_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    records = [
        {"Input": PUBLISHED, "Label": "Yes"},
        {"Input": PUBLISHED, "Label": "Perhaps"},
        {"Input": "Is it?", "Label": "No"},
        {"Text": "x"},
        {"Input": PUBLISHED, "Label": False},
        {"Input": PUBLISHED, "Label": " no."},
    ]
    path.write_text(json.dumps(records))
    rows, ledger = read_layout(path)
    assert [(row["item_id"], row["label"]) for row in rows] == [
        ("released-1", True),
        ("released-5", False),
        ("released-6", False),
    ]
    assert ledger.causes() == {"row: no_input_and_label": 2, "row: unreadable_input": 1}
    assert "Is it?" in {row[4] for row in ledger.rows}


@pytest.mark.parametrize("text", ["[]", '[{"a": 1}]', '{"Input": "x", "Label": "Yes"}', "[", ""])
def test_a_file_without_items_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"file\.json"):
        read_layout(path)


def test_items_that_are_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="build tm_eval"):
        export(str(tmp_path), "tm_eval", "json", tmp_path / "out")
    with pytest.raises(InputError, match="no format 'hf'"):
        export(str(tmp_path), "tm_eval", "hf", tmp_path / "out")
