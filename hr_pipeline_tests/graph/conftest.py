"""The folder of the published input files."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real() -> Path:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HR_PIPELINE_REAL_DATA names no folder with the published input files")
    return Path(folder)
