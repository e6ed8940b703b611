"""The model store: whole or not at all, one training at a time, nothing that may run code."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from lake_rows import RECIPE, ROWS, rows

from hr_pipeline.cli import main
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.garbage import collect_garbage
from hr_pipeline.lake.models import LISTING, ModelBuild, ModelStore
from hr_pipeline.lake.store import Lake

WEIGHTS = {"model.safetensors": "weights"}


def made_of(
    store: ModelStore, recipe: Recipe, files: dict[str, str], name: str = "matcher"
) -> Path:
    """A folder with these files in the workspace of a training, as a trainer leaves it."""
    folder = store.workspace(name, recipe) / "final"
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def publish(
    store: ModelStore, recipe: Recipe = RECIPE, weights: str = "weights", name: str = "matcher"
) -> ModelBuild:
    files = {"model.safetensors": weights, "README.md": "card"}
    return store.publish(name, made_of(store, recipe, files, name), recipe, metrics=[])


def test_a_model_is_its_files_whenever_it_was_made(lake: Lake) -> None:
    store = ModelStore(lake)
    first, second = publish(store), publish(store, Recipe("2"))
    other = publish(store, weights="other weights")
    assert first.version == second.version != other.version
    assert [build.recipe.code_version for build in store.builds("matcher")] == ["1", "2", "1"]
    assert store.current("matcher") == other and store.path("matcher").name == other.version
    assert store.path("matcher", first.version).joinpath("model.safetensors").is_file()
    assert store.workspaces("matcher") == [] and store.names() == ["matcher"]


@pytest.mark.parametrize("name", ["weights.bin", "a.pt", "deep/optimizer.pth", "x.pkl"])
def test_a_pickle_is_not_published(lake: Lake, name: str) -> None:
    store = ModelStore(lake)
    with pytest.raises(InputError, match=f"{name} may run code"):
        store.publish("matcher", made_of(store, RECIPE, WEIGHTS | {name: "x"}), RECIPE, metrics=[])
    assert store.current("matcher") is None and store.names() == []


def test_who_may_open_a_model_may_read_its_files(lake: Lake) -> None:
    store = ModelStore(lake)
    made = made_of(store, RECIPE, {"model.safetensors": "weights", "deep/config.json": "{}"})
    (made / "model.safetensors").chmod(0o600)
    made.chmod(0o755)
    folder = store.path("matcher", store.publish("matcher", made, RECIPE, metrics=[]).version)
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_what_is_not_as_published_is_named(lake: Lake) -> None:
    store = ModelStore(lake)
    build = publish(store)
    weights = store.path("matcher") / "model.safetensors"
    weights.write_text("WEIGHTS")
    assert store.faults("matcher") == ["model.safetensors"]
    assert store.unchanged("matcher", RECIPE) == build  # lengths alone: hashes cost minutes
    weights.write_text("short")
    assert store.unchanged("matcher", RECIPE) is None
    with pytest.raises(InputError, match="this version is not in the lake"):
        store.path("matcher")
    publish(store)
    assert store.faults("matcher") == []
    (store.path("matcher") / LISTING).write_text("[]")
    assert store.faults("matcher") == [LISTING]


def test_a_dataset_is_no_model(lake: Lake) -> None:
    store = ModelStore(lake)
    for name in ("results", "../rjdb", "Matcher", "", ".training-1"):
        with pytest.raises(InputError, match="no name for a model"):
            store.current(name)
    (lake.root / "models" / "results").mkdir(parents=True)
    (lake.root / "models" / "results" / "CURRENT").write_text("{}")
    assert store.names() == []


def test_one_training_at_a_time(lake: Lake) -> None:
    store = ModelStore(lake)
    with store.lock("matcher"):
        other = f"""
        from hr_pipeline.lake.models import ModelStore
        from hr_pipeline.lake.store import Lake
        with ModelStore(Lake({str(lake.root)!r})).lock("matcher"):
            pass
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(other)], capture_output=True, text=True
        )
        assert "another process is training this model" in done.stderr
        with store.lock("editor"):
            pass
    with store.lock("matcher"):
        pass


KILLED_WHILE_PUBLISHING = """
import os, signal, sys
from pathlib import Path
import hr_pipeline.lake.models as models
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.store import Lake

def killing(path, text):
    if path.name.endswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    written(path, text)

written, models.write_synced = models.write_synced, killing
store = models.ModelStore(Lake(sys.argv[1]))
made = store.workspace("matcher", Recipe("1")) / "final"
store.publish("matcher", made, Recipe("1"), metrics=[])
"""


@pytest.mark.parametrize("at", ["CURRENT", ".json"])
def test_a_kill_while_publishing_leaves_the_model_as_it_was(lake: Lake, at: str) -> None:
    """Killed before the pointer, and before the build, is written: the folder is moved already."""
    store = ModelStore(lake)
    old = publish(store, Recipe("0"), "old")
    made_of(store, RECIPE, WEIGHTS)
    command = [sys.executable, "-c", KILLED_WHILE_PUBLISHING, str(lake.root), at]
    done = subprocess.run(command, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    assert store.current("matcher") == old and store.unchanged("matcher", RECIPE) is None
    new = publish(store)  # the same training again
    assert store.current("matcher") == new and store.faults("matcher") == []
    assert store.workspaces("matcher") == []


def test_garbage_of_models_keeps_what_kept_models_were_made_from(lake: Lake) -> None:
    store = ModelStore(lake)
    data = [lake.write(ROWS, [rows(n)], RECIPE) for n in (1, 2, 3)]
    teacher, newer = (publish(store, RECIPE, f"{n}", "teacher") for n in (1, 2))
    inputs = {ROWS: data[0].version, "models/teacher": teacher.version}
    builds = [publish(store, Recipe(f"{n}", inputs), f"{n}") for n in (1, 2)]
    left = store.workspace("matcher", Recipe("left"))
    os.utime(left, (1, 1))
    paused = store.workspace("matcher", Recipe("paused"))
    os.utime(paused, (2**32, 2**32))  # after the newest publication
    with store.lock("matcher"):
        assert not [p for p in collect_garbage(lake, 1) if "matcher" in str(p)]
    removed = collect_garbage(lake, 1)
    assert {p.name for p in removed} == {builds[0].version, left.name}
    assert paused.is_dir() and store.path("teacher").name == newer.version
    assert store.path("teacher", teacher.version) and lake.parts(ROWS, data[0].version)
    assert not (lake.root / ROWS / data[1].version).exists()


def test_the_command_prints_where_a_model_is(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    build = publish(ModelStore(lake))
    assert main(["path", "models/matcher", "--lake", str(lake.root)]) == 0
    printed = Path(capsys.readouterr().out.strip())
    assert printed.name == build.version and json.loads((printed / LISTING).read_text())["files"]
    assert main(["path", "models/editor", "--lake", str(lake.root)]) == 2
    assert "hr-pipeline train editor" in capsys.readouterr().err
