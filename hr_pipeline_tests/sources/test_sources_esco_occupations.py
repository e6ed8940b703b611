"""ESCO occupations: labels in a cell, groups as spreadsheets leave them, releases old and new."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.sources.esco_occupations import isco_group, read_esco_occupations
from hr_pipeline.sources.read_jaqa import find_jaqa_inputs
from hr_pipeline.sources.source_table import SourceTable
from hr_pipeline_tests.sources.conftest import Writer

HEAD = "conceptUri,iscoGroup,preferredLabel,altLabels"
URI = "https://example.org/o/"
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def read(raw: Path) -> tuple[list[dict[str, Any]], SourceTable]:
    source = read_esco_occupations(find_jaqa_inputs(raw, {}).inputs.found["esco_occupations"])
    assert source.rows_in == source.table.num_rows + source.ledger.lost_rows()
    return source.table.to_pylist(), source


def test_a_whole_row(raw: Path, write: Writer) -> None:
    labels = "streetcar driver\nTram Driver\n driver  of trams\nstreetcar driver"
    row = f'{URI}1,0310,tram driver,"{labels}","Drives trams.\r\n",3101.1\n'
    write("v1.1.1/occupations_en.csv", f"{HEAD},description,code\n{row}")
    rows, source = read(raw)
    assert rows == [
        {
            "uri": f"{URI}1",
            "label": "tram driver",
            "alt_labels": ["streetcar driver", "driver of trams"],
            "description": "Drives trams.",
            "isco_group": "0310",
            "release": "1.1.1",
        }
    ]
    assert source.ledger.causes() == {"label: repeated_label": 2}


def test_a_release_without_code_and_description(raw: Path, write: Writer) -> None:
    write("o.csv", f"{HEAD},definition\n{URI}1,C2512,developer,,Writes code\n{URI}2,,cook,,\n")
    rows, source = read(raw)
    assert [(row["isco_group"], row["description"]) for row in rows] == [
        ("2512", "Writes code"),
        ("", None),
    ]
    assert source.ledger.causes() == {"isco_group: no_group": 1} and rows[0]["alt_labels"] == []


def test_faulty_rows(raw: Path, write: Writer) -> None:
    rows = f"{URI}1,2512,developer,\nno address,2512,x,\n{URI}2,2512,,y\n{URI}1,2513,again,\n"
    write("o.csv", f"{HEAD}\n{rows}")
    kept, source = read(raw)
    assert [row["label"] for row in kept] == ["developer"]
    assert source.ledger.causes() == {
        "row: malformed_code": 1,
        "row: empty_label": 1,
        "row: repeated_concept": 1,
    }


@pytest.mark.parametrize(
    ("cell", "code", "group"),
    [
        ("2512", "", "2512"),
        ("0110", "", "0110"),
        ("110", "", "0110"),
        ("310.0", "", "0310"),
        ("C2512", "", "2512"),
        ("http://data.europa.eu/esco/isco/C2512", "", "2512"),
        ("", "2654.1.7", "2654"),
        ("n/a", "2654", "2654"),
        ("25", "", ""),
        ("", "", ""),
    ],
)
def test_isco_group(cell: str, code: str, group: str) -> None:
    assert isco_group(cell, code) == group


@given(
    st.lists(
        st.tuples(
            st.sampled_from([f"{URI}1", f"{URI}2", "no address", ""]),
            st.one_of(WORDS, st.sampled_from(["2512", "110", "C2512"])),
            WORDS,
            st.lists(WORDS, max_size=4).map("\n".join),
            WORDS,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_stands_in_the_cells_rows_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, ...]]
) -> None:
    raw = tmp_path_factory.mktemp("esco")
    text = io.StringIO(newline="")
    head = [*HEAD.split(","), "description", "status"]
    csv.writer(text).writerows([head, *((*row, "released") for row in cells)])
    (raw / "o.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    rows, source = read(raw)
    assert source.rows_in == len(cells)
    for row in rows:
        labels = [row["label"], *row["alt_labels"]]
        assert all(labels) and len({label.casefold() for label in labels}) == len(labels)
        assert row["isco_group"] == "" or (len(row["isco_group"]) == 4)


@pytest.mark.real
def test_published_occupations(real: Path) -> None:
    rows, source = read(real)
    assert len(rows) == source.rows_in == 3_007
    assert {len(row["isco_group"]) for row in rows} == {4}
    assert sum(row["isco_group"].startswith("0") for row in rows) == 21
    assert all(row["description"] for row in rows) and {row["release"] for row in rows} == {"1.1.1"}
    labels = sum(1 + len(row["alt_labels"]) for row in rows)
    assert labels + source.ledger.causes()["label: repeated_label"] == 3_007 + 32_804
