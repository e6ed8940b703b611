"""Files of JSON objects: whole or not there, read in both forms."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.records import FORMS, notice_in, read_records, write_records

ROWS = [("train", {"a": "ü\u2028 \n"}), ("test", {"a": "]"}), ("train", {"a": "[{"})]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("notice", ["", "made up"])
def test_out_and_in_again(tmp_path: Path, form: str, notice: str) -> None:
    assert write_records(tmp_path, form, ROWS, notice) == 3
    assert {path.name for path in tmp_path.iterdir()} == {f"train.{form}", f"test.{form}"}
    said = {"Notice": notice} if notice else {}
    read = [row for _, row in read_records(tmp_path / f"train.{form}", "")]
    assert read == [{"a": "ü\u2028 \n"} | said, {"a": "[{"} | said]
    assert notice_in(tmp_path / f"train.{form}", "") == notice


def test_the_array_is_json_as_it_stands_and_lines_are_lines(tmp_path: Path) -> None:
    for form in FORMS:
        write_records(tmp_path, form, ROWS)
    assert json.loads((tmp_path / "test.json").read_text("utf-8")) == [{"a": "]"}]
    lines = (tmp_path / "train.jsonl").read_text("utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [{"a": "ü\u2028 \n"}, {"a": "[{"}]


def test_rows_that_fail_leave_the_folder_as_it_was(tmp_path: Path) -> None:
    write_records(tmp_path, "json", ROWS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken() -> Iterator[tuple[str, dict[str, Any]]]:
        yield "train", {"a": "other"}
        raise InputError("the version is gone")

    with pytest.raises(InputError, match="gone"):
        write_records(tmp_path, "json", broken())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\nx\n', "line 2: is not JSON"),
        (b'[{"a": 1}, 3]', "row 2: is not a JSON object"),
        (b'[{"a": 1}', "is not JSON"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        list(read_records(path, "write it again"))
    assert str(caught.value).endswith("write it again") and str(path) in str(caught.value)
