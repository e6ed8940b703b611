"""`python -m hr_pipeline_tests.benchmarks.figures_jaqa --raw DIR` writes docs/figures_jaqa.md.

DIR holds the published files: LinkedIn postings, ESCO, lists of APIs, and for what is measured on
labelled files esco_titles/, skillspan/ and esco_skill_spans/. --model names a sentence-transformers
model, or its folder: then JA-QA is built with it, and titles are measured with both embedders.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.shown import markdown_table
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.benchmarks.figures import accounts, requests
from hr_pipeline_tests.benchmarks.running import Measured, build

PAGE = Path("docs/figures_jaqa.md")
TO_READ, MOST_FREQUENT = 10, 25
TITLES = "esco_titles/titles.csv"
SPANS = (  # development only; the held-out ones are in bold on the page
    *("skillspan/train.json", "skillspan/dev.json"),
    *("esco_skill_spans/tech_validation_annotations.csv",),
    *("esco_skill_spans/house_validation_annotations.csv",),
    *("esco_skill_spans/tech_test_annotations.csv",),
)
HELD_OUT = {SPANS[1], SPANS[4]}
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", required=True, type=Path)
    parser.add_argument("--model", default="", help="sentence-transformers model, or its folder")
    parser.add_argument("--lake", type=Path, help="lake of the build; it keeps the vectors")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = arguments.lake or Path(folder) / "lake"
        order = ("jaqa", "tm_eval", "--raw", str(arguments.raw), "--profile", "paper")
        timed = build(Path(folder) / "lexical", *order)
        if arguments.model:
            build(root, *order, "--embedder", arguments.model)
        else:
            root = Path(folder) / "lexical"
        embedders = ["lexical", *filter(None, [arguments.model])]
        PAGE.write_text(page(Lake(root), arguments.raw, timed, embedders), encoding="utf-8")
    print(PAGE)


def page(lake: Lake, raw: Path, timed: Measured, embedders: list[str]) -> str:
    parts = [
        "# Figures of JA-QA and TM-Eval on published input",
        "Made by `make figures RAW=DIR MODEL=M`, where DIR holds the published files and M is "
        "all-MiniLM-L6-v2. The teacher is the template: **which APIs and occupations were chosen "
        "is no benchmark**, and says what the pipeline does with an answer. There is no published "
        "file of careers: TM-Eval's are made up.",
        "`hr-pipeline build jaqa tm_eval --profile paper` with the lexical embedder took "
        f"{timed.seconds:.0f} s and {timed.peak_mib / 1024:.2f} GiB, reading the files included. "
        f"What follows was built with the embedder {named(embedders[-1])}.",
        _part("Titles: is the right ESCO occupation found?", titles(lake, raw, embedders)),
        _part("Skills: are they found in texts?", skills(lake, raw)),
        _part("JA-QA beside the paper", lake.table("jaqa/statistics")),
        _part("Pairs by ISCO-08 major group", covered(lake, "isco")),
        _part(f"The {MOST_FREQUENT} most frequent APIs", covered(lake, "api")),
        "## Ten pairs to read\n\nDrawn from the test split. The descriptions are other people's "
        "and stay out.\n\n" + "\n\n".join(to_read(lake)),
        _part("TM-Eval beside the paper", lake.table("tm_eval/statistics")),
        _part("What rules make of TM-Eval", lake.table("tm_eval/baselines")),
        _part("Requests to the teacher, re-asks included", requests(lake)),
        _part("Rows in = rows out + ledger", accounts(lake)),
    ]
    return "\n\n".join(parts) + "\n"


def _part(title: str, table: pa.Table) -> str:
    return f"## {title}\n\n{markdown_table(table)}"


def named(embedder: str) -> str:
    """A model in a folder by what it is, not by where it lies."""
    return "all-MiniLM-L6-v2" if Path(embedder).is_dir() else embedder


def evaluate(*arguments: str) -> Row:
    """What `hr-pipeline evaluate ... --json` says."""
    command = [sys.executable, "-m", "hr_pipeline.cli", "evaluate", *arguments, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def titles(lake: Lake, raw: Path, embedders: Iterable[str]) -> pa.Table:
    """Recall of the right occupation in all labelled titles, by embedder and ranking."""
    rows = []
    for embedder in embedders:
        where = ("--esco", str(raw), "--lake", str(lake.root), "--embedder", embedder)
        told = evaluate("titles", str(raw / TITLES), *where)
        for ranking in dict.fromkeys(row["ranking"] for row in told["recall"]):
            found = [row for row in told["recall"] if row["ranking"] == ranking]
            shares = {f"recall@{row['depth']}": _share(row) for row in found}
            named_by = {"embedder": named(embedder), "ranked by": ranking}
            rows.append(named_by | {"titles": told["measured"]} | shares)
    return pa.Table.from_pylist(rows)


def _share(row: Row) -> str:
    return f"{row['share']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def skills(lake: Lake, raw: Path) -> pa.Table:
    """Precision, recall and F1 of the found places; files that no rule was chosen by in bold."""
    rows = []
    for name in SPANS:
        told = evaluate("skills", str(raw / name), "--lake", str(lake.root))
        for row in told["figures"]:
            if row["kind"] == "all":
                file = f"**{name}**" if name in HELD_OUT else name
                numbers = {n: round(row[n], 3) for n in ("precision", "recall", "f1")}
                rows.append({"file": file, "finder": row["finder"], "by": row["measure"]} | numbers)
    return pa.Table.from_pylist(rows)


def covered(lake: Lake, kind: str) -> pa.Table:
    rows = [row for row in lake.rows("jaqa/coverage") if row["kind"] == kind]
    rows.sort(key=lambda row: (-row["pairs"], row["name"]))
    return pa.Table.from_pylist(rows[:MOST_FREQUENT]).drop_columns(["kind"])


def to_read(lake: Lake) -> list[str]:
    """Pairs without their descriptions."""
    told = []
    for row in lake.rows("jaqa/pairs"):
        if row["split"] == "test" and len(told) < TO_READ:
            question = row["question"].removesuffix(row["job_description"]).strip()
            words = len(row["job_description"].split())
            told.append(
                f"- **{row['title_raw']}** ({row['title']}, ISCO {row['isco_group']})\n"
                f"  - skills: {', '.join(row['skills'])}\n"
                f"  - question: {question} [{words} words]\n"
                f"  - answer: {row['answer']}"
            )
    return told


if __name__ == "__main__":
    main()
