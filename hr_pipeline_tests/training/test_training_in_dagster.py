"""Trained models as assets: what Dagster knows of them, when they are stale, who trains when."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake
from hr_pipeline.making import DATA_VERSION_TAG
from hr_pipeline.resources import Run
from hr_pipeline.training.pool import GPU, PROCESS, holders, limit_pool
from hr_pipeline_tests.building import SMALL, one_line
from hr_pipeline_tests.conftest import SAMPLE

MATCHER = dg.AssetKey(["models", "matcher"])
QUICK = "models/matcher.settings={steps: 4, train_rows: 8, evaluated: 4, max_prompt: 64}"


def build(lake: Path, *more: str) -> int:
    settings = [part for one in (*SMALL, QUICK) for part in ("--set", one)]
    return main(["build", "--raw", str(SAMPLE), "--lake", str(lake), *settings, *more])


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a matcher that was trained for four steps."""
    pytest.importorskip("torch")
    root = tmp_path_factory.mktemp("models") / "lake"
    assert build(root, "models/matcher") == 0
    return root


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as one:
        yield one


def materialization(instance: dg.DagsterInstance, key: dg.AssetKey = MATCHER) -> Any:
    event = instance.get_latest_materialization_event(key)
    assert event is not None and event.asset_materialization is not None
    return event.asset_materialization


def stale(instance: dg.DagsterInstance, key: dg.AssetKey) -> tuple[str, list[str]]:
    """Status, and the reasons for it, as the UI shows them."""
    from dagster._core.definitions.data_version import CachingStaleStatusResolver
    from dagster._core.loader import LoadingContextForTest

    from hr_pipeline.definitions import defs

    graph = defs.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    causes = resolver.get_stale_causes(key)
    return resolver.get_status(key).value, [cause.reason for cause in causes]


def test_a_trained_model_is_an_asset_with_its_curve(
    lake: Path, instance: dg.DagsterInstance
) -> None:
    made, model = materialization(instance), ModelStore(Lake(lake)).require("matcher")
    assert made.tags["dagster/data_version"] == model.version
    read = Lake(lake).require("rjdb/matching").version
    assert made.tags["dagster/input_data_version/rjdb/matching"] == read
    assert made.metadata["read"].value == {"rjdb/matching": read}
    curve = made.metadata["curve"].value
    assert curve.startswith("![plot](data:image/png;base64,") and len(curve) < 50_000
    assert "| matching | accuracy |" in made.metadata["metrics"].value
    assert "not a benchmark" in made.metadata["notice"].value
    assert Path(made.metadata["path"].value) == ModelStore(Lake(lake)).path("matcher")


def test_checks_of_a_model_are_made(lake: Path, instance: dg.DagsterInstance) -> None:
    names = ("files_are_whole", "better_than_the_floors")
    keys = [dg.AssetCheckKey(MATCHER, name) for name in names]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    assert set(found) == set(keys) and found[keys[0]].status.value == "SUCCEEDED"


@pytest.mark.parametrize("left", [b"", b"other", None], ids=["cut", "changed", "gone"])
def test_a_check_names_the_damaged_files_of_a_model(left: bytes | None, tmp_path: Path) -> None:
    from hr_pipeline.training.checks import MODEL_CHECKS

    store, recipe = ModelStore(Lake(tmp_path)), Recipe("1")
    made = store.workspace("matcher", recipe) / "final"
    made.mkdir()
    (made / "model.safetensors").write_bytes(b"whole")
    store.publish("matcher", made, recipe, metrics=[])
    weights = store.path("matcher") / "model.safetensors"
    weights.unlink()
    if left is not None:
        weights.write_bytes(left)
    found: Any = MODEL_CHECKS[0](run=Run(lake_root=str(tmp_path)))
    assert not found.passed and found.metadata["damaged"].value == ["model.safetensors"]


def test_what_is_unchanged_is_not_trained_again(
    lake: Path, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    before = materialization(instance)
    assert build(lake, "models/matcher", "--keep", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["model"] == "models/matcher"
    assert {row["task"] for row in told["metrics"]} >= {"matching", "explaining"}
    after = materialization(instance)
    assert after.metadata["unchanged"].value is True
    assert after.metadata["curve"] == before.metadata["curve"]
    assert len(ModelStore(Lake(lake)).builds("matcher")) == 1


def test_results_of_all_models_are_a_dataset(lake: Path) -> None:
    from hr_pipeline.definitions import defs

    config = {"resources": {"run": {"config": {"lake_root": str(lake)}}}}
    job = defs.resolve_implicit_global_asset_job_def()
    key = dg.AssetKey(["models", "results"])
    result = job.execute_in_process(run_config=config, asset_selection=[key])
    assert result.success
    rows = list(Lake(lake).rows("models/results"))
    measured = ModelStore(Lake(lake)).require("matcher").metrics
    assert [row["value"] for row in rows] == [row["value"] for row in measured]
    assert {(row["model"], row["base"]) for row in rows} == {("matcher", "tiny")}
    (made,) = result.asset_materializations_for_node("models__results")
    assert "wiring, not quality" in str(made.metadata["beside floors and papers"].value)
    assert str(made.metadata["plot"].value).startswith("![plot](data:image/png")


def test_a_model_is_stale_when_its_data_changes(lake: Path, instance: dg.DagsterInstance) -> None:
    assert stale(instance, MATCHER) == ("FRESH", [])
    pairs = dg.AssetMaterialization(["rjdb", "matching"], tags={DATA_VERSION_TAG: "another"})
    instance.report_runless_asset_event(pairs)
    status, reasons = stale(instance, MATCHER)
    assert status == "STALE" and reasons == ["has a new dependency data version"]


# -- before anything is made ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("models/matcher.profile=paper", "there is no GPU on this machine; train tiny models"),
        ("models/matcher.profile=huge", "huge: there is no such profile"),
        ("models/matcher.settings={rows: 3}", "there is no rows"),
        ("models/matcher.settings=3", "Value at path root:ops:models__matcher:config:settings"),
    ],
)
def test_what_cannot_be_trained_is_told_before_its_data_is_made(
    given: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    assert build(tmp_path / "lake", "models/matcher", "--set", given) == 2
    assert line in one_line(capsys)
    assert not (tmp_path / "lake").exists()


def test_every_model_reads_what_its_program_says() -> None:
    from importlib import import_module

    from hr_pipeline.training.assets import CODE_VERSIONS, MODELS_READ, READS

    for name, reads in READS.items():
        program = import_module(f"hr_pipeline.training.{name}").PROGRAM
        assert (*program.reads, *program.may_read) == reads
        assert program.code_version == CODE_VERSIONS[name]
    assert set(MODELS_READ) == {"distilled"}


# -- one training at a time -------------------------------------------------------------------


def test_the_pool_has_one_place_and_others_keep_theirs(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        limit_pool(instance)
        storage = instance.event_log_storage
        assert {one.name: one.limit for one in storage.get_pool_limits()} == {GPU: 1}
        storage.set_concurrency_slots(GPU, 3)  # somebody with three GPUs
        limit_pool(instance)
        assert {one.name: one.limit for one in storage.get_pool_limits()} == {GPU: 3}


def test_two_runs_do_not_train_at_once(tmp_path: Path) -> None:
    """Each takes a folder that cannot be made twice, and gives it back."""
    code = (
        "import sys, pathlib, time, dagster as dg\n"
        "from hr_pipeline.training.pool import limit_pool\n"
        "@dg.asset(pool='gpu')\n"
        "def model():\n"
        "    lock = pathlib.Path(sys.argv[2])\n"
        "    lock.mkdir()\n"
        "    time.sleep(1)\n"
        "    lock.rmdir()\n"
        "with dg.DagsterInstance.from_config(sys.argv[1]) as instance:\n"
        "    limit_pool(instance)\n"
        "    assert dg.materialize([model], instance=instance).success\n"
    )
    home, lock = tmp_path / "home", tmp_path / "lock"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        limit_pool(instance)
    command = [sys.executable, "-c", code, str(home), str(lock)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said


def test_a_killed_run_gives_its_place_back(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        limit_pool(instance)
        storage, machine = instance.event_log_storage, os.uname().nodename
        gone = subprocess.Popen(["true"])
        gone.wait()
        for process in (gone.pid, os.getpid()):
            run = instance.create_run_for_job(
                dg.define_asset_job("job").resolve(asset_graph=_one_asset()),
                tags={PROCESS: f"{machine} {process}"},
                status=dg.DagsterRunStatus.STARTED,
            )
            storage.claim_concurrency_slot(GPU, run.run_id, "model")
            held = holders(instance)
            assert held == ([run.run_id] if process == os.getpid() else [])


def _one_asset() -> Any:
    @dg.asset
    def model() -> None: ...

    return dg.Definitions(assets=[model]).resolve_asset_graph()
