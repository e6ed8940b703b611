"""What answers to the students' tasks are worth beside the floors and the paper (RJDB 4)."""

from collections.abc import Callable, Sequence
from typing import Any

from hr_pipeline.training.measures import floors
from hr_pipeline.training.measures.published import STUDENTS as PUBLISHED
from hr_pipeline.training.measures.results import beside
from hr_pipeline.training.students.tasks import Row, Student

Rows = Sequence[Row]
Floor = Callable[[Rows, Rows], Sequence[Any]]  # train rows, held-out rows -> answers

# Majority, lexical; a section that is written has no commonest answer.
FLOORS: dict[str, tuple[Floor | None, Floor]] = {
    "matcher": (floors.majority_verdicts, floors.lexical_verdicts),
    "extractor": (floors.majority_extractions, floors.lexical_extractions),
    "editor": (None, lambda train, rows: floors.lexical_sections(rows)),
}


def student_results(
    student: Student, train: Rows, rows: Rows, answers: Sequence[Any]
) -> list[dict[str, Any]]:
    """Figures of the answers (as `student.read` gives them) to held-out rows, a student's or a
    teacher's: rows of models/results but for the columns that name the model. The floors read the
    rows of the train split."""
    majority, lexical = FLOORS[student.name]
    return beside(
        student.measure(rows, answers),
        student.measure(rows, majority(train, rows)) if majority else [],
        student.measure(rows, lexical(train, rows)),
        PUBLISHED,
    )
