"""The gate: a good triple passes, and each way to break it gives exactly its code."""

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.rjdb.contexts import (
    DOCUMENTS,
    Context,
    Experience,
    Shortened,
    Swap,
    context_from_row,
)
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.gate import check_section, check_triple, is_reserved
from hr_pipeline.rjdb.presence import presence
from hr_pipeline.rjdb.released import read_released

SOC = "SOC Security Analyst - SecureWorks Providence, RI, Atlanta, GA and Lisle, IL"
JOBS = (
    Experience("Sr. Java Developer / Architect (C2H)", 4, 2019, 2023),
    Experience(SOC, 5, 2014, 2019),
    Experience("2017 Summer Intern", 1, 2013, 2014),
)
CONTEXT = Context(
    context_id="c1",
    cluster_id="k1",
    occupation="Sr. Java Developer / Architect (C2H)",
    category="tech",
    split="train",
    skills=("Java", "Java EE", "Node.js", "C++", "Testing"),
    experiences=JOBS,
    first_name="Ya-Ting",
    gender="f",
    name_group="a",
    removed_skills=("Node.js", "Testing"),
    swaps=(Swap("C++", "Plumbing"),),
    shortened=Shortened(JOBS[0].title, 4, 2),
)
JD = f"""## Job title
Sr. Java Developer / Architect (C2H)

## Job Summary
We look for a developer who knows Java EE well.

## Required Skills
- Java
- Java EE
- Node.js
- C++

## Required Experience
- 4 years as a Sr. Java Developer / Architect (C2H)
- At least five years as a {SOC}
- 2017 Summer Intern (1 year)

## Responsibilities
- Testing what others write
"""


def resume(skills: str, jobs: str) -> str:
    return (
        "## Personal Information\nName: Ya-Ting Wu\nEmail: yw@example.com\n\n"
        "## Education\nBSc\n\n## Skills\n" + skills + "\n\n## Experience\n" + jobs
    )


LATER = f"- {SOC} (2014 - 2019)\n- 2017 Summer Intern (2013 - 2014)"
GOOD = {
    "job_description": JD,
    "resume_matched": resume(
        "- Java\n- Java EE\n- Node.js\n- C++\n- Testing",
        f"- Sr. Java Developer / Architect (C2H) (2019 - 2023)\n{LATER}",
    ),
    "resume_unmatched": resume(
        "Java, Java EE, C++", f"- 2019 - 2021: Sr. Java Developer / Architect (C2H).\n{LATER}"
    ),
    "resume_swapped": resume(
        "- Java\n- Java EE\n- Node.js\n- Plumbing\n- Testing",
        f"- Sr. Java Developer / Architect (C2H), 2019\u20132021\n{LATER} gladly",
    ),
}
ALL = ("resume_matched", "resume_unmatched", "resume_swapped")


def codes(documents: dict[str, str], context: Context = CONTEXT) -> set[tuple[str, str]]:
    return {(p.document, p.code) for p in check_triple(context, documents)}


def test_a_good_triple_passes() -> None:
    assert check_triple(CONTEXT, GOOD) == []
    three = {key: text for key, text in GOOD.items() if key != "resume_swapped"}
    assert check_triple(CONTEXT, three, swapped=False) == []


BREAKS = [
    ("job_description", "## Job Summary", "## Perks", "section_missing"),
    ("job_description", "/ Architect (C2H)\n\n", "\n\n", "job_title"),
    ("job_description", "- Node.js\n", "", "skill_missing"),
    ("job_description", "- Java\n", "", "skill_missing"),
    ("job_description", "- C++", "- C++\n- Plumbing", "skill_put_in"),
    ("job_description", "4 years", "3 years", "experience_years"),
    ("job_description", "five", "4", "experience_years"),
    ("job_description", "- 2017 Summer Intern (1 year)\n", "", "experience_missing"),
    ("job_description", "others write", "a@gmail.com writes", "address"),
    ("resume_matched", "## Education", "## Hobbies", "section_missing"),
    ("resume_matched", "- Node.js", "- Node", "skill_missing"),
    ("resume_matched", "- C++", "- C++ and Plumbing", "skill_put_in"),
    ("resume_matched", "- Java\n", "", "skill_missing"),
    ("resume_matched", "(2014 - 2019)", "(2014 - 2018)", "experience_span"),
    ("resume_matched", "(2014 - 2019)", "(2014 - Present)", "experience_span"),
    ("resume_matched", "\n- 2017 Summer Intern (2013 - 2014)", "", "experience_missing"),
    ("resume_matched", LATER, f"{LATER}\n- Cook (2011 - 2013)", "experience_extra"),
    ("resume_matched", LATER, f"{LATER}\n- Cook (2013 - 2014)", "experience_extra"),
    ("resume_matched", "yw@example.com", "yw@mail.com", "address"),
    ("resume_matched", "Email: yw@example.com", "Phone: 1 2", "address_missing"),
    ("resume_unmatched", "Java EE, C++", "Java EE, C++, node.js", "skill_left"),
    ("resume_unmatched", "2014)", "2014): testing", "skill_left"),
    ("resume_unmatched", "2019 - 2021", "2019 - 2023", "experience_span"),
    ("resume_unmatched", "Ya-Ting", "Mei", "name"),
    ("resume_unmatched", "Ya-Ting Wu", "Ya-Ting Lin", "name_differs"),
    ("resume_swapped", "- Plumbing", "- C++", "skill_left"),
    ("resume_swapped", "gladly", "gladly and with much more to say of it all", "length"),
]


@pytest.mark.parametrize(("document", "old", "new", "code"), BREAKS)
def test_each_break_gives_its_code(document: str, old: str, new: str, code: str) -> None:
    assert old in GOOD[document]
    found = codes({**GOOD, document: GOOD[document].replace(old, new, 1)})
    assert (document, code) in found
    allowed = {"name_differs", "skill_missing", "length"} | {code}
    assert {c for _, c in found} <= allowed
    if code not in ("name", "skill_left", "length"):
        assert {c for d, c in found if d == document} == {code}


def test_messages_are_instructions() -> None:
    text = GOOD["resume_matched"].replace("- Node.js\n", "")
    messages = [p.message for p in check_triple(CONTEXT, {**GOOD, "resume_matched": text})]
    assert (
        "Matched resume, Skills: the skill 'Node.js' is missing; write it exactly so." in messages
    )


def test_an_empty_reply_lacks_every_section() -> None:
    found = Counter(p.code for p in check_triple(CONTEXT, {}))
    assert found == {"section_missing": 17, "address_missing": 3}


def test_the_latest_job_left_out() -> None:
    context = replace(CONTEXT, shortened=Shortened(JOBS[0].title, 4, 0))
    without = resume("Java, Java EE, C++", LATER)
    short = GOOD["resume_swapped"].replace("2021", "2020")
    documents = {**GOOD, "resume_unmatched": without, "resume_swapped": short}
    assert codes(documents, context) == set()
    assert codes({**documents, "resume_unmatched": GOOD["resume_unmatched"]}, context) == {
        ("resume_unmatched", "experience_left")
    }


def test_a_skill_that_equals_a_title_counts_in_the_list_only() -> None:
    jobs = (Experience("Business Analyst", 2, 2019, 2021),)
    context = replace(
        CONTEXT, skills=("Business Analyst",), experiences=jobs, removed_skills=(), swaps=()
    )
    job = "- Business Analyst (2019 - 2021)"
    missing = check_triple(context, {"resume_matched": resume("- Tea", job)})
    assert ("resume_matched", "skill_missing") in {(p.document, p.code) for p in missing}
    assert check_section(context, "resume_matched", "skills", "- Business analysts") == []


@pytest.mark.parametrize(
    "jobs",
    [
        "Role: Cook\nYears: 2019 - 2021\nMade soup.\n\nRole: Head Cook\nYears: 2014 - 2019",
        "Worked as a Cook from 2019 to 2021, and as a Head Cook from 2014 to 2019.",
        "2019 - 2021\nCook\n\n2014 - 2019\nHead Cook",
        "**Cook** | Jan 2019 - Dec 2021\n- served\n**Head Cook** | 2014 to 2019",
    ],
)
def test_jobs_in_many_shapes(jobs: str) -> None:
    planned = (Experience("Cook", 2, 2019, 2021), Experience("Head Cook", 5, 2014, 2019))
    context = replace(CONTEXT, experiences=planned, skills=("Tea",), removed_skills=(), swaps=())
    assert check_section(context, "resume_matched", "experience", jobs) == []
    wrong = jobs.replace("2014", "2013")
    found = check_section(context, "resume_matched", "experience", wrong)
    assert [p.code for p in found] == ["experience_span"]


def test_one_section_at_a_time_uses_the_same_rules() -> None:
    for document, text in GOOD.items():
        for section, body in sections(text, DOCUMENTS[document].kind).items():
            alone = [p.code for p in check_section(CONTEXT, document, section, body)]
            # "Testing" stands among the responsibilities
            assert alone == ["skill_missing"] * (section == "required_skills")
    person = check_section(CONTEXT, "resume_matched", "personal_information", "Name: Ann")
    assert {p.code for p in person} == {"name", "address_missing"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@example.com", True),
        ("a@Mail.Example.ORG", True),
        ("a@notexample.com", False),
        ("a@example.com.evil.net", False),
    ],
)
def test_reserved_domains(address: str, expected: bool) -> None:
    assert is_reserved(address) is expected


def test_presence_counts() -> None:
    left = GOOD["resume_unmatched"].replace("Java EE, C++", "Java EE, node.js")
    found = presence(CONTEXT, {**GOOD, "resume_unmatched": left})
    assert (found["job_description"].planned, found["job_description"].found) == (5, 5)
    unmatched = found["resume_unmatched"]
    assert (unmatched.planned, unmatched.verbatim, unmatched.found) == (3, 2, 2)
    assert (unmatched.removed, unmatched.left, unmatched.left_verbatim) == (2, 1, 1)
    assert (unmatched.spans, unmatched.span_errors, unmatched.addresses_off) == (3, 0, 0)


@given(st.dictionaries(st.sampled_from(list(GOOD)), st.text()))
def test_the_gate_takes_any_text(documents: dict[str, str]) -> None:
    assert check_triple(CONTEXT, documents)
    presence(CONTEXT, documents)


def test_the_gate_is_quick() -> None:
    """1.5 ms at most for a usual triple; ten times that here, for busy machines."""
    start = time.process_time()
    for n in range(50):
        check_triple(replace(CONTEXT, context_id=str(n)), GOOD)
    assert (time.process_time() - start) / 50 < 0.015


@pytest.mark.real
def test_the_released_file_is_as_measured() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    rows, _ = read_released(Path(folder) / "rjdb" / "test_part_a.jsonl")
    total: Counter[str] = Counter()
    for row in rows:
        documents = {key: row[key] for key in list(GOOD)[:3]}
        found = presence(context_from_row(row), documents)
        jd, matched, unmatched = (found[key] for key in documents)
        total["jd"] += jd.verbatim == jd.planned
        total["resume"] += matched.verbatim == matched.planned
        total["left"] += unmatched.left_verbatim
        total["removed"] += unmatched.removed
        total["off"] += matched.addresses_off + unmatched.addresses_off
        total["addresses"] += matched.addresses + unmatched.addresses
    assert total["jd"] / len(rows) == pytest.approx(0.606, abs=0.03)
    assert total["resume"] / len(rows) == pytest.approx(0.530, abs=0.03)
    assert total["left"] / total["removed"] == pytest.approx(0.128, abs=0.01)
    assert total["off"] / total["addresses"] == pytest.approx(0.69, abs=0.02)
