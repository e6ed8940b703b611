"""The lineage of a dataset: every snapshot and raw file behind it, and nothing of another build."""

from pathlib import Path

import pytest

from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.lineage import lineage, walk
from hr_pipeline.lake.store import Lake

NAMES = CONTRACTS["sources/first_names"]


def named(lake: Lake, dataset: str, inputs: dict[str, str], *names: str) -> Build:
    """A dataset made of these inputs; what it holds does not matter here."""
    rows = [
        {"first_name": name, "gender": "female", "name_group": "x", "source": "y"} for name in names
    ]
    table = NAMES.table(rows) if dataset == NAMES.dataset else CONTRACTS[dataset].table([])
    return lake.write(dataset, [table], Recipe("1", inputs=inputs))


def test_it_goes_down_to_the_raw_files(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    names = named(lake, "sources/first_names", {"names: nyc_births": "ab"}, "Ann")
    edges = named(lake, "graph/edges", {"dice: dice": "cd"})
    contexts = named(lake, "rjdb/contexts", {b.dataset: b.version for b in (names, edges)})
    found = lineage(lake, [contexts])
    assert list(found.builds) == ["graph/edges", "rjdb/contexts", "sources/first_names"]
    assert found.files == {"dice: dice": "cd", "names: nyc_births": "ab"}
    assert lineage(lake, [names]).files == {"names: nyc_births": "ab"}


def test_datasets_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    names = named(lake, "sources/first_names", {}, "Ann")
    contexts = named(lake, "rjdb/contexts", {names.dataset: names.version})
    named(lake, "sources/first_names", {}, "Ann", "Eve")
    with pytest.raises(InputError, match="another version of sources/first_names"):
        lineage(lake, [contexts])


def test_a_walk_gives_every_version_once_and_the_nearest_first(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    old = named(lake, "sources/first_names", {}, "Ann")
    new = named(lake, "sources/first_names", {}, "Ann", "Eve")
    edges = named(lake, "graph/edges", {old.dataset: old.version, "dice: dice": "cd"})
    inputs = {b.dataset: b.version for b in (new, edges)}
    contexts = named(lake, "rjdb/contexts", inputs)
    triples = named(lake, "rjdb/triples", inputs | {contexts.dataset: contexts.version})
    known = {(b.dataset, b.version): b for b in (old, new, edges, contexts)}
    assert list(walk([triples], lambda _, *one: known[one])) == [triples, new, edges, contexts, old]
    gone = list(walk([triples], lambda _, name, version: None))
    assert gone == [triples]
