"""`python -m hr_pipeline_tests.benchmarks.student_floors --raw DIR --lake DIR` writes the tables of
docs/measures.md: what the floors of the students' tasks are worth on released and on our own rows.

The released rows (found below --raw) are the paper's test split alone. Every second one stands in
for the train split here, so that names are known and a threshold is found on rows that are not
asked. The lake's rows have splits of their own.
"""

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.released import read_released
from hr_pipeline.rjdb.tasks.editing import edits
from hr_pipeline.rjdb.tasks.extraction import extractions
from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.training.students.results import FLOORS, student_results
from hr_pipeline.training.students.tasks import STUDENTS
from hr_pipeline_tests.benchmarks.released import released_file

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"
Row = dict[str, Any]
MADE: dict[str, Callable[[list[Row]], Iterable[Row]]] = {
    "matcher": pairs,
    "extractor": extractions,
    "editor": lambda triples: edits(triples, Ledger()),
}
HEADS = ("task", "metric", "rows", "majority", "lexical", "paper's GPT-4", "paper's Flan-T5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, help="folder with the released rows")
    parser.add_argument("--lake", help="with rjdb/matching, rjdb/extraction, rjdb/editing")
    arguments = parser.parse_args()
    if arguments.raw:
        _write("released", _table(_released(arguments.raw)))
    if arguments.lake:
        _write("lake", _table(_of_lake(Lake(arguments.lake))))
    print(PAGE)


def _released(raw: Path) -> dict[str, list[Row]]:
    path = released_file(raw)
    assert path, f"no released rows below {raw}"
    triples, _ = read_released(path)
    for number, row in enumerate(triples):
        row["split"] = "train" if number % 2 else "test"
    return {name: list(make(triples)) for name, make in MADE.items()}


def _of_lake(lake: Lake) -> dict[str, list[Row]]:
    builds = {name: lake.require(student.dataset) for name, student in STUDENTS.items()}
    return {name: list(lake.rows(b.dataset, b.version)) for name, b in builds.items()}


def _table(rows_of: dict[str, list[Row]]) -> str:
    lines = ["| " + " | ".join(HEADS) + " |", "|---|---|" + "---:|" * (len(HEADS) - 2)]
    for name, rows in rows_of.items():
        train = [row for row in rows if row["split"] == "train"]
        test = [row for row in rows if row["split"] == "test"]
        answers = FLOORS[name][1](train, test)
        for row in student_results(STUDENTS[name], train, test, answers):
            values = [row[column] for column in ("majority", "value", "paper_teacher")]
            shown = ["" if v is None else f"{v:.3f}" for v in (*values, row["paper_student"])]
            cells = (row["task"], row["metric"], f"{row['rows']:,}", *shown)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _write(part: str, text: str) -> None:
    begin, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->\n"
    page = PAGE.read_text(encoding="utf-8")
    new = f"{begin}\n{text}\n\n{end}"
    PAGE.write_text(re.sub(f"(?s){begin}.*{end}", lambda _: new, page), encoding="utf-8")


if __name__ == "__main__":
    main()
