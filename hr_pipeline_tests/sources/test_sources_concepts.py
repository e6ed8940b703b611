"""Taxonomies: labels inside cells, codes beside titles, releases, and files that are not there."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.sources.concepts import URI, read_concepts
from hr_pipeline.sources.forms import ESCO_OCCUPATIONS, OPTIONAL_NEEDS
from hr_pipeline.sources.recognise import Candidate, Found, Inputs, find_inputs

ESCO = "conceptUri,preferredLabel,altLabels,iscoGroup\n"
SKILL = "conceptUri,preferredLabel,altLabels,skillType\n"
ONE = (
    'https://example.org/o/1,tram driver,"streetcar driver\nTram Driver\n driver  of trams",0310\n'
)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
ONET = "O*NET-SOC Code\tTitle\tAlternate Title\tShort Title\tSource(s)\n"


def rows_of(inputs: Inputs) -> list[tuple[str, str, str, bool]]:
    table = read_concepts(inputs).table
    names = ("scheme", "uri", "label", "preferred")
    return [tuple(row[name] for name in names) for row in table.to_pylist()]


def test_labels_of_an_esco_cell_stand_a_line_each(whole, write):
    write("a/v1.1.1/occupations_en.csv", ESCO + ONE)
    source = read_concepts(find_inputs(whole))
    rows = source.table.to_pylist()
    assert [(r["label"], r["preferred"]) for r in rows] == [
        ("driver of trams", False),
        ("streetcar driver", False),
        ("tram driver", True),
    ]
    assert {(r["scheme"], r["kind"], r["release"]) for r in rows} == {
        ("esco", "occupation", "1.1.1")
    }
    assert source.rows_in == 4 and source.ledger.causes() == {"row: repeated_label": 1}


def test_codes_with_their_own_titles(whole, write, write_book):
    write(
        "db_29_3_text/alt.txt",
        ONET
        + "11-1011.00\tChief Executives\tChief Officer (CO)\tCO\t08\n"
        + "11-1011.00\tChief Executives\tAgency Owner\tn/a\t08\n"
        + "40484\tSpoilt by a spreadsheet\tX\t\t\n",
    )
    book = [["O*NET-SOC Code", "Title", "Reported Job Title"]]
    write_book("db_29_3/r.xlsx", [*book, ["11-1011.00", "Chief Executives", "agency owner"]])
    write("m.csv", "2018 SOC Code,2018 SOC Title,2018 SOC Direct Match Title\n11-1011,Chiefs,CEO\n")
    inputs = find_inputs(whole)
    assert rows_of(inputs) == [
        ("onet", "11-1011.00", "Agency Owner", False),
        ("onet", "11-1011.00", "Chief Executives", True),
        ("onet", "11-1011.00", "Chief Officer (CO)", False),
        ("onet", "11-1011.00", "CO", False),
        ("soc", "11-1011", "CEO", False),
        ("soc", "11-1011", "Chiefs", True),
    ]
    source = read_concepts(inputs)
    releases = {row["scheme"]: row["release"] for row in source.table.to_pylist()}
    assert releases == {"onet": "29.3", "soc": "2018"}
    assert source.rows_in == source.table.num_rows + source.ledger.lost_rows()
    assert source.ledger.causes() == {"row: malformed_code": 2, "row: repeated_label": 2}


def test_a_release_that_no_name_tells_is_the_files_hash(whole, write):
    write("occupations.csv", ESCO + ONE)
    inputs = find_inputs(whole)
    release = read_concepts(inputs).table["release"][0].as_py()
    assert release == inputs["esco_occupations"].sha256[:12]


def test_absent_taxonomies_are_named_and_leave_an_empty_table(whole, write):
    inputs = find_inputs(whole)
    assert all(need in inputs.absent() for need in OPTIONAL_NEEDS)
    assert read_concepts(inputs).table.num_rows == 0
    write("skills.csv", SKILL + "https://example.org/s/1,welding,,knowledge\n")
    inputs = find_inputs(whole)
    assert "esco_skills" not in inputs.absent() and rows_of(inputs)
    assert find_inputs(whole, without={"esco_skills"}).found.keys().isdisjoint(OPTIONAL_NEEDS)


def test_taxonomies_of_the_sample_are_used_beside_a_whole_sample_only(raw, whole, write):
    sample = raw / "sample"
    sample.mkdir()
    for path in list(raw.glob("*.csv")):
        path.rename(sample / path.name)
    write("sample/occupations_en.csv", ESCO + ONE)
    inputs = find_inputs(raw)
    assert read_concepts(inputs).table["release"][0].as_py() == "sample"
    write("mine.csv", "jobtitle,skills\nx,y\n")
    assert "esco_occupations" in find_inputs(raw).absent()


def test_other_tables_of_esco_are_passed_over(whole, write):
    write("groups.csv", "conceptType,conceptUri,code,preferredLabel,altLabels\nISCO,u,1,a,b\n")
    write("relations.csv", "occupationUri,relationType,skillType,skillUri\na,essential,,b\n")
    write("digital.csv", SKILL.strip() + ",broaderConceptUri\nu,a,b,c,d\n")
    assert find_inputs(whole).found.keys().isdisjoint(OPTIONAL_NEEDS)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["https://example.org/1", "https://example.org/2", "no address", ""]),
            WORDS,
            st.lists(WORDS, max_size=4).map("\n".join),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_stands_in_the_cells_rows_are_accounted_for(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("esco") / "occupations.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([ESCO.strip().split(","), *((*row, "1") for row in cells)])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    source = read_concepts(Inputs({"esco_occupations": found_at(path)}))
    assert source.rows_in == source.table.num_rows + source.ledger.lost_rows()
    kept = source.table.to_pylist()
    assert all(URI["esco"].fullmatch(row["uri"]) for row in kept)
    assert all(row["label"] and row["label"] == " ".join(row["label"].split()) for row in kept)
    keys = [(row["uri"], row["label"].casefold()) for row in kept]
    assert len(set(keys)) == len(keys)


def found_at(path: Path) -> Found:
    candidate = Candidate(ESCO_OCCUPATIONS, path, path.name, "", 0, 1)
    return Found([candidate], "the only candidate", "0" * 64)


@pytest.mark.real
def test_published_taxonomies(real):
    source = read_concepts(find_inputs(real))
    table = source.table
    assert table.num_rows > 190_000 and not source.ledger.causes().get("row: empty_label")
    assert set(table["release"].to_pylist()) == {"1.1.1", "29.3", "2018"}
    main = (
        table.filter(table["preferred"]).group_by(["scheme", "kind"]).aggregate([("uri", "count")])
    )
    counts = {(r["scheme"], r["kind"]): r["uri_count"] for r in main.to_pylist()}
    assert counts["esco", "occupation"] == 3_007 and counts["esco", "skill"] == 13_896
    assert counts["onet", "occupation"] == 1_016
