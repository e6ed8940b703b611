"""Causal models as trainers see them: the form of a prompt, what is cut, what is published."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch").set_num_threads(1)

from hypothesis import example, given  # noqa: E402
from hypothesis import settings as of_search  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from hr_pipeline.lake.errors import InputError  # noqa: E402
from hr_pipeline.llm.causal import CausalModel, reply_all  # noqa: E402
from hr_pipeline.llm.request import Request  # noqa: E402
from hr_pipeline.llm.weights import base_of, name_of  # noqa: E402
from hr_pipeline.training.causal import lora  # noqa: E402
from hr_pipeline.training.causal import models as causal  # noqa: E402
from hr_pipeline.training.causal.tiny_causal import SIZES, tiny_causal  # noqa: E402
from hr_pipeline.training.examples import Example  # noqa: E402
from hr_pipeline.training.settings import LoraSettings  # noqa: E402
from hr_pipeline.training.tiny_tokenizer import make_tokenizer  # noqa: E402
from hr_pipeline_tests.training.small_data import training  # noqa: E402

TEXTS = [f"The {noun} of person {n} is {n * 7}." for n in range(20) for noun in ("age", "size")]
EXAMPLES = [Example(f"{n}", f"How old is person {n}?", f"{n * 7} years.") for n in range(6)]
QUICK = LoraSettings(
    steps=3, batch=2, max_prompt=64, max_answer=8, learning_rate=0.01, log_steps=1, device="cpu"
)
CHAT = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<assistant>"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return make_tokenizer(TEXTS, 300)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lora.fit(training(tmp_path_factory.mktemp("fit"), QUICK), EXAMPLES)


@pytest.mark.parametrize("template", [None, CHAT])
def test_a_prompt_has_the_form_in_which_the_engine_asks(
    template: str | None, tmp_path: Path
) -> None:
    reading = make_tokenizer(TEXTS, 300)
    reading.chat_template = template
    tiny_causal("student", TEXTS, reading, seed=1, steps=0).save_pretrained(tmp_path)
    reading.save_pretrained(tmp_path)
    model = CausalModel(tmp_path)
    asked = model.read(Request("tiny", (("user", "How old?"),)), "key").tokens
    loaded = causal.load(str(tmp_path), QUICK)
    assert causal.prompt_ids(loaded.tokenizer, "How old?", 64) == (asked, False)
    words = loaded.tokenizer.decode(asked)
    assert words == ("<user>How old?<assistant>" if template else "User: How old?\n\nAssistant:")
    row = causal.encode(loaded.tokenizer, Example("a", "How old?", "7 years."), 64)
    answer = "7 years.<|end|>" if template else " 7 years.<|end|>"
    assert loaded.tokenizer.decode(row.input_ids) == words + answer
    learnt = [label for label in row.labels if label != causal.IGNORED]
    assert loaded.tokenizer.decode(learnt) == answer
    assert row.labels == [causal.IGNORED] * len(asked) + learnt


def test_tokenizer_of_a_tiny_model_is_loaded_as_it_was_made(tokenizer: Any, fitted: Any) -> None:
    for folder in (fitted.folder, fitted.folder / "base"):
        loaded = causal.load(str(folder), QUICK).tokenizer
        made = make_tokenizer([text for one in EXAMPLES for text in (one.prompt, one.target)])
        assert loaded.get_vocab() == made.get_vocab()
        for text in ("e\u0301 \u212b  two  blanks\n\n", TEXTS[3]):
            assert loaded(text)["input_ids"] == made(text)["input_ids"]


@of_search(max_examples=40, deadline=None)
@given(st.text(max_size=200), st.integers(24, 90))
@example(":\U00010000\U00010000", 24)  # so little stays that its last quarter is no letter
def test_a_long_prompt_keeps_its_ends_and_the_form(tokenizer: Any, text: str, most: int) -> None:
    ids, cut = causal.prompt_ids(tokenizer, text, most)
    whole, _ = causal.prompt_ids(tokenizer, text, 10_000)
    assert len(ids) <= most and cut == (len(whole) > most)
    said = tokenizer.decode(ids)
    assert said.startswith("User: ") and said.endswith("\n\nAssistant:")
    kept = said.removeprefix("User: ").removesuffix("\n\nAssistant:")
    if not cut:
        assert kept == text
        return
    assert any(text.startswith(kept[:n]) and text.endswith(kept[n:]) for n in range(len(kept) + 1))


def test_of_what_is_cut_the_last_quarter_stays(tokenizer: Any) -> None:
    text = "a" * 400 + "b" * 400
    ids, cut = causal.prompt_ids(tokenizer, text, 120)
    said = tokenizer.decode(ids)
    assert cut and len(ids) == 120
    assert said.count("b") / (said.count("a") + said.count("b")) == pytest.approx(0.25, abs=0.02)
    with pytest.raises(InputError, match="form alone"):
        causal.prompt_ids(tokenizer, text, 8)


def test_an_answer_is_never_cut_and_long_ones_are_counted(tokenizer: Any) -> None:
    examples = [Example("a", "How? " * 100, "so " * 50), Example("b", "How?", "so")]
    rows = [causal.encode(tokenizer, one, 30) for one in examples]
    settings = replace(QUICK, max_prompt=30)
    facts = causal.counts(rows, settings)
    assert tokenizer.decode(rows[0].input_ids).endswith("Assistant: " + "so " * 50 + "<|end|>")
    assert (facts["rows"], facts["prompts_cut"], facts["answers_over_max_answer"]) == (2, 1, 1)
    assert facts["tokens"] == sum(len(row.input_ids) for row in rows)


def test_answers_come_in_the_order_of_prompts_and_as_the_engine_writes_them(fitted: Any) -> None:
    prompts = [one.prompt * (1 + n % 3) for n, one in enumerate(EXAMPLES[:5])]
    said = fitted.predict(prompts)
    assert said == [fitted.predict([prompt])[0] for prompt in prompts]
    model = CausalModel(fitted.folder)
    limits = (("max_tokens", QUICK.max_answer),)
    asked = [(Request("tiny", (("user", one),), limits), one) for one in prompts]
    replies = reply_all(model, asked, lambda: False, 60)
    assert [getattr(reply, "text", reply) for reply in replies] == said


def test_an_adapter_finds_its_base_wherever_it_is_moved(
    fitted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(fitted.folder, moved)
    monkeypatch.chdir(tmp_path)
    assert base_of(moved) == str(moved / "base")
    assert name_of(str(moved)).split("@")[1] == name_of(str(fitted.folder)).split("@")[1]
    prompts = [one.prompt for one in EXAMPLES]
    assert causal.answer_all(causal.load(str(moved), QUICK), prompts, QUICK) == fitted.predict(
        prompts
    )


def test_published_files_name_no_place_of_this_machine(fitted: Any) -> None:
    files = [path for path in fitted.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    workspace = str(fitted.folder.parent).encode()
    assert not [path for path in files if workspace in path.read_bytes()]


def test_an_adapter_on_a_folder_names_that_folder(fitted: Any, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(fitted.folder / "base", whole)
    here = training(tmp_path / "work", replace(QUICK, model=str(whole)))
    here.workspace.mkdir()
    again = lora.fit(here, EXAMPLES)
    assert base_of(again.folder) == str(whole) and not (again.folder / "base").exists()
    with pytest.raises(InputError, match="merge it"):
        lora.open_base(training(tmp_path, replace(QUICK, model=str(again.folder))), EXAMPLES)


def test_weights_that_can_hold_code_are_refused(fitted: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    shutil.copytree(fitted.folder / "base", tmp_path / "base")
    (tmp_path / "base" / "model.safetensors").unlink()
    torch.save({}, tmp_path / "base" / "pytorch_model.bin")
    with pytest.raises(InputError, match="not safetensors"):
        causal.load(str(tmp_path / "base"), QUICK)


def test_a_target_that_the_model_lacks_is_told(fitted: Any) -> None:
    base = causal.load(str(fitted.folder / "base"), QUICK)
    with pytest.raises(InputError, match="targets"):
        causal.low_rank(base.model, replace(QUICK, targets="query,key"), 1)


def test_heads_of_the_two_sizes_differ_and_hold_the_tokenizer(tokenizer: Any) -> None:
    teacher, student = (
        tiny_causal(size, TEXTS, tokenizer, seed=1, steps=0) for size in ("teacher", "student")
    )
    assert teacher.config.vocab_size - student.config.vocab_size == 64
    assert student.config.vocab_size > len(tokenizer)
    assert SIZES["teacher"][0] > SIZES["student"][0]


def test_a_tiny_base_is_the_same_for_a_seed_and_reads_what_it_was_shown(tokenizer: Any) -> None:
    torch = pytest.importorskip("torch")
    ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
    made = [tiny_causal("student", TEXTS, tokenizer, seed, 12) for seed in (1, 1, 2)]
    one, same, other = (model.state_dict()["model.embed_tokens.weight"] for model in made)
    assert torch.equal(one, same) and not torch.equal(one, other)
    fresh = tiny_causal("student", TEXTS, tokenizer, 1, 0)
    assert made[0](input_ids=ids, labels=ids).loss < 0.8 * fresh(input_ids=ids, labels=ids).loss
