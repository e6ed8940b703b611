"""Yes and No as models say it; what is neither is not guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.rng import rng
from hr_pipeline.tm_eval.questions import JUDGE_NEXT, ItemQuestion
from hr_pipeline.tm_eval.replies import said_in

YES = [
    *("Yes", "yes.", "YES!", "**Yes**", "'Yes'", "- Yes", "### Yes", " Yes</s>"),
    *("Answer: Yes", "**Answer:** Yes", "Answer: **Yes**", "The answer is: Yes."),
    *("Final answer: \\boxed{Yes}", "\\boxed{Yes}", 'So the answer is "Yes".'),
    *(
        '{"result": "Yes"}',
        '```json\n{"result": "Yes"}\n```',
        "“result”: “Yes”",
        '{"answer": true}',
    ),
    *("<think>No, no.</think>\n\nYes", "rather no ...</think>Yes", "<thinking>no</thinking> Yes"),
    *("Yes, since no job is like it", "Yes the user is likely", "I would say yes"),
    "Yes\n\nExplanation: nothing speaks against it, there is no doubt.",
    *('Reply "Yes" or "No": Yes', "It is not certain, but yes"),
]
NO = [
    *("No", "No.", "no\nfor yes-men only", "No, the user", "No the user is not", "1. No"),
    *("<think>yes</think>No", '{"result": "No", "why": "yes"}', "I believe the answer is no."),
]
NEITHER = [
    *("", "Maybe", "I can't say yes or no", "Yes or No", "Yes/No", "Yes... but no", "yesterday"),
    *("No doubt they will take it", "No idea", "It is not likely", "Norway", '{"result": "maybe"}'),
    *("<think>Yes, it", "Answer: Yes\nAnswer: No", "The answer is no longer clear"),
    'Is it likely? Reply "Yes" or "No".',
    *("The answer is not yes", "I would not say yes.", "It isn't a no"),
]


@pytest.mark.parametrize(
    ("reply", "said"),
    [*((r, True) for r in YES), *((r, False) for r in NO), *((r, None) for r in NEITHER)],
)
def test_replies(reply: str, said: bool | None) -> None:
    assert said_in(reply) is said


SIGNS = st.text(alphabet=" \n.*_`\"'#-", max_size=6)


@given(SIGNS, st.booleans(), SIGNS)
def test_one_word_among_signs_is_read(before: str, yes: bool, after: str) -> None:
    assert said_in(before + ("Yes" if yes else "no") + after) is yes


@given(st.text(), st.booleans())
def test_thoughts_do_not_count(thoughts: str, yes: bool) -> None:
    word = "Yes" if yes else "No"
    assert said_in(f"<think>{thoughts}</think>\n{word}") is yes


@given(st.text())
def test_any_reply_is_read_without_an_error(reply: str) -> None:
    assert said_in(reply) in (True, False, None)


@given(st.text(alphabet="abcdefgh ,.\n"))
def test_a_reply_without_either_word_says_neither(reply: str) -> None:
    assert said_in(reply) is None


def test_the_template_answers_by_what_was_there_before_now_and_then_unclearly() -> None:
    near = ItemQuestion("x", "title", ("developer",), (("os",),), ("senior developer",))
    far = ItemQuestion("x", "project", ("developer",), (("os",),), ("numpy", "pandas"))
    said = {
        question: [
            said_in(JUDGE_NEXT.template(question, rng(1, "test", number))) for number in range(400)
        ]
        for question in (near, far)
    }
    assert 0.7 < said[near].count(True) / 400 < 0.9
    assert 0.7 < said[far].count(False) / 400 < 0.9
    assert 0 < said[near].count(None) < 25
