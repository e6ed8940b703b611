"""JSON in replies: what is mended, what is asked again, and the schemas that are sent."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.graph.questions import LIST_SKILLS, SkillsQuestion, list_skills_by_template
from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.structured import read_field, read_json
from hr_pipeline.llm.task import ReplyError, Task
from hr_pipeline.llm.template import written_as_json
from hr_pipeline.rjdb import template_answers
from hr_pipeline.rjdb.questions import (
    COUNT_SKILLS,
    ORDER_EXPERIENCES,
    WRITE_SECTION,
    WRITE_TRIPLE,
)

QUESTION = SkillsQuestion("Chefs", "35-1011", 3)
TITLES = ("Java Developer", "Junior Developer", "Head of IT, level 3")

_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_containers = st.lists(_values, max_size=4) | st.dictionaries(st.text(), _values, max_size=4)
_chatter = st.text(st.characters(exclude_characters="[]{}"), max_size=30)
_layouts = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


# -- what is read ----------------------------------------------------------------------------


@given(_values)
def test_any_json_alone_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value)) == value


@given(_containers, _layouts, _chatter, _chatter, st.booleans())
def test_a_value_in_any_wrapping_reads_back_equal(
    value: Any, layout: dict[str, Any], before: str, after: str, fenced: bool
) -> None:
    text = json.dumps(value, **layout)
    text = f"```json\n{text}\n```" if fenced else text
    assert read_json(f"{before}\n{text}\n{after}") == value


@given(_containers.filter(bool), st.sampled_from([",", " ,\n ", ",\t"]))
def test_commas_before_closing_brackets_are_dropped(value: Any, comma: str) -> None:
    text = json.dumps(value)
    assert read_json(text[:-1] + comma + text[-1]) == value


_unquoted = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"“”„\\'))


@given(st.dictionaries(_unquoted, st.lists(_unquoted, max_size=3)))
def test_typographic_quotes_around_keys_and_strings_are_read(value: dict[str, list[str]]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert read_json("So: " + re.sub('"([^"]*)"', "“\\1”", text)) == value


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ('{“a”: “x, ‘y’”, "b": "“z”"}', {"a": "x, ‘y’", "b": "“z”"}),
        ("{„a“: [1, 2,], }", {"a": [1, 2]}),
        ('```\n{"a": "```"}\n```\nThat is {all} of it [sic].', {"a": "```"}),
        ('Twice the same: {"a": 1} and {"a":1}', {"a": 1}),
        ('{"a": ",]}", "b": "\\",]"}', {"a": ",]}", "b": '",]'}),
    ],
)
def test_what_models_write_is_mended(reply: str, value: Any) -> None:
    assert read_json(reply) == value


# -- what is asked again ---------------------------------------------------------------------


@given(_containers, _layouts, _chatter, st.data())
def test_what_was_cut_off_is_never_closed(
    value: Any, layout: dict[str, Any], before: str, data: st.DataObject
) -> None:
    text = json.dumps(value, **layout)
    kept = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(ReplyError):
        read_json(kept)
    with pytest.raises(ReplyError):
        read_json(f"{before}\n```json\n{kept}")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "no JSON"),
        ("I cannot say.", "no JSON"),
        ("{curly} and [square]", "no JSON"),
        ('{"skills": ["a", "b', "cut off"),
        ('{"skills": ["a", "b"]', "cut off"),
        ('{"a": 1} or {"a": 2}', "several"),
        ('{"a": [1 2]}', "not valid"),
        ('{"a": [1}', "brackets do not match"),
        ('{"a": 1,,}', "not valid"),
        ('{"a": “say "x" now”}', "not valid|cut off"),
        ("{“a: 1}", "not valid"),
        ('{"a": [,]}', "not valid"),
        ("[" * 100_000 + '""' + "]" * 100_000, "nested too deeply"),
        ("[" * 100_000, "cut off"),
        ('["' + '\\"' * 50_000, "cut off"),
        ('{"a": ' + "9" * 5_000 + "}", "not valid"),
    ],
)
def test_the_reason_tells_a_model_what_to_mend(reply: str, reason: str) -> None:
    with pytest.raises(ReplyError, match=reason) as caught:
        read_json(reply)
    assert str(caught.value).endswith("as one JSON value that is complete and valid.")
    assert len(str(caught.value)) < 250


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_json(text)
    except ReplyError:
        return


def test_a_field_is_looked_for_only_where_the_reply_speaks_of_it() -> None:
    assert read_field("the count is 7", "count") is None
    assert read_field('{"counted": 7}', "count") is None
    assert read_field("It is {“count” : 7,}", "count") == 7
    with pytest.raises(ReplyError, match="cut off"):
        read_field('{"count": 7', "count")
    with pytest.raises(ReplyError, match='field "count"'):
        read_field('{"answer": {"count": 7}}', "count")


# -- the tasks whose answer is data ----------------------------------------------------------


@pytest.mark.parametrize("way", range(4))
def test_every_way_a_model_writes_json_gives_the_answer(way: int) -> None:
    skills = ["Grilling", "C++", "Cost control (food)"]
    assert LIST_SKILLS.parse(written_as_json("skills", skills, way), QUESTION) == skills
    assert COUNT_SKILLS.parse(written_as_json("count", 7, way), "Cook") == 7
    order = written_as_json("order", [2, 1, 3], way)
    assert ORDER_EXPERIENCES.parse(order, TITLES) == (1, 0, 2)


def test_json_answers_go_through_the_same_checks_as_plain_ones() -> None:
    listed = '{"skills": ["1. Grilling", "grilling", 7, "a, b", "Baking: bread", "**SQL**", "Z9"]}'
    assert LIST_SKILLS.parse(listed, QUESTION) == ["Grilling", "Baking", "SQL"]
    assert COUNT_SKILLS.parse('{"count": "6-8"}', "Cook") == 7
    assert COUNT_SKILLS.parse('{"count": 6.4}', "Cook") == 6
    titles = json.dumps({"order": ["2. Junior Developer", "1. Java Developer", f"3. {TITLES[2]}"]})
    assert ORDER_EXPERIENCES.parse(titles, TITLES) == (1, 0, 2)


@pytest.mark.parametrize(
    ("task", "question", "reply", "reason"),
    [
        (LIST_SKILLS, QUESTION, '{"skills": ["Grilling", "Baking"]}', "^2 usable .* exactly 3 "),
        (LIST_SKILLS, QUESTION, '{"skills": ["Grilling", "Baking", "SQL", "Me', "cut off"),
        (LIST_SKILLS, QUESTION, '{"skills": null}', "^0 usable"),
        (LIST_SKILLS, QUESTION, '{"skills": {"a": "b"}}', "^0 usable"),
        (LIST_SKILLS, QUESTION, '["Grilling", "Baking", "SQL"', "usable"),
        (COUNT_SKILLS, "Cook", '{"count": 1}', "between 2 and 30"),
        (COUNT_SKILLS, "Cook", '{"count": [3, 9]}', "No single number"),
        (COUNT_SKILLS, "Cook", '{"count": true}', "No single number"),
        (COUNT_SKILLS, "Cook", '{"count": 7', "cut off"),
        (ORDER_EXPERIENCES, TITLES, '{"order": [2, 1]}', "1 to 3 exactly once"),
        (ORDER_EXPERIENCES, TITLES, '{"order": [2, 1, 3', "cut off"),
        (ORDER_EXPERIENCES, TITLES, '{"order": "none"}', "1 to 3 exactly once"),
    ],
)
def test_json_that_is_no_answer_is_asked_again(
    task: Task, question: Any, reply: str, reason: str
) -> None:
    with pytest.raises(ReplyError, match=reason):
        task.parse(reply, question)


def test_the_template_answers_now_and_then_as_json() -> None:
    draws = [rng(1, "test/structured", n) for n in range(200)]
    for replies in (
        [list_skills_by_template(QUESTION, draw) for draw in draws],
        [template_answers.count("Cook", draw) for draw in draws],
        [template_answers.order(TITLES, draw) for draw in draws],
    ):
        as_json = [reply for reply in replies if "{" in reply]
        assert 8 <= len(as_json) <= 40
        assert any("```" in reply for reply in as_json)
        assert any(",}" in reply for reply in as_json)


# -- the schemas that are sent ---------------------------------------------------------------

_ALLOWED = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"}


def assert_strict(schema: dict[str, Any]) -> None:
    """What strict endpoints ask of every object, and no keyword that some of them refuse."""
    assert set(schema) <= _ALLOWED
    if schema["type"] == "object":
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == set(schema["properties"])
        for inner in schema["properties"].values():
            assert_strict(inner)
    if schema["type"] == "array":
        assert_strict(schema["items"])


@pytest.mark.parametrize(
    ("task", "field"),
    [(LIST_SKILLS, "skills"), (COUNT_SKILLS, "count"), (ORDER_EXPERIENCES, "order")],
)
def test_schemas_keep_the_rules_of_strict_endpoints_and_the_prompt_names_their_field(
    task: Task, field: str
) -> None:
    assert task.schema is not None
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", task.schema.name)
    assert task.schema.schema["type"] == "object" and list(task.schema.schema["properties"]) == [
        field
    ]
    assert_strict(task.schema.schema)
    assert f'{{"{field}": ' in task.prompt.text
    sent = task.schema.response_format()
    assert sent["type"] == "json_schema" and sent["json_schema"]["strict"] is True


def test_documents_are_asked_for_as_text() -> None:
    assert WRITE_TRIPLE.schema is None and WRITE_SECTION.schema is None
