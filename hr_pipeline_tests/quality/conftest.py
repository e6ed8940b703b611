"""Lakes that several modules read, and none changes."""

import pytest

from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.quality.release_lake import write_release_lake


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """32 triples from the sample with task sets and measured datasets, without cards."""
    return write_release_lake(tmp_path_factory.mktemp("release") / "lake")
