"""The asset and its checks, run by Dagster on a lake that holds all the rest."""

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.quality.release_lake import one_row, write

CARDS = dg.AssetKey(["quality", "cards"])


@pytest.fixture
def lake(made: Lake, tmp_path: Path) -> Lake:
    return Lake(shutil.copytree(made.root, tmp_path / "lake"))


def run_cards(lake: Lake, ops: dict[str, Any] | None = None) -> dg.ExecuteInProcessResult:
    from hr_pipeline.definitions import defs

    with dg.DagsterInstance.get() as instance:
        return defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[CARDS],
            run_config={
                "resources": {"run": {"config": {"lake_root": str(lake.root)}}},
                "ops": ops or {},
            },
            raise_on_error=False,
        )


def held(lake: Lake) -> dict[str, str]:
    return {r["name"]: r["content"] for r in lake.table("quality/cards").to_pylist()}


def test_cards_are_made_checked_and_not_made_twice(lake: Lake) -> None:
    result = run_cards(lake)
    assert result.success
    checks = {found.check_name: found.passed for found in result.get_asset_check_evaluations()}
    assert checks == {
        "rows_are_accounted_for": True,
        "what_was_left_out_is_nowhere": True,
        "front_matter_and_croissant_are_read": True,
    }
    build = lake.require("quality/cards")
    assert build.notice and set(held(lake)) == {"README.md", "DATASHEET.md", "croissant.json"}
    assert run_cards(lake).success
    assert lake.require("quality/cards").build_id == build.build_id


def test_they_are_made_again_when_a_raw_file_is_another_one(lake: Lake) -> None:
    assert run_cards(lake).success
    before = held(lake)
    for name in ("sources/postings", "sources/occupations", "sources/first_names"):
        build = lake.require(name)
        build.recipe.inputs["names: forenames_by_country"] = "f" * 64
        lake.write(name, [lake.table(name)], build.recipe)
    assert run_cards(lake).success
    assert "`ffffffffffffffff`" in held(lake)["README.md"]
    assert "`ffffffffffffffff`" not in before["README.md"]


def test_who_publishes_is_what_the_settings_say(lake: Lake) -> None:
    told = {"creator": "Some lab", "url": "https://example.org/rjdb", "contact": "a@example.org"}
    assert run_cards(lake, {"quality__cards": {"config": told}}).success
    texts = held(lake)
    for word in told.values():
        assert word in texts["README.md"]
    assert '"url": "https://example.org/rjdb"' in texts["croissant.json"]
    assert "Some lab; a@example.org" in texts["DATASHEET.md"]


def test_a_field_without_evidence_fails_the_build_with_its_name(lake: Lake) -> None:
    write(lake, CONTRACTS["quality/bias"], [], {})
    result = run_cards(lake)
    assert not result.success
    (failed,) = (e for e in result.all_events if e.event_type_value == "STEP_FAILURE")
    error = failed.step_failure_data.error
    while error.cause is not None and error.cls_name != "InputError":
        error = error.cause
    assert "card field bias" in error.message and "rows of quality/bias" in error.message
    assert lake.current("quality/cards") is None


def test_figures_of_other_triples_are_refused(lake: Lake) -> None:
    contract = CONTRACTS["quality/bias"]
    write(lake, contract, [one_row(contract, 7)], {"rjdb/triples": "0123456789abcdef"})
    result = run_cards(lake)
    (failed,) = (e for e in result.all_events if e.event_type_value == "STEP_FAILURE")
    assert "another version of rjdb/triples" in failed.step_failure_data.error.to_string()
    assert lake.current("quality/cards") is None


def test_a_trace_of_what_was_left_out_fails_the_check(lake: Lake) -> None:
    result = run_cards(lake, {"sources": {"config": {"without": ["dice"]}}})
    failed = [found for found in result.get_asset_check_evaluations() if not found.passed]
    assert [found.check_name for found in failed] == ["what_was_left_out_is_nowhere"]
    assert not result.success
