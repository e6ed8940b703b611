"""A whole step of the distillation against plain autograd of its definition, in float64."""

import copy
from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from peft import LoraConfig, get_peft_model  # noqa: E402
from peft.helpers import disable_input_dtype_casting  # noqa: E402
from torch.nn import functional  # noqa: E402
from transformers import Qwen2Config, Qwen2ForCausalLM  # noqa: E402

from hr_pipeline.lake.errors import InputError  # noqa: E402
from hr_pipeline.training.distillation.distiller import Counts, Distiller  # noqa: E402
from hr_pipeline.training.distillation.taps import layers_of, outputs_of  # noqa: E402
from hr_pipeline.training.settings import DistillationSettings, settings_of  # noqa: E402

torch.set_num_threads(1)
TEACHER = {"hidden_size": 48, "num_hidden_layers": 4, "vocab_size": 90}
STUDENT = {"hidden_size": 32, "num_hidden_layers": 3, "vocab_size": 80}
LENGTH = 24  # the most tokens of an example
EXACT = 1e-5


def model(seed: int, **sizes: Any) -> Any:
    torch.manual_seed(seed)
    width = sizes["hidden_size"]
    config = Qwen2Config(
        **sizes,
        intermediate_size=2 * width,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=64,
        initializer_range=0.2,
        tie_word_embeddings=True,
    )
    return Qwen2ForCausalLM(config)


def student(seed: int = 1, **sizes: Any) -> Any:
    """LoRA whose second matrices are not zero, so that every tensor has a gradient."""
    config = LoraConfig(r=2, lora_alpha=4, target_modules="all-linear", task_type="CAUSAL_LM")
    made = get_peft_model(model(seed, **(STUDENT | sizes)), config)
    for name, tensor in made.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(tensor, std=0.1)
    return made.train()


def distiller(ids: int = 77, sizes: dict[str, Any] | None = None, **settings: Any) -> Distiller:
    sizes = sizes or {}
    made = Distiller(
        student(**sizes),
        model(2, **TEACHER),
        replace(DistillationSettings(chunk=7), **settings),
        ids=ids,
        length=LENGTH,
        seed=5,
    )
    return made.train()


def batch(rows: int = 4) -> dict[str, Any]:
    """Prompts of six to nine tokens, answers of two to eight, padding at the right."""
    draws = torch.Generator().manual_seed(rows)
    ids = torch.randint(0, 77, (rows, 17), generator=draws)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row in range(rows):
        prompt, answer = 6 + row % 4, 2 + (3 * row) % 7
        mask[row, : prompt + answer] = 1
        labels[row, prompt : prompt + answer] = ids[row, prompt : prompt + answer]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def gradients(module: Any) -> dict[str, Any]:
    return {n: p.grad for n, p in module.named_parameters() if p.requires_grad}


def everything(made: Any, inputs: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Logits and the output of each block, whole, without any of our hooks or chunks."""
    base = made.get_base_model() if hasattr(made, "get_base_model") else made
    blocks: list[Any] = []
    final = base.model.norm.register_forward_pre_hook(lambda _, given: blocks.append(given[0]))
    told = base(**inputs, output_hidden_states=True, use_cache=False)
    final.remove()
    return told.logits, [*told.hidden_states[1:-1], *blocks]


def defined(made: Distiller, given: dict[str, Any]) -> dict[str, Any]:
    """The loss as written down: a loop over the positions that count, one at a time."""
    s, tau = made.settings, made.settings.tau
    inputs = {name: given[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        theirs, wanted = everything(made.teacher, inputs)
    ours, found = everything(made.student, inputs)
    nll, kd, hid, answers, positions = [], [], [], 0, 0
    for row, mask in enumerate(given["attention_mask"]):
        for place in range(int(mask.sum())):
            target = given["labels"][row, place + 1] if place + 1 < len(mask) else -100
            positions += 1
            if target != -100:
                answers += 1
                nll.append(functional.cross_entropy(ours[row, place], target))
                p, q = padded(theirs[row, place], ours[row, place], made)
                kd.append((p * (p / q).log()).sum() * tau**2)
            if s.faithful or target != -100:
                for n, adapter in enumerate(made.adapters):
                    p = torch.softmax(wanted[n][row, place] / tau, -1)
                    q = torch.softmax(adapter @ found[n][row, place] / tau, -1)
                    hid.append((p * (p / q).log()).sum())
    examples = len(given["labels"])
    if s.faithful:
        terms = sum(nll) / examples, sum(kd) / LENGTH / examples, sum(hid) / positions / 3
    else:
        terms = sum(nll) / answers, sum(kd) / answers, sum(hid) / answers / 3
    told = dict(zip(("nll", "kd", "hid"), terms, strict=True))
    return told | {"loss": told["nll"] + s.alpha * told["kd"] + s.beta * told["hid"]}


def padded(theirs: Any, ours: Any, made: Distiller) -> tuple[Any, Any]:
    """Distributions of one position: cut to the ids that both have, or zeros for missing ones."""
    if made.settings.faithful:
        size = max(len(theirs), len(ours))
        both = [torch.cat([one, one.new_zeros(size - len(one))]) for one in (theirs, ours)]
    else:
        both = [one[: min(len(theirs), len(ours), made.ids)] for one in (theirs, ours)]
    p, q = (torch.softmax(one / made.settings.tau, -1) for one in both)
    return p, q


def in_double(made: Distiller) -> Distiller:
    exact = copy.deepcopy(made).double()
    exact._outside = (copy.deepcopy(made.teacher).double(),)
    return exact


CASES: dict[str, dict[str, Any]] = {
    "paper's weights": {},
    "no temperature": {"tau": 1.0},
    "without features": {"beta": 0.0},
    "without logits": {"alpha": 0.0},
    "without a teacher": {"alpha": 0.0, "beta": 0.0},
    "faithful": {"faithful": True},
    "student has more ids": {"sizes": {"vocab_size": 99}},
    "student has more ids, faithful": {"sizes": {"vocab_size": 99}, "faithful": True},
    "whole heads": {"ids": 1000},
}


@pytest.mark.parametrize("recomputing", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_step_is_its_definition(case: str, recomputing: bool) -> None:
    made, given = distiller(**CASES[case]), batch()
    exact = in_double(made) if made.teacher is not None else copy.deepcopy(made).double()
    if made.teacher is None:
        exact._outside = (model(2, **TEACHER).double(),)
    if recomputing:
        made.student.get_base_model().activation_checkpointing_enable({"use_reentrant": False})
    told = made(**given)
    told["loss"].backward()
    wanted = defined(exact, given)
    wanted["loss"].backward()
    s = made.settings
    for name, used in {"loss": 1, "nll": 1, "kd": s.alpha, "hid": s.beta}.items():
        value = wanted[name].item() if used else 0.0
        assert told[name].item() == pytest.approx(value, rel=EXACT), name
    reference = gradients(exact)
    assert len(reference) == len(made.adapters) + 2 * 7 * 3
    for name, found in gradients(made).items():
        error = (found.double() - reference[name]).norm() / reference[name].norm()
        assert error < EXACT, name


def test_layers_are_the_first_or_spread_from_the_first_to_the_last() -> None:
    def aligned(**settings: Any) -> list[int]:
        made = distiller(sizes={"num_hidden_layers": 2}, **settings)
        places = {id(layer): place for place, layer in enumerate(layers_of(made.teacher))}
        return [places[id(layer)] for _, layer in made.pairs()]

    assert aligned() == [0, 1]
    assert aligned(layers="uniform") == [0, 3]
    assert aligned(layers="uniform", faithful=True) == [0, 1]


def test_without_logits_the_teacher_ends_with_the_last_layer_that_is_compared() -> None:
    given, whole = batch(), distiller()
    for layers, left in {"first": 3, "uniform": 4}.items():
        part = distiller(alpha=0.0, layers=layers)
        assert len(layers_of(part.teacher)) == left
        whole.settings = replace(whole.settings, layers=layers)
        assert part(**given)["hid"].item() == whole(**given)["hid"].item()


@pytest.mark.parametrize("faithful", [False, True])
def test_parts_of_a_batch_add_up_to_it(faithful: bool) -> None:
    """Answers of unequal length: a mean of the parts' means would be another loss."""
    made, given = distiller(faithful=faithful), batch(8)
    whole = made(**given)
    whole["loss"].backward()
    wanted = {name: grad.clone() for name, grad in gradients(made).items()}
    made.zero_grad()
    counts, losses = Counts.of(given), []
    for start in range(0, 8, 2):
        part = {name: tensor[start : start + 2] for name, tensor in given.items()}
        losses.append(made(**part, num_items_in_batch=counts)["loss"])
        losses[-1].backward()
    assert sum(losses).item() == pytest.approx(whole["loss"].item(), rel=EXACT)
    for name, grad in gradients(made).items():
        assert (grad - wanted[name]).norm() / wanted[name].norm() < EXACT, name


def test_the_teacher_is_nobodys_parameter() -> None:
    made = distiller()
    assert len(made.adapters) == 3 and all(p.requires_grad for p in made.adapters)
    own = {id(p) for p in made.parameters()}
    assert not own & {id(p) for p in made.teacher.parameters()}
    assert not made.train().teacher.training
    assert not any(p.requires_grad for p in made.teacher.parameters())
    assert distiller(alpha=0.0, beta=0.0).teacher is None
    assert not distiller(beta=0.0).adapters


def test_the_prompt_does_not_count_and_padding_is_not_seen() -> None:
    """Other tokens in the padding change nothing; labels of the prompt would."""
    made, given = distiller(), batch()
    before = made(**given)["loss"].item()
    other = given["input_ids"].where(given["attention_mask"] > 0, 3)
    assert made(**given | {"input_ids": other})["loss"].item() == pytest.approx(before, rel=1e-6)
    assert made(**given | {"labels": given["input_ids"]})["loss"].item() != pytest.approx(before)


def test_bfloat16_models_keep_float32_where_it_counts() -> None:
    """As on a GPU: the weights of both models are bfloat16, LoRA and W_i float32, and peft does
    not copy a layer's input into float32."""
    single, made, given = distiller(), distiller(), batch()
    made._outside = (made.teacher.bfloat16(),)
    for tensor in made.student.parameters():
        if not tensor.requires_grad:
            tensor.data = tensor.data.bfloat16()
    wanted = single(**given)
    wanted["loss"].backward()
    with disable_input_dtype_casting(made):
        told = made(**given)
        told["loss"].backward()
    for name in ("loss", "nll", "kd", "hid"):
        assert told[name].dtype == torch.float32
        assert told[name].item() == pytest.approx(wanted[name].item(), rel=0.03), name
    for name, grad in gradients(made).items():
        reference = gradients(single)[name]
        assert grad.dtype == torch.float32
        assert functional.cosine_similarity(grad.flatten(), reference.flatten(), 0) > 0.98, name


def test_hooks_do_not_stay() -> None:
    made = distiller()
    made(**batch())["loss"].backward()
    for kind in (made.student, made.teacher):
        assert not any(module._forward_hooks for module in kind.modules())


def test_rows_of_a_frozen_model_are_picked_in_the_hook() -> None:
    teacher, given = model(2, **TEACHER), batch()
    rows = torch.tensor([3, 20, 40])
    with torch.no_grad(), outputs_of(layers_of(teacher), rows) as picked:
        teacher(given["input_ids"])
    with torch.no_grad(), outputs_of(layers_of(teacher)) as whole:
        teacher(given["input_ids"])
    for some, every in zip(picked, whole, strict=True):
        assert torch.equal(some, every.flatten(0, 1)[rows])


def test_rows_are_not_packed() -> None:
    with pytest.raises(InputError, match="packs no rows"):
        settings_of(DistillationSettings, "distilled", "tiny", ["packing=true"])


def test_models_that_the_closed_form_does_not_know_are_refused() -> None:
    teacher, settings = model(2, **TEACHER), DistillationSettings()
    sizes = {"ids": 77, "length": LENGTH, "seed": 5}
    config = LoraConfig(r=2, target_modules=["lm_head"], task_type="CAUSAL_LM")
    with pytest.raises(InputError, match="output layer.*targets"):
        Distiller(get_peft_model(model(1, **STUDENT), config), teacher, settings, **sizes)
    capped = model(2, **TEACHER)
    capped.config.final_logit_softcapping = 30.0
    with pytest.raises(InputError, match="softcapping"):
        Distiller(student(), capped, settings, **sizes)
    with pytest.raises(InputError, match="has 5 layers, its teacher 4"):
        Distiller(student(num_hidden_layers=5), teacher, settings, **sizes)
