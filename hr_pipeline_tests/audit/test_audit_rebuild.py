"""Rows made again from their passports equal the stored ones, whoever the teacher was."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from hr_pipeline.audit.rebuild import Rebuilder, differences
from hr_pipeline.audit.replay import NotRecorded, Replay
from hr_pipeline.audit.rows import drawn, find
from hr_pipeline.cli import main
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.drawing import ContextDrawer
from hr_pipeline.rjdb.world import writing_settings
from hr_pipeline.rjdb.writing import NEAR_DUPLICATE, TripleWriter, Written
from hr_pipeline_tests.building import build, build_arguments, one_line
from hr_pipeline_tests.endpoint import Endpoint

ROWS = 50
SIZES = ("rjdb/contexts.train=64", "teacher.max_reasks=0")
JUDGED = ("--set", "quality/judgements.sample=8", "--set", "quality/judgements.twins=4")
KEY = "sk-of-an-audited-build"


def order(root: Path, *more: str, targets: tuple[str, ...] = ("rjdb",)) -> list[str]:
    """The command that builds these triples."""
    sized = [part for setting in SIZES for part in ("--set", setting)]
    return ["build", *targets, *build_arguments(root)[2:], *sized, *more]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """72 triples by the template teacher, recorded; replies that fail are not asked again, so that
    some contexts are lost and replaced."""
    root = tmp_path_factory.mktemp("audited") / "lake"
    assert main(order(root, *JUDGED, targets=("rjdb", "quality/judgements"))) == 0
    return Lake(root)


@pytest.fixture(scope="module")
def recording(lake: Lake) -> Iterator[Recording]:
    with closing(Recording(lake.recording_path)) as recording:
        yield recording


def made_again(lake: Lake, recording: Recording | None) -> dict[str, int]:
    """Rows by dataset, after making sure that each is the stored one."""
    rebuilder, counts = Rebuilder(lake, recording), dict[str, int]()
    for dataset in filter(Rebuilder.knows, lake.datasets()):
        for found in drawn(lake, lake.require(dataset), ROWS):
            assert differences(found, rebuilder.row(found)) == [], found.row_id
            counts[dataset] = counts.get(dataset, 0) + 1
    return counts


def test_fifty_rows_of_every_generated_dataset(lake: Lake, recording: Recording) -> None:
    counts = made_again(lake, recording)
    generated = {
        name
        for name in lake.datasets()
        if name.split("/")[0] in ("graph", "rjdb") and not name.endswith(("ledger", "statistics"))
    }
    assert set(counts) == generated | {"quality/judgements"}
    assert all(n == min(ROWS, lake.require(name).rows) for name, n in counts.items())


def test_triples_whose_first_contexts_failed(lake: Lake, recording: Recording) -> None:
    rows = lake.table("rjdb/triples").to_pylist()
    replaced = [row for row in rows if row["replaced"]]
    assert replaced and any(row["lost_request_ids"] for row in replaced)
    rebuilder = Rebuilder(lake, recording)
    for row in replaced:
        found = find(lake, row["triple_id"])
        assert differences(found, rebuilder.row(found)) == []


def with_triples(lake: Lake, folder: Path, rows: list[Any], ledger: Ledger) -> Lake:
    """A copy of the lake that holds these triples."""
    other = Lake(copytree(lake.root, folder / "lake"))
    build = other.require("rjdb/triples")
    table = CONTRACTS[build.dataset].table(rows)
    other.write(build.dataset, [table], build.recipe, ledger=ledger, notice=build.notice)
    return other


def test_a_triple_that_stands_for_a_near_duplicate(
    lake: Lake, recording: Recording, tmp_path: Path
) -> None:
    """Whatever it repeated, the ledger says so, and the row follows from that."""
    found = find(lake, lake.table("rjdb/triples").column("triple_id")[3].as_py())
    rebuilder, made = Rebuilder(lake, recording), found.build
    world, _ = rebuilder.world(made, lake.require("rjdb/contexts"))
    engine = Replay(made, recording).engine()
    settings = writing_settings(made.recipe.settings["config"])
    writer = TripleWriter(engine, ContextDrawer(world, engine), settings)
    written = asyncio.run(writer.replace(Written(found.row), found.row, "repeats one", "its text"))
    assert written.row is not None and written.row["context_id"] != found.row["context_id"]
    ledger = Ledger()
    ledger.add("row", found.row["context_id"], NEAR_DUPLICATE, "repeats one", "its text")
    other = with_triples(lake, tmp_path, [written.row], ledger)
    again = find(other, found.row_id, "rjdb/triples")
    assert again.row["replaced"] == found.row["replaced"] + 1
    assert differences(again, Rebuilder(other, recording).row(again)) == []


def test_a_changed_row_is_named_by_its_column(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lake.table("rjdb/triples").to_pylist()
    command = ["trace", rows[5]["triple_id"], "--rebuild", "--lake"]
    assert main([*command, str(lake.root)]) == 0
    rows[5]["resume_matched"] += "\nOne more line"
    other = with_triples(lake, tmp_path, rows, Ledger())
    assert main([*command, str(other.root)]) == 1
    assert capsys.readouterr().err.strip().endswith("differs in resume_matched")


def test_the_template_teacher_may_say_it_again(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    assert build(root, "--set", "teacher.record_template=false") == 0
    assert not Lake(root).recording_path.exists()
    assert made_again(Lake(root), None)["rjdb/triples"] == 32


def test_a_paid_build_is_made_again_from_its_recording_alone(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    root = tmp_path / "lake"
    replies = str(lake.recording_path)
    with Endpoint(replies=replies, key=KEY) as endpoint:
        model = ("--teacher", "openai", "--model", "m", "--base-url", endpoint.url)
        assert main(order(root, *model)) == 0
    monkeypatch.delenv("OPENAI_API_KEY")
    with closing(Recording(Lake(root).recording_path)) as recording:
        assert made_again(Lake(root), recording)["rjdb/triples"] == ROWS
    row = find(Lake(root), Lake(root).table("rjdb/triples").column("triple_id")[0].as_py())
    first = [*row.row["lost_request_ids"], *row.row["request_ids"]][0]
    with pytest.raises(NotRecorded, match=first):
        Rebuilder(Lake(root)).row(row)
    capsys.readouterr()
    Lake(root).recording_path.unlink()
    assert main(["trace", row.row_id, "--rebuild", "--lake", str(root)]) == 2
    assert first in one_line(capsys)
