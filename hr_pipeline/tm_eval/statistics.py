"""What TM-Eval holds, counted (rows of tm_eval/statistics); the paper tells the sizes alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hr_pipeline.lake.shown import Draw, pictures
from hr_pipeline.tm_eval.careers import PROJECT, TASKS, TITLE, target_key

Row = Mapping[str, Any]
PAPER = "KDJPPR 3.2, 5.1"
_PUBLISHED = {TITLE: 1000.0, PROJECT: 1000.0}


def item_statistics(
    items: Sequence[Row], ordered: Mapping[str, int], lost: Iterable[Row]
) -> list[dict[str, Any]]:
    """Rows of tm_eval/statistics; `ordered`: items wanted of each task; `lost`: the ledger of the
    items."""
    people = {row["person_id"] for row in items}
    rows = [
        _row("items", len(items), 2000.0),
        _row("people with an item", len(people)),
    ]
    for task in TASKS:
        of_task = [row for row in items if row["task"] == task]
        rows.append(_row(f"{task}: items", len(of_task), _PUBLISHED[task]))
        rows.append(_row(f"{task}: items ordered at most", ordered[task]))
        rows += [_row(f"{task}: {name}", value) for name, value in _counted(of_task, task)]
    causes = Counter(f"{row['key'].split('/')[0]}: people lost, {row['cause']}" for row in lost)
    return rows + [_row(cause, count) for cause, count in sorted(causes.items())]


def _row(statistic: str, ours: float, paper: float | None = None) -> dict[str, Any]:
    source = PAPER if paper is not None else None
    return {"statistic": statistic, "ours": float(ours), "paper": paper, "source": source}


def _counted(items: Sequence[Row], task: str) -> Iterator[tuple[str, float]]:
    if not items:
        return
    yield "Yes, %", 100 * _mean([row["label"] for row in items])
    yield "distinct targets", len({target_key(task, row["target"]) for row in items})
    for label, name in ((True, "Yes"), (False, "No")):
        yield (
            f"mean popularity of the target, {name}",
            _mean([row["popularity"] for row in items if row["label"] == label]),
        )
    for name, lengths in _lengths(items).items():
        yield f"{name}, mean", _mean(lengths)
        yield f"{name}, most", max(lengths)


def _lengths(items: Sequence[Row]) -> dict[str, list[int]]:
    return {
        "jobs so far": [len(row["career"]) for row in items],
        "projects so far": [len(row["projects"]) for row in items],
        "APIs of a project so far": [len(apis) for row in items for apis in row["projects"]],
        "APIs or titles of the target": [len(row["target"]) for row in items],
        "characters of the text": [len(row["input"]) for row in items],
    }


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 5)


def plots(items: Sequence[Row], notice: str) -> str:
    """How many jobs and projects lie before, and how popular targets are under Yes and No."""
    if not items:
        return ""

    def before(axes: Any) -> None:
        most = max(max(len(row["career"]), len(row["projects"])) for row in items)
        bins = np.arange(0.5, most + 1)
        axes.hist([len(row["career"]) for row in items], bins, alpha=0.6, label="jobs")
        axes.hist([len(row["projects"]) for row in items], bins, alpha=0.6, label="projects")
        axes.set(xlabel="before the cut", ylabel="items")
        if notice:
            axes.set_title(notice, fontsize=8)
        axes.legend(frameon=False)

    return pictures([before, *(_popularity(items, task) for task in TASKS)])


def _popularity(items: Sequence[Row], task: str) -> Draw:
    def draw(axes: Any) -> None:
        held = {
            name: sorted(r["popularity"] for r in items if r["task"] == task and r["label"] == yes)
            for name, yes in (("Yes", True), ("No", False))
        }
        for (name, values), style in zip(held.items(), ("-", "--"), strict=True):
            axes.plot(values, np.linspace(0, 100, len(values)), style, label=name)
        axes.set(xlabel="people who hold the target", ylabel="items up to it, %", title=task)
        axes.legend(frameon=False)

    return draw
