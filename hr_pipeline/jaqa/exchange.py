"""JA-QA in the layout of the published files: {"question", "answer"} objects; out and in."""

from pathlib import Path
from typing import Any

from hr_pipeline.jaqa.pairs.wording import read_answer, read_question
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.records import read_records, write_records
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.template import TEMPLATE

_MEND = 'give {"question": ..., "answer": ...} objects: a JSON array, or one a line'


def write_layout(lake: Lake, form: str, out: Path) -> int:
    """jaqa/pairs as a file for each split ("json" or "jsonl") in the folder `out`; the number of
    pairs. What a template had a hand in says so, in the files' names and in every object."""
    build = lake.require("jaqa/pairs")
    marked = f"{TEMPLATE}-" if build.notice else ""
    rows = lake.rows("jaqa/pairs", build.version, ["split", "question", "answer"])
    records = (
        (f"{marked}{row['split']}", {"question": row["question"], "answer": row["answer"]})
        for row in rows
    )
    return write_records(out, form, records, build.notice)


def read_layout(path: Path) -> tuple[list[dict[str, Any]], Ledger]:
    """Rows of jaqa_released/pairs, and the ledger of those that are none.

    An answer that lists no APIs loses its row; a question in unknown words keeps it, without title
    and description. Raises InputError where the file holds no pair at all.
    """
    rows, ledger, number = list[dict[str, Any]](), Ledger(), 0
    for number, (_, record) in enumerate(read_records(path, _MEND), 1):
        key = f"released-{number}"
        question, answer = record.get("question"), record.get("answer")
        if not isinstance(question, str) or not isinstance(answer, str):
            ledger.add("row", key, "no_question_and_answer", raw=str(record)[:1_000])
            continue
        apis = read_answer(answer)
        if not apis:
            ledger.add("row", key, "answer_lists_no_api", raw=answer)
            continue
        known = read_question(question)
        if known is None:
            ledger.add("question", key, "in_unknown_words", raw=question[:1_000])
        title, description = known or (None, None)
        rows.append(
            {
                "pair_id": key,
                "title": title,
                "job_description": description,
                "apis": apis,
                "question": question,
                "answer": answer,
            }
        )
    if not rows:
        raise InputError(f"none of its {number:,} rows is a pair", str(path), _MEND)
    return rows, ledger
