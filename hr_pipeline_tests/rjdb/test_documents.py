"""Parsers of replies, documents and items, on the shapes that models write."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.llm.task import ReplyError
from hr_pipeline.rjdb.contexts import DOCUMENTS, DocumentKind
from hr_pipeline.rjdb.documents import SECTIONS, sections
from hr_pipeline.rjdb.items import duration, experience, items
from hr_pipeline.rjdb.person import emails, full_name
from hr_pipeline.rjdb.replies import split_reply

MARKERS = {key: document.marker for key, document in DOCUMENTS.items()}
BODIES = {
    "job_description": "## Job title\nCook\n\n## Job Summary\nWe cook.",
    "resume_matched": "## Skills\n- Soup",
    "resume_unmatched": "## Skills\n- Tea",
    "resume_swapped": "## Skills\n- Cake",
}
HEADS = {
    "asked for": list(MARKERS.values()),
    "words turned": ["Job Description", "Resume (matched)", "Resume - Unmatched", "Resume_Swapped"],
    "numbered": [
        "Document 1: Job description",
        "Document 2: Matched Resume",
        "Document 3: Unmatched R\u00e9sum\u00e9",
        "Document 4: Swapped CV",
    ],
    "other words": ["Job posting", "Matching resume", "Non-matching resume", "Swapped resume"],
}
FRAMES = {
    "equals": "=== {} ===",
    "hash": "# {}",
    "bold": "**{}:**",
    "brackets": "[{}]",
    "bare": "{}:",
    "upper": "*** {} ***",
}


@pytest.mark.parametrize("heads", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_split_reads_heads_of_many_styles(heads: list[str], frame: str) -> None:
    parts = zip(heads, BODIES.values(), strict=True)
    reply = "\n\n".join(f"{frame.format(head)}\n\n{body}" for head, body in parts)
    assert split_reply(reply) == BODIES


def reply() -> str:
    return "\n".join(f"=== {MARKERS[key]} ===\n{body}\n" for key, body in BODIES.items())


@pytest.mark.parametrize(
    "text",
    [
        f"Sure! Here are the documents:\n\n{reply()}\n---\nLet me know if you need changes!",
        f"Here you go.\n```markdown\n{reply()}\n```\nI kept all the skills.",
        reply().replace("===\n#", "===\n```\n#") + "```",
        f"1. Job Description\n2. Matched Resume\n3. Unmatched Resume\n\n{reply()}",
        f"=== JOB DESCRIPTION ===\n# Job Description\n{reply().partition(chr(10))[2]}=== END ===\n",
        "```json\n" + json.dumps(BODIES) + "\n```",
        json.dumps({MARKERS[key]: body for key, body in BODIES.items()}),
        json.dumps({"documents": {"jobDescription": BODIES["job_description"], **BODIES}}),
    ],
    ids=["chatter", "fence", "fences", "contents", "twice", "json", "json heads", "json nested"],
)
def test_split_reads_past_what_is_around(text: str) -> None:
    assert split_reply(text) == BODIES


def test_split_of_a_json_object_of_sections() -> None:
    value: dict[str, object] = dict(BODIES)
    value["resume_matched"] = {"personal_information": "Name: Ann Lee", "skills": ["Soup", "Tea"]}
    found = split_reply(json.dumps(value))
    parts = sections(found["resume_matched"], "resume")
    assert (parts["personal_information"], items(parts["skills"])) == (
        "Name: Ann Lee",
        ["Soup", "Tea"],
    )


def test_a_section_named_like_the_document_stays_in_it() -> None:
    body = "## Job title\nCook\n## Job Description\nWe cook."
    found = split_reply(reply().replace(BODIES["job_description"], body))
    assert found["job_description"] == body


@pytest.mark.parametrize("text", ["", "I'm sorry, I cannot help.", "{", "=== JOB DESCRIPTION ==="])
def test_split_says_what_is_missing(text: str) -> None:
    with pytest.raises(ReplyError, match="'MATCHED RESUME'.*Write all 4 documents"):
        split_reply(text)


def test_split_without_the_swapped_resume() -> None:
    short = reply().partition("=== SWAPPED")[0]
    assert list(split_reply(short, swapped=False)) == list(MARKERS)[:3]
    with pytest.raises(ReplyError, match="'SWAPPED RESUME'"):
        split_reply(short)


@given(st.text())
def test_split_raises_nothing_else(text: str) -> None:
    for candidate in (text, reply().replace("Soup", text), text + reply()):
        try:
            assert set(split_reply(candidate)) == set(MARKERS)
        except ReplyError as error:
            assert "Write all" in str(error)


STYLES = [
    "## {}\n",
    "##{}\n",
    "# {}:\n",
    "**{}**\n",
    "**{}:**\n",
    "__{}__\n",
    "{}\n",
    "{}:\n",
    "1. {}\n",
    "III. {}\n",
    "## 2) {}\n",
    "{}\n=====\n",
    "{}\n---\n",
    "{}: ",
    "**{}**: ",
    "{} - ",
    "[{}]\n",
    "\t## {}\n",
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("case", [str, str.upper, str.title])
@pytest.mark.parametrize("kind", list(SECTIONS))
def test_sections_of_every_head_style(style: str, case: type[str], kind: DocumentKind) -> None:
    bodies = {key: f"Text of {n}, more of it." for n, key in enumerate(SECTIONS[kind])}
    parts = [f"{style.format(case(SECTIONS[kind][key]))}{body}" for key, body in bodies.items()]
    assert sections("\n\n".join(parts), kind) == bodies


def test_sections_by_other_words_and_slips() -> None:
    text = "## Contact Information\nX\n## Academic Background\nY\n## Technical Skils\nZ\n"
    found = sections(text + "## Work Experience\nW\n## References\nOn request", "resume")
    assert found == {
        "personal_information": "X",
        "education": "Y",
        "skills": "Z",
        "experience": "W",
    }


def test_items_that_look_like_heads_stay_content() -> None:
    text = "## Personal Information\nName: A B\n## Education\nBSc\n## Skills\n"
    text += "1. Education\n2. Skills\n"
    found = sections(text + "## Experience\nExperience: 2017 - 2021\nSkills: Java", "resume")
    assert found["skills"] == "1. Education\n2. Skills"
    assert found["experience"] == "Experience: 2017 - 2021\nSkills: Java"


def test_a_head_may_be_missing() -> None:
    found = sections("Name: Ann Lee\nann@example.com\n\nEducation\nBSc\n\nSkills\nTea", "resume")
    assert found["personal_information"] == "Name: Ann Lee\nann@example.com"
    assert "experience" not in found
    title = sections("# Senior Cook\n\n## Job Summary\nWe cook.", "job_description")
    assert title == {"job_title": "Senior Cook", "job_summary": "We cook."}
    assert sections("", "resume") == {}


@given(st.text(), st.sampled_from(list(SECTIONS)))
def test_parsers_take_any_text(text: str, kind: DocumentKind) -> None:
    sections(text, kind)
    sections(f"## Skills\n{text}\n## Experience\n{text}", kind)
    assert all(item.strip() for item in items(text))
    experience(text), duration(text), emails(text), full_name(text)


ITEM = st.sampled_from(
    [
        "Java",
        "Node.js",
        "C++",
        "Judgment and Decision Making",
        "SQL Server",
        ".NET",
        "Cash handling",
    ]
)
BULLETS = ["- {}", "* {}", "\u2022 {}", "{n}. {}", "{n}) {}", "  - {}", "-{}", "- **{}**", "{}"]


@given(st.lists(ITEM, min_size=2, max_size=9), st.sampled_from(BULLETS), st.sampled_from(STYLES))
def test_a_rendered_list_parses_back(values: list[str], bullet: str, style: str) -> None:
    body = "\n".join(bullet.format(value, n=n) for n, value in enumerate(values, 1))
    head = style if style.endswith("\n") else "{}\n"
    text = f"{head.format('Education')}BSc\n\n{head.format('Skills')}{body}\n"
    assert items(sections(text, "resume")["skills"]) == values


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Skilled in Java, SQL and Chef.", ["Java", "SQL", "Chef"]),
        ("Java, SQL, Judgment and Decision Making, and Chef", None),
        ("Java; SQL (MS, Oracle); Chef", ["Java", "SQL (MS, Oracle)", "Chef"]),
        ("Languages: Java, C++\nTools: Git, Jira", ["Java", "C++", "Git", "Jira"]),
        ("- Languages:\n  - Java\n  - C++", ["Java", "C++"]),
        ("You must have the following:\n- Java\n- SQL", ["Java", "SQL"]),
        ("- A long item about many things in the shop\n  that goes on\n- SQL", 2),
        ("1. Cook (2019 - 2023)\n- Made soup\n2. Waiter (2018 - 2019)", 2),
        ("Cook (2019 - 2023), Waiter, bar (2018 - 2019)", 2),
        ("", []),
    ],
)
def test_items_of_many_shapes(body: str, expected: list[str] | int | None) -> None:
    found = items(body)
    if expected is None:
        expected = ["Java", "SQL", "Judgment and Decision Making", "Chef"]
    assert found == expected if isinstance(expected, list) else len(found) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("Cook (2019 - 2023)", ("Cook", 2019, 2023)),
        ("2018 - 2022: Cook.", ("Cook.", 2018, 2022)),
        ("Cook, 2019\u20132023", ("Cook", 2019, 2023)),
        ("Worked as a Cook from 2014 to 2019", ("Cook", 2014, 2019)),
        ("Between 2014 and 2019, worked as a Cook", ("Cook", 2014, 2019)),
        ("Cook | 2019-2023", ("Cook", 2019, 2023)),
        ("**Cook** | Jan 2019 - Present", ("Cook", 2019, None)),
        ("Cook since 2019", ("Cook", 2019, None)),
        ("1. 2017 Summer Intern (Java) (2017 - 2018)", ("2017 Summer Intern (Java)", 2017, 2018)),
        ("Cook - Providence, RI (C2H) (2014 - 2019)", ("Cook - Providence, RI (C2H)", 2014, 2019)),
        ("Cook\n2019 - 2023", ("Cook", 2019, 2023)),
        ("Cook", None),
    ],
)
def test_experience(item: str, expected: tuple[str, int, int | None] | None) -> None:
    assert experience(item) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("4 years as a Cook", 4),
        ("at least four years as a Cook", 4),
        ("Cook (5 years)", 5),
        ("10+ years' experience", 10),
        ("One year of cooking", 1),
        ("two (2) years", 2),
        ("3 or more years", 3),
        ("a 4-year stay", 4),
        ("Cook Level 3", None),
    ],
)
def test_duration(item: str, expected: int | None) -> None:
    assert duration(item) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name: Azaria Watson\nEmail: a@b.c", "Azaria Watson"),
        ("**Name:** Ya-Ting Wu", "Ya-Ting Wu"),
        ("- Full Name: M\u00e1ria O'Neill, Email: x@y.z", "M\u00e1ria O'Neill"),
        ("First Name: Dragan\nLast Name: Petrovic", "Dragan Petrovic"),
        ("Dimitra Alexios,\nd@e.f", "Dimitra Alexios"),
        ("# Name:Aitana Mart\u00ednez", "Aitana Mart\u00ednez"),
        ("ann@example.com", None),
        ("", None),
    ],
)
def test_full_name(text: str, expected: str | None) -> None:
    assert full_name(text) == expected


def test_emails() -> None:
    assert emails("E: a.b+c@mail.example.com. (x_y@gmail.com)") == [
        "a.b+c@mail.example.com",
        "x_y@gmail.com",
    ]


@pytest.mark.real
def test_sections_of_the_released_file() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    lines = (Path(folder) / "rjdb" / "test_part_a.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        for key in ("Resume-matched", "Resume-unmatched"):
            assert set(sections(row[key], "resume")) == set(SECTIONS["resume"])
    full = sum(len(sections(row["Job-Description"], "job_description")) == 5 for row in rows)
    assert full >= 0.97 * len(rows)


@pytest.mark.parametrize(
    "line",
    [" " * 4000 + "jobless", "*:" + "*" * 4000, "2019" + " " * 4000, "1" + " " * 4000, "# " * 2000],
)
def test_degenerate_lines_take_no_time(line: str) -> None:
    start = time.process_time()
    for kind in SECTIONS:
        sections(f"{line}\n## Skills\n{line}", kind)
    items(line), experience(line), duration(line), full_name(line)
    assert time.process_time() - start < 0.5
