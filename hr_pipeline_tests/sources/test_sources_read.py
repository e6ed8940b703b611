"""All sources are read before any is handed on."""

import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.read import read_sources


def test_all_three(whole):
    sources = read_sources(whole)
    tables = (sources.postings, sources.occupations, sources.first_names)
    assert [table.table.num_rows for table in tables] == [1, 1, 1]
    assert sources.postings.table["skills"].to_pylist() == [["Baking", "Menu design"]]


def test_a_source_that_is_left_out_is_an_empty_table(whole):
    left = read_sources(whole, without={"dice"}).postings
    assert (left.rows_in, left.table.num_rows, left.ledger.rows) == (0, 0, [])
    assert left.table.column_names[0] == "posting_id"


def test_a_source_without_a_usable_row(whole, write):
    write("people.csv", "Country,Gender,Romanized Name\nXX,F,Ana\n")
    with pytest.raises(InputError, match=r"^people.csv: no row of 1 .*unknown_country 1"):
        read_sources(whole)


@pytest.mark.real
def test_published_folder(real):
    sources = read_sources(real)
    assert "chosen from 2 candidates: most rows" in sources.inputs.lines()[0]
    assert sources.inputs["dice"].rows == 14_792
