"""The whole way from raw files to triples, through the command line, on the sample inputs."""

import json
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import context_from_row
from hr_pipeline.rjdb.gate import check_triple
from hr_pipeline_tests.building import (
    SAMPLE,
    build,
    one_line,
    parts,
    pointers,
    spawn,
    tree,
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("built") / "lake"
    assert build(lake) == 0
    return lake


def copy_of(lake: Path, folder: Path) -> Path:
    return Path(shutil.copytree(lake, folder / "copy"))


def replies(lake: Path) -> int:
    recording = Recording(Lake(lake).recording_path)
    count = sum(n for _, _, n, *_ in recording.counts())
    recording.close()
    return count


def test_the_ordered_triples_are_there_and_every_one_passes_the_gate(built: Path) -> None:
    rows = Lake(built).table("rjdb/triples").to_pylist()
    assert Counter(row["split"] for row in rows) == {"train": 24, "dev": 4, "test": 4}
    for row in rows:
        names = ("job_description", "resume_matched", "resume_unmatched", "resume_swapped")
        assert check_triple(context_from_row(row), {name: row[name] for name in names}) == []
        assert row["teacher"] == "template"


def test_rows_in_are_rows_out_and_ledger_for_every_dataset(built: Path) -> None:
    lake = Lake(built)
    for dataset in lake.datasets():
        made = lake.require(dataset)
        assert made.rows_in == made.rows + made.rows_lost, dataset
        if not dataset.endswith("_ledger"):
            steps = lake.table(f"{dataset}_ledger", made.ledger_version).column("step").to_pylist()
            assert steps.count("row") == made.rows_lost, dataset


def test_template_data_says_everywhere_that_it_is_no_benchmark(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(built)
    for dataset in lake.datasets():
        if dataset.split("/")[0] == "rjdb" and not dataset.endswith("_ledger"):
            snapshot = json.loads((lake.path(dataset) / "_snapshot.json").read_text())
            assert "not a benchmark" in snapshot["notice"], dataset
    assert main(["show", "rjdb/triples", "--lake", str(built)]) == 0
    assert "not a benchmark" in capsys.readouterr().err
    out = tmp_path / "released"
    assert (
        main(["export", "rjdb", "--format", "jsonl", "--out", str(out), "--lake", str(built)]) == 0
    )
    assert sorted(p.name for p in out.iterdir()) == [
        f"template-{split}.jsonl" for split in ("dev", "test", "train")
    ]


def test_a_rerun_asks_nothing_and_writes_no_part(built: Path, tmp_path: Path) -> None:
    lake = copy_of(built, tmp_path)
    before, asked = tree(lake), replies(lake)
    assert build(lake) == 0
    assert tree(lake) == before
    assert build(lake, "--force") == 0
    assert replies(lake) == asked
    assert parts(lake) == parts(built)
    assert pointers(lake) == pointers(built)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    built: Path, tmp_path: Path
) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    assert build(same, "--set", "teacher.record_template=false") == 0
    assert parts(same) == parts(built)
    assert not Lake(same).recording_path.exists()
    assert build(other, "--seed", "2") == 0
    ours, theirs = pointers(built), pointers(other)
    seeded = [name for name in ours if name.startswith(("graph/cl", "rjdb/")) and "led" not in name]
    assert seeded and all(ours[name] != theirs[name] for name in seeded)
    assert all(ours[name] == theirs[name] for name in ours if name.startswith("sources/"))


def test_concurrency_changes_no_byte(built: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert build(lake, "--set", "teacher.concurrency=1") == 0
    assert parts(lake) == parts(built)


def test_a_killed_build_goes_on_and_ends_with_the_same_bytes(built: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for seconds_after_recording in (0.1, 0.6):
        process = spawn(lake)
        deadline = time.monotonic() + 60
        while not Lake(lake).recording_path.exists() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(seconds_after_recording)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    for dataset in Lake(lake).datasets():
        Lake(lake).table(dataset)  # whatever is visible is whole
    assert build(lake) == 0
    assert pointers(lake) == pointers(built)
    assert parts(lake) == parts(built)
    assert not list(lake.rglob(".writing-*"))


def test_section_by_section_and_without_swapped_resumes(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    sections = ("--set", "rjdb/triples.writing_mode=sections")
    assert build(lake, *sections, "--set", "rjdb/triples.swapped=false") == 0
    rows = Lake(lake).table("rjdb/triples").to_pylist()
    assert len(rows) == 32
    assert all(row["resume_swapped"] is None and row["writing_mode"] == "sections" for row in rows)
    for row in rows:
        documents = {n: row[n] for n in ("job_description", "resume_matched", "resume_unmatched")}
        assert check_triple(context_from_row(row), documents, swapped=False) == []


def test_a_graph_without_dice_can_be_built(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert (
        main(["build", "graph", "--raw", str(SAMPLE), "--lake", str(lake), "--without", "dice"])
        == 0
    )
    assert Lake(lake).require("sources/postings").rows == 0
    sources = Lake(lake).table("graph/edges").column("source").to_pylist()
    assert set(sources) == {"generated"}


BAD_FILES = {
    "empty": (b"", "empty"),
    "header only": (b"jobtitle,skills,uniq_id\r\n", "row"),
    "no skills column": (b"jobtitle,uniq_id,company\nCook,1,A\n", "skills"),
    "no title column": (b"skills,uniq_id,advertiserurl\nSQL,1,x\n", "jobtitle"),
    "binary": (bytes(range(256)) * 40, "text"),
    "truncated workbook": ((SAMPLE / "occupations_sample.xlsx").read_bytes()[:3000], ""),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_input_ends_with_code_2_and_one_line_and_changes_nothing(
    name: str, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(built, tmp_path)
    raw = Path(shutil.copytree(SAMPLE, tmp_path / "raw" / "sample")).parent
    content, word = BAD_FILES[name]
    bad = raw / ("mine.xlsx" if name == "truncated workbook" else "mine.csv")
    bad.write_bytes(content)
    before = tree(lake)
    assert build(lake, raw=raw) == 2
    line = one_line(capsys)
    assert bad.name in line and word in line
    assert tree(lake) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "nothing"], "no such target"),
        (["build", "rjdb", "--profile", "huge"], "no such profile"),
        (["build", "rjdb", "--set", "rjdb/contexts.trein=5"], "trein"),
        (["build", "rjdb", "--set", "rjdb/contexts=5"], "cannot read this setting"),
        (["build", "rjdb", "--set", "rjdb/contexts.train=many"], "train"),
        (["build", "rjdb", "--set", "rjdb/contexts.years=[2023, 2015]"], "years"),
        (["build", "rjdb", "--raw", "no/such/folder"], "no/such/folder"),
        (["build", "tm_eval/items", "--raw", "no/such/folder"], "no/such/folder"),
        (["build", "rjdb", "--teacher", "openai"], "--model"),
        (["build", "rjdb", "--budget-usd", "nan"], "--budget-usd"),
        (["build", "rjdb", "--budget-usd", "0"], "--budget-usd"),
        (["build", "rjdb", "--set", "teacher.budget_usd=-1"], "teacher.budget_usd"),
        (["build", "rjdb", "--set", "teacher.batch_requests=0"], "teacher.batch_requests"),
        (["show", "rjdb/nothing"], "no such dataset"),
        (["path", "rjdb/triples"], "hr-pipeline build rjdb"),
        (["export", "rjdb", "--format", "xml", "--out", "x"], "xml"),
        (["import", "rjdb", "no-such-file.jsonl"], "no-such-file.jsonl"),
    ],
)
def test_a_wrong_command_ends_with_code_2_and_one_line(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if arguments[0] == "build" and "--raw" not in arguments:
        arguments = [*arguments, "--raw", str(SAMPLE)]
    assert main([*arguments, "--lake", str(tmp_path / "lake")]) == 2
    assert words in one_line(capsys)


def test_released_layout_goes_out_and_comes_back(built: Path, tmp_path: Path) -> None:
    out, lake = tmp_path / "out", tmp_path / "lake"
    assert (
        main(["export", "rjdb", "--format", "jsonl", "--out", str(out), "--lake", str(built)]) == 0
    )
    assert main(["import", "rjdb", str(out / "template-train.jsonl"), "--lake", str(lake)]) == 0
    ours = {r["job_description"]: r for r in Lake(built).table("rjdb/triples").to_pylist()}
    back = Lake(lake).table("rjdb_released/triples").to_pylist()
    assert len(back) == 24
    for row in back:
        mine = ours[row["job_description"]]
        for name in ("skills", "removed_skills", "shortened", "experiences", "resume_unmatched"):
            assert row[name] == mine[name], name
        assert row["cluster_id"] is None and row["name_group"] is None


def test_the_graph_goes_out_as_graphml(built: Path, tmp_path: Path) -> None:
    import networkx as nx

    arguments = ["export", "graph", "--out", str(tmp_path), "--lake", str(built), "--format"]
    assert main([*arguments, "graphml"]) == 0 and main([*arguments, "networkx"]) == 0
    graph = nx.read_graphml(tmp_path / "graph.graphml")
    assert graph.number_of_edges() == Lake(built).require("graph/edges").rows
    node_link = json.loads((tmp_path / "graph.json").read_text())
    assert nx.node_link_graph(node_link, edges="edges").number_of_nodes() == len(graph)


def test_an_unchanged_dataset_still_shows_its_plots_in_the_ui(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert build(lake) == 0 and build(lake) == 0
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["graph", "clusters"]))
    assert event is not None and event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert metadata["unchanged"].value is True
    assert str(metadata["plots"].value).startswith("![plot](data:image/png;base64,")


def test_template_data_comes_back_as_such_and_not_as_the_released_one(
    built: Path, tmp_path: Path
) -> None:
    out, lake = tmp_path / "out", tmp_path / "lake"
    common = ["--out", str(out), "--lake", str(built)]
    assert main(["export", "rjdb", "--format", "jsonl", *common]) == 0
    assert main(["export", "graph", "--format", "graphml", *common]) == 0
    assert "not a benchmark" in (out / "graph.graphml").read_text()
    assert main(["import", "rjdb", str(out / "template-dev.jsonl"), "--lake", str(lake)]) == 0
    back = Lake(lake).require("rjdb_released/triples")
    assert "not a benchmark" in back.notice and back.recipe.teacher == "template"


def test_a_value_that_cannot_be_stored_is_refused_before_anything_is_written(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, lake = tmp_path / "out", tmp_path / "lake"
    export = ["export", "rjdb", "--format", "jsonl", "--out", str(out), "--lake", str(built)]
    assert main(export) == 0
    row = json.loads((out / "template-dev.jsonl").read_text().splitlines()[0])
    bad = tmp_path / "bad.jsonl"
    bad.write_text(json.dumps(row | {"Job-Description": "half \ud800"}))
    capsys.readouterr()
    assert main(["import", "rjdb", str(bad), "--lake", str(lake)]) == 2
    assert "bad.jsonl" in one_line(capsys)
    assert not list(lake.rglob("*.parquet"))


def test_garbage_collection_keeps_what_the_current_triples_were_made_from(
    built: Path, tmp_path: Path
) -> None:
    lake = copy_of(built, tmp_path)
    arguments = ["build", "rjdb/contexts", "--raw", str(SAMPLE), "--lake", str(lake)]
    assert main([*arguments, "--set", "rjdb/contexts.train=30"]) == 0
    assert main(["gc", "--keep", "1", "--lake", str(lake)]) == 0
    used = Lake(lake).require("rjdb/triples").recipe.inputs
    assert all(Lake(lake).parts(name, version) for name, version in used.items())


def test_a_check_that_fails_says_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path / "lake", "--set", "graph.min_cluster_size=100000") == 1
    assert "graph/clusters: check clusters_are_two_hops_wide failed" in one_line(capsys)


@pytest.mark.parametrize(
    "setting",
    [
        "rjdb/contexts.removed_skills=[0, 0]",
        "rjdb/contexts.train=-5",
        "rjdb/contexts.held_out_share=2",
        "rjdb/triples.replacements=-1",
        "teacher.concurrency=0",
        "teacher.max_reasks=-1",
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(
    setting: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path / "lake", "--set", setting) == 2
    assert setting.rpartition(".")[2].partition("=")[0] in one_line(capsys)


@pytest.mark.parametrize("profile", ["ops: [1, 2]", "ops: {rjdb__contexts: 5}", "ops: {1: {}}"])
def test_a_profile_of_another_shape_is_refused(
    profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(profile)
    assert build(tmp_path / "lake", "--profile", str(path)) == 2
    assert "profile.yaml" in one_line(capsys)


def test_a_profile_may_say_where_input_and_lake_are(tmp_path: Path) -> None:
    path, lake = tmp_path / "profile.yaml", tmp_path / "elsewhere"
    run = {"raw": str(SAMPLE), "lake_root": str(lake)}
    path.write_text(json.dumps({"resources": {"run": {"config": run}}}))
    assert main(["build", "sources", "--profile", str(path)]) == 0
    assert Lake(lake).require("sources/postings").rows > 0
