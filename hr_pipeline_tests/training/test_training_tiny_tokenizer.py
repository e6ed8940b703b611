"""The tokenizer of models made from scratch."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from hr_pipeline.training.tiny_tokenizer import END, LEAST, PADDING, make_tokenizer

TEXTS = [
    f"Skills: Java, SQL and C++ for {years} years\n- Übung macht den Meister" for years in "123"
]
TOKENIZER = make_tokenizer(TEXTS, 400)


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text


def test_marks_have_fixed_ids_and_are_never_added() -> None:
    assert (TOKENIZER.pad_token_id, TOKENIZER.eos_token_id) == (0, 1)
    assert TOKENIZER.bos_token_id is None
    assert not {0, 1} & set(TOKENIZER("Java")["input_ids"])
    with_marks = TOKENIZER("Java")["input_ids"] + [1, 0, 0]
    assert TOKENIZER.decode(with_marks, skip_special_tokens=True) == "Java"
    assert TOKENIZER.decode(with_marks) == f"Java{END}{PADDING}{PADDING}"


def test_frequent_words_become_single_tokens_within_the_size() -> None:
    assert len(TOKENIZER) <= 400
    assert len(TOKENIZER(" Skills")["input_ids"]) < len(" Skills")
    assert len(make_tokenizer(TEXTS, 1)) == LEAST == len(make_tokenizer([]))


def test_order_of_texts_does_not_matter_and_files_bring_it_back(tmp_path: Path) -> None:
    make_tokenizer(reversed(TEXTS), 400).save_pretrained(tmp_path / "a")
    TOKENIZER.save_pretrained(tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    again = AutoTokenizer.from_pretrained(tmp_path / "a")
    text = "  Java ,  SQL .\n\nnicht n't"
    assert again(text)["input_ids"] == TOKENIZER(text)["input_ids"]
    assert again.decode(again(text)["input_ids"]) == text
