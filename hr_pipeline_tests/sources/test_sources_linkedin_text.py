"""Cells of LinkedIn postings: numbers, titles in links, descriptions, lists of skills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.abilities import why_no_ability
from hr_pipeline.sources.linkedin_text import (
    clean_description,
    listed_skills,
    posting_key,
    posting_number,
    title_of_link,
)

VIEW = "https://uk.linkedin.com/jobs/view/"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("3757940104", "3757940104"),
        (" 921716 ", "921716"),
        ("3902356107.0", "3902356107"),
        (VIEW + "cook-at-inn-3753075039", "3753075039"),
        (VIEW + "cook-at-inn-3753075039/?refId=a-12345678#top", "3753075039"),
        (VIEW + "3753075039", "3753075039"),
        ("3.90236E+09", ""),
        (VIEW + "area-51-guard-at-inn", ""),
        ("", ""),
    ],
)
def test_number_of_a_posting(cell: str, number: str) -> None:
    assert posting_number(cell) == number


def test_postings_without_a_number_are_told_apart() -> None:
    assert posting_key("3757940104") == posting_key(VIEW + "x-at-y-3757940104")
    assert posting_key("a", "Cook", "x") == posting_key("a", "Guard", "y")
    assert posting_key("", "Cook", "x") != posting_key("", "Cook", "y")
    assert posting_key("3.9E+09", "Cook", "x") != posting_key("3.9E+09", "Guard", "y")
    assert posting_key("a").startswith("linkedin-")


@pytest.mark.parametrize(
    ("link", "title"),
    [
        (VIEW + "food-runner-busser-at-topgolf-3753075039", "food runner busser"),
        (VIEW + "work-at-home-nurse-at-acme-inc-3753075039", "work at home nurse"),
        (VIEW + "conseiller-%C3%A0-la-vente-at-x-3797062776?a=b", "conseiller à la vente"),
        (VIEW + "cook-3753075039/", "cook"),
        (VIEW + "3753075039", ""),
        ("no address", ""),
        ("", ""),
    ],
)
def test_title_in_a_link(link: str, title: str) -> None:
    assert title_of_link(link) == title


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Job descriptionA leading firm", "Job description\nA leading firm"),
        ("JOB DESCRIPTION:The Company", "JOB DESCRIPTION:\nThe Company"),
        ("Company DescriptionRaw Cereal", "Company Description\nRaw Cereal"),
        ("Job descriptions are old", "Job descriptions are old"),
        ("JOB DESCRIPTIONS", "JOB DESCRIPTIONS"),
        ("Description of the job", "Description of the job"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a \n\n \r\n\r\nb\n\nc\n", "a\n\nb\n\nc"),
        ("\n\t a\u00a0\u202f b\u200b\ufeff \n", "a b"),
        ("a\x97b\x00c", "a b c"),
        ("\uf0b7\tRun\n\uf0a7 Jump", "\u2022 Run\n\u2022 Jump"),
        ("Use .NET, C++ and Node.js.", "Use .NET, C++ and Node.js."),
        (" \r\n ", ""),
    ],
)
def test_description(text: str, cleaned: str) -> None:
    assert clean_description(text) == cleaned


@given(st.text(st.one_of(st.sampled_from("\r\n\t \u00a0\u2028\x00aB:"), st.characters())))
def test_a_cleaned_description_stays_as_it_is(text: str) -> None:
    cleaned = clean_description(text)
    assert clean_description(cleaned) == cleaned
    assert "\n\n\n" not in cleaned and not {"\r", "\t", "\x00"} & set(cleaned)
    assert [line.strip() for line in cleaned.split("\n")] == cleaned.split("\n")
    words = "".join(text.translate({0xF0A7: 0x2022, 0xF0B7: 0x2022}).split())
    assert {c for c in cleaned if not c.isspace()} <= set(words), "nothing is put in"


@pytest.mark.parametrize(
    ("cause", "tokens"),
    [
        ("benefit", ["401(k) Plan", "401k", "403b match", "Health insurance", "Paid time off"]),
        ("benefit", ["Medical dental and vision insurance", "Insurance Benefits", "PTO"]),
        ("benefit", ["Life and disability insurance", "Competitive salary", "Vacation days"]),
        ("benefit", ["Employee discount", "Retirement plan", "Signing bonus", "Benefits package"]),
        ("degree", ["Bachelor's degree", "Bachelor\u2019s Degree", "Masters in Physics", "MBA"]),
        ("degree", ["Bachelor of Science", "High school diploma", "Degree in nursing", "PhD"]),
        ("degree", ["BSc in Biology", "Associate's degree", "Doctorate", "College degree"]),
        ("years", ["48+ years of audit experience", "2 years experience"]),
        ("", ["Insurance underwriting", "Insurance", "Benefits administration", "Dental hygiene"]),
        ("", ["Scrum Master", "Master data management", "Life sciences", "Compensation"]),
        ("", ["90 degree turns", "Health and safety", "Bonus calculation", "Vision systems"]),
        ("", ["Licenses and certifications", "Microsoft Suite (Excel PowerPoint)", "C++", "R"]),
        ("", ["Leave administration", "Pension law", "Associate relations", "Doctor scheduling"]),
    ],
)
def test_what_is_no_ability(cause: str, tokens: list[str]) -> None:
    assert {token: why_no_ability(token) for token in tokens} == dict.fromkeys(tokens, cause)


def test_list_of_skills() -> None:
    ledger = Ledger()
    cell = 'Excel, excel, , "C#", Team work., (Word PowerPoint), 401(k) Plan, Bachelor\'s degree'
    assert listed_skills(cell, "k", ledger) == ["Excel", "C#", "Team work", "(Word PowerPoint)"]
    assert [row[:3] + row[4:] for row in ledger.rows] == [
        ("skill", "k", "benefit", "401(k) Plan"),
        ("skill", "k", "degree", "Bachelor's degree"),
    ]
    assert listed_skills("", "k", ledger) == []
