"""`hr-pipeline train NAME ...`: the same as `python -m hr_pipeline.training.NAME ...`."""

import argparse
from importlib import import_module
from typing import Any

# Name -> what it trains; each is a module of this room with `main(argv)`.
PROGRAMS = {
    "matcher": "Flan-T5: does a resume match a job description, and why (RJDB 4)",
    "extractor": "Flan-T5: skills and experiences of a document (RJDB 4)",
    "editor": "Flan-T5: the section that an unmatched resume lacks (RJDB 4)",
    "teacher": "LoRA on JA-QA: the teacher of the distillation (KDJPPR 4.2)",
    "distilled": "logits, features and answers of the teacher into a small model (KDJPPR 4.3)",
    "ablations": "the distillation without each of its parts (KDJPPR Table 2)",
    "grid": "the distillation with other weights of its losses (KDJPPR Figures 4, 5)",
    "demo": "every trainer with tiny models, on a CPU: is everything wired?",
}


def add_train_command(commands: Any) -> None:
    lines = "\n".join(f"  {name:10} {about}" for name, about in PROGRAMS.items())
    train = commands.add_parser(
        "train",
        help="train a model on the lake's datasets",
        description=f"{lines}\n\nhr-pipeline train NAME --help tells what NAME takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument("program", choices=PROGRAMS, metavar="NAME", help=", ".join(PROGRAMS))
    train.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="of this trainer")
    train.set_defaults(command=_train)


def _train(arguments: argparse.Namespace) -> int:
    module = import_module(f"hr_pipeline.training.{arguments.program}")
    return int(module.main(arguments.rest))
