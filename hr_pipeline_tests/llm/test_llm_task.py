"""Prompt files: loaded as they are, hashed by their text."""

import sys
from pathlib import Path

import pytest

from hr_pipeline.llm.task import Prompt, load_prompt


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one prompt file."""
    prompts = tmp_path / "a_room" / "prompts"
    prompts.mkdir(parents=True)
    (tmp_path / "a_room" / "__init__.py").touch()
    (prompts / "ask.md").write_text("Say é to $name.\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    load_prompt.cache_clear()
    yield prompts
    load_prompt.cache_clear()
    sys.modules.pop("a_room", None)


def test_the_hash_changes_with_the_text_and_with_nothing_else(room: Path) -> None:
    first = load_prompt("a_room", "ask")
    assert first.text == "Say é to $name." and len(first.hash) == 12
    (room / "other.md").write_text("\nSay é to $name.  \n", encoding="utf-8")
    assert load_prompt("a_room", "other").hash == first.hash
    (room / "third.md").write_text("Say e to $name.\n", encoding="utf-8")
    assert load_prompt("a_room", "third").hash != first.hash


def test_a_prompt_that_does_not_exist_is_an_error(room: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_prompt("a_room", "nothing")


def test_rendering_puts_values_in_as_they_are_and_misses_no_field() -> None:
    prompt = Prompt("p", "$a and ${b}", "h")
    assert prompt.render({"a": "$b {x} %s", "b": "\\1"}) == "$b {x} %s and \\1"
    with pytest.raises(KeyError, match="b"):
        prompt.render({"a": "x"})
