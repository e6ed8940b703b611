"""An empty lake for each test."""

from pathlib import Path

import pytest

from hr_pipeline.lake.store import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")
