"""The `evaluate` command: what retrieval, skill finding and models are worth on labelled files."""

import argparse
from pathlib import Path
from typing import Any

LAKE = "data_lake"


def add_evaluate_command(commands: Any) -> None:
    """evaluate titles | skills | tm_eval."""
    evaluate = commands.add_parser("evaluate", help="measure on labelled files, or on TM-Eval")
    kinds = evaluate.add_subparsers(required=True, metavar="WHAT")

    titles = kinds.add_parser("titles", help="titles as ESCO occupations: recall, and accuracy")
    titles.add_argument("file", type=Path, help="CSV with the columns vacancyTitle, conceptUri")
    titles.add_argument("--esco", type=Path, required=True, metavar="DIR", help="ESCO's files")
    titles.add_argument("--embedder", default="lexical", metavar="E")
    titles.add_argument("--sample", type=int, default=0, metavar="N", help="N rows drawn; 0: all")
    titles.set_defaults(command=_titles)

    skills = kinds.add_parser("skills", help="skills found in texts: precision, recall, F1")
    skills.add_argument("file", type=Path, help="SkillSpan JSON lines, or a CSV of spans")
    skills.add_argument("--raw", metavar="DIR", help="raw files with ESCO or Dice skill names")
    skills.set_defaults(command=_skills)

    tm_eval = kinds.add_parser("tm_eval", help="a teacher's or a local model's answers to TM-Eval")
    tm_eval.set_defaults(command=_tm_eval)

    for command in (titles, skills, tm_eval):
        command.add_argument("--json", action="store_true", help="figures as JSON on stdout")
        command.add_argument("--lake", default=LAKE, help=f"the lake's folder (default {LAKE})")
    for command in (titles, tm_eval):
        command.add_argument("--teacher", choices=("template", "openai", "azure", "local"))
        command.add_argument("--model", help="of the teacher; local: a folder, or a name")
        command.add_argument("--base-url", help="of an OpenAI-compatible endpoint")


def _titles(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _skills(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _tm_eval(arguments: argparse.Namespace) -> int:
    raise NotImplementedError
