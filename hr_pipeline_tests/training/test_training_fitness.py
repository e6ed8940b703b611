"""Spoiled data is found before it is trained on, however the training was started."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.presence import presence_rows
from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.training.runs.fitness import OF_DATASET, require_fit
from hr_pipeline_tests.training import small_data
from hr_pipeline_tests.training.small_lake import pair, small_lake

Rows = list[dict[str, Any]]


def silent(line: str) -> None: ...


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return small_lake(tmp_path / "lake", pairs=12, items=4)


def put(lake: Lake, dataset: str, rows: Rows, inputs: dict[str, str] | None = None) -> Build:
    recipe = Recipe("test", inputs or {})
    return lake.write(dataset, [CONTRACTS[dataset].table(rows)], recipe, ledger=Ledger())


def line_of(lake: Lake, build: Build) -> str:
    with pytest.raises(InputError) as caught:
        require_fit(lake, {build.dataset: build}, silent)
    assert build.dataset in str(caught.value) and build.version in str(caught.value)
    return str(caught.value)


def test_whole_data_is_fit(lake: Lake) -> None:
    said: list[str] = []
    build = lake.require("jaqa/pairs")
    require_fit(lake, {"jaqa/pairs": build}, said.append)
    assert "12 rows" in said[0]
    assert "not made from jaqa/skill_apis" in said[1], "what cannot be known is told"


def spoil(part: Path) -> None:
    """One bit of a part, in the middle, is another one."""
    held = bytearray(part.read_bytes())
    held[len(held) // 2] ^= 1
    part.write_bytes(held)


@pytest.mark.parametrize("damage", [spoil, Path.unlink])
def test_damaged_parts_are_found(lake: Lake, damage: Callable[[Path], Any]) -> None:
    build = lake.require("jaqa/pairs")
    (part,) = lake.parts("jaqa/pairs")
    shutil.copy(part, part.with_name("part-00001.parquet"))  # so that a part is left
    damage(part)
    assert "check parts_are_as_written failed: ['part-00000.parquet']" in line_of(lake, build)


def test_rows_that_nobody_accounts_for_are_found(lake: Lake) -> None:
    build = lake.require("jaqa/pairs")
    assert "rows_are_accounted_for failed: 5" in line_of(lake, replace(build, rows_in=17))


def test_near_duplicates_across_splits_are_found(lake: Lake) -> None:
    first, second = pair(0, "train"), pair(1, "test")
    words = " ".join(f"word{number}" for number in range(60))
    rows = [one | {"job_description": words} for one in (first, second)]
    line = line_of(lake, put(lake, "jaqa/pairs", rows))
    assert "no_near_duplicate_crosses_splits" in line and "p001" in line


def test_an_answer_that_nobody_chose_is_found(lake: Lake) -> None:
    rows = list(lake.rows("jaqa/pairs"))
    skills = sorted({skill for row in rows for skill in row["skills"]})
    chosen = put(lake, "jaqa/skill_apis", skill_apis(skills))
    inputs = {"jaqa/skill_apis": chosen.version}
    whole = put(lake, "jaqa/pairs", rows, inputs)
    require_fit(lake, {"jaqa/pairs": whole}, silent)
    rows[3]["apis"] = ["another"]
    assert "answers_are_the_choices" in line_of(lake, put(lake, "jaqa/pairs", rows, inputs))


def skill_apis(skills: list[str]) -> Rows:
    """Each skill's API is itself."""
    lists: dict[str, list[str]] = dict.fromkeys(
        ("candidates", "ecosystems", "scores", "request_ids"), []
    )
    words = dict.fromkeys(("embedder", "teacher", "prompt_hash"), "")
    return [{**lists, **words, "skill": s, "apis": [s], "n_postings": 1} for s in skills]


@pytest.fixture(scope="module")
def triples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, dict[str, str]]:
    """A lake with triples and what was counted in them, and the versions of both."""
    lake = Lake(tmp_path_factory.mktemp("triples") / "lake")
    rows = list(small_data.triples())[:40]
    made = {"rjdb/triples": rows, "rjdb/presence": [p for row in rows for p in presence_rows(row)]}
    return lake, {name: put(lake, name, rows).version for name, rows in made.items()}


def move(rows: Rows) -> None:
    rows[0]["split"] = "dev" if rows[0]["split"] != "dev" else "test"


def turn(rows: Rows) -> None:
    rows[0]["label"] = not rows[0]["label"]


def leave_out(rows: Rows) -> None:
    first = rows[0]["triple_id"]
    rows[:] = [row for row in rows if row["triple_id"] != first]


@pytest.mark.parametrize(
    ("spoilt", "check"),
    [
        (move, "splits_are_those_of_the_triples"),
        (leave_out, "splits_are_those_of_the_triples"),
        (turn, "labels_agree_with_presence"),
    ],
)
def test_pairs_that_are_not_the_triples_are_found(
    triples: tuple[Lake, dict[str, str]], spoilt: Callable[[Rows], None], check: str
) -> None:
    lake, inputs = triples
    rows = list(pairs(lake.rows("rjdb/triples")))
    whole = put(lake, "rjdb/matching", rows, inputs)
    require_fit(lake, {"rjdb/matching": whole}, silent)
    spoilt(rows)
    assert f"check {check} failed" in line_of(lake, put(lake, "rjdb/matching", rows, inputs))


def test_blocking_checks_of_dagster_are_all_here() -> None:
    from hr_pipeline.definitions import defs

    graph = defs.resolve_asset_graph()
    for dataset, checks in OF_DATASET.items():
        blocking = {
            key.name
            for key in graph.asset_check_keys
            if key.asset_key.to_user_string() == dataset
            and graph.get_check_spec(key).blocking
            and key.name != "rows_are_accounted_for"
        }
        assert {check.name for check in checks} == blocking, dataset


def test_what_programs_read_is_checked() -> None:
    from hr_pipeline.training.assets import READS

    assert {dataset for reads in READS.values() for dataset in reads} == set(OF_DATASET)
