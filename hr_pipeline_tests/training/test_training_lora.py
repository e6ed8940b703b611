"""Fine-tuning by low-rank changes: what its loss is of, and that a rerun gives the same bits."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

from hr_pipeline.cli import main  # noqa: E402
from hr_pipeline.lake.models import ModelStore  # noqa: E402
from hr_pipeline.training.causal import lora  # noqa: E402
from hr_pipeline.training.causal.models import IGNORED, Encoded, encode  # noqa: E402
from hr_pipeline.training.causal.tiny_causal import tiny_causal  # noqa: E402
from hr_pipeline.training.examples import Example  # noqa: E402
from hr_pipeline.training.fitting import Fitted  # noqa: E402
from hr_pipeline.training.reporting import Reporter  # noqa: E402
from hr_pipeline.training.settings import LoraSettings  # noqa: E402
from hr_pipeline.training.tiny_tokenizer import make_tokenizer  # noqa: E402
from hr_pipeline_tests.training.small_data import training  # noqa: E402
from hr_pipeline_tests.training.small_lake import pair, put, small_lake  # noqa: E402

# Prompts and answers of unequal length, so that a mean of means would not be the mean.
EXAMPLES = [
    Example(f"{n}", f"Count to {n}! " + "Slowly. " * (n % 3), "again " * (1 + n % 5))
    for n in range(8)
]
QUICK = LoraSettings(
    steps=4, batch=8, max_prompt=48, max_answer=16, learning_rate=0.01, log_steps=1, device="cpu"
)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> LoraSettings:
    """On a base of random weights."""
    folder = tmp_path_factory.mktemp("base")
    texts = [text for one in EXAMPLES for text in (one.prompt, one.target)]
    tokenizer = make_tokenizer(texts, 300)
    tiny_causal("student", texts, tokenizer, seed=1, steps=0).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return replace(QUICK, model=str(folder))


def trainer_of(folder: Path, settings: LoraSettings) -> tuple[Any, list[Encoded]]:
    """A trainer before its first step, and its rows; no change of low rank is zero."""
    folder.mkdir(parents=True, exist_ok=True)
    here = training(folder, settings)
    base = lora.open_base(here, EXAMPLES)
    rows = [encode(base.tokenizer, one, settings.max_prompt) for one in EXAMPLES]
    trainer = lora.lora_trainer(here, base, rows, lora.sft_arguments(here))
    trainer.begin(here)
    torch.manual_seed(7)
    with torch.no_grad():
        for tensor in trainer.model.parameters():
            if tensor.requires_grad:
                tensor.normal_(0, 0.05)
    return trainer, rows


def loss_and_gradients(trainer: Any) -> tuple[float, dict[str, Any]]:
    """Of one pass over all rows, as a step takes them."""
    batches = list(trainer.get_train_dataloader())
    answers = torch.stack([(batch["labels"] != IGNORED).sum() for batch in batches]).sum()
    trainer.model.zero_grad()
    total = 0.0
    for batch in batches:
        loss = trainer.compute_loss(trainer.model, batch, num_items_in_batch=answers)
        loss.backward()
        total += float(loss.detach())
    named = trainer.model.named_parameters()
    return total, {name: t.grad.clone() for name, t in named if t.requires_grad}


def reference(trainer: Any, rows: Sequence[Encoded]) -> tuple[float, dict[str, Any]]:
    """The same in float64, each row alone and without padding, from its logits: the mean of -log p
    of the answers' tokens, end marks among them."""
    model = trainer.model.double()
    model.zero_grad()
    sums, tokens = torch.zeros((), dtype=torch.float64), 0
    for row in rows:
        logits = model(input_ids=torch.tensor([row.input_ids])).logits[0]
        first = next(n for n, label in enumerate(row.labels) if label != IGNORED)
        for place in range(first, len(row.labels)):
            sums = sums - logits[place - 1].log_softmax(-1)[row.input_ids[place]]
            tokens += 1
    (sums / tokens).backward()
    named = model.named_parameters()
    return float(sums.detach()) / tokens, {n: t.grad for n, t in named if t.requires_grad}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"batch": 2},
        {"gradient_checkpointing": True},
        {"packing": True},
        {"packing": True, "batch": 2, "max_prompt": 96, "max_answer": 32},
    ],
)
def test_the_loss_is_of_answers_alone_as_float64_has_it(
    more: dict[str, Any], quick: LoraSettings, tmp_path: Path
) -> None:
    trainer, rows = trainer_of(tmp_path, replace(quick, **more))
    loss, gradients = loss_and_gradients(trainer)
    wanted, exact = reference(trainer, rows)
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert gradients.keys() == exact.keys()
    for name, gradient in gradients.items():
        far = (gradient - exact[name]).norm() / exact[name].norm()
        assert far < 1e-5, name


def test_packing_puts_several_rows_into_one_and_loses_none(
    quick: LoraSettings, tmp_path: Path
) -> None:
    trainer, rows = trainer_of(tmp_path, replace(quick, packing=True, batch=1))
    packed = trainer.train_dataset
    assert 1 < len(packed) < len(rows)
    assert sorted(n for lengths in packed["seq_lengths"] for n in lengths) == sorted(
        len(row.input_ids) for row in rows
    )
    longest = QUICK.max_prompt + QUICK.max_answer
    assert max(map(len, packed["input_ids"])) <= longest


def curve(fitted: Fitted) -> list[list[float]]:
    return [[point["loss"], point["grad_norm"]] for point in fitted.curve]


def test_two_batches_of_four_are_one_of_eight(quick: LoraSettings, tmp_path: Path) -> None:
    found = []
    for name, batch, accumulation in (("one", 8, 1), ("two", 4, 2)):
        (tmp_path / name).mkdir()
        settings = replace(quick, batch=batch, accumulation=accumulation)
        here = replace(training(tmp_path / name, settings), report=Reporter())
        found.append(curve(lora.fit(here, EXAMPLES)))
    assert len(found[0]) == QUICK.steps
    for one, two in zip(*found, strict=True):
        assert one == pytest.approx(two, rel=1e-3)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_rerun_and_one_that_goes_on_give_the_same_bits(
    quick: LoraSettings, tmp_path: Path
) -> None:
    settings = replace(quick, lora_dropout=0.1, checkpoint_steps=2, batch=2)
    made = {}
    for name, seed in (("one", 1), ("same", 1), ("goes on", 1), ("other", 2)):
        here = training(tmp_path / name, settings, seed)
        here.workspace.mkdir()
        if name == "goes on":
            half = Path("checkpoints", "checkpoint-2")
            shutil.copytree(tmp_path / "one" / half, here.workspace / half)
        fitted = lora.fit(here, EXAMPLES)
        assert not fitted.still and not fitted.disturbed
        made[name] = files(fitted.folder)
    assert made["one"] == made["same"] == made["goes on"]
    adapter = "adapter_model.safetensors"
    assert made["one"][adapter] != made["other"][adapter]


def test_changes_of_low_rank_are_float32_and_the_base_is_frozen(
    quick: LoraSettings, tmp_path: Path
) -> None:
    trainer, _ = trainer_of(tmp_path, replace(quick, rank=3, targets="q_proj, v_proj"))
    learnt = {n: t for n, t in trainer.model.named_parameters() if t.requires_grad}
    assert {name.split(".")[-4] for name in learnt} == {"q_proj", "v_proj"}
    assert {tensor.dtype for tensor in learnt.values()} == {torch.float32}
    assert {min(tensor.shape) for tensor in learnt.values()} == {3}


FEW = ("--profile", "tiny", "--set", "steps=2", "--set", "batch=2", "--set", "device=cpu")


def test_train_teacher_publishes_an_adapter_and_what_it_is_worth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = small_lake(tmp_path, pairs=8, items=1)
    put(lake, "jaqa/pairs", [*lake.rows("jaqa/pairs"), pair(8, "dev"), pair(9, "dev")])
    few = (*FEW, "--set", "max_answer=8", "--set", "train_rows=4")
    assert main(["train", "teacher", "--lake", str(lake.root), *few]) == 0
    build = ModelStore(lake).require("teacher")
    facts = build.facts
    assert (facts["rows_of_train_split"], facts["rows_not_drawn"], facts["rows"]) == (6, 2, 4)
    assert facts["dev_rows_asked"] == 2 and facts["dev_nats_an_answer"] > 0
    assert not facts["tensors_that_did_not_move"] and not facts["frozen_tensors_that_moved"]
    assert {row["task"] for row in build.metrics} >= {"APIs of a job"}
    assert "dev loss" in capsys.readouterr().err


def test_a_train_split_without_rows_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = small_lake(tmp_path, pairs=1, items=1)
    put(lake, "jaqa/pairs", [pair(n, "test") for n in range(3)])
    assert main(["train", "teacher", "--lake", str(lake.root), *FEW]) == 2
    assert "the train split is empty" in capsys.readouterr().err
    assert ModelStore(lake).current("teacher") is None
