"""What a judge is asked, how its replies are read, and what the template judge says."""

import json
import math
from contextlib import suppress
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.task import ReplyError
from hr_pipeline.quality.judges.questions import (
    CRITERIA,
    JudgeQuestion,
    expected_score,
    parse_score,
)
from hr_pipeline.quality.judges.template import defects
from hr_pipeline_tests.quality.judged import CONTEXT, JOB_DESCRIPTION, RESUME

QUESTION = JudgeQuestion("job_description", JOB_DESCRIPTION, CONTEXT)
SAID = {
    "4": 4,
    " 4 ": 4,
    "4.": 4,
    "**4**": 4,
    "4/5": 4,
    "5/5": 5,
    "4.5": 4.5,
    "Score: 3": 3,
    "4 out of 5": 4,
    "On a scale of 1 to 5, this is a 2.": 2,
    "Scale 1-5. Rating: 3/5": 3,
    "I found 2 slips and 7 skills.\nScore: 4": 4,
    "The final rating would be **3**, for 2 reasons.": 3,
    '{"score": 5}': 5,
    '```json\n{"score": 2}\n```': 2,
    '{"score": "4/5"}': 4,
    "\ufeff1": 1,
}
NOT_SAID = [
    *("", "good", "0", "6", "10", "-", "4, perhaps 3", "Between 3 and 4.", "40%", "1 to 5"),
    *('{"score": 9}', '{"score": null}', '{"score": [3, 4]}', '{"score": 4', "3 4", "12/5"),
]


@pytest.mark.parametrize(("reply", "score"), SAID.items())
def test_a_score_is_read_however_it_is_written(reply: str, score: float) -> None:
    assert parse_score(reply, QUESTION) == score


@pytest.mark.parametrize("reply", NOT_SAID)
def test_what_is_no_single_score_is_asked_again(reply: str) -> None:
    with pytest.raises(ReplyError, match="Reply with one number|complete and valid"):
        parse_score(reply, QUESTION)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_reply_gives_a_score_of_the_scale_or_is_asked_again(reply: str) -> None:
    with suppress(ReplyError):
        assert 1 <= parse_score(reply, QUESTION) <= 5


# -- token probabilities -----------------------------------------------------------------------


def completion(*tokens: tuple[str, dict[str, float]]) -> bytes:
    """A chat completion of these tokens, each with its alternatives by probability."""
    content = [
        {
            "token": text,
            "logprob": math.log(alternatives.get(text, 0.5)),
            "top_logprobs": [
                {"token": other, "logprob": math.log(p)} for other, p in alternatives.items()
            ],
        }
        for text, alternatives in tokens
    ]
    message = {"content": "".join(text for text, _ in tokens)}
    return json.dumps(
        {"choices": [{"message": message, "logprobs": {"content": content}}]}
    ).encode()


def test_the_score_is_weighted_where_it_stands_and_by_scores_alone() -> None:
    body = completion(
        ('{"score": ', {'{"score": ': 1.0}), ("4", {"4": 0.6, "5": 0.2, "seven": 0.1, "9": 0.1})
    )
    assert expected_score(body, 4) == pytest.approx((4 * 0.6 + 5 * 0.2) / 0.8)
    spaced = completion((" 2", {" 2": 0.5, "2": 0.25, "1": 0.25}), ("/5", {"/5": 1.0}))
    assert expected_score(spaced, 2) == pytest.approx(1.75)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"choices": [{"message": {"content": "4"}}]}',
        b'{"choices": [{"message": {"content": "4"}, "logprobs": null}]}',
        b'{"choices": [{"message": {"content": "4"}, "logprobs": {"content": null}}]}',
        b'{"choices": [{"logprobs": {"content": [{"token": "4"}]}}]}',
        completion(("four", {"four": 1.0})),
    ],
)
def test_a_reply_that_tells_no_probabilities_has_no_expected_score(body: bytes) -> None:
    assert expected_score(body, 4) is None


# -- the questions and the template ------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "text", "facts"),
    [
        ("job_description", JOB_DESCRIPTION, ("4 years as Pastry cook", "- sugar work")),
        ("resume_matched", RESUME, ("Pastry cook (2019 - 2023)", "- sugar work")),
    ],
)
def test_a_question_holds_the_document_and_what_it_was_written_from(
    document: str, text: str, facts: tuple[str, ...]
) -> None:
    for task in CRITERIA.values():
        rendered = task.prompt.render(task.fields(JudgeQuestion(document, text, CONTEXT)))
        for fact in (text, *facts):
            assert fact in rendered


def scores(criterion: str, question: JudgeQuestion) -> list[float]:
    """What the template judge says, over many draws; what cannot be read is left out."""
    task, found = CRITERIA[criterion], []
    for n in range(200):
        try:
            found.append(task.parse(task.template(question, rng(1, "test", n)), question))
        except ReplyError:
            continue
    assert 180 <= len(found) < 200  # a few replies are broken, as a model's are
    return found


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_template_judge_takes_points_off_for_what_is_wrong(criterion: str) -> None:
    def judged(*change: str) -> float:
        text = JOB_DESCRIPTION.replace(*change) if change else JOB_DESCRIPTION
        return mean(scores(criterion, JudgeQuestion("job_description", text, CONTEXT)))

    sound = judged()
    assert sound > 4.8
    assert judged("sugar work", "welding") < sound - 0.7
    assert judged("4 years", "9 years") < sound - 0.7
    assert judged("Pastry cook", "Roofer") < sound - 1.2
    assert judged(JOB_DESCRIPTION, "Nothing of it.") < 2


def test_defects_are_those_of_the_facts_not_of_the_address() -> None:
    def found(text: str) -> dict[str, Any]:
        return dict(defects("resume_matched", text, CONTEXT))

    assert found(RESUME) == {}
    assert found(RESUME.replace("example.com", "mail.com").replace("Zoé", "Max")) == {}
    assert found(RESUME.replace("- sugar work\n", "")) == {"skill": 1}
    assert found(RESUME.replace("2019 - 2023", "2011 - 2012")) == {"experience": 1}
