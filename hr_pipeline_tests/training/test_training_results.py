"""Published figures under the names of our measures, rows of models/results, and their table."""

from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.training.measures.published import (
    ABLATIONS,
    STUDENTS,
    TABLE_2,
    Figures,
    main_results,
    printed_otherwise,
)
from hr_pipeline.training.measures.results import (
    ABLATION,
    GRID,
    WIRING,
    as_markdown,
    as_text,
    beside,
    notices_of,
    result_rows,
    told_of,
)
from hr_pipeline.training.students.results import student_results
from hr_pipeline.training.students.tasks import STUDENTS as TASKS
from hr_pipeline_tests.training.test_training_floors import task_rows

NOT_PUBLISHED = ("matching, swapped", "explaining, swapped")


@pytest.mark.parametrize("name", TASKS)
def test_every_published_figure_stands_beside_its_measure(name: str) -> None:
    train, test = task_rows(name)
    lost = [TASKS[name].read("")] * len(test)
    rows = student_results(TASKS[name], train, test, lost)
    for row in rows:
        ours_alone = row["task"] in NOT_PUBLISHED or row["metric"] == "precision"
        assert (row["source"] is None) == ours_alone, row
        assert (row["majority"] is None) == (name == "editor")
        assert 0.0 <= row["lexical"] <= 1.0
    tasks = {row["task"] for row in rows}
    wanted = {key for key in STUDENTS if key[0] in tasks}
    assert wanted and wanted <= {(row["task"], row["metric"]) for row in rows}


def test_published_figures_as_printed() -> None:
    assert len(STUDENTS) == 3 + 8 + 4
    figures = STUDENTS["extraction of experiences, job descriptions", "f1"]
    assert (figures.teacher, figures.student) == (0.401, 0.631)
    assert figures.source == "RJDB Table 6: GPT-4, Flan-T5 base"
    rouge = STUDENTS["editing of skills", "rouge2"]
    assert (rouge.teacher, rouge.student) == (0.347, 0.278)
    main = main_results("Qwen2.5-14B w/SFT", "Qwen2.5-3B w/KD")
    assert main["project", "accuracy"].student == 0.6402
    assert main["title", "precision"].teacher == 0.7478


def test_ablations_as_printed() -> None:
    """Table 2's last row of a student is its row of Table 1, and the best of its block but in one
    column."""
    beaten = []
    for student, methods in TABLE_2.items():
        assert tuple(methods) == ABLATIONS
        main = main_results(f"{student} w/KD", f"{student} w/KD")
        shares = [figures.student for figures in main.values()]
        assert shares == [round(value / 100, 5) for value in methods["Ours"]]
        columns = enumerate(zip(*methods.values(), strict=True))
        beaten += [(student, number) for number, column in columns if max(column) > column[-1]]
    assert beaten == [("R1-Distill-Qwen-7B", 5)]
    (line,) = printed_otherwise()
    assert "Qwen2.5-3B, SFT, project: F1 62.16 is printed" in line and "61.26" in line


def measured(value: float, **more: Any) -> dict[str, Any]:
    return {"task": "matching", "metric": "f1", "value": value, "rows": 2000} | more


def test_beside_what_is_there_of_it() -> None:
    published = {("matching", "f1"): Figures(0.8, 0.9, "a table")}
    other = measured(0.4, metric="accuracy")
    first, second = beside([measured(0.7), other], [measured(0.5)], [other], published)
    assert first == measured(
        0.7, majority=0.5, lexical=None, paper_teacher=0.8, paper_student=0.9, source="a table"
    )
    assert (second["majority"], second["lexical"], second["source"]) == (None, 0.4, None)


def publish(store: ModelStore, name: str, base: str, notice: str = "") -> None:
    inputs = {"rjdb/matching": "v1"} | ({f"base {base}": f"{base}@0123456789ab"} if base else {})
    made = store.root.parent / f"made-{name}"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_text(name)
    rows = beside([measured(0.25)], [measured(0.5)], [], STUDENTS)
    recipe = Recipe("1", inputs)
    store.workspace(name, recipe)
    store.publish(name, made, recipe, metrics=rows, notice=notice)


def test_rows_of_all_current_models(tmp_path: Path) -> None:
    store = ModelStore(Lake(tmp_path / "lake"))
    publish(store, "matcher", "", "made up")
    publish(store, "other", "flan-t5", "made up; and old")
    for name in (f"{ABLATION}-full", f"{GRID}-a1-b0.5", "gridlock"):
        publish(store, name, "", "of a study" if "-" in name else "")
    names = told_of(store)
    assert names == ["gridlock", "matcher", "other"]
    rows = result_rows(store, names[1:])
    assert [(row["model"], row["base"]) for row in rows] == [
        ("matcher", "tiny"),
        ("other", "flan-t5@0123456789ab"),
    ]
    table = CONTRACTS["models/results"].table(rows)
    assert table.num_rows == 2 and table.column("version").to_pylist()[0] == rows[0]["version"]
    assert notices_of(store, names) == ["made up", "and old"]


def test_the_table_says_what_is_only_wiring() -> None:
    whose = {"model": "matcher", "version": "v", "base": "tiny"}
    (row,) = beside([measured(0.25)], [measured(0.5)], [], STUDENTS)
    for told in (as_text([whose | row], ["made up"]), as_markdown([whose | row], ["made up"])):
        assert f"matcher: {WIRING}" in told and "made up" in told
        assert "published: RJDB Table 5: GPT-4, Flan-T5 base" in told
        line = next(ln for ln in told.splitlines() if "matching" in ln)
        shown = line.replace("|", " ").split()
        assert shown == ["matcher", "matching", "f1", "2,000", "0.500", "0.250", "0.828", "0.931"]
    assert WIRING not in as_text([whose | row | {"base": "flan-t5@0123456789ab"}])


def test_no_models_no_rows(tmp_path: Path) -> None:
    store = ModelStore(Lake(tmp_path / "lake"))
    assert told_of(store) == result_rows(store, told_of(store)) == []
    assert "majority" in as_text([])
