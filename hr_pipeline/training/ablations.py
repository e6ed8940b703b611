"""The distillation without each of its parts (KDJPPR 5.6), in the layout of the paper's Table 2.

    hr-pipeline train ablations [--student MODEL ...] [--set KEY=VALUE ...]

For each student five trainings of `distilled`, published as models/ablation-sft and so on; then one
table, which also goes to LAKE/studies/ablation as Markdown, CSV and JSON.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence

from hr_pipeline.lake.models import ModelBuild
from hr_pipeline.training.distilled import PROGRAM
from hr_pipeline.training.measures.published import (
    FULL,
    NO_FEATURE,
    NO_LOGIT,
    ORIGINAL_TEACHER,
    SFT,
    TABLE_2,
    printed_otherwise,
)
from hr_pipeline.training.measures.results import ABLATION
from hr_pipeline.training.settings import UNTUNED, settings_of
from hr_pipeline.training.studies.study_tables import Outcome, notices, study_row
from hr_pipeline.training.studies.variants import Variant, run_study, study_parser

METHODS = {  # of Table 2, in its order: how the model's name ends, and what is set
    SFT: ("sft", ("alpha=0", "beta=0")),
    ORIGINAL_TEACHER: ("untuned-teacher", (f"teacher={UNTUNED}",)),
    NO_FEATURE: ("no-feature", ("beta=0",)),
    NO_LOGIT: ("no-logit", ("alpha=0",)),
    FULL: ("full", ()),
}
HEADS = ("student", "method")
PAPER = "KDJPPR Table 2"


def main(argv: Sequence[str] | None = None) -> int:
    prog = "hr-pipeline train ablations"
    parser = study_parser(prog, (__doc__ or "").split("\n")[0], ABLATION)
    parser.add_argument(
        "--student", action="append", metavar="MODEL", help="and again (default: the profile's)"
    )
    arguments = parser.parse_args(argv)
    return run_study(prog, arguments, lambda: variants_of(arguments), outcome)


def variants_of(arguments: argparse.Namespace) -> list[Variant]:
    """Every method, student by student. Where students are named, the names of models hold them."""
    given = settings_of(PROGRAM.settings, PROGRAM.name, arguments.profile, arguments.set)
    found = []
    for student in arguments.student or [given.model]:
        short = student.rstrip("/").split("/")[-1]
        own = (f"model={json.dumps(student)}",) if arguments.student else ()
        part = f"-{re.sub(r'[^a-z0-9.]+', '-', short.lower())}" if arguments.student else ""
        found += [
            Variant(f"{arguments.name}{part}-{end}", (*own, *settings), (short, method))
            for method, (end, settings) in METHODS.items()
        ]
    return found


def outcome(variants: Sequence[Variant], builds: Sequence[ModelBuild]) -> Outcome:
    """Our blocks, then the paper's, a block a student."""
    full = builds[-1].recipe.settings["config"]
    weights = f"{FULL}: alpha {full['alpha']:g}, beta {full['beta']:g}, tau {full['tau']:g}"
    return Outcome(
        heads=HEADS,
        rows=[
            study_row(dict(zip(HEADS, variant.labels, strict=True)), build)
            for variant, build in zip(variants, builds, strict=True)
        ],
        said=[
            *notices(builds),
            weights,
            f"{PAPER}: other careers, other models; all figures in percent",
            *printed_otherwise(),
        ],
        published=[
            ((f"{student} ({PAPER})", method), figures)
            for student, methods in TABLE_2.items()
            for method, figures in methods.items()
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
