"""The three tasks of the students (RJDB 4): what they read, how they are measured, their floors.

Whoever has answers to held-out rows, a student or a teacher, gets the same rows of figures here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hr_pipeline.lake.picked import drawn
from hr_pipeline.training import floors, metrics
from hr_pipeline.training.published import STUDENTS
from hr_pipeline.training.results import beside

Row = Mapping[str, Any]
Rows = Sequence[Row]


@dataclass(frozen=True)
class StudentTask:
    """`measure(rows, answers)` takes answers of one type: a Verdict, an Extracted, or the text of a
    section. `majority` is None where no answer can be the commonest one."""

    name: str
    dataset: str
    key: str
    measure: Callable[[Rows, Sequence[Any]], list[dict[str, Any]]]
    majority: Callable[[Rows, Rows], Sequence[Any]] | None
    lexical: Callable[[Rows, Rows], Sequence[Any]]

    def results(self, train: Rows, rows: Rows, answers: Sequence[Any]) -> list[dict[str, Any]]:
        """Figures of the answers to held-out rows, beside the floors (which read the train split)
        and the paper's: rows of models/results but for the model."""
        majority = self.measure(rows, self.majority(train, rows)) if self.majority else []
        lexical = self.measure(rows, self.lexical(train, rows))
        return beside(self.measure(rows, answers), majority, lexical, STUDENTS)


MATCHER = StudentTask(
    "matcher",
    "rjdb/matching",
    "pair_id",
    metrics.matching_metrics,
    floors.majority_verdicts,
    floors.lexical_verdicts,
)
EXTRACTOR = StudentTask(
    "extractor",
    "rjdb/extraction",
    "document_id",
    metrics.extraction_metrics,
    floors.majority_extractions,
    floors.lexical_extractions,
)
EDITOR = StudentTask(
    "editor",
    "rjdb/editing",
    "item_id",
    metrics.editing_metrics,
    None,
    lambda train, rows: floors.lexical_sections(rows),
)
STUDENT_TASKS = {task.name: task for task in (MATCHER, EXTRACTOR, EDITOR)}


def held_out(rows: Sequence[Row], number: int) -> list[Row]:
    """About `number` of the rows (0: all), in their order: those of whole triples, drawn by their
    ids, so that a match stays beside its mismatches."""
    if not 0 < number < len(rows):
        return list(rows)
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row["triple_id"]] = sizes.get(row["triple_id"], 0) + 1
    chosen, total = set(), 0
    for triple in drawn(sizes, len(sizes), "training/held out"):
        if total >= number:
            break
        chosen.add(triple)
        total += sizes[triple]
    return [row for row in rows if row["triple_id"] in chosen]
