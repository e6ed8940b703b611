"""Career histories: files known by their content, persons kept or told in the ledger."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.careers import (
    career_hashes,
    careers_table,
    find_career_files,
    notice_of,
    read_careers,
)
from hr_pipeline.sources.made_up_careers import NOTICE
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.samples.careers import PEOPLE, careers_text

Writer = Callable[[str, str | bytes], Path]
JOBS = [{"title": "tester", "start": 2011}, {"title": "developer", "start": "2014-03-01"}]
DONE = [{"apis": ["os", "re"], "start": 2012}]
ANNA = {"person": "anna", "career": JOBS, "projects": DONE}
BARE = {"career": ["web developer", "architect"], "projects": [["os", "re"], ["numpy"]]}


def jsonl(*people: object) -> str:
    return "".join(f"{json.dumps(person)}\n" for person in people)


def one(person: object) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The row of one person, and step and cause of every line in the ledger."""
    source = careers_table([(person, json.dumps(person))], "careers")
    assert source.rows_in == 1 == source.table.num_rows + source.ledger.lost_rows()
    rows = source.table.to_pylist()
    return (rows[0] if rows else {}), [row[0:3:2] for row in source.ledger.rows]  # type: ignore[misc]


def test_both_shapes_are_read(raw: Path, write: Writer) -> None:
    write("people.jsonl", jsonl(BARE, ANNA))
    told, source = read_careers(find_career_files(raw, ""), 400, 1)
    assert told == "careers: people.jsonl"
    assert source.table.to_pylist() == [
        {
            "person_id": "careers-anna",
            "titles": ["tester", "developer"],
            "title_years": [2011, 2014],
            "projects": [["os", "re"]],
            "project_years": [2012],
            "source": "careers",
        },
        {
            "person_id": "careers-row-1",
            "titles": ["web developer", "architect"],
            "title_years": [],
            "projects": [["os", "re"], ["numpy"]],
            "project_years": [],
            "source": "careers",
        },
    ]


def test_an_array_gives_the_rows_of_lines(raw: Path, write: Writer) -> None:
    write("a/people.json", json.dumps([BARE, ANNA], indent=2))
    write("b/people.ndjson", "\ufeff" + jsonl(BARE, ANNA))
    array, lines = find_career_files(raw, "")
    assert read_careers([array], 0, 1)[1].table.equals(read_careers([lines], 0, 1)[1].table)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"rows": [{"project": "x"}]}'),
        ("b.jsonl", '{"career": ["developer"], "text": "no project"}\n'),
        ("c.json", "[1, 2]"),
        ("d.json", "[{"),
        ("e.jsonl", ""),
    ],
)
def test_other_files_are_no_careers(raw: Path, write: Writer, name: str, content: str) -> None:
    path = write(name, content)
    assert find_career_files(raw, "") == []
    with pytest.raises(InputError, match="holds no career with projects"):
        find_career_files(raw, str(path))


def test_a_faulty_first_line_hides_no_file(raw: Path, write: Writer) -> None:
    write("people.jsonl", '{"person": "cut o\n' + jsonl(ANNA))
    _, source = read_careers(find_career_files(raw, ""), 0, 1)
    assert source.ledger.causes() == {"row: malformed_json": 1}
    assert source.ledger.rows[0][4] == '{"person": "cut o'


@pytest.mark.parametrize("indent", [None, 1])
def test_a_faulty_first_element_hides_no_file(raw: Path, write: Writer, indent: int | None) -> None:
    write("people.json", json.dumps([None, {"career": ["developer"]}, ANNA], indent=indent))
    _, source = read_careers(find_career_files(raw, ""), 0, 1)
    assert source.ledger.causes() == {"row: malformed_json": 1, "row: no_projects": 1}


def test_a_sample_gives_way_and_files_go_together(raw: Path, write: Writer) -> None:
    write("sample/people.jsonl", jsonl(ANNA))
    assert [entry.shown for entry in find_career_files(raw, "")] == ["sample/people.jsonl"]
    write("x.jsonl", jsonl(BARE))
    write("y.jsonl", jsonl(ANNA, BARE))
    files = find_career_files(raw, "")
    _, source = read_careers(files, 0, 1)
    ids = source.table["person_id"].to_pylist()
    assert ids == ["careers-anna", "careers-row-1", "careers-row-3"]
    hashes = career_hashes(files)
    assert set(hashes) == {"careers: careers", "careers 2: careers"}
    assert hashes != career_hashes(files[::-1]), "who has no id is called by the row"


def test_a_file_is_named(raw: Path, write: Writer) -> None:
    write("x.jsonl", jsonl(BARE))
    named = write("y.jsonl", jsonl(ANNA))
    assert [entry.shown for entry in find_career_files(raw, str(named))] == ["y.jsonl"]
    with pytest.raises(InputError, match="does not exist"):
        find_career_files(raw, str(raw / "gone.jsonl"))


def test_an_array_that_is_cut_off_is_told(raw: Path, write: Writer) -> None:
    write("people.json", json.dumps([BARE, ANNA])[:-5])
    with pytest.raises(InputError, match="no whole JSON array"):
        read_careers(find_career_files(raw, ""), 0, 1)


def test_letters_of_another_encoding_are_told(raw: Path, write: Writer) -> None:
    person = json.dumps(BARE | {"career": ["d\u00e9veloppeur", "architecte"]}, ensure_ascii=False)
    write("people.jsonl", person.encode("cp1252"))
    with pytest.raises(InputError, match=r"people\.jsonl: is not UTF-8"):
        read_careers(find_career_files(raw, ""), 0, 1)


def test_half_characters_are_spelled_out() -> None:
    row, ledger = one({"person": "\ud800", "career": ["a\udfff", "b"], "projects": [["o\ud83ds"]]})
    assert row["person_id"] == "careers-\\ud800" and row["titles"][0] == "a\\udfff"
    assert row["projects"] == [["o\\ud83ds"]] and not ledger


def test_nobody_to_use_is_told(raw: Path, write: Writer) -> None:
    write("people.jsonl", jsonl({"career": [], "projects": []}))
    with pytest.raises(InputError, match="no career of 1 is usable"):
        read_careers(find_career_files(raw, ""), 400, 1)


@pytest.mark.parametrize(
    ("person", "ledger"),
    [
        ("a text", [("row", "malformed_person")]),
        (ANNA | {"career": "developer"}, [("row", "malformed_person")]),
        (ANNA | {"projects": None}, [("row", "no_projects")]),
        (ANNA | {"career": []}, [("row", "no_career")]),
        (ANNA | {"career": [" ", None, 7]}, [("row", "no_career")]),
        (ANNA | {"projects": [[], ["", "  "]]}, [("row", "no_projects")]),
    ],
)
def test_a_person_without_use_is_lost(person: object, ledger: list[tuple[str, str]]) -> None:
    row, told = one(person)
    assert not row and [line for line in told if line[0] == "row"] == ledger


def test_one_job_is_enough() -> None:
    row, ledger = one(ANNA | {"career": JOBS[:1]})
    assert row["titles"] == ["tester"] and not ledger


def test_parts_that_are_lost_leave_the_row() -> None:
    career = ["  web\u00a0developer ", "", {"title": 3}, {"start": 2011}]
    projects = [["os", "os", " ", None, 5, "re"], "numpy", {"start": 2012}, []]
    row, ledger = one({"career": career, "projects": projects})
    assert row["titles"] == ["web developer"] and row["projects"] == [["os", "re"]]
    assert ledger == [
        ("title", "empty_title"),
        ("title", "malformed_title"),
        ("title", "empty_title"),
        ("api", "repeated_api"),
        ("api", "empty_api"),
        ("api", "empty_api"),
        ("api", "malformed_api"),
        ("project", "malformed_project"),
        ("project", "no_apis"),
        ("project", "no_apis"),
    ]


def test_years_put_in_order_where_all_are_told() -> None:
    jobs = [{"title": "lead", "start": "2020-05"}, {"title": "dev", "start": "2020-02-11"}]
    row, ledger = one(ANNA | {"career": [*jobs, {"title": "tester", "start": 2011}]})
    assert row["titles"] == ["tester", "dev", "lead"]
    assert row["title_years"] == [2011, 2020, 2020]
    assert ledger == [("order", "sorted_by_year")]


def test_years_that_are_not_all_told_are_not_used() -> None:
    jobs = [{"title": "lead", "start": 2020}, {"title": "dev", "start": "long ago"}]
    row, ledger = one(ANNA | {"career": jobs})
    assert (row["titles"], row["title_years"]) == (["lead", "dev"], [])
    assert ledger == [("year", "malformed_year"), ("year", "partly_told")]
    assert row["project_years"] == [2012]


def test_a_person_stands_once() -> None:
    source = careers_table([(ANNA, "first"), (ANNA | {"career": ["x"]}, "second")], "careers")
    assert source.table["titles"].to_pylist() == [["tester", "developer"]]
    assert [row[1:5:3] for row in source.ledger.rows] == [("anna", "second")]


def test_where_no_file_is_there_people_are_made_up(raw: Path) -> None:
    told, source = read_careers(find_career_files(raw, ""), 30, 1)
    assert source.table.num_rows == 30 and not source.ledger.rows and "30 are made up" in told
    assert set(source.table["source"].to_pylist()) == {"made_up"}
    assert notice_of([]) == NOTICE


def test_the_sample_is_of_made_up_people_and_says_so(raw: Path, write: Writer) -> None:
    assert (SAMPLE / "careers_sample.jsonl").read_text("utf-8") == careers_text()
    files = find_career_files(SAMPLE, "")
    assert notice_of(files) == NOTICE
    read = read_careers(files, 0, 9)[1].table
    made = read_careers([], PEOPLE, 1)[1].table
    assert read.drop_columns("source").equals(made.drop_columns("source"))
    write("people.jsonl", jsonl(ANNA))
    assert notice_of(find_career_files(raw, "")) == ""
    write("copy.jsonl", (SAMPLE / "careers_sample.jsonl").read_bytes())
    beside = find_career_files(raw, "")
    assert [entry.shown for entry in beside] == ["copy.jsonl", "people.jsonl"]
    assert notice_of(beside) == NOTICE, "some are made up"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["title", "apis", "start", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.lists(st.fixed_dictionaries({"person": JSON, "career": JSON, "projects": JSON}), max_size=4)
)
def test_any_json_is_read_or_told(people: list[object]) -> None:
    source = careers_table([(person, "raw") for person in [*people, ANNA]], "careers")
    assert source.rows_in == len(people) + 1 == source.table.num_rows + source.ledger.lost_rows()
    for row in source.table.to_pylist():
        assert row["titles"] and row["projects"] and all(row["projects"])
        assert len(row["title_years"]) in (0, len(row["titles"]))
        assert row["project_years"] == sorted(row["project_years"])
