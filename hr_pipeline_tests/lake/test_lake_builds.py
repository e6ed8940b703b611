"""Recipes and builds: equal recipes have one digest, and a build reads back as it was."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.builds import Build, Recipe

BUILD = Build(
    build_id="20240101T000000000000-abcdefgh",
    dataset="graph/edges",
    version="0" * 16,
    recipe=Recipe("1", {"a": "b"}, {"config": {"n": [1, 2]}}, {"p": "h"}, 1, "template"),
    recipe_digest="1" * 16,
    rows=1,
    rows_in=2,
    rows_lost=1,
    lost_by_cause={"row: é": 1},
    ledger_version=None,
    run_id="",
    time="2024-01-01T00:00:00Z",
    seconds=0.5,
)


def test_a_build_reads_back_as_it_was() -> None:
    assert Build.from_json(BUILD.to_json()) == BUILD


def test_what_a_digest_can_be_made_of_can_be_stored() -> None:
    recipe = Recipe("1", settings={"folder": Path("raw")})
    stored = Build.from_json(replace(BUILD, recipe=recipe).to_json())
    assert stored.recipe.digest() == recipe.digest()


def test_the_order_of_names_does_not_change_a_digest() -> None:
    one = Recipe("1", {"a": "1", "b": "2"}, {"x": {"k": 1, "l": 2}})
    assert one.digest() == Recipe("1", {"b": "2", "a": "1"}, {"x": {"l": 2, "k": 1}}).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"code_version": "2"},
        {"inputs": {"a": "c"}},
        {"settings": {"config": {"n": [2, 1]}}},
        {"prompts": {}},
        {"seed": None},
        {"seed": 0},
        {"teacher": "another"},
    ],
)
def test_each_fact_of_a_recipe_changes_its_digest(change: dict[str, Any]) -> None:
    assert replace(BUILD.recipe, **change).digest() != BUILD.recipe.digest()
