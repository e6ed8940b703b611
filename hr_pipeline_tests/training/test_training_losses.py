"""The losses against what autograd makes of their definitions, in float64."""

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from hr_pipeline.training.distillation.losses import Lesson, answer_loss, feature_kl  # noqa: E402

torch.set_num_threads(1)
ROWS, NARROW, BROAD = 37, 24, 40
EXACT = 1e-5


def drawn(*shape: int, seed: int = 0, scale: float = 1.0) -> Any:
    draws = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, generator=draws, dtype=torch.float64) * scale


def relative(found: Any, wanted: Any) -> float:
    return float((found.double() - wanted).norm() / wanted.norm().clamp(min=1e-30))


def softened(logits: Any, tau: float, width: int, faithful: bool) -> Any:
    """log p over `width` ids, written down as the paper and the default define it."""
    if faithful and logits.shape[1] < width:
        zeros = logits.new_zeros(len(logits), width - logits.shape[1])
        logits = torch.cat([logits, zeros], 1)
    return torch.log_softmax(logits[:, :width] / tau, -1)


def defined(case: dict[str, Any], rows: Any, head: Any, targets: Any, theirs: Any) -> Any:
    logits = rows @ head.T
    loss = case["nll"] * functional.cross_entropy(logits, targets, reduction="sum")
    if case["kl"] is None:
        return loss
    ours = softened(logits, case["tau"], case["width"], case["faithful"])
    wanted = softened(theirs[0] @ theirs[1].T, case["tau"], case["width"], case["faithful"])
    return loss + case["kl"] * (wanted.exp() * (wanted - ours)).sum()


# ids of the student, of the teacher, and over how many they are compared
SIZES = {
    "equal": (60, 60, 60, False),
    "padding rows of both are cut": (60, 60, 53, False),
    "teacher has more": (60, 71, 60, False),
    "student has more": (71, 60, 60, False),
    "zeros for the student": (60, 71, 71, True),
    "zeros for the teacher": (71, 60, 71, True),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tau", [1.0, 3.0])
@pytest.mark.parametrize("nll, kl, chunk", [(0.7, 0.9, 16), (1.0, None, 5), (0.0, 2.0, 64)])
def test_answer_loss_is_its_definition(
    size: str, tau: float, nll: float, kl: float | None, chunk: int
) -> None:
    ours, theirs, width, faithful = SIZES[size]
    rows, head = drawn(ROWS, NARROW), drawn(ours, NARROW, scale=0.3)
    teacher = (drawn(ROWS, BROAD, seed=1), drawn(theirs, BROAD, seed=2, scale=0.3))
    targets = torch.randint(0, ours, (ROWS,), generator=torch.Generator().manual_seed(3))
    case = {"nll": nll, "kl": kl, "tau": tau, "width": width, "faithful": faithful}
    exact = rows.clone().requires_grad_()
    wanted = defined(case, exact, head, targets, teacher)
    wanted.backward()

    single = rows.float().requires_grad_()
    loss, _, _ = answer_loss(
        single,
        head.float(),
        targets,
        torch.tensor(nll),
        kl and Lesson(teacher[0].float(), teacher[1].float(), torch.tensor(kl), tau, width),
        chunk,
    )
    (loss * 3).backward()
    assert relative(loss.detach(), wanted.detach()) < EXACT
    assert relative(single.grad, exact.grad * 3) < EXACT


def test_the_terms_are_told_without_their_weights() -> None:
    rows, head = drawn(ROWS, NARROW), drawn(60, NARROW)
    teacher = (drawn(ROWS, BROAD), drawn(60, BROAD))
    targets = torch.arange(ROWS)
    loss, nll, kl = answer_loss(
        rows,
        head,
        targets,
        torch.tensor(0.25),
        Lesson(*teacher, torch.tensor(4.0), tau=2.0, width=60),
    )
    assert nll.item() == pytest.approx(
        functional.cross_entropy(rows @ head.T, targets, reduction="sum").item()
    )
    assert loss.item() == pytest.approx(0.25 * nll.item() + 4 * kl.item())
    assert not nll.requires_grad and not kl.requires_grad


def test_a_teacher_like_the_student_teaches_nothing() -> None:
    rows, head = drawn(ROWS, NARROW).requires_grad_(), drawn(60, NARROW)
    loss, _, kl = answer_loss(
        rows,
        head,
        torch.arange(ROWS),
        torch.tensor(0.0),
        Lesson(rows.detach(), head, torch.tensor(1.0), tau=3.0, width=60),
    )
    loss.backward()
    assert abs(kl.item()) < 1e-12 and rows.grad.abs().max() < 1e-12


def test_zeros_for_missing_ids_take_probability_and_cutting_does_not() -> None:
    """Student and teacher agree on all ids that both have; one of them has eleven more."""
    head, rows = drawn(60, NARROW, scale=0.3), drawn(ROWS, NARROW)
    longer = torch.cat([head, drawn(11, NARROW, seed=9, scale=0.3)])
    found = {}
    for name, width in {"cut": 60, "zeros": 71}.items():
        _, _, kl = answer_loss(
            rows,
            head,
            torch.arange(ROWS),
            torch.tensor(1.0),
            Lesson(rows, longer, torch.tensor(1.0), tau=3.0, width=width),
        )
        found[name] = kl.item()
    assert abs(found["cut"]) < 1e-12 and found["zeros"] > 0.1


def test_a_trained_head_is_refused() -> None:
    head = drawn(60, NARROW).requires_grad_()
    with pytest.raises(ValueError, match="head is trained"):
        answer_loss(drawn(4, NARROW), head, torch.arange(4), torch.tensor(1.0))


def test_small_divergences_survive_bfloat16() -> None:
    """Hidden states of bfloat16, which log-probabilities of bfloat16 would drown."""
    theirs = drawn(64, 2000).bfloat16()
    ours = (theirs.double() + drawn(64, 2000, seed=1, scale=0.1)).bfloat16()

    def divergence(kind: Any) -> float:
        p, q = (torch.log_softmax(one.to(kind) / 3, -1) for one in (theirs, ours))
        return float(functional.kl_div(q, p, log_target=True, reduction="sum"))

    true = divergence(torch.float64)
    found = feature_kl(torch.eye(2000).bfloat16(), ours, theirs, 3.0).item()
    assert found == pytest.approx(true, rel=1e-3)
    assert abs(divergence(torch.bfloat16) - true) > 0.3 * true


@pytest.mark.parametrize("tau", [1.0, 3.0])
def test_feature_kl_is_its_definition(tau: float) -> None:
    adapter, rows = drawn(BROAD, NARROW, scale=0.2), drawn(ROWS, NARROW, seed=1)
    wanted = drawn(ROWS, BROAD, seed=2)
    exact = [adapter.clone().requires_grad_(), rows.clone().requires_grad_()]
    p = torch.softmax(wanted / tau, -1)
    q = torch.softmax(exact[1] @ exact[0].T / tau, -1)
    reference = (p * (p / q).log()).sum()
    reference.backward()
    single = [one.float().requires_grad_() for one in (adapter, rows)]
    loss = feature_kl(*single, wanted.float(), tau)
    loss.backward()
    assert relative(loss.detach(), reference.detach()) < EXACT
    for found, one in zip(single, exact, strict=True):
        assert relative(found.grad, one.grad) < EXACT
