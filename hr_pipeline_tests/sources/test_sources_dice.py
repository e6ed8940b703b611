"""Job ads: splitting of the skills cell, identifiers, and a ledger that adds up."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hr_pipeline.sources.dice import clean_postings
from hr_pipeline.sources.recognise import find_inputs
from hr_pipeline.sources.skills import split_skills, why_no_skill
from hr_pipeline.sources.tabular import TextTable


def clean(*rows, columns=("jobtitle", "skills", "uniq_id")):
    return clean_postings(TextTable(list(columns), [list(row) for row in rows]))


def skills_of(cell):
    rows = clean(("Cook", cell, "u")).table["skills"].to_pylist()
    return rows[0] if rows else []


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("C++, C#, .NET, ASP.NET, Node.js, R, C", "C++|C#|.NET|ASP.NET|Node.js|R|C"),
        ("CI/CD, UNIX/Linux", "CI/CD|UNIX/Linux"),
        ("Java; J2EE | Spring\nSQL\u2022Perl", "Java|J2EE|Spring|SQL|Perl"),
        ("Java (J2EE, Spring) [SQL]", "Java|J2EE|Spring|SQL"),
        ("- Java, * SQL., 'Go':, \u201cRust\u201d", "Java|SQL|Go|Rust"),
        ("Java, SQL, and Perl, or Go, & Rust", "Java|SQL|Perl|Go|Rust"),
        ("java, JAVA, Java", "java"),
        ("Big\u00a0\u00a0Data\u200b, Android, Orders", "Big Data|Android|Orders"),
        ("Java,, ,SQL,", "Java|SQL"),
        ("Salesforce.com, Force.com", "Salesforce.com|Force.com"),
    ],
)
def test_split(cell, expected):
    assert skills_of(cell) == expected.split("|")


@pytest.mark.parametrize(
    ("cause", "tokens"),
    [
        ("placeholder", ["See Job Description.", "please refer to job description", "N/A", "none"]),
        ("placeholder", ["see job overview", "SEE BELOW:", "TBD", "Not specified", "*see below"]),
        ("email_or_url", ["a.b@example.com", "www.example.com", "http://example.org/x"]),
        ("email_or_url", ["call joe @ example.com"]),
        ("phone", ["201-555-0123", "201.555.0123", "555-0123", "+44 20 7946 0958"]),
        ("too_short", ["Q", "s", "7"]),
        ("too_long", ["x" * 41, "one skill that is really a sentence"]),
        ("no_letters", ["2008/2012", "++", "7.4"]),
        ("years", ["5+ years", "5 years of experience", "Bachelors 5-7 years", "10yrs Java"]),
        ("years", ["two years", "Years of experience 8+"]),
        ("filler", ["etc", "AND", "e.g.", "more"]),
        ("", ["Year-end closing", "Windows 2008", "See-through displays", "802.11 wifi", "C"]),
    ],
)
def test_why_a_token_is_no_skill(cause, tokens):
    for token in tokens:
        (cleaned,) = split_skills(token)
        assert why_no_skill(cleaned) == cause, token


def test_lost_rows_say_why():
    source = clean(
        (" \u00a0", "Java", "a"), ("Cook", "(see job description)", "b"), ("Cook", "", "c")
    )
    lost = [row for row in source.ledger.rows if row[0] == "row"]
    assert [row[1:4] for row in lost] == [
        ("dice-a", "empty_title", ""),
        ("dice-b", "no_skills", "placeholder"),
        ("dice-c", "no_skills", "empty"),
    ]
    assert json.loads(lost[1][4])["skills"] == "(see job description)"
    assert source.table.num_rows == 0 and source.rows_in == 3


def test_columns_and_cleaned_text():
    row = ("\tSr.\u00a0 Cook\x07 ", "Java", "", " Line\none ")
    table = clean(row, columns=("JobTitle", "Skills", "uniq_id", "jobdescription")).table
    assert table.column_names == ["posting_id", "source", "title", "skills", "description"]
    assert table.to_pylist()[0] | {"posting_id": ""} == {
        "posting_id": "",
        "source": "dice",
        "title": "Sr. Cook",
        "skills": ["Java"],
        "description": "Line one",
    }


def test_identifiers():
    rows = [("Cook", "Java", u) for u in ("u1", "u2", "u2", "", "")]
    first, again = clean(*rows), clean(*rows)
    ids = first.table["posting_id"].to_pylist()
    assert len(set(ids)) == len(rows) and ids[0] == "dice-u1" and "dice-u2" not in ids
    assert ids == again.table["posting_id"].to_pylist()
    shuffled = clean(rows[3], rows[0]).table["posting_id"].to_pylist()
    assert shuffled == [ids[3], ids[0]]


def test_the_same_ad_in_two_towns_stays():
    assert clean(("Cook", "Java", "a"), ("Cook", "Java", "b")).table.num_rows == 2


KEPT = [".NET", "C++", "CI/CD"]
PIECES = st.sampled_from(
    ["Java", *KEPT, "a@b.com", "www.x.org", "http://x.y", ",", ";", "(", ")", " and ", "5 years"]
    + ["see below", "see job description", ".", ":", "-", "*", "\n", "\u00a0", "x" * 39, "@", "/"]
)
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    st.lists(PIECES, max_size=12).map("".join),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["Cook", "", " "]), CELLS, st.sampled_from("ab\0"))))
@example([("Cook", "a\n@b.com", "a"), ("Cook", "'\"@x.org", "a")])
def test_rows_add_up_and_tokens_are_clean(rows):
    source = clean(*rows)
    assert source.rows_in == len(rows) == source.table.num_rows + source.ledger.lost_rows()
    ids = source.table["posting_id"].to_pylist()
    lost = [row[1] for row in source.ledger.rows if row[0] == "row"]
    assert len(set(ids + lost)) == len(rows)
    for skills in source.table["skills"].to_pylist():
        assert skills and len({skill.casefold() for skill in skills}) == len(skills)
        for skill in skills:
            assert skill == skill.strip() and 0 < len(skill) <= 40
            assert not re.search(r"\S@\S|https?://|www\.", skill, re.I)
            assert not re.search(r"[,;|\n()\[\]]", skill)


@settings(deadline=None)
@given(CELLS.filter(lambda cell: len(cell) < 60))
def test_known_skills_survive_any_neighbour(cell):
    assert set(KEPT) <= set(skills_of(", ".join([*KEPT, cell])))


@pytest.mark.real
def test_published_file(real):
    source = clean_postings(find_inputs(real, without={"occupations", "names"})["dice"].read())
    assert source.rows_in == 14_792 == source.table.num_rows + source.ledger.lost_rows()
    assert source.table.num_rows > 13_000
    skills = [skill for row in source.table["skills"].to_pylist() for skill in row]
    assert not [skill for skill in skills if len(skill) > 40 or re.search(r"\S@\S", skill)]
    assert not [s for s in skills if re.match(r"(?i)(please )?(see|refer)\b.*description", s)]
    assert {".NET", "C++", "C#", "CI/CD", "ASP.NET", "R", "C"} <= set(skills)


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("EAM Consultant - jane.doe@example.com", "EAM Consultant"),
        ("SME *Jane.Doe@example.com*", "SME"),
        ("Developer (call 212-555-1234)", "Developer (call )"),
        ("Tester www.example.com/jobs", "Tester"),
        ("Administrator@Houston (TX)", "Administrator@Houston (TX)"),
        ("Node.js / .NET Developer", "Node.js / .NET Developer"),
    ],
)
def test_titles_carry_no_contact_details_of_real_people(title: str, kept: str) -> None:
    source = clean_postings(TextTable(["jobtitle", "skills"], [[title, "SQL, Java"]]))
    assert source.table.column("title").to_pylist() == [kept]
    assert source.ledger.causes() == ({} if title == kept else {"title: contact_details": 1})
