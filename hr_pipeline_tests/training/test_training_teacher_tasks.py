"""The students' tasks asked of teachers: replies of many shapes, and none that is guessed at."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.llm.task import ReplyError
from hr_pipeline.training.measures.metrics import Extracted, Verdict
from hr_pipeline.training.students.questions import (
    ASKED,
    EDIT_SECTION,
    EXTRACT_ITEMS,
    MATCH_AND_EXPLAIN,
    DocumentQuestion,
    EditQuestion,
    PairQuestion,
    parse_extracted,
    parse_section,
    parse_verdict,
)
from hr_pipeline_tests.training.test_training_floors import task_rows

PAIR = PairQuestion("needs SQL", "has Go")
RESUME = DocumentQuestion("resume", "Go since 2019")
EDIT = EditQuestion("skills", ("Go",), "## Skills\n- SQL")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ('{"match": true, "reasons": ["SQL", "Go"]}', Verdict(True, ("SQL", "Go"))),
        ('Sure!\n```json\n{"match": false, "reasons": [".NET"]}\n```', Verdict(False, (".NET",))),
        ('{"match": "no match", "reasons": []}', Verdict(False)),
        ('{"match": "Verdict: no", "reasons": []}', Verdict(False)),
        ('{"reasons": ["SQL", " "], "match": "Yes",}', Verdict(True, ("SQL",))),
        ("No match\n- lacks SQL\n- lacks Go", Verdict(False, ("lacks SQL", "lacks Go"))),
        ("**Match**", Verdict(True)),
        ("Match: no\nReasons:\n1. SQL", Verdict(False, ("SQL",))),
        ("Answer: mismatch", Verdict(False)),
        ("not a match; SQL, Go", Verdict(False, ("SQL", "Go"))),
        ("yes", Verdict(True)),
    ],
)
def test_verdicts(reply: str, verdict: Verdict) -> None:
    assert parse_verdict(reply, PAIR) == verdict


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "They match in part.",
        "The resume does not match.",
        "Match or no match? That depends.",
        "No, it lacks SQL. On the other hand yes.",
        '{"match": "perhaps", "reasons": []}',
        '{"match": null, "reasons": []}',
        '{"match": true, "reasons": "SQL"}',
        '{"match": true}',
        '{"match": true, "reasons": ["SQ',
    ],
)
def test_what_is_no_verdict_is_asked_again(reply: str) -> None:
    with pytest.raises(ReplyError):
        parse_verdict(reply, PAIR)


@pytest.mark.parametrize(
    "reply",
    [
        '{"skills": ["Go", "C++"], "experiences": ["Nurse (2014 - 2019)"]}',
        '{"experiences": ["Nurse (2014 - 2019)"], "skills": ["Go", "C++"]}',
        "Skills: Go; C++\nExperiences: Nurse (2014 - 2019)",
        "Here they are.\n\n**Skills:**\n- Go\n- C++\n\n**Experience:**\n- Nurse (2014 - 2019)",
    ],
)
def test_items(reply: str) -> None:
    found = parse_extracted(reply, RESUME)
    assert found == Extracted(("Go", "C++"), ("Nurse (2014 - 2019)",))


@pytest.mark.parametrize(
    "reply",
    [
        *("", "Go and C++", '{"skills": ["Go"]}', '{"skills": ["Go"], "experiences": null}'),
        '{"skills": [{"name": "Go"}], "experiences": []}',
    ],
)
def test_what_lists_no_items_is_asked_again(reply: str) -> None:
    with pytest.raises(ReplyError):
        parse_extracted(reply, RESUME)


@pytest.mark.parametrize(
    "reply",
    [
        "- SQL\n- Go",
        "```\n- SQL\n- Go\n```",
        "## Skills\n- SQL\n- Go\n",
        "**Skills:**\n- SQL\n- Go",
        "## Education\nA school\n\n## Skills\n- SQL\n- Go\n\n## Experience\nNurse (2014 - 2019)",
    ],
)
def test_sections(reply: str) -> None:
    assert parse_section(reply, EDIT) == "- SQL\n- Go"


def test_an_empty_section_is_asked_again() -> None:
    for reply in ("", "## Skills\n", "```\n```"):
        with pytest.raises(ReplyError):
            parse_section(reply, EDIT)


@given(st.text(max_size=60) | st.sampled_from(['{"match": ', '["skills": ]', "match:" * 9]))
def test_any_reply_is_read_or_asked_again(reply: str) -> None:
    for parse, question in (
        *((parse_verdict, PAIR), (parse_extracted, RESUME), (parse_section, EDIT)),
    ):
        try:
            parse(reply, question)  # type: ignore[operator]
        except ReplyError as error:
            assert str(error)


@pytest.mark.parametrize("name", ASKED)
def test_prompts_show_what_is_asked_and_not_the_answer(name: str) -> None:
    asked, row = ASKED[name], task_rows(name)[1][1]
    text = asked.task.prompt.render(asked.task.fields(asked.question(row)))
    shown = {"matcher": ("job_description", "resume"), "extractor": ("text",)}
    for column in shown.get(name, ("resume_unmatched",)):
        assert row[column] in text
    if name == "editor":
        assert all(item in text for item in row["signal"]) and row["target"] not in text
    if name == "matcher":
        assert not any(reason in text for reason in row["explanation"])


def test_what_a_schema_asks_for_can_be_read() -> None:
    for task, parse, question in (
        (MATCH_AND_EXPLAIN, parse_verdict, PAIR),
        (EXTRACT_ITEMS, parse_extracted, RESUME),
    ):
        assert task.schema is not None
        fields = task.schema.schema["properties"]
        examples = {"boolean": True, "array": ["x"]}
        reply = json.dumps({name: examples[kind["type"]] for name, kind in fields.items()})
        assert "x" in str(parse(reply, question))  # type: ignore[operator]
    assert EDIT_SECTION.schema is None


@pytest.mark.parametrize("name", ASKED)
def test_the_template_replies_as_models_do(name: str) -> None:
    """In more than one shape; most can be read, and now and then one cannot."""
    asked, rows = ASKED[name], task_rows(name)[0]
    replies = [
        asked.task.template(asked.question(row), np.random.default_rng(n))
        for n, row in enumerate((rows * 9)[:300])
    ]
    assert len({reply[:3] for reply in replies}) > 2
    lost = 0
    for reply, row in zip(replies, rows * 9, strict=False):
        try:
            asked.task.parse(reply, asked.question(row))
        except ReplyError:
            lost += 1
    assert 0 < lost < 20
