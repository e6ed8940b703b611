"""A teacher in this process: a tiny model answers for real, whatever it is asked together with."""

import asyncio
import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llm_server import WORD

from hr_pipeline.cli import main
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.causal import CausalModel, Prompt, Writing, opened
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.llm.local import LocalTeacher
from hr_pipeline.llm.prices import load_prices
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.structured import schema_of
from hr_pipeline.llm.task import Task
from hr_pipeline.llm.weights import folder_of, name_of
from hr_pipeline.resources import Teacher

WORDS = [f"w{i}" * (1 + 3 * i) for i in range(8)]  # prompts of other lengths
SHORT = {"max_tokens": 12}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tiny_model import make

    folder = tmp_path_factory.mktemp("models") / "tiny"
    make(str(folder))
    yield folder
    opened.cache_clear()


def ask_all(
    folder: Path | str,
    recording: Path | None = None,
    batch: int = 8,
    task: Task[str, str] = WORD,
    words: list[str] = WORDS,
    **parameters: Any,
) -> tuple[list[Answer[str] | str], Engine]:
    """The answers, in place of each lost row its reason, and the engine that has asked."""

    async def ask(word: str) -> Answer[str] | str:
        try:
            return await engine.ask(task, word)
        except Unanswered as lost:
            return lost.reason

    teacher = LocalTeacher(str(folder), parameters=SHORT | parameters, batch=batch)
    recorded = Recording(recording) if recording else None
    with Engine(teacher, recorded, concurrency=batch, max_reasks=0) as engine:
        return list(engine.in_order(ask, words)), engine


def texts(answers: list[Answer[str] | str]) -> list[str]:
    assert all(isinstance(answer, Answer) for answer in answers), answers
    return [answer.reply.text for answer in answers if isinstance(answer, Answer)]


@pytest.mark.parametrize("parameters", [{}, {"temperature": 0.8, "top_p": 0.9, "top_k": 50}])
def test_an_answer_does_not_depend_on_what_is_asked_with_it(
    folder: Path, parameters: dict[str, Any]
) -> None:
    together, _ = ask_all(folder, batch=8, **parameters)
    alone, _ = ask_all(folder, batch=1, **parameters)
    backwards, _ = ask_all(folder, batch=3, words=WORDS[::-1], **parameters)
    assert texts(together) == texts(alone) == texts(backwards)[::-1]
    assert len(set(texts(together))) > 1


def test_requests_in_flight_are_written_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, write = [], CausalModel.write
    monkeypatch.setattr(
        CausalModel, "write", lambda self, p, halted: sizes.append(len(p)) or write(self, p, halted)
    )
    ask_all(folder, batch=4)
    assert sizes == [4, 4]


def test_temperature_draws_and_each_sample_draws_anew(folder: Path) -> None:
    greedy, _ = ask_all(folder)
    drawn, _ = ask_all(folder, temperature=1)
    assert texts(greedy) != texts(drawn)
    cold, _ = ask_all(folder, temperature=1e-6)
    assert texts(cold) == texts(greedy)

    async def three(word: str) -> list[str]:
        return [(await engine.ask(WORD, word, sample=n)).value for n in range(3)]

    teacher = LocalTeacher(str(folder), parameters={**SHORT, "temperature": 1})
    with Engine(teacher, None) as engine:
        (samples,) = engine.in_order(three, ["w"])
    assert len(set(samples)) == 3


def test_replies_are_counted_and_recorded_and_a_second_run_asks_nothing(
    folder: Path, tmp_path: Path
) -> None:
    first, engine = ask_all(folder, tmp_path / "r")
    marks = len(("<user>", "<end>", "<assistant>"))
    assert engine.counts["word/prompt_tokens"] == sum(len(f"say {w}") + marks for w in WORDS)
    assert 0 < engine.counts["word/completion_tokens"] <= 12 * len(WORDS)
    opened.cache_clear()
    again, engine = ask_all(folder, tmp_path / "r")
    assert again == first
    assert engine.counts["word/found"] == len(WORDS) and not engine.counts["word/calls"]
    assert not opened.cache_info().currsize, "nothing was to be asked, so nothing is loaded"
    with closing(Recording(tmp_path / "r")) as recording:
        assert isinstance(first[0], Answer)
        call = recording.call(first[0].request_ids[-1])
    assert call is not None
    (choice,) = json.loads(call.response)["choices"]
    assert choice["finish_reason"] == ("length" if call.completion_tokens == 12 else "stop")


def test_other_weights_in_the_same_folder_are_another_model(folder: Path, tmp_path: Path) -> None:
    from tiny_model import make

    moved = tmp_path / "other place" / "tiny"
    shutil.copytree(folder, moved)
    (moved / "README.md").write_text("notes")
    (moved / "trainer_state.json").write_text("{}")
    assert name_of(str(moved)) == name_of(str(folder))
    before, _ = ask_all(moved, tmp_path / "r")
    make(str(moved), seed=2)
    assert name_of(str(moved)) != name_of(str(folder))
    after, engine = ask_all(moved, tmp_path / "r")
    assert engine.counts["word/calls"] == len(WORDS)
    assert texts(before) != texts(after)


def test_an_adapter_is_its_base_with_changed_weights(folder: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    model = peft.get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder),
        peft.LoraConfig(
            r=4, init_lora_weights=False, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"
        ),
    )
    model.save_pretrained(tmp_path / "student")
    base, _ = ask_all(folder)
    student, engine = ask_all(tmp_path / "student")
    assert texts(base) != texts(student)
    assert engine.teacher.model.startswith("student@")


def test_a_prompt_that_is_too_long_loses_its_row_alone(folder: Path) -> None:
    answers, _ = ask_all(folder, words=["a", "b" * 1100, "c" * 1012], max_tokens=30)
    assert isinstance(answers[0], Answer) and isinstance(answers[2], Answer)
    assert answers[1] == "the prompt has 1,107 tokens, the model's context 1,024"
    assert answers[2].reply.completion_tokens <= 1024 - 1019


def test_a_model_without_a_chat_template_is_asked_in_plain_text(
    folder: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(folder, plain, ignore=shutil.ignore_patterns("*.jinja"))
    _, engine = ask_all(plain, words=["x"])
    assert engine.counts["word/prompt_tokens"] == len("User: say x\n\nAssistant:")
    model = opened(folder_of(str(plain)), name_of(str(plain)))

    def goes_on(text: str) -> tuple[str, str]:
        """What becomes of a reply that the model writes so."""
        import torch

        tokens = model.tokenizer(text, return_tensors="pt")["input_ids"]
        model.model.generate = lambda input_ids, **_: torch.cat([input_ids, tokens], dim=1)
        (made,) = model.write([Prompt("k", [1], Writing())], lambda: False)
        return made.text, json.loads(made.body)["choices"][0]["finish_reason"]

    assert goes_on("Yes\n\nUser: and now?") == ("Yes", "stop")
    assert goes_on("Yes\n\nUse") == ("Yes\n\nUse", "length")


def test_a_schema_is_ignored_and_thinking_can_be_switched_off(folder: Path, tmp_path: Path) -> None:
    with_schema = replace(WORD, schema=schema_of("word", "word", {"type": "string"}))
    answers, _ = ask_all(folder, task=with_schema)
    assert texts(answers) == texts(ask_all(folder)[0])
    thinks = tmp_path / "thinks"
    shutil.copytree(folder, thinks)
    template = (thinks / "chat_template.jinja").read_text()
    (thinks / "chat_template.jinja").write_text(template + "{% if think %}<think>{% endif %}")
    lengths = [
        ask_all(thinks, words=["x"], chat_template_kwargs=told)[1].counts["word/prompt_tokens"]
        for told in ({}, {"think": True})
    ]
    assert lengths[1] - lengths[0] == len("<think>")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("./nowhere", "there is no such folder"),
        ("", "there is no such folder"),
        ("EMPTY", "there is no model in this folder"),
        ("nobody/no-such-model", "the model cannot be fetched"),
        ("BROKEN", "the model cannot be loaded"),
    ],
)
def test_what_is_no_model_is_told_in_one_line(
    model: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    pytest.importorskip("torch")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in ("EMPTY", "BROKEN"):
        (tmp_path / name).mkdir()
    (tmp_path / "BROKEN" / "config.json").write_text("{}")
    place = str(tmp_path / model) if model.isupper() else model
    with pytest.raises(InputError, match=said) as raised:
        ask_all(place)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"logprobs": True}, "a local model takes no logprobs"),
        ({"temperature": "hot"}, "temperature is no number"),
        ({"top_p": 0}, "top_p is out of range"),
        ({"max_completion_tokens": 0}, "max_tokens is out of range"),
    ],
)
def test_parameters_that_it_does_not_know_stop_the_run(
    folder: Path, parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        ask_all(folder, **parameters)


def test_without_torch_one_line_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.cache_clear()
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"not installed.*\.\[train\]"):
        ask_all(folder)


def test_what_takes_too_long_stops_the_run(folder: Path) -> None:
    ask_all(folder)  # loaded: only the writing counts
    teacher = LocalTeacher(str(folder), parameters={"max_tokens": 900}, timeout_s=0.05)
    with Engine(teacher, None) as engine, pytest.raises(InputError, match="took over 0.05 s"):
        list(engine.in_order(lambda word: engine.ask(WORD, word), WORDS))


def test_an_error_ends_the_writing_at_once_and_the_next_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, started = CausalModel.write, threading.Event()

    def endless(self: CausalModel, prompts: Any, halted: Any) -> Any:
        started.set()
        while not halted():
            time.sleep(0.001)
        return write(self, prompts, halted)

    async def ask(word: str) -> Any:
        if word == "fails":
            while not started.is_set():
                await asyncio.sleep(0.001)
            raise ValueError(word)
        return await engine.ask(WORD, word)

    teacher, threads = LocalTeacher(str(folder), parameters=SHORT), threading.active_count()
    with Engine(teacher, None) as engine:
        monkeypatch.setattr(CausalModel, "write", endless)
        with pytest.raises(ValueError, match="fails"):
            list(engine.in_order(ask, [*WORDS, "fails"]))
        monkeypatch.setattr(CausalModel, "write", write)
        assert threading.active_count() == threads
        again = list(engine.in_order(ask, WORDS))
    assert texts(again) == texts(ask_all(folder)[0])


def test_a_plan_calibrates_with_it_for_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake, raw, reads = str(tmp_path / "lake"), tmp_path / "raw", tmp_path / "reads"
    raw.mkdir()
    shutil.copytree(folder, reads)
    settings_of_model = json.loads((reads / "config.json").read_text())
    longer = settings_of_model | {"max_position_embeddings": 16_384}
    (reads / "config.json").write_text(json.dumps(longer))
    order = ["plan", "tm_eval", "--raw", str(raw), "--lake", lake, "--calibrate", "4", "--json"]
    sizes = ("sources/careers.made_up=60", "tm_eval/items.title=20", "tm_eval/items.project=0")
    own = ("teacher.parameters={max_tokens: 4}", *sizes)
    settings = [part for setting in own for part in ("--set", setting)]
    assert main([*order, "--teacher", "local", "--model", str(reads), *settings]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["model"] == name_of(str(reads)) and plan["totals"]["dollars"] == 0
    (task,) = plan["tasks"]
    assert plan["calibration"] == task["conversations"] > 0
    assert task["questions"] + task["found"] == 20
    assert 0 < task["completion_tokens"] <= 20 * 4 and plan["limits"]["latency_s"] > 0


def test_as_a_resource_it_costs_nothing_and_names_its_weights(folder: Path, tmp_path: Path) -> None:
    teacher = Teacher(
        kind="local", model=str(folder), parameters=SHORT, concurrency=4, budget_usd=0.01
    )
    assert teacher.name == name_of(str(folder)) and not teacher.notice
    price = load_prices().of(teacher.name)
    assert price is not None and price.price.of(1e9, 1e9) == 0
    with teacher.engine(Lake(tmp_path), 1, "run") as engine:
        list(engine.in_order(lambda word: engine.ask(WORD, word), WORDS))
        assert engine.work()["dollars"] == 0 and engine.work()["word/calls"] == len(WORDS)
    with pytest.raises(InputError, match="no batch lane"):
        Teacher(kind="local", model=str(folder), lane="batch").check()
