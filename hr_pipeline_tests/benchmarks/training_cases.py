"""What a step of training costs, each way in a process of its own:

    python -m hr_pipeline_tests.benchmarks.training_cases '{"way": "ours", "scale": "cpu", ...}'

prints a JSON line a case. Ways: published and ours (distillation), sft (ours, by answers alone),
trl (hr_pipeline.training's LoRA trainer), ceilings (the machine's matrix product and copy).
"""

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import torch

from hr_pipeline_tests.benchmarks.training_ways import (
    SCALES,
    Ours,
    Published,
    Scale,
    Way,
    Weights,
    batch_of,
    device,
    made,
    tuning,
)

GIB = 2.0**30


def waited() -> float:
    """The time, once the device has done all that it was given."""
    if device().type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def peak_gib() -> float:
    """Of what tensors took on the GPU, or of this whole process."""
    if device().type == "cuda":
        return torch.cuda.max_memory_allocated() / GIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB


def measured(way: Way, rows: int) -> dict[str, Any]:
    """A batch of so many rows: status "ok", or "oom" where memory does not suffice."""
    gc.collect()
    if device().type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    before = peak_gib()
    step = way.step(rows)
    try:
        step()
        times = []
        for _ in range(way.scale.steps):
            started = waited()
            step()
            times.append(waited() - started)
    except torch.OutOfMemoryError:
        return {"rows": rows, "status": "oom"}
    return _figures(rows, way.scale, median(times), way.useful(rows), before)


def grown(way: Way, rows: Sequence[int], until: float) -> Iterator[dict[str, Any]]:
    """Larger and larger batches until one does not fit, then one between that and the last."""
    fits = 0
    for number in rows:
        if time.monotonic() > until:
            return
        found = measured(way, number)
        yield found
        if found["status"] == "oom":
            between = (fits + number) // 2
            if fits < between and time.monotonic() < until:
                yield measured(way, between)
            return
        fits = number


def by_trl(scale: Scale, saving: bool, rows: int) -> dict[str, Any]:
    """The LoRA trainer's own steps."""
    from hr_pipeline_tests.benchmarks.training_trl import seconds_of_steps

    base = made(scale.tuned)
    weights, before = Weights.of(base), peak_gib()
    data = [batch_of(1, scale) for _ in range(rows * (scale.steps + 1))]
    try:
        times = seconds_of_steps(base, data, rows, saving, waited)
    except torch.OutOfMemoryError:
        return {"rows": rows, "status": "oom"}
    return _figures(rows, scale, median(times[1:]), tuning(weights, rows, scale), before)


def _figures(
    rows: int, scale: Scale, seconds: float, useful: float, before: float
) -> dict[str, Any]:
    return {
        "rows": rows,
        "status": "ok",
        "seconds": seconds,
        "tokens_s": rows * scale.tokens / seconds,
        "tflops": useful / seconds / 1e12,
        "models_gib": before,
        "peak_gib": peak_gib(),
    }


def ceilings(scale: Scale) -> Iterator[dict[str, Any]]:
    """What a matrix product and a copy reach here, in the models' type."""
    kind = torch.bfloat16 if device().type == "cuda" else torch.float32
    n = scale.product
    a, b = (torch.randn(n, n, device=device(), dtype=kind) for _ in range(2))
    out = torch.empty_like(a)
    seconds = _median_of(lambda: torch.mm(a, b, out=out))
    yield {"case": f"matrix product {n:,}^3", "status": "ok", "tflops": 2 * n**3 / seconds / 1e12}
    held = torch.ones(scale.copied, device=device(), dtype=kind)
    other = torch.empty_like(held)
    seconds = _median_of(lambda: other.copy_(held))
    moved = 2 * held.numel() * held.element_size()
    yield {"case": "copy, read and write", "status": "ok", "gb_s": moved / seconds / 1e9}


def _median_of(work: Callable[[], Any], times: int = 10) -> float:
    for _ in range(3):
        work()
    found = []
    for _ in range(times):
        started = waited()
        work()
        found.append(waited() - started)
    return median(found)


def cases(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """As `order` says: way, scale, rows (a list), saving, seconds (no case starts after them)."""
    scale, until = SCALES[order["scale"]], time.monotonic() + order["seconds"]
    saving = order.get("saving", False)
    if order["way"] == "ceilings":
        yield from ceilings(scale)
    elif order["way"] == "trl":
        yield by_trl(scale, saving, order["rows"][0])
    else:
        kinds: dict[str, Callable[[], Way]] = {
            "published": lambda: Published(scale, saving),
            "ours": lambda: Ours(scale, saving),
            "sft": lambda: Ours(scale, saving, taught=False),
        }
        yield from grown(kinds[order["way"]](), order["rows"], until)


if __name__ == "__main__":
    if device().type == "cpu":
        torch.set_num_threads(1)
    told = json.loads(sys.argv[1])
    for case in cases(told):
        print(json.dumps(told | case), flush=True)
