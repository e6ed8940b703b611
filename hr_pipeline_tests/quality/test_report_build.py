"""The report as an asset: made again when anything that it tells has changed, and only then."""

import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.page_files import files_hash
from hr_pipeline.quality.report.assets import MADE_FROM
from hr_pipeline_tests.quality.release_lake import write


@pytest.fixture
def lake(made: Lake, tmp_path: Path) -> Lake:
    """Nothing is measured; that is enough for a page."""
    lake = Lake(shutil.copytree(made.root, tmp_path / "lake"))
    inputs = {"rjdb/triples": lake.require("rjdb/triples").version}
    for name in MADE_FROM[:-1]:
        write(lake, CONTRACTS[name], [], inputs)
    return lake


def page_of(lake: Lake) -> tuple[str, str]:
    """The build and the page that a run leaves behind."""
    from hr_pipeline.definitions import defs

    with dg.DagsterInstance.get() as instance:
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(["quality", "report"])],
            run_config={"resources": {"run": {"config": {"lake_root": str(lake.root)}}}},
        )
    assert result.success
    (page,) = lake.table("quality/report").to_pylist()
    return lake.require("quality/report").build_id, page["content"]


def test_it_tells_of_what_the_datasets_were_made_from_now(lake: Lake) -> None:
    build, _ = page_of(lake)
    assert page_of(lake)[0] == build
    bias = lake.require("quality/bias")
    other = {"rjdb/triples": "0123456789abcdef"}  # the same rows, made from another version
    lake.write("quality/bias", [lake.table("quality/bias")], replace(bias.recipe, inputs=other))
    assert lake.require("quality/bias").version == bias.version
    again, page = page_of(lake)
    assert again != build and "rjdb/triples 01234567" in page


def test_another_style_or_template_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "their_pages"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "page.css").write_text("a {}")
    monkeypatch.syspath_prepend(tmp_path)
    before = files_hash("their_pages", "page.css")
    assert files_hash("their_pages", "page.css") == before
    (room / "page.css").write_text("b {}")
    assert files_hash("their_pages", "page.css") != before
