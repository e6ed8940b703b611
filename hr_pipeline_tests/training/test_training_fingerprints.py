"""What a training has moved, by fingerprints."""

from typing import Any

import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

from hr_pipeline.training.runs.fingerprints import compared, fingerprints  # noqa: E402


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_what_stays_and_what_should_have_stayed(kind: Any) -> None:
    model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(2))).to(kind)
    model[0].requires_grad_(False)
    before = fingerprints(model)
    assert compared(model, before) == (["1.weight", "1.bias"], [])
    with torch.no_grad():
        model[1].weight[2, 3] = torch.nextafter(
            model[1].weight[2, 3], torch.tensor(9.0, dtype=kind)
        )
        model[0].bias[1] = -model[0].bias[1]
    assert compared(model, before) == (["1.bias"], ["0.bias"])
