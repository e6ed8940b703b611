"""What the programs of the three students share: rows to examples, training, held-out rows."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.training.command import PROGRAMS
from hr_pipeline.training.program import Made, Program, Training
from hr_pipeline.training.settings import Settings
from hr_pipeline.training.students.results import student_results
from hr_pipeline.training.students.tasks import STUDENTS, Row, Student, some_triples

CODE_VERSION = "1"
STAGE = "training/rows"  # of the draw of rows; a teacher in the students' place is asked the same
PREDICTIONS = "predictions.parquet"


def student_program(name: str) -> Program:
    """The program that trains one of `STUDENTS`."""
    student = STUDENTS[name]
    return Program(
        name=name,
        about=PROGRAMS[name],
        reads=(student.dataset,),
        settings=Settings,
        train=partial(train, student),
        code_version=CODE_VERSION,
    )


def train(student: Student, training: Training) -> Made:
    """Learns rows of the train split, answers rows of the test split. Raises InputError where one
    of them is empty, TrainingStopped."""
    from hr_pipeline.training.students.seq2seq import fit

    known = _split(student, training, "train")
    held_out = _split(student, training, "test")
    learnable = [row for row in known if student.learns(row)]
    learnt = _some(learnable, training.settings.train_rows, training)
    asked = _some(held_out, training.settings.evaluated, training)
    fitted = fit(training, [student.example(row) for row in learnt])
    training.report.say(f"{len(asked):,} held-out rows are answered")
    predictions = fitted.predict([student.prompt(row) for row in asked])
    write_predictions(fitted.folder, student, asked, predictions)
    return Made(
        folder=fitted.folder,
        metrics=student_results(student, known, asked, [student.read(p) for p in predictions]),
        facts={
            "rows_of_train_split": len(known),
            "rows_of_another_set": len(known) - len(learnable),
            "rows_not_drawn": len(learnable) - len(learnt),
            **fitted.facts,
            "rows_of_test_split": len(held_out),
            "rows_asked": len(asked),
            "tensors_that_did_not_move": fitted.still,
        },
    )


def write_predictions(folder: Any, student: Student, rows: Sequence[Row], said: list[str]) -> None:
    """The raw answers beside the weights, so that every figure can be computed again."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    keys = [row[student.key] for row in rows]
    pq.write_table(pa.table({student.key: keys, "prediction": said}), folder / PREDICTIONS)


def _split(student: Student, training: Training, split: str) -> list[dict[str, Any]]:
    rows = list(training.rows(student.dataset, split))
    if not rows:
        where = f"{student.dataset} {training.pinned[student.dataset].version}"
        raise InputError(f"the {split} split is empty", where, "build rjdb with more triples")
    return rows


def _some(rows: Sequence[Row], most: int, training: Training) -> list[Row]:
    return some_triples(rows, most, training.seed, STAGE)
