"""Recognition by columns, the rule of choice, and what a faulty folder is told."""

import hashlib

import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.forms import NEEDS
from hr_pipeline.sources.recognise import find_inputs

SOC_BOOK = [
    ["U.S. Bureau of Labor Statistics"],
    [],
    ["SOC Group", "SOC Code", "SOC Title", "SOC Definition"],
    ["Detailed", "11-1011", "Chief Executives", ""],
]
OEWS_BOOK = [["OCC_CODE", "OCC_TITLE", "O_GROUP"], ["11-1011", "Chief Executives", "detailed"]]
ONET = [["O*NET-SOC Code", "Title", "Description"], ["11-1011.00", "Chief Executives", "Plan"]]
ONET_TEXT = "\n".join("\t".join(row) for row in ONET) + "\n"


def only(need):
    return set(NEEDS) - {need}


def refusal(raw, **options):
    with pytest.raises(InputError) as caught:
        find_inputs(raw, **options)
    line = str(caught.value)
    assert "\n" not in line and caught.value.mend
    return line


def test_each_need_is_found_by_its_columns(whole, write):
    write("deep/notes.txt", "nothing to see here\n")
    write("deep/skills.csv", "skill_abr,skill_name\nIT,Information\n")
    write("deep/.hidden.csv", b"\0\0")
    write(".cache/a.csv", b"")
    write("~$ads.xlsx", b"lock")
    write("picture.png", b"\0\0")
    inputs = find_inputs(whole)
    assert [inputs[need].best.shown for need in NEEDS] == ["ads.csv", "jobs.csv", "people.csv"]
    assert inputs.lines()[0] == "dice: ads.csv (1 row; Dice job postings; the only candidate)"
    assert inputs["dice"].sha256 == hashlib.sha256((whole / "ads.csv").read_bytes()).hexdigest()


def test_column_case_spaces_and_extra_columns(write, raw):
    write("x.tsv", "extra\t JobTitle\tSKILLS \n1\tCook\tBaking\n")
    found = find_inputs(raw, without=only("dice"))["dice"]
    assert found.read().column("jobtitle") == ["Cook"]


def test_most_rows_then_path(write, raw):
    head = "jobtitle,skills\n"
    write("b.csv", head + "x,y\n" * 2)
    write("a.csv", head + "x,y\n")
    inputs = find_inputs(raw, without=only("dice"))
    assert inputs["dice"].best.shown == "b.csv"
    assert "2 candidates: most rows" in inputs.lines()[0]
    write("a.csv", head + "x,y\n" * 2)
    inputs = find_inputs(raw, without=only("dice"))
    assert inputs["dice"].best.shown == "a.csv" and "first by path" in inputs.lines()[0]


def test_a_sample_folder_loses_against_the_users_file(write, raw, write_book):
    write("sample/many.csv", "jobtitle,skills\n" + "x,y\n" * 9)
    write("mine.csv", "jobtitle,skills\nx,y\n")
    write_book("Sample/oews.xlsx", OEWS_BOOK)
    write("onet.txt", ONET_TEXT)
    inputs = find_inputs(raw, without={"names"})
    assert (
        inputs["dice"].best.shown == "mine.csv" and inputs["occupations"].best.shown == "onet.txt"
    )
    assert all("not in a folder named sample" in line for line in inputs.lines())


def test_order_of_the_occupation_forms(write, write_book, raw):
    order = [
        ("oews", write_book("e.xlsx", OEWS_BOOK)),
        ("soc_2018", write_book("d.xlsx", SOC_BOOK)),
        ("soc_structure", write("c.csv", "SOC Code,Occupation\n11-1011,Chief\n")),
        ("onet", write_book("b.xlsx", ONET)),
        ("onet", write("a.txt", ONET_TEXT)),
    ]
    for form, path in order:
        found = find_inputs(raw, without=only("occupations"))["occupations"]
        assert (found.best.form.name, found.best.path) == (form, path)
        path.unlink()


def test_order_of_the_name_forms(whole, write):
    births = "Gender,Ethnicity,Child's First Name\n" + "FEMALE,HISPANIC,GIA\n" * 9
    write("births.csv", births.replace("First", "FIRST").replace("'", "\u2019"))
    found = find_inputs(whole)["names"]
    assert found.best.form.name == "forenames_by_country" and len(found.candidates) == 2


def test_known_forms_that_are_not_used_are_passed_over(whole, write, write_book):
    write(
        "surnames.csv", "Country,Rank,Name Group,Localized Name,Romanized Name,Percent\nA,1,,,,\n"
    )
    write("tech.txt", "O*NET-SOC Code\tExample\tCommodity Code\n11-1011.00\tx\t1\n")
    write(
        "digital.csv", "conceptUri,preferredLabel,altLabels,skillType,broaderConceptUri\nu,a,,,\n"
    )
    assert [len(found.candidates) for found in find_inputs(whole).found.values()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        ("jobtitle,joblocation_address\nx,y\n", "'skills'"),
        ("skills,joblocation_address\nx,y\n", "'jobtitle'"),
        ("OCC_CODE,OCC_TITLE\n11-1011,Chief\n", "'O_GROUP'"),
        ("SOC Group,SOC Title\nDetailed,Chief\n", "'SOC Code'"),
        ("SOC Code 2018,Job\n11-1011,Chief\n", "'Occupation'"),
        ("O*NET-SOC Code,Title\n11-1011.00,Chief\n", "'Description'"),
        ("Country,Localized Name,Romanized Name\nFR,Zoé,Zoé\n", "'Gender'"),
        ("Gender,Child's First Name\nF,Zoe\n", "'Ethnicity'"),
    ],
)
def test_a_missing_column_is_named(whole, write, content, missing):
    write("deep/broken.csv", content)
    line = refusal(whole)
    assert line.startswith("deep/broken.csv: ") and missing in line and "add or rename" in line


@pytest.mark.parametrize("name", ["zz/a.csv", "zz/a.txt", "zz/a.xlsx"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\0\0\0\0\0"])
def test_an_unreadable_table_stops_the_scan(whole, write, name, content):
    write(name, content)
    assert refusal(whole).startswith(f"{name}: ")


def test_a_recognised_file_without_rows(whole, write):
    write("zz.csv", "jobtitle,skills\n")
    assert refusal(whole).startswith("zz.csv: has a header but no rows")
    assert find_inputs(whole, without={"dice"}).found.keys() == {"occupations", "names"}


def test_a_need_without_a_file(whole):
    (whole / "ads.csv").unlink()
    line = refusal(whole)
    assert "dice" in line and "jobtitle, skills" in line and str(whole) in line
    assert "does not exist" in refusal(whole / "absent")
    assert "no input is called 'jobs'" in refusal(whole, without={"jobs"})


def test_overrides(whole, write, tmp_path):
    write("more.csv", "jobtitle,skills\n" + "x,y\n" * 5)
    other = tmp_path / "elsewhere.csv"
    other.write_text("jobtitle,skills\nx,y\n")
    inputs = find_inputs(whole, {"dice": other})
    assert inputs["dice"].best.path == other and inputs.lines()[0].endswith("named by the user)")
    assert inputs["names"].best.shown == "people.csv"
    line = refusal(whole, overrides={"dice": whole / "jobs.csv"})
    assert line.startswith("jobs.csv: ") and "'jobtitle', 'skills'" in line
    assert "does not exist" in refusal(whole, overrides={"dice": whole / "absent.csv"})


def test_a_link_back_to_the_folder_is_walked_once(whole):
    (whole / "loop").symlink_to(whole, target_is_directory=True)
    assert len(find_inputs(whole)["dice"].candidates) == 1
