"""Precision, recall, F1 and accuracy of a model's answers (rows of tm_eval/results).

An answer that is neither Yes nor No is wrong: it lowers accuracy, and recall where Yes was true. It
is no Yes, so precision does not see it. A measure of nothing (no Yes said at all) is 0.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import rng
from hr_pipeline.lake.shown import Draw, pictures
from hr_pipeline.lake.store import Lake
from hr_pipeline.tm_eval.careers import TASKS
from hr_pipeline.tm_eval.intervals import Measure, interval
from hr_pipeline.tm_eval.published import METRICS, TABLE, published_rows

Row = Mapping[str, Any]
STAGE = "tm_eval/results"
HERE = "this build"
# (what is true, what was said); an unparsed answer is None
KINDS = ((True, True), (True, False), (True, None), (False, True), (False, False), (False, None))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(100.0 * part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


MEASURES: dict[str, Measure] = {  # of counts (..., kinds), in percent
    "precision": lambda n: _ratio(n[..., 0], n[..., 0] + n[..., 3]),
    "recall": lambda n: _ratio(n[..., 0], n[..., :3].sum(-1)),
    "f1": lambda n: _ratio(2 * n[..., 0], n[..., 0] + n[..., 3] + n[..., :3].sum(-1)),
    "accuracy": lambda n: _ratio(n[..., 0] + n[..., 4], n.sum(-1)),
}


def result_rows(
    model: str, answers: Iterable[Row], ledger: Iterable[Row], seed: int
) -> Iterator[dict[str, Any]]:
    """The model's rows, then the paper's; `ledger`: that of the answers, items without any reply,
    which no figure holds."""
    counts: dict[str, Counter[tuple[bool, bool | None]]] = {task: Counter() for task in TASKS}
    lost = Counter(row["key"].split("/")[0] for row in ledger)
    for row in answers:
        counts[row["task"]][row["label"], row["said"]] += 1
    for task, counted in counts.items():
        kinds = np.array([counted[kind] for kind in KINDS])
        for metric in METRICS if kinds.any() else ():
            measure = MEASURES[metric]
            low, high = interval(kinds, measure, rng(seed, STAGE, f"{model}/{task}"))
            yield {
                "model": model,
                "task": task,
                "metric": metric,
                "value": round(float(measure(kinds)), 5),
                "ci_low": low,
                "ci_high": high,
                "items": int(kinds.sum()),
                "unparsed": int(kinds[2] + kinds[5]),
                "unanswered": lost[task],
                "source": HERE,
            }
    yield from published_rows()


def latest_of_every_model(lake: Lake, answers: Build) -> list[dict[str, Any]]:
    """The newest rows of each model on the items that `answers` was asked, newest first, each with
    the notice of its build. Results whose parts are gone are left out."""
    asked = {build.version: build.recipe for build in lake.builds("tm_eval/answers")}
    found: dict[str, list[dict[str, Any]]] = {}
    for build in reversed(lake.builds("tm_eval/results")):
        recipe = asked.get(build.recipe.inputs["tm_eval/answers"])
        if recipe is None or _items_of(recipe) != _items_of(answers.recipe):
            continue
        try:
            rows = [r for r in lake.rows("tm_eval/results", build.version) if r["source"] == HERE]
        except InputError:  # collected as garbage
            continue
        found.setdefault(str(recipe.teacher), [row | {"notice": build.notice} for row in rows])
    return [row for rows in found.values() for row in rows]


def _items_of(recipe: Recipe) -> tuple[dict[str, str], Any]:
    """Which items a making of the answers asked."""
    return recipe.inputs, recipe.settings["config"]


HEADS: tuple[str, ...] = ("model", *METRICS, "items", "neither", "no reply")


def beside(rows: Iterable[Row], task: str) -> list[tuple[str, ...]]:
    """The lines of a table of one task, head first: a model a line, ours with intervals."""
    lines: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row["task"] == task:
            lines.setdefault((row["model"], row["source"].split(";")[0]), {})[row["metric"]] = row
    table = [HEADS]
    for (model, source), held in lines.items():
        figures = [_figure(held[metric]) for metric in METRICS]
        accuracy = held["accuracy"]
        counts = [accuracy[name] for name in ("items", "unparsed", "unanswered")]
        shown = ["" if count is None else f"{count:,}" for count in counts]
        table.append((f"{model} (here)" if source == HERE else model, *figures, *shown))
    return table


def _figure(row: Row) -> str:
    if row["ci_low"] is None:
        return f"{row['value']:.2f}"
    return f"{row['value']:.2f} [{row['ci_low']:.1f}, {row['ci_high']:.1f}]"


def beside_the_paper(rows: Sequence[Row]) -> str:
    """The tables of both tasks as Markdown."""
    parts = []
    for task in TASKS:
        head, *lines = beside(rows, task)
        ruled = [head, ("---",) * len(head), *lines]
        parts.append(f"{task}\n\n" + "\n".join("| " + " | ".join(one) + " |" for one in ruled))
    return "\n\n".join([*parts, f"Without (here): {TABLE}, on other careers. 95% intervals."])


def plots(rows: Sequence[Row], notice: str) -> str:
    """Accuracy of the model beside the paper's, a picture a task."""
    tasks = [task for task in TASKS if any(r["task"] == task and r["source"] == HERE for r in rows)]
    return pictures([_beside(rows, task, notice) for task in tasks], size=(6.4, 4.4))


def _beside(rows: Sequence[Row], task: str, notice: str) -> Draw:
    shown = [row for row in rows if row["task"] == task and row["metric"] == "accuracy"]

    def draw(axes: Any) -> None:
        names = [row["model"] + (" (here)" if row["source"] == HERE else "") for row in shown]
        ends = [
            (row["value"] - row["ci_low"], row["ci_high"] - row["value"])
            if row["source"] == HERE
            else (0.0, 0.0)
            for row in shown
        ]
        colours = ["tab:blue" if row["source"] == HERE else "tab:gray" for row in shown]
        values = [row["value"] for row in shown]
        axes.barh(names, values, xerr=list(zip(*ends, strict=True)), color=colours)
        axes.axvline(50, color="black", linewidth=1, linestyle=":")
        axes.invert_yaxis()
        title = f"{task}; gray: {TABLE}, on other careers"
        axes.set(xlim=(0, 100), xlabel="accuracy, %")
        axes.set_title("\n".join(filter(None, (title, notice))), fontsize=8)

    return draw
