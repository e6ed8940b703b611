"""The notebooks run from top to bottom on a demo lake, and say what to do where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REMEDIES = {
    "explore_graph": "make demo",
    "explore_jaqa": "hr-pipeline build jaqa tm_eval",
    "own_matcher": "make demo",
}


@pytest.fixture(scope="module")
def demo_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake built by the command line, in a process and a history of its own."""
    folder = tmp_path_factory.mktemp("demo")
    lake, raw = folder / "lake", ROOT / "data_lake" / "raw" / "sample"
    code = "import sys; from hr_pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [
            *(sys.executable, "-c", code, "build", "rjdb", "quality/shortcuts"),
            *("jaqa", "tm_eval"),
            *("--raw", str(raw), "--lake", str(lake)),
        ],
        env={**os.environ, "DAGSTER_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return lake


def run(notebook: Path, lake: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    monkeypatch.setenv("HR_PIPELINE_LAKE", str(lake))
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(notebook.parent)}},
    )
    client.execute()
    return content


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_on_a_demo_lake(
    notebook: Path, demo_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = run(notebook, demo_lake, monkeypatch)
    shown = [out for cell in content.cells for out in cell.get("outputs", ())]
    assert any("image/png" in out.get("data", {}) for out in shown), "it shows plots"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_names_the_remedy_where_the_lake_is_empty(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CellExecutionError, match=REMEDIES[notebook.stem]):
        run(notebook, tmp_path, monkeypatch)
