"""Tables of studies: the paper's layout, ours above it, files that say the same."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.models import ModelBuild
from hr_pipeline.tm_eval.careers import TASKS
from hr_pipeline.tm_eval.published import METRICS
from hr_pipeline.training.causal.metrics import APIS, LIKELIER, SAID, next_task
from hr_pipeline.training.measures.results import WIRING
from hr_pipeline.training.studies.study_tables import Outcome, notices, study_row

CONFIG = {"model": "tiny", "alpha": 1.0, "beta": 0.5, "tau": 3.0, "teacher": ""}
SAID_TITLE_ACCURACY = "title Acc, said"


def build(name: str = "m", notice: str = "made up", **config: Any) -> ModelBuild:
    """A model whose 20 figures are 0.01, 0.02, ..."""
    keys = [(next_task(t, way), m) for way in (SAID, LIKELIER) for t in TASKS for m in METRICS]
    keys += [(APIS, metric) for metric in METRICS[:3]]
    rows = [
        {"task": task, "metric": metric, "value": n / 100, "rows": 4}
        for n, (task, metric) in enumerate(keys, 1)
    ]
    recipe = Recipe("1", settings={"config": CONFIG | config})
    return ModelBuild("b", name, "v1", recipe, "d", rows, "", "", 1.0, notice)


def outcome() -> Outcome:
    labels = {"student": "tiny", "method": "SFT"}
    return Outcome(
        heads=("student", "method"),
        rows=[study_row(labels, build())],
        said=["told below"],
        published=[(("Q (paper)", "SFT"), (1.5, 2, 3, 4, 5, 6, 7, 8))],
        plots={"said": b"png"},
    )


def test_a_row_holds_every_figure_at_its_place() -> None:
    row = study_row({"student": "tiny"}, build("abl", beta=0.0))
    assert (row["student"], row["model"], row["version"]) == ("tiny", "abl", "v1")
    assert (row["alpha"], row["beta"]) == (1.0, 0.0)
    assert (row["title P, said"], row[SAID_TITLE_ACCURACY]) == (1.0, 4.0)
    assert (row["project P, said"], row["project Acc, likelier"]) == (5.0, 16.0)
    assert [row[f"APIs {name}"] for name in ("P", "R", "F1")] == [17.0, 18.0, 19.0]


def test_layout_of_table_2() -> None:
    (title, said), (_, likelier), (_, apis) = outcome().tables()
    assert title == "TM-Eval by the word that is written"
    heads = "title P|title R|title F1|title Acc|project P|project R|project F1|project Acc"
    assert said[0] == ("student", "method", *heads.split("|"))
    assert said[1] == ("tiny", "SFT", *(f"{n}.00" for n in range(1, 9)))
    assert said[2] == ("Q (paper)", "SFT", "1.50", *(f"{n}.00" for n in range(2, 9)))
    assert likelier[1][2:] == tuple(f"{n}.00" for n in range(9, 17))
    assert apis == [
        ("student", "method", "APIs P", "APIs R", "APIs F1"),
        ("tiny", "SFT", "17.00", "18.00", "19.00"),
    ]


def test_files_say_what_is_printed(tmp_path: Path) -> None:
    made = outcome()
    paths = made.write(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["table.md", "table.json", "table.csv", "said.png"]
    page, rows, table, plot = (path.read_text("utf-8") for path in paths)
    assert json.loads(rows) == made.rows
    (read,) = csv.DictReader(table.splitlines())
    assert read == {name: str(value) for name, value in made.rows[0].items()}
    assert plot == "png" and "![said](said.png)" in page
    shown = [line.split() for line in made.text().splitlines()]
    cells = [line.replace("|", " ").split() for line in page.splitlines() if "|" in line]
    assert all(row in shown for row in cells if not row[0].startswith(":-"))
    assert len(cells) == 3 + 3 + 5  # heads, rules, rows
    assert page.rstrip().endswith("- told below") and made.text().endswith("told below")


@pytest.mark.parametrize(("model", "told"), [("tiny", [WIRING]), ("Qwen/Qwen2.5-3B", [])])
def test_what_is_told_of_the_models(model: str, told: list[str]) -> None:
    builds = [build(notice="a; b", model=model), build(notice="b", model=model)]
    assert notices(builds) == [*told, "a", "b"]
