"""A teacher in a student's place: asked the held-out rows, and measured as a student is."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.progress import progress
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.training.students.program import STAGE
from hr_pipeline.training.students.questions import ASKED
from hr_pipeline.training.students.results import student_results
from hr_pipeline.training.students.tasks import Row, Student, some_triples


def held_out_rows(
    lake: Lake, student: Student, most: int, seed: int
) -> tuple[list[Row], list[Row]]:
    """The rows of the train split, and of the test split those that a student is asked under this
    seed where `most` are evaluated (0: all). Raises InputError where there are none."""
    if most < 0:
        raise InputError("at least 0 is needed", "--rows", "0 stands for all")
    build = lake.require(student.dataset)
    rows: dict[str, list[Row]] = {"train": [], "dev": [], "test": []}
    for row in lake.rows(student.dataset, build.version):
        rows[row["split"]].append(row)
    if not rows["test"]:
        mend = "build rjdb with --set rjdb/contexts.test=20"
        raise InputError("no row is in the split test", student.dataset, mend)
    return rows["train"], some_triples(rows["test"], most, seed, STAGE)


def ask(
    engine: Engine, student: Student, rows: Sequence[Row], say: Callable[[str], object]
) -> tuple[list[Row], list[Any], dict[str, Any]]:
    """The rows that were replied to, an answer to each, and counts.

    `unusable`: replies that cannot be read after all re-asks; they are wrong. `no_reply`: rows that
    the endpoint refused or failed at; no figure holds them, and a later run asks them again.
    `causes` says why rows are lost either way.
    """
    asked = ASKED[student.name]

    async def answer(row: Row) -> tuple[Row, Answer[Any] | Unanswered]:
        return row, await engine.answer(asked.task, asked.question(row))

    replied, answers = list[Row](), list[Any]()
    counts, causes = {"asked": len(rows), "unusable": 0, "no_reply": 0}, Counter[str]()
    results = engine.in_order(answer, rows)
    for row, given in progress(results, f"asking {student.name}", len(rows), say, engine.sight):
        if isinstance(given, Unanswered):
            counts["unusable" if given.raw else "no_reply"] += 1
            causes[given.reason] += 1
            if not given.raw:
                continue
        replied.append(row)
        answers.append(asked.lost if isinstance(given, Unanswered) else given.value)
    work = engine.counts
    counts |= {kind: work[f"{asked.task.name}/{kind}"] for kind in ("calls", "found", "reasks")}
    return replied, answers, {**counts, "causes": dict(causes.most_common())}


def asked_results(
    engine: Engine,
    student: Student,
    train: Sequence[Row],
    rows: Sequence[Row],
    say: Callable[[str], object],
) -> dict[str, Any]:
    """The teacher's figures on these rows as rows of models/results, and the counts of `ask`."""
    replied, answers, counts = ask(engine, student, rows, say)
    model = engine.teacher.model
    results = student_results(student, train, replied, answers)
    whose = {"model": model, "version": "", "base": model}
    return {"task": student.name, **counts, "results": [whose | row for row in results]}
