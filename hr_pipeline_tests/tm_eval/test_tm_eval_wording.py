"""Items as text, and texts of ours and of the published layout read back."""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hr_pipeline.tm_eval.wording import ItemText, Unreadable, item_text, read_item_text

NAME = st.text(min_size=1, max_size=15).filter(str.strip)
HARD = st.sampled_from(
    ['the "best", of [all]', "a]", "it's", "['x', \"y\"]", "C#, .NET", "a\nb", "Job held: [", "\\"]
)
NAMES = st.lists(NAME | HARD, min_size=1, max_size=4)
ITEMS = st.builds(
    ItemText, st.just("title"), NAMES, st.lists(NAMES, max_size=3), (NAME | HARD).map(lambda n: [n])
) | st.builds(ItemText, st.just("project"), NAMES, st.lists(NAMES, max_size=3), NAMES)


@given(ITEMS)
def test_an_item_is_read_back(item: ItemText) -> None:
    assert read_item_text(item_text(item)) == item


def published(item: ItemText) -> str:
    """Lists as Python prints them; the target in double quotes."""
    shown = item.target[0] if item.task == "title" else str(item.target)
    kind = "job title" if item.task == "title" else "project"
    return (
        f"The user's career history are {item.career}. The user's project experience are "
        f"{item.projects}. Judge by career history and project experience whether this fits the "
        f"target {kind}: {json.dumps(shown, ensure_ascii=False)}. Answer Yes or No."
    )


@given(ITEMS)
@example(ItemText("title", ["a"], [], ["b"]))
@example(ItemText("title", ["C\\C++"], [["a'b"]], ["C\\C++"]))
def test_the_published_layout_is_read(item: ItemText) -> None:
    assert read_item_text(published(item)) == item


CAREER = "Career history of user A: ['web developer'] Project experience of user A: [['a.b']]. "


@pytest.mark.parametrize(
    ("end", "task", "target"),
    [
        (
            "the target job title: [chief operating officer] Return",
            "title",
            "chief operating officer",
        ),
        ("the target job title: ['chief operating officer']", "title", "chief operating officer"),
        ("Target job title: 'CTO'", "title", "CTO"),
        ("target job title: 'C\\C++ developer\\'s lead'", "title", "C\\C++ developer's lead"),
        ('target job title: "C\\C++ lead". Say "Yes" or "No".', "title", "C\\C++ lead"),
        ('target project: "numpy, os.path"', "project", "numpy os.path"),
        ("target project: [numpy, os.path].", "project", "numpy os.path"),
        ("target project: ['numpy', 'os.path']", "project", "numpy os.path"),
    ],
)
def test_targets_in_quotes_or_brackets(end: str, task: str, target: str) -> None:
    item = read_item_text(CAREER + end)
    assert (item.task, item.career, item.projects) == (task, ["web developer"], [["a.b"]])
    assert " ".join(item.target) == target


BAD = [
    "",
    "Is this likely?",
    CAREER,
    CAREER + "target job title: ",
    CAREER + "target job title: []",
    CAREER + "target project: 3",
    CAREER + 'target project: " , "',
    CAREER.replace("['web", "[web") + 'target job title: "x"',
    CAREER.replace("'] P", " P") + 'target job title: "x"',
    CAREER.replace("[['a.b']]", "['a.b']") + 'target job title: "x"',
    CAREER.replace("'web developer'", "1") + 'target job title: "x"',
    item_text(ItemText("title", ["a"], [["b"]], ["c"])).replace('"c"', "3"),
    item_text(ItemText("title", ["a"], [["b"]], ["c"])).replace('["a"]', '["a"'),
    item_text(ItemText("title", ["a"], [["b"]], ["c"])) + "\nmore",
    item_text(ItemText("title", ["a"], [["b"]], ["c"])).rsplit("\n", 1)[0],
]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_item_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unreadable):
        read_item_text(text)


@given(st.text() | st.text(alphabet="[]'\"\\,: ").map(lambda t: CAREER[:20] + t + CAREER + t))
def test_any_text_is_an_item_or_none(text: str) -> None:
    with suppress(Unreadable):
        assert read_item_text(text).target
