"""The distillation with other weights of its losses (KDJPPR 5.7), as curves of Figures 4 and 5.

    hr-pipeline train grid --alpha 0.1,0.5,1,2 --beta 0,0.25,0.5,1 [--set KEY=VALUE ...]

A training of `distilled` for each pair of weights, published as models/grid-a1-b0.5 and so on; then
a table and a plot, which also go to LAKE/studies/grid.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from textwrap import fill
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.models import ModelBuild
from hr_pipeline.lake.shown import Draw, image
from hr_pipeline.tm_eval.careers import TASKS
from hr_pipeline.training.measures.results import GRID
from hr_pipeline.training.studies.study_tables import NEXT_HEADS, WAYS, Outcome, notices, study_row
from hr_pipeline.training.studies.variants import Variant, run_study, study_parser

HEADS = ("alpha", "beta")
FIGURES = "KDJPPR Figures 4 and 5 show such curves, and print no values: best at alpha 1, beta 0.5"


def main(argv: Sequence[str] | None = None) -> int:
    prog = "hr-pipeline train grid"
    parser = study_parser(prog, (__doc__ or "").split("\n")[0], GRID)
    parser.add_argument(
        "--alpha", default="0.1,0.5,1,2", help="of the logits (default %(default)s)"
    )
    parser.add_argument("--beta", default="0,0.25,0.5,1", help="of features (default %(default)s)")
    arguments = parser.parse_args(argv)
    return run_study(prog, arguments, lambda: variants_of(arguments), outcome)


def variants_of(arguments: argparse.Namespace) -> list[Variant]:
    """Every alpha with every beta. Raises InputError for what is no list of weights."""
    alphas, betas = weights("--alpha", arguments.alpha), weights("--beta", arguments.beta)
    return [
        Variant(
            f"{arguments.name}-a{alpha}-b{beta}",
            (f"alpha={alpha}", f"beta={beta}"),
            (alpha, beta),
        )
        for alpha in alphas
        for beta in betas
    ]


def weights(option: str, text: str) -> list[str]:
    """The numbers between commas, ascending, each once, in their shortest spelling."""
    try:
        numbers = {float(part) for part in text.split(",")}
    except ValueError:
        numbers = {math.nan}
    if not all(0 <= number < math.inf for number in numbers):
        raise InputError("no list of weights", f"{option} {text}", "write e.g. 0.5,1,2")
    return [f"{number:g}" for number in sorted(numbers)]


def outcome(variants: Sequence[Variant], builds: Sequence[ModelBuild]) -> Outcome:
    rows = [
        study_row(dict(zip(HEADS, variant.labels, strict=True)), build)
        for variant, build in zip(variants, builds, strict=True)
    ]
    said = notices(builds)
    plots = {way: image(draws(rows, way, said), size=(4.2, 3.6)) for way in WAYS}
    return Outcome(HEADS, rows, [*said, FIGURES], plots=plots)


def draws(rows: Sequence[dict[str, Any]], way: str, said: Sequence[str]) -> list[Draw]:
    """A plot for each task and weight: accuracy by this weight, a curve for each of the other."""
    return [_curves(rows, task, by, way, said) for task in TASKS for by in HEADS]


def _curves(
    rows: Sequence[dict[str, Any]], task: str, by: str, way: str, said: Sequence[str]
) -> Draw:
    other = next(head for head in HEADS if head != by)
    column = f"{NEXT_HEADS[task, 'accuracy']}, {way}"

    def draw(axes: Any) -> None:
        for fixed in dict.fromkeys(row[other] for row in rows):
            held = sorted((row[by], row[column]) for row in rows if row[other] == fixed)
            axes.plot(*zip(*held, strict=True), marker="o", markersize=3, label=f"{fixed:g}")
        axes.legend(title=other, frameon=False, fontsize="small")
        axes.set(xlabel=by, ylabel="accuracy, %")
        lines = [f"{task}, by {WAYS[way]}", *said]
        axes.set_title("\n".join(fill(line, 60) for line in lines), fontsize=7)

    return draw


if __name__ == "__main__":
    sys.exit(main())
