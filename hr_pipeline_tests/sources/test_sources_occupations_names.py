"""Occupations and first names: levels, repeats, spellings, groups, and ledgers that add up."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.sources.names import clean_names, country_groups, read_first_names, tidy_name
from hr_pipeline.sources.occupations import clean_occupations, read_occupations
from hr_pipeline.sources.recognise import find_inputs
from hr_pipeline.sources.tabular import TextTable

OEWS = ["OCC_CODE", "OCC_TITLE", "O_GROUP"]
COUNTRY = ["Country", "Gender", "Localized Name", "Romanized Name", "Name Group"]
NYC = ["Gender", "Ethnicity", "Child's First Name"]


def causes(source):
    assert source.rows_in == source.table.num_rows + source.ledger.lost_rows()
    return {row[1]: row[2] for row in source.ledger.rows}


def occupations(columns, rows, form):
    return clean_occupations(TextTable(columns, rows), form)


def names(columns, rows, form):
    return clean_names(TextTable(columns, rows), form)


def test_oews_levels_repeats_and_faults():
    rows = [
        ["00-0000", "All Occupations", "total"],
        ["11-1000", "Top Executives", "minor"],
        ["11-1020", "chief  executives", "Broad"],
        ["11-1021", "Chief Executives", "Detailed"],
        ["11-1030", "Other Executives", "broad"],
        ["2011-11-01", "Legislators", "detailed"],
        ["11-1041", " ", "detailed"],
        ["", "Nobody", "detailed"],
        ["11-1051", "Somebody", "deep"],
    ]
    source = occupations(OEWS, rows, "oews")
    assert source.table.to_pylist() == [
        {"code": "11-1021", "title": "Chief Executives", "major_group": "11", "source": "oews"},
        {"code": "11-1030", "title": "Other Executives", "major_group": "11", "source": "oews"},
    ]
    assert causes(source) == {
        "00-0000": "group_head",
        "11-1000": "group_head",
        "11-1020": "repeated_title",
        "2011-11-01": "malformed_code",
        "11-1041": "empty_title",
        "row 8": "malformed_code",
        "11-1051": "unknown_level",
    }


@pytest.mark.parametrize("column", ["SOC Code 2018", "SOC Code"])
def test_soc_structure_reads_levels_from_codes(column):
    rows = [["", "Heads"], ["15-1200", "Minor"], ["15-1210", "Analysts"], ["15-1211", "Analysts"]]
    rows += [["15-1220", "Scientists"], ["15-0000", "Major"]]
    source = occupations([column, "Occupation"], rows, "soc_structure")
    assert source.table["code"].to_pylist() == ["15-1211", "15-1220"]
    assert Counter(causes(source).values()) == {"group_head": 3, "repeated_title": 1}


def test_onet_codes_stay_as_they_are():
    rows = [["11-1011.03", "B", "x"], ["11-1011.00", "A", "x"], ["11-1011", "C", "x"]]
    source = occupations(["O*NET-SOC Code", "Title", "Description"], rows, "onet")
    assert source.table["code"].to_pylist() == ["11-1011", "11-1011.00", "11-1011.03"]


@pytest.mark.parametrize(
    ("written", "tidy"),
    [
        ("GERALDINE", "Geraldine"),
        ("ANNE-MARIE", "Anne-Marie"),
        ("anna maria", "Anna Maria"),
        ("DeShawn", "DeShawn"),
        ("O'NEIL", "O'Neil"),
        ("AMAR\u2019E", "Amar'e"),
        (" \u00a0ZOÉ ", "Zoé"),
        ("Seo-ah", "Seo-ah"),
    ],
)
def test_spelling_of_names(written, tidy):
    assert tidy_name(written) == tidy


def test_births_merge_cut_labels_and_spellings():
    rows = [
        ["FEMALE", "WHITE NON HISPANIC", "GRACE"],
        ["FEMALE", "WHITE NON HISP", "Grace"],
        ["MALE", "BLACK NON HISP", "DESHAWN"],
        ["MALE", "BLACK NON HISPANIC", "DeShawn"],
        ["MALE", "ASIAN AND PACI", "Grace"],
        ["MALE", "OTHER", "Adam"],
        ["MALE", "", "Adam"],
        ["X", "HISPANIC", "Adam"],
        ["MALE", "HISPANIC", "Adam 2"],
    ]
    source = names(NYC, rows, "nyc_births")
    assert [tuple(row.values())[:3] for row in source.table.to_pylist()] == [
        ("Grace", "male", "asian_and_pacific_islander"),
        ("DeShawn", "male", "black_non_hispanic"),
        ("Grace", "female", "white_non_hispanic"),
    ]
    assert list(causes(source).items()) == [
        ("row 6", "unknown_ethnicity"),
        ("row 7", "unknown_ethnicity"),
        ("row 8", "unknown_gender"),
        ("row 9", "not_a_given_name"),
        ("row 2", "repeated_name"),
        ("row 3", "repeated_name"),
    ]


def test_names_by_country_are_romanised_and_grouped():
    rows = [
        ["JP", "M", "颯真", "Sōma", "N-1"],
        ["FR", "F", "Zoé", "", "N-2"],
        ["DE", "F", "Zoé", "Zoé", "N-3"],
        ["RU", "F", "София", "", "N-4"],
        ["GQ", "F", "", "María del Carmen", "N-5"],
        ["XX", "F", "Ana", "Ana", "N-6"],
        ["FR", "F", "None", "None", "N-7"],
    ]
    source = names(COUNTRY, rows, "forenames_by_country")
    assert [tuple(row.values())[:3] for row in source.table.to_pylist()] == [
        ("Sōma", "male", "east_and_southeast_asia"),
        ("None", "female", "europe"),
        ("Zoé", "female", "europe"),
    ]
    lost = {"row 3": "repeated_name", "row 4": "not_latin", "row 5": "not_a_given_name"}
    assert causes(source) == lost | {"row 6": "unknown_country"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["FR", "JP", "", "NA"]),
            st.sampled_from(["F", "m", "?"]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
            st.sampled_from(["Ana", "ANA", "ana", "AnA", "", "Ana Bo Cy", "7"]),
            st.just(""),
        )
    )
)
def test_names_add_up(rows):
    source = names(COUNTRY, [list(row) for row in rows], "forenames_by_country")
    causes(source)
    table = source.table.to_pylist()
    assert len({(r["first_name"], r["gender"], r["name_group"]) for r in table}) == len(table)


@pytest.mark.real
def test_every_published_occupation_file(real):
    first = find_inputs(real, without={"dice", "names"})["occupations"]
    assert first.best.form.name == "oews" and len(first.candidates) == 5
    out = {}
    for candidate in first.candidates:
        inputs = find_inputs(real, {"occupations": candidate.path}, {"dice", "names"})
        source = read_occupations(inputs["occupations"])
        causes(source)
        titles = [title.casefold() for title in source.table["title"].to_pylist()]
        assert len(set(titles)) == len(titles)
        out[candidate.form.label] = (source.rows_in, source.table.num_rows)
    assert out["OEWS occupations"] == (1_329, 958)
    assert out["SOC 2018 definitions"] == (1_447, 1_076)
    assert out["SOC structure"] == (1_445, 867)
    assert out["O*NET occupation data (workbook)"] == (1_016, 1_016)
    assert out["O*NET occupation data (text)"] == (1_016, 1_016)


@pytest.mark.real
def test_every_published_name_file(real):
    first = find_inputs(real, without={"dice", "occupations"})["names"]
    assert {candidate.rows for candidate in first.candidates} == {2_480, 39_472}
    assert set(first.read().column("Country")) <= country_groups().keys()
    for candidate in first.candidates:
        inputs = find_inputs(real, {"names": candidate.path}, {"dice", "occupations"})
        source = read_first_names(inputs["names"])
        assert not {"unknown_country", "unknown_ethnicity"} & set(causes(source).values())
        rows = source.table.to_pylist()
        counts = Counter((row["name_group"], row["gender"]) for row in rows)
        assert min(counts.values()) >= 60 and len(counts) in (8, 12)
        assert rows == sorted(rows, key=lambda r: (r["name_group"], r["gender"], r["first_name"]))
