"""The lake among killed, competing and reading processes; and what garbage collection keeps."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from lake_rows import RECIPE, ROWS, everything, rows, version_of

import hr_pipeline.lake.store
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake

HERE = Path(__file__).parent


def start(program: str, lake: Lake) -> "subprocess.Popen[str]":
    """A process that runs `program` on this lake, with the names of this folder's helper."""
    head = "import sys, time\nfrom pathlib import Path\nfrom lake_rows import *\n"
    head += "CONTRACTS.update({ROWS: CONTRACT, LEDGER.dataset: LEDGER})\n"
    head += "from hr_pipeline.lake.store import Lake\nlake = Lake(sys.argv[1])\n"
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.Popen(
        [sys.executable, "-c", head + program, str(lake.root)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


# -- killed, competing and reading processes ---------------------------------------------------

SLOW_WRITER = """
def tables():
    yield rows(3_000, "new")
    print("writing", flush=True)
    time.sleep(60)
lake.write(ROWS, tables(), RECIPE)
"""


def test_a_killed_writer_leaves_the_old_snapshot_and_the_next_writer_cleans_up(lake: Lake) -> None:
    old = lake.write(ROWS, [rows(100)], RECIPE)
    before = everything(lake.root / ROWS)
    writer = start(SLOW_WRITER, lake)
    assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    leftovers = list((lake.root / ROWS).glob(".writing-*/part-*"))
    assert leftovers and leftovers[0].stat().st_size > 0
    assert lake.current(ROWS) == old and lake.table(ROWS).equals(rows(100))
    lake.write(ROWS, [rows(100)], RECIPE)
    after = everything(lake.root / ROWS)
    builds = {name for name in after if name.startswith("builds")}
    assert {k: v for k, v in after.items() if k not in builds | {"CURRENT"}} == {
        k: v for k, v in before.items() if k not in builds | {"CURRENT"}
    }
    assert not list((lake.root / ROWS).glob(".writing-*"))


REPEATING_WRITER = """
tables = [rows(n, str(n)) for n in (1_500, 9_000, 700)]
n = 0
while not (lake.root / "stop").exists():
    lake.write(ROWS, [tables[n % 3]], RECIPE)
    if n % 3 == 2:
        lake.collect_garbage(4)
    n += 1
print(n)
"""


def test_a_reader_sees_a_whole_snapshot_while_another_process_writes(lake: Lake) -> None:
    lake.write(ROWS, [rows(10)], RECIPE)
    writer = start(REPEATING_WRITER, lake)
    seen, until = set[str](), time.monotonic() + 10
    while time.monotonic() < until and len(seen) < 4:
        build = lake.require(ROWS)
        table = lake.table(ROWS, build.version)
        assert table.num_rows == build.rows
        assert version_of(table) == build.version
        seen.add(build.version)
    (lake.root / "stop").touch()
    output, _ = writer.communicate(timeout=20)
    assert writer.returncode == 0 and int(output) > 2
    assert len(seen) == 4


def test_current_is_replaced_as_a_whole_and_last(lake: Lake, tmp_path: Path) -> None:
    first = lake.write(ROWS, [rows(10)], RECIPE)
    folder = lake.root / ROWS
    os.link(folder / "CURRENT", tmp_path / "as a reader has it open")
    before = (folder / "CURRENT").read_text()
    second = lake.write(ROWS, [rows(11)], RECIPE)
    assert (tmp_path / "as a reader has it open").read_text() == before
    (folder / "builds").rename(folder / "away")
    (folder / "builds").touch()  # in the way of the next build
    with pytest.raises(OSError):
        lake.write(ROWS, [rows(12)], RECIPE)
    (folder / "builds").unlink()
    (folder / "away").rename(folder / "builds")
    assert lake.current(ROWS) == second != first


def hold(lake: Lake, release: threading.Event) -> threading.Thread:
    """A writer that stays in the middle of its work until `release` is set."""
    begun = threading.Event()

    def tables() -> Iterator[pa.Table]:
        begun.set()
        release.wait(20)
        yield rows(5)

    writer = threading.Thread(target=lambda: lake.write(ROWS, tables(), RECIPE))
    writer.start()
    assert begun.wait(10)
    return writer


def test_a_second_writer_waits_for_the_first(lake: Lake) -> None:
    release = threading.Event()
    first = hold(lake, release)
    threading.Timer(0.3, release.set).start()
    second = Lake(lake.root).write(ROWS, [rows(6)], RECIPE)
    first.join()
    assert [json.loads(p.read_text())["rows"] for p in builds(lake)] == [5, 6]
    assert lake.current(ROWS) == second


def builds(lake: Lake) -> list[Path]:
    return sorted((lake.root / ROWS / "builds").glob("*.json"))


def test_a_second_writer_that_waits_too_long_fails_in_one_line(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hr_pipeline.lake.store, "LOCK_SECONDS", 0.2)
    release = threading.Event()
    first = hold(lake, release)
    lake.write("graph/edges", [], RECIPE)  # another dataset is free
    with pytest.raises(InputError, match=f"{ROWS}: another run is writing") as caught:
        lake.write(ROWS, [rows(6)], RECIPE)
    release.set()
    first.join()
    assert len(str(caught.value).splitlines()) == 1
    assert lake.require(ROWS).rows == 5


# -- garbage -----------------------------------------------------------------------------------


def test_garbage_collection_keeps_current_and_the_newest_builds(lake: Lake) -> None:
    made = [lake.write(ROWS, [rows(n)], RECIPE) for n in (1, 2, 3, 4)]
    removed = lake.collect_garbage(2)
    assert {p.name for p in removed} == {made[0].version, made[1].version}
    left = {p.parent.name for p in (lake.root / ROWS).glob("*/_snapshot.json")}
    assert left == {made[2].version, made[3].version}
    lake.collect_garbage(0)
    assert lake.table(ROWS).num_rows == 4
    assert len(builds(lake)) == 4  # how a dataset was made stays known


def test_garbage_collection_keeps_the_ledger_of_a_kept_build(lake: Lake) -> None:
    lost = Ledger()
    lost.add("row", "1", "broken")
    build = lake.write(ROWS, [rows(1)], RECIPE, ledger=lost)
    lake._write_ledger(ROWS, Ledger())  # a writer that died before it came to its rows
    lake.collect_garbage(1)
    assert lake.table(f"{ROWS}_ledger", build.ledger_version).num_rows == 1
