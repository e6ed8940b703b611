"""Small input files, written into a temporary raw folder, and the folder of real files."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

DICE = 'jobtitle,skills,uniq_id\nCook,"Baking, Menu design",u1\n'
OCCUPATIONS = "SOC Code 2018,Occupation\n11-1011,Chief Executives\n"
NAMES = "Country,Gender,Localized Name,Romanized Name\nFR,F,Zoé,Zoé\n"
Writer = Callable[[str, str | bytes], Path]
BookWriter = Callable[[str, Sequence[Sequence[object]]], Path]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def write(raw: Path) -> Writer:
    def put(name: str, content: str | bytes) -> Path:
        path = raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def write_book(raw: Path) -> BookWriter:
    def put(name: str, rows: Sequence[Sequence[object]]) -> Path:
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(list(row))
        path = raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
        return path

    return put


@pytest.fixture
def whole(write: Writer, raw: Path) -> Path:
    """A raw folder with one small file for each need."""
    write("ads.csv", DICE)
    write("jobs.csv", OCCUPATIONS)
    write("people.csv", NAMES)
    return raw


@pytest.fixture(scope="session")
def real() -> Path:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HR_PIPELINE_REAL_DATA names no folder with the published input files")
    return Path(folder)
