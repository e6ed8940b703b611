"""Every item asked of a model once: rows of tm_eval/answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.tm_eval.items import DEV, TEST
from hr_pipeline.tm_eval.questions import JUDGE_NEXT, ItemQuestion

Row = Mapping[str, Any]
OURS, RELEASED = "tm_eval/items", "tm_eval_released/items"


def require_items(dataset: str) -> str:
    """The dataset that is asked; raises InputError where it holds no items."""
    if dataset not in (OURS, RELEASED):
        where = "tm_eval/answers.items"
        raise InputError(f"there are no items in {dataset!r}", where, f"use {OURS} or {RELEASED}")
    return dataset


def of_split(items: Iterable[Row], split: str) -> list[Row]:
    """The items of a split; imported ones have none and are all asked. Raises InputError for a
    split that is not known, or that holds none of the items."""
    where = "tm_eval/answers.split"
    if split not in (DEV, TEST):
        raise InputError(f"there is no split {split!r}", where, f"use {DEV} or {TEST}")
    whole = list(items)
    asked = [row for row in whole if row.get("split", split) == split]
    if whole and not asked:
        mend = "tm_eval/items.dev_share decides how many are"
        raise InputError(f"no item is in the split {split}", where, mend)
    return asked


def answers(
    engine: Engine, items: Iterable[Row], ledger: Ledger
) -> Iterator[dict[str, Any] | None]:
    """A row for each item, in order; None where the endpoint failed or refused, which the ledger
    tells under "task/item". A reply that is neither Yes nor No is a row too, with `said` null."""

    async def ask(row: Row) -> tuple[Row, Answer[bool | None] | Unanswered]:
        return row, await engine.answer(JUDGE_NEXT, ItemQuestion.of(row))

    for row, answer in engine.in_order(ask, items):
        if isinstance(answer, Unanswered):
            key = f"{row['task']}/{row['item_id']}"
            ledger.add("row", key, "no_reply", answer.reason, answer.raw)
            yield None
            continue
        yield {
            "item_id": row["item_id"],
            "task": row["task"],
            "label": row["label"],
            "said": answer.value,
            "reply": answer.reply.text,
            "model": engine.teacher.model,
            "prompt_hash": JUDGE_NEXT.prompt.hash,
            "request_ids": list(answer.request_ids),
        }
