"""All sources are read before any is handed on."""

import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.read import read_sources
from hr_pipeline.sources.recognise import find_inputs


def test_all_three(whole):
    sources = read_sources(find_inputs(whole))
    assert {dataset: source.table.num_rows for dataset, source in sources.items()} == {
        "sources/postings": 1,
        "sources/occupations": 1,
        "sources/first_names": 1,
        "sources/concepts": 0,
    }
    assert sources["sources/postings"].table["skills"].to_pylist() == [["Baking", "Menu design"]]


def test_a_source_that_is_left_out_is_an_empty_table(whole):
    left = read_sources(find_inputs(whole, without={"dice"}))["sources/postings"]
    assert (left.rows_in, left.table.num_rows, left.ledger.rows) == (0, 0, [])
    assert left.table.column_names[0] == "posting_id"


def test_a_source_without_a_usable_row(whole, write):
    write("people.csv", "Country,Gender,Romanized Name\nXX,F,Ana\n")
    inputs = find_inputs(whole)
    with pytest.raises(InputError, match=r"^people.csv: no row of 1 .*unknown_country 1"):
        read_sources(inputs)


@pytest.mark.real
def test_published_folder(real):
    inputs = find_inputs(real)
    assert "chosen from 2 candidates: most rows" in inputs.lines()[0]
    assert inputs["dice"].best.rows == 14_792
    rows_in = {dataset: source.rows_in for dataset, source in read_sources(inputs).items()}
    assert rows_in["sources/postings"] == 14_792
