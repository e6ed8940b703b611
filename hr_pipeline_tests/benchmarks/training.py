"""Distillation and LoRA beside the published way: speed, memory, the largest batch that fits.

    python -m hr_pipeline_tests.benchmarks.training [--write] [--budget SECONDS] [--json FILE]

With a GPU: Qwen2.5's sizes, 14B into 3B, and LoRA at 7B, 1,024 tokens a row, in bfloat16; about 8
minutes. Without: small models with large vocabularies, in float32, about 3 minutes. Each way runs
in a process of its own; the JSON file is written after every case. `--write` makes
docs/training_benchmark.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hr_pipeline.lake.text import columns

Row = dict[str, Any]

PAGE = Path(__file__).parents[2] / "docs" / "training_benchmark.md"
BUDGET = 480.0
LEAST = 20.0  # seconds that a way needs to be worth its start
PUBLISHED, OURS = "published", "ours"
WAYS = {
    "ceilings": "what the machine can",
    PUBLISHED: "distillation, the published way",
    OURS: "distillation, ours",
    "sft": "LoRA on answers: the distillation's step without a teacher",
    "trl": "LoRA on answers: the LoRA trainer",
}
# Scale -> way, whether layers are computed again in the backward pass, rows of a batch to try, and
# the share of the budget.
PLAN: dict[str, list[tuple[str, bool, list[int], float]]] = {
    "gpu": [
        ("ceilings", False, [], 0.05),
        ("sft", False, [8, 16], 0.1),
        ("trl", False, [8], 0.1),
        ("trl", True, [16], 0.1),
        (PUBLISHED, True, [2, 4, 8, 16, 32], 0.2),
        (OURS, True, [8, 16, 32, 64, 128], 0.35),
        (OURS, False, [8, 16], 0.1),
    ],
    "cpu": [
        ("ceilings", False, [], 0.1),
        *((way, True, [rows], 0.15) for rows in (2, 4, 8) for way in (PUBLISHED, OURS)),
        ("sft", False, [4], 0.1),
        ("trl", False, [4], 0.1),
    ],
}
LIMITS = {"speed": 3.0, "batch": 4.0, "share": 0.45}
HEADS = (
    "way",
    "rows",
    "layers again",
    "ms/step",
    "tokens/s",
    "TFLOP/s",
    "of product",
    "models GiB",
    "peak GiB",
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="make docs/training_benchmark.md")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds (default 480)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures, after every case")
    parser.add_argument("--scale", choices=PLAN, help="default: gpu where there is one, else cpu")
    parser.add_argument("--only", action="append", choices=WAYS, help="this way, and again")
    parser.add_argument("--note", default="", help="to be told on the page")
    arguments = parser.parse_args(argv)
    scale = arguments.scale or _scale_here()
    found = []
    for row in _measured(scale, arguments.only or list(WAYS), arguments.budget):
        found.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = table(found)
    print("\n".join([*columns(rows, left=(0,)), "", *held_against(found)]))
    if arguments.write:
        PAGE.write_text(page(found, scale, arguments.note), encoding="utf-8")
    return 0


def _scale_here() -> str:
    import torch

    return "gpu" if torch.cuda.is_available() else "cpu"


def _measured(scale: str, ways: Sequence[str], budget: float) -> Iterator[Row]:
    """A row a case; a way for which no time is left is told as skipped."""
    started = time.monotonic()
    for way, saving, rows, share in PLAN[scale]:
        if way not in ways:
            continue
        order = {"way": way, "scale": scale, "saving": saving, "rows": rows}
        left = budget - (time.monotonic() - started)
        if left < LEAST:
            yield order | {"rows": 0, "status": "skipped"}
            continue
        yield from _of_process(order | {"seconds": share * budget}, left + LEAST)


def _of_process(order: Row, most: float) -> Iterator[Row]:
    module = "hr_pipeline_tests.benchmarks.training_cases"
    command = [sys.executable, "-W", "ignore", "-m", module, json.dumps(order)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ends = threading.Timer(most, process.kill)
        ends.start()
        yield from (json.loads(line) for line in process.stdout if line.startswith("{"))
        ends.cancel()
    if process.returncode:
        yield order | {"rows": 0, "status": f"ended with {process.returncode}"}


# -- what is shown -------------------------------------------------------------------------


def table(found: Sequence[Row]) -> list[tuple[str, ...]]:
    """Head first."""
    product = ceiling(found)
    rows: list[tuple[str, ...]] = [HEADS]
    for row in found:
        if row["way"] == "ceilings":
            continue
        again = "yes" if row["saving"] else "no"
        if row["status"] != "ok":
            rows.append((WAYS[row["way"]], str(row["rows"]), again, row["status"], *[""] * 5))
            continue
        share = f"{row['tflops'] / product:.2f}" if product else ""
        cells = f"{1000 * row['seconds']:,.0f}", f"{row['tokens_s']:,.0f}", f"{row['tflops']:.3g}"
        memory = f"{row['models_gib']:.2f}", f"{row['peak_gib']:.2f}"
        rows.append((WAYS[row["way"]], str(row["rows"]), again, *cells, share, *memory))
    return rows


def ceiling(found: Sequence[Row]) -> float | None:
    """TFLOP/s of the matrix product."""
    return next((row["tflops"] for row in found if "product" in row.get("case", "")), None)


def held_against(found: Sequence[Row]) -> list[str]:
    """The figures that count, each with its limit where it has one."""
    lines = [
        f"{row['case']}: {row['tflops']:.4g} TFLOP/s"
        if "tflops" in row
        else f"{row['case']}: {row['gb_s']:,.0f} GB/s"
        for row in found
        if "case" in row
    ]
    limits = LIMITS if found[-1]["scale"] == "gpu" else {}
    limit = {name: f" (limit {limits[name]:g})" if limits else "" for name in LIMITS}
    fits = {way: _fitting(found, way) for way in (PUBLISHED, OURS)}
    if all(fits.values()):
        rates = {way: max(row["tokens_s"] for row in rows) for way, rows in fits.items()}
        speed = rates[OURS] / rates[PUBLISHED]
        lines.append(f"tokens/s, best batch of each: {speed:.1f} times{limit['speed']}")
        largest = {way: max(row["rows"] for row in rows) for way, rows in fits.items()}
        if limits:
            times = largest[OURS] / largest[PUBLISHED]
            told = f"{largest[OURS]} rows for {largest[PUBLISHED]}"
            lines.append(f"largest batch: {told}, {times:.1f} times{limit['batch']}")
        lines += list(_at_equal_rows(fits[PUBLISHED], fits[OURS]))
    for way in ("trl", "sft"):
        if (product := ceiling(found)) and (tuned := _fitting(found, way)):
            best = max(row["tflops"] for row in tuned) / product
            lines.append(f"{WAYS[way]}, share of the product: {best:.2f}{limit['share']}")
    return lines


def _fitting(found: Sequence[Row], way: str) -> list[Row]:
    return [row for row in found if row["way"] == way and row["status"] == "ok"]


def _at_equal_rows(theirs: Sequence[Row], ours: Sequence[Row]) -> Iterator[str]:
    by_rows = {row["rows"]: row for row in ours if row["saving"]}
    for row in theirs:
        if other := by_rows.get(row["rows"]):
            speed = other["tokens_s"] / row["tokens_s"]
            memory = [one["peak_gib"] - one["models_gib"] for one in (row, other)]
            yield (
                f"{row['rows']} rows: {speed:.1f} times the tokens/s, memory beside the models "
                f"{memory[1]:.2f} GiB for {memory[0]:.2f}"
            )


def page(found: Sequence[Row], scale: str, note: str) -> str:
    """docs/training_benchmark.md."""
    rule = [":---", *["---:"] * (len(HEADS) - 1)]
    rows = table(found)
    lines = [f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:])]
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "peft"))
    machine = _machine(scale)
    sizes = {
        "gpu": "Qwen2.5's sizes: 14B into 3B, LoRA at 7B; 1,024 tokens a row, bfloat16.",
        "cpu": "No GPU was there: models of widths 160 (teacher), 96 and 128 with 24,000 ids, 240\n"
        "tokens a row, float32, one thread. Ratios of models of real size are other ones; this\n"
        "command makes their table on a machine with a GPU. There the LoRA trainer's loss (TRL)\n"
        "is made at answers alone, on a CPU at every position.",
    }
    return f"""# Cost of a training step

Made by `python -m hr_pipeline_tests.benchmarks.training --write` (`make bench-train`) on
{datetime.now(UTC):%Y-%m-%d}: {machine}, {packages}.{f" {note}" if note else ""}
{sizes[scale]}

Models have random weights, texts are random ids; four fifths of a row are its prompt. A step is
forward, backward and AdamW; medians of three after one. The published way is that of the authors
of KDJPPR (`Published` in `hr_pipeline_tests/benchmarks/training_ways.py` tells what it does), ours
runs `hr_pipeline/training/distillation/distiller.py`. "Layers again": computed again in the
backward pass, to save memory. TFLOP/s count what a way has to compute by its own definition (2 a
weight and token forward, 2 back through frozen weights, 2 more for trained adapters; nothing
twice); "of product": as a share of the machine's matrix product. Memory is what tensors take on a
GPU, and what the whole process takes on a CPU, before the first step and at most.

{chr(10).join(lines)}

{chr(10).join(f"- {line}" for line in held_against(found))}
"""


def _machine(scale: str) -> str:
    if scale == "gpu":
        import torch

        return str(torch.cuda.get_device_name())
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
