"""The template teacher: the same reply to the same request, in any order and by any way."""

from pathlib import Path

import pytest
from llm_server import WORD

from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.template import TemplateTeacher

WORDS = [f"w{i}" for i in range(40)]


def replies(seed: int, words: list[str], concurrency: int, path: Path | None = None) -> dict:
    recording = Recording(path) if path else None
    with Engine(TemplateTeacher(seed), recording, concurrency=concurrency) as engine:
        answers = engine.in_order(lambda word: engine.ask(WORD, word), words)
        return dict(zip(words, answers, strict=True))


def test_replies_do_not_depend_on_order_concurrency_or_recording(tmp_path: Path) -> None:
    first = replies(1, WORDS, 16)
    assert replies(1, WORDS[::-1], 1) == first
    assert replies(1, WORDS[7:9], 3) == {word: first[word] for word in WORDS[7:9]}
    assert replies(1, WORDS, 2, tmp_path / "r.sqlite") == first
    assert replies(1, WORDS[::-1], 2, tmp_path / "r.sqlite") == first


def test_another_seed_gives_other_replies_under_other_keys() -> None:
    one, two = replies(1, WORDS, 4), replies(2, WORDS, 4)
    assert not {a.value for a in one.values()} & {a.value for a in two.values()}
    assert not {a.request_ids for a in one.values()} & {a.request_ids for a in two.values()}
    assert len({a.value for a in one.values()}) == 40


def test_a_reask_is_another_draw_and_an_unusable_template_is_unanswered() -> None:
    with pytest.raises(Unanswered) as caught:
        replies(1, ["never"], 1)
    assert len(set(caught.value.request_ids)) == 3 and caught.value.raw == "bad"
