"""What a causal model's answers are worth: API sets of JA-QA, and Yes or No of TM-Eval.

Rows of task, metric, value (0 to 1), rows, as the students' metrics are. The same functions measure
a trained model, an untuned one and the floors. A measure of no rows gives no row.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hr_pipeline.jaqa.pairs.wording import read_answer
from hr_pipeline.tm_eval.careers import PROJECT, TITLE, apis_key
from hr_pipeline.tm_eval.published import METRICS
from hr_pipeline.tm_eval.results import KINDS, MEASURES

Row = Mapping[str, Any]
Measured = dict[str, Any]  # {"task", "metric", "value", "rows"}
ApiSet = frozenset[str]

APIS = "APIs of a job"
NEXT = {TITLE: "next title", PROJECT: "next project"}
SAID, LIKELIER = "said", "likelier"  # the word that was generated; the label of higher likelihood
PRECISION, RECALL, F1, ACCURACY = METRICS
UNREADABLE, NEITHER, CUT = FAULTS = ("unreadable", "neither", "prompts cut")  # best none
OF_PAIRS = ", mean of pairs"


def next_task(task: str, way: str) -> str:
    """The name of a TM-Eval task that was answered in this way."""
    return f"{NEXT[task]}, {way}"


def read_apis(reply: str) -> ApiSet | None:
    """The APIs that a reply names, in folded case; None where it is no list that can be read, as
    one that was cut in the middle."""
    names = read_answer(reply.strip())
    return None if names is None else apis_key(filter(str.strip, names))


def api_metrics(rows: Sequence[Row], answers: Sequence[ApiSet | None]) -> list[Measured]:
    """Of rows of jaqa/pairs. Precision, recall and F1 count the APIs of all pairs together; beside
    them the means of the pairs' own, in which a pair with few APIs weighs as much as one with many.
    An answer that cannot be read names nothing, and is counted. Precision of nothing is 0."""
    wanted = [apis_key(row["apis"]) for row in rows]
    said = [answer or frozenset() for answer in answers]
    counts = [(len(w & s), len(s), len(w)) for w, s in zip(wanted, said, strict=True)]
    whole = _shares(*map(sum, zip(*counts, strict=True))) if counts else ()
    each = [_shares(*count) for count in counts]
    means = [sum(column) / len(rows) for column in zip(*each, strict=True)]
    names = (PRECISION, RECALL, F1)
    values = dict(zip(names, whole, strict=False))
    values |= {f"{n}{OF_PAIRS}": mean for n, mean in zip(names, means, strict=False)}
    if rows:
        values[UNREADABLE] = sum(answer is None for answer in answers) / len(rows)
    return _rows(APIS, len(rows), values)


def _shares(both: int, said: int, wanted: int) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    f1 = 2 * both / (said + wanted) if said + wanted else 0.0
    return both / said if said else 0.0, both / wanted if wanted else 0.0, f1


def next_metrics(items: Iterable[Row], said: Sequence[bool | None], way: str) -> list[Measured]:
    """Of rows of tm_eval/items, as tm_eval/results counts them. What is neither Yes nor No (or a
    tie, where likelihoods decide) is wrong, and counted."""
    counts: dict[str, Counter[tuple[bool, bool | None]]] = {task: Counter() for task in NEXT}
    for item, one in zip(items, said, strict=True):
        counts[item["task"]][item["label"], one] += 1
    measured = []
    for task, counted in counts.items():
        kinds, rows = np.array([counted[kind] for kind in KINDS]), counted.total()
        if rows:
            values = {name: float(MEASURES[name](kinds)) / 100 for name in METRICS}
            values[NEITHER] = sum(counted[kind] for kind in KINDS if kind[1] is None) / rows
            measured += _rows(next_task(task, way), rows, values)
    return measured


def cut_metrics(task: str, cut: Sequence[bool]) -> list[Measured]:
    """The share of a task's prompts that did not fit."""
    return _rows(task, len(cut), {CUT: sum(cut) / len(cut)}) if cut else []


def likelier(likelihoods: Sequence[tuple[float, float]]) -> list[bool | None]:
    """Yes where its log likelihood is above that of No, from (Yes, No) each; None for a tie."""
    return [None if yes == no else yes > no for yes, no in likelihoods]


def _rows(task: str, rows: int, values: Mapping[str, float]) -> list[Measured]:
    return [
        {"task": task, "metric": metric, "value": round(value, 5), "rows": rows}
        for metric, value in values.items()
    ]
