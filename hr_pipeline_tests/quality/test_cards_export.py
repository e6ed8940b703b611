"""The exported folder: `datasets` loads it, Croissant describes it; it is whole or not there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import mlcroissant
import pyarrow.parquet as pq
import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.quality.cards import export
from hr_pipeline.quality.cards.wanted import CONFIGS
from hr_pipeline_tests.building import one_line
from hr_pipeline_tests.quality.release_lake import write, write_cards

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what mlcroissant uses


@pytest.fixture(scope="module")
def lake(made: Lake, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    carded = Lake(shutil.copytree(made.root, tmp_path_factory.mktemp("export") / "lake"))
    write_cards(carded)
    return carded


@pytest.fixture(scope="module")
def out(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "release"
    command = ["export", "rjdb", "--format", "hf", "--out", str(folder), "--lake", str(lake.root)]
    assert main(command) == 0
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


LOADING = """
import json, sys
from datasets import load_dataset

loaded = load_dataset(sys.argv[1], sys.argv[2])
rows = {split: len(held) for split, held in loaded.items()}
print(json.dumps([rows, loaded["test"].column_names, loaded["test"][0]]))
"""


@pytest.mark.parametrize("config", ["matching", "triples"])
def test_datasets_loads_it_offline(out: Path, lake: Lake, tmp_path: Path, config: str) -> None:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "HF_DATASETS_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", LOADING, str(out), config]
    done = subprocess.run(
        command, env=dict(os.environ) | offline, capture_output=True, text=True, check=True
    )
    rows, columns, first = json.loads(done.stdout)
    assert rows == {"train": 24, "dev": 4, "test": 4}
    assert columns == [column.name for column in CONTRACTS[f"rjdb/{config}"].columns]
    stored = lake.table(f"rjdb/{config}").to_pylist()
    assert first == next(row for row in stored if row["split"] == "test")


def test_every_row_is_there_once_in_its_split_and_order(out: Path, lake: Lake) -> None:
    for config in CONFIGS:
        stored = lake.table(f"rjdb/{config}")
        for split in ("train", "dev", "test"):
            (path,) = (out / "data" / config).glob(f"template-{split}-*.parquet")
            assert path.name == f"template-{split}-00000-of-00001.parquet"
            held = pq.read_table(path)
            assert held.schema.metadata[b"notice"].startswith(b"written by the template")
            assert held.to_pylist() == [r for r in stored.to_pylist() if r["split"] == split]


def test_the_croissant_file_is_valid_and_its_checksums_are_those_of_the_files(out: Path) -> None:
    described = mlcroissant.Dataset(str(out / "croissant.json"))
    issues = described.metadata.ctx.issues
    assert not issues.errors and not issues.warnings
    assert described.metadata.ctx.is_v1_1()
    files = {one.content_url: one.sha256 for one in described.metadata.file_objects}
    data = {path: file_sha256(out / path) for path in tree(out) if path.startswith("data/")}
    assert files == data and len(data) == 3 * len(CONFIGS)
    for field in ("data_biases", "data_use_cases", "data_limitations", "data_collection"):
        assert getattr(described.metadata, field), field


def test_croissant_records_are_the_rows(out: Path, lake: Lake) -> None:
    described = mlcroissant.Dataset(str(out / "croissant.json"))
    stored = {row["pair_id"]: row for row in lake.table("rjdb/matching").to_pylist()}
    records = list(described.records("matching"))
    assert len(records) == len(stored) == 32
    for record in records:
        row = stored[record["matching/pair_id"].decode()]
        assert record["matching/label"] == row["label"]
        assert record["matching/resume"].decode() == row["resume"]
        assert [word.decode() for word in record["matching/skills"]] == row["skills"]
    triple = next(iter(described.records("triples")))
    stored_triple = next(
        row
        for row in lake.table("rjdb/triples").to_pylist()
        if row["triple_id"] == triple["triples/triple_id"].decode()
    )
    years = [held["triples/experiences/years"] for held in triple["triples/experiences"]]
    assert years == [held["years"] for held in stored_triple["experiences"]]


def test_the_lakes_own_croissant_file_describes_its_parts(lake: Lake, tmp_path: Path) -> None:
    root = Path(shutil.copytree(lake.root, tmp_path / "lake"))
    texts = {row["name"]: row["content"] for row in lake.table("quality/cards").to_pylist()}
    (root / "croissant.json").write_text(texts["croissant.json"], "utf-8")
    described = mlcroissant.Dataset(str(root / "croissant.json"))
    assert not described.metadata.ctx.issues.errors
    assert len(list(described.records("ties"))) == 32
    for file in described.metadata.file_objects:
        assert file_sha256(root / file.content_url) == file.sha256


def test_rows_are_spread_over_files_of_whole_row_groups(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = CONTRACTS["rjdb/ties"]
    small = type(contract)(*(getattr(contract, f) for f in contract.__dataclass_fields__))
    object.__setattr__(small, "rows_per_group", 5)
    monkeypatch.setitem(CONTRACTS, "rjdb/ties", small)
    monkeypatch.setattr(export, "GROUPS_A_FILE", 2)
    export.write_release(lake, tmp_path / "out")
    paths = sorted((tmp_path / "out" / "data" / "ties").glob("template-train-*"))
    assert [p.name[-20:] for p in paths] == [f"{n:05d}-of-00003.parquet"[-20:] for n in range(3)]
    groups = [
        [
            pq.ParquetFile(p).metadata.row_group(i).num_rows
            for i in range(pq.ParquetFile(p).num_row_groups)
        ]
        for p in paths
    ]
    assert groups == [[5, 5], [5, 5], [4]]


# -- folders -------------------------------------------------------------------------------


def test_an_earlier_release_is_replaced_and_equal(out: Path, lake: Lake, tmp_path: Path) -> None:
    again = Path(shutil.copytree(out, tmp_path / "again"))
    (again / "data" / "ties" / "left_over.parquet").write_bytes(b"x")
    assert export.write_release(lake, again) == 6 * 32
    assert tree(again) == tree(out)
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_the_working_folder_and_a_link_may_be_named(
    out: Path, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    export.write_release(lake, Path())
    assert tree(tmp_path / "here") == tree(out)
    monkeypatch.chdir(tmp_path)
    export.write_release(lake, Path("link"))
    assert (tmp_path / "link").is_symlink() and tree(tmp_path / "here") == tree(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "link"]


def test_other_content_is_never_touched(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    command = ["export", "rjdb", "--format", "hf", "--out", str(tmp_path)]
    assert main([*command, "--lake", str(lake.root)]) == 2
    assert "name a new or empty folder" in one_line(capsys)
    assert tree(tmp_path) == {"thesis.txt": b"mine"}


def test_cards_of_other_snapshots_are_refused_and_nothing_is_left(
    lake: Lake, tmp_path: Path
) -> None:
    changed = Lake(shutil.copytree(lake.root, tmp_path / "lake"))
    write(changed, CONTRACTS["rjdb/ties"], [], {})
    with pytest.raises(InputError, match="another version of rjdb/ties.*build quality/cards"):
        export.write_release(changed, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_a_failure_half_way_leaves_the_earlier_release(
    out: Path, lake: Lake, tmp_path: Path
) -> None:
    broken = Lake(shutil.copytree(lake.root, tmp_path / "lake"))
    for part in broken.parts("rjdb/triples"):
        part.write_bytes(part.read_bytes()[:-100])
    earlier = Path(shutil.copytree(out, tmp_path / "out"))
    with pytest.raises(Exception, match="[Pp]arquet"):
        export.write_release(broken, earlier)
    assert tree(earlier) == tree(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "out"]


def test_without_cards_the_command_says_what_to_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["export", "rjdb", "--format", "hf", "--out", str(tmp_path / "out")]
    assert main([*command, "--lake", str(tmp_path / "lake")]) == 2
    assert "hr-pipeline build quality" in one_line(capsys)
