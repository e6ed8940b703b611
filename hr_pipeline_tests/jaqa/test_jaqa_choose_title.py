"""The question for an occupation: what is read of replies, and what the template writes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE, TitleQuestion, parse_title
from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.task import ReplyError

QUESTION = TitleQuestion(
    "Bakery Chef (weekends)",
    ("pastry maker", "baker", "3D modeller", "head chef", "rail switchperson/shunter, night"),
)


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        ('{"result": "baker"}', 1),
        ('{"result": " Head  CHEF "}', 3),
        ('{"result": ["baker"]}', 1),
        ('{"result": "2"}', 1),
        ('{"result": 4}', 3),
        ('{"result": "2. baker"}', 1),
        ('{"result": "2) \\"Baker\\""}', 1),
        ('```json\n{"result": "pastry maker"}\n```', 0),
        ('Sure! {"result": "head chef",}', 3),
        ("baker", 1),
        ("Baker.", 1),
        ("**head chef**", 3),
        ("'baker'", 1),
        ("2", 1),
        ("(2)", 1),
        ("3", 2),
        ("3D modeller", 2),
        ("3. 3D modeller", 2),
        ("Answer: pastry maker", 0),
        ("The title names a **baker**.", 1),
        ("Bread is baked there, so I take “baker”", 1),
        ("baker\n\nIt is the plain reading.", 1),
        ("rail switchperson/shunter, night", 4),
    ],
)
def test_replies_that_name_an_entry(reply: str, place: int) -> None:
    assert parse_title(reply, QUESTION) == place


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   \n",
        '{"result": ""}',
        '{"result": null}',
        '{"result": true}',
        '{"result": "bakers"}',
        '{"result": "bake"}',
        '{"result": ["baker", "head chef"]}',
        '{"result": {"label": "baker"}}',
        '{"result": "0"}',
        '{"result": "6"}',
        '{"result": "1. baker"}',
        '{"occupation": "baker", "result": "miller"}',
        '{"result": "bak',
        "miller",
        "either `baker` or `head chef`",
        "baker or head chef",
        "I would say baker, all in all",
        "None of them fits.",
        "1990. baker",
    ],
)
def test_replies_that_do_not(reply: str) -> None:
    with pytest.raises(ReplyError):
        parse_title(reply, QUESTION)


def test_the_reason_names_what_is_outside_the_list() -> None:
    with pytest.raises(ReplyError, match='"miller" is not an entry of the list'):
        parse_title('{"result": "miller"}', QUESTION)
    with pytest.raises(ReplyError, match="Several entries"):
        parse_title('"baker" and "head chef"', QUESTION)


LABELS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
    .map(lambda text: f"{text}x")
    .filter(lambda text: not set(text) & set("`\"'“”‘’*")),
    min_size=1,
    max_size=8,
    unique_by=lambda text: " ".join(text.casefold().split()),
)


@given(LABELS, st.data())
def test_every_entry_can_be_named(labels: list[str], data: st.DataObject) -> None:
    """As JSON by label, as JSON by number, and by both; whatever is in the labels."""
    place = data.draw(st.integers(0, len(labels) - 1))
    question = TitleQuestion("a title", tuple(labels))
    for told in (labels[place], f"{place + 1}. {labels[place]}", f'"{labels[place]}"'):
        assert parse_title(json.dumps({"result": told}), question) == place
    if str(place + 1) not in labels:
        assert parse_title(json.dumps({"result": place + 1}), question) == place


@given(LABELS, st.text())
def test_no_reply_breaks_the_parser(labels: list[str], reply: str) -> None:
    question = TitleQuestion("a title", tuple(labels))
    for text in (reply, json.dumps({"result": reply})):
        try:
            assert 0 <= parse_title(text, question) < len(labels)
        except ReplyError as error:
            assert "\n" not in str(error)[-80:]


def test_the_template_chooses_as_a_teacher_would() -> None:
    """Mostly the nearest, sometimes a later one, at times something else, in several styles."""
    chosen, styles = list[int | None](), set[str]()
    for number in range(600):
        reply = CHOOSE_TITLE.template(QUESTION, rng(1, "test", number))
        styles.add(reply[:2])
        try:
            chosen.append(parse_title(reply, QUESTION))
        except ReplyError:
            chosen.append(None)
    assert 0.7 < chosen.count(0) / 600 < 0.85
    assert chosen.count(1) > chosen.count(2) > 0
    assert 3 <= chosen.count(None) <= 30
    assert len(styles) >= 6


def test_the_template_needs_one_candidate_only() -> None:
    alone = TitleQuestion("Baker", ("baker",))
    replies = [CHOOSE_TITLE.template(alone, rng(1, "test", number)) for number in range(50)]
    assert sum("(other)" not in reply for reply in replies) > 40


def test_the_prompt_shows_the_list_in_order() -> None:
    rendered = CHOOSE_TITLE.prompt.render(CHOOSE_TITLE.fields(QUESTION))
    assert "1. pastry maker\n2. baker\n3. 3D modeller\n4. head chef\n" in rendered
