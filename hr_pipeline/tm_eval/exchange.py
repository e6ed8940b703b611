"""TM-Eval in the layout of the published files: {"Input", "Label"} objects; out and in."""

from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.records import read_records, write_records
from hr_pipeline.lake.store import Lake
from hr_pipeline.tm_eval.wording import Unreadable, read_item_text

_MEND = 'give {"Input": ..., "Label": "Yes" or "No"} objects: a JSON array, or one a line'
_LABELS = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}


def write_layout(lake: Lake, form: str, out: Path) -> int:
    """tm_eval/items as a file for each task and split ("json" or "jsonl") in the folder `out`; the
    number of items. Items of made-up careers say so, in the files' names and in every object."""
    build = lake.require("tm_eval/items")
    marked = "made-up-" if build.notice else ""
    rows = lake.rows("tm_eval/items", build.version, ["task", "split", "label", "input"])
    records = (
        (
            f"{marked}{row['task']}-{row['split']}",
            {"Input": row["input"], "Label": "Yes" if row["label"] else "No"},
        )
        for row in rows
    )
    return write_records(out, form, records, build.notice)


def read_layout(path: Path) -> tuple[list[dict[str, Any]], Ledger]:
    """Rows of tm_eval_released/items, and the ledger of those that are none: texts that name no
    career, projects and target, or labels that are neither Yes nor No. Raises InputError where the
    file holds no item at all."""
    rows, ledger, number = list[dict[str, Any]](), Ledger(), 0
    for number, (_, record) in enumerate(read_records(path, _MEND), 1):
        key, text = f"released-{number}", record.get("Input")
        label = _LABELS.get(str(record.get("Label")).strip(" .").lower())
        if not isinstance(text, str) or label is None:
            ledger.add("row", key, "no_input_and_label", _MEND, str(record)[:1_000])
            continue
        try:
            item = read_item_text(text)
        except Unreadable as reason:
            ledger.add("row", key, "unreadable_input", str(reason), text[:1_000])
            continue
        rows.append(
            {
                "item_id": key,
                "task": item.task,
                "career": item.career,
                "projects": item.projects,
                "target": item.target,
                "label": label,
                "input": text,
            }
        )
    if not rows:
        raise InputError(f"none of its {number:,} rows is an item", str(path), _MEND)
    return rows, ledger
