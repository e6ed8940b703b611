"""Likelihoods of answers equal those of whole logits in float64, whatever is asked together."""

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

from hr_pipeline.training.causal import likelihood  # noqa: E402
from hr_pipeline.training.causal.likelihood import likelihoods, log_likelihoods  # noqa: E402
from hr_pipeline.training.causal.models import Causal, encode  # noqa: E402
from hr_pipeline.training.causal.tiny_causal import tiny_causal  # noqa: E402
from hr_pipeline.training.examples import Example  # noqa: E402
from hr_pipeline.training.settings import LoraSettings  # noqa: E402
from hr_pipeline.training.tiny_tokenizer import make_tokenizer  # noqa: E402

VOCABULARY = 60
PROMPTS = [[5, 9, 2], [7], [3, 3, 8, 1, 40, 11, 2, 9], [12, 50], [4, 4, 4, 4]]
ANSWERS = [[10], [11], [10, 30, 2], [10, 30, 5], [59, 1]]


def made(seed: int = 0) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
        initializer_range=0.3,
    )  # fmt: skip
    return Qwen2ForCausalLM(config).eval()


def by_hand(model: Any, prompt: list[int], answer: list[int]) -> float:
    """Each token's own pass over all that stands before it, in float64, without padding."""
    total, before = 0.0, list(prompt)
    for token in answer:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([before])).logits[0, -1].double()
        total += float(logits[token] - torch.logsumexp(logits, 0))
        before.append(token)
    return total


def test_equal_to_float64_by_hand() -> None:
    model = made()
    found = log_likelihoods(model, PROMPTS, ANSWERS, batch=2)
    exact = made().double()
    for prompt, told in zip(PROMPTS, found, strict=True):
        wanted = [by_hand(exact, prompt, answer) for answer in ANSWERS]
        assert told == pytest.approx(wanted, abs=1e-5)


def test_what_is_asked_together_does_not_matter() -> None:
    model = made()
    whole = log_likelihoods(model, PROMPTS, ANSWERS, batch=len(PROMPTS))
    alone = [log_likelihoods(model, [p], [a], batch=1)[0][0] for p in PROMPTS for a in ANSWERS]
    assert [value for row in whole for value in row] == pytest.approx(alone, abs=1e-5)


def test_probabilities_of_all_tokens_add_up() -> None:
    every = [[token] for token in range(VOCABULARY)]
    (told,) = log_likelihoods(made(), [[5, 6]], every, batch=1)
    assert math.fsum(map(math.exp, told)) == pytest.approx(1, abs=1e-5)


def test_labels_of_one_token_cost_one_pass_and_no_logits_of_the_prompt() -> None:
    model, shapes = made(), list[tuple[int, ...]]()
    model.lm_head.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    log_likelihoods(model, PROMPTS, [[10], [11]], batch=8)
    assert shapes == [(len(PROMPTS), 1, VOCABULARY)]


def test_half_precision_makes_no_ties(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two labels whose logits are equal in bfloat16, and are not: the head decides in float32, in
    parts of the vocabulary, with its bias."""
    monkeypatch.setattr(likelihood, "_HEAD_ROWS", 16)
    model = made().to(torch.bfloat16)
    with torch.no_grad():
        model.lm_head.bias = torch.nn.Parameter(torch.zeros(VOCABULARY, dtype=torch.bfloat16))
        model.lm_head.bias[10:12] = 8.0
        model.lm_head.weight[11] = model.lm_head.weight[10]
        model.lm_head.weight[11, 0] += 0.03
        shown = model(input_ids=torch.tensor([PROMPTS[0]])).logits[0, -1]
        hidden = model.model(input_ids=torch.tensor([PROMPTS[0]])).last_hidden_state[0, -1]
        wanted = torch.log_softmax(
            model.lm_head.weight.double() @ hidden.double() + model.lm_head.bias.double(), 0
        )
    (told,) = log_likelihoods(model, PROMPTS[:1], [[10], [11], [3]], batch=1)
    assert shown[10] == shown[11]
    assert told == pytest.approx(wanted[[10, 11, 3]].tolist(), abs=1e-5)
    assert told[0] != told[1]


def test_a_model_in_training_is_asked_without_dropout_and_goes_on_training() -> None:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    model = made()
    quiet = log_likelihoods(model, PROMPTS, ANSWERS, batch=2)
    config = Qwen2Config(**model.config.to_dict() | {"attention_dropout": 0.5})
    noisy = Qwen2ForCausalLM(config)
    noisy.load_state_dict(model.state_dict())
    noisy.train()
    assert log_likelihoods(noisy, PROMPTS, ANSWERS, batch=2) == quiet
    assert noisy.training


def test_through_an_adapter() -> None:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=2, init_lora_weights=False, target_modules="all-linear")
    model = get_peft_model(made(), config)
    told = log_likelihoods(model, PROMPTS, ANSWERS, batch=3)
    merged = model.merge_and_unload()
    assert told[0] == pytest.approx(log_likelihoods(merged, PROMPTS, ANSWERS, 3)[0], abs=1e-4)


def test_answers_are_worded_as_they_are_trained_on() -> None:
    """The sum of what training would minimise, but for the end mark, for a prompt that is cut
    too."""
    texts = ["Is this likely to come next?", "Yes", "No", "These APIs are needed: a, b."]
    tokenizer = make_tokenizer(texts, 300)
    causal = Causal(tiny_causal("student", texts, tokenizer, seed=1, steps=0), tokenizer)
    settings = LoraSettings(max_prompt=30, batch=2)
    prompts, answers = [texts[0], texts[0] * 9], ["Yes", texts[3]]
    found = likelihoods(causal, settings, prompts, answers)
    for prompt, told in zip(prompts, found, strict=True):
        for answer, value in zip(answers, told, strict=True):
            row = encode(tokenizer, Example("", prompt, answer), settings.max_prompt)
            with torch.no_grad():
                logits = causal.model(input_ids=torch.tensor([row.input_ids])).logits[0]
            before = logits[:-1].log_softmax(-1)
            learnt = [(at, one) for at, one in enumerate(row.labels[1:]) if one >= 0][:-1]
            assert value == pytest.approx(
                sum(float(before[at, one]) for at, one in learnt), abs=1e-4
            )
