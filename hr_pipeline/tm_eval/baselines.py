"""What rules that know nothing of careers make of the items (rows of tm_eval/baselines).

Each rule gives an item one number; a threshold, and which side of it is Yes, is learnt on four
fifths of the items and judged on the fifth. Items of equal targets are in one fifth: a target
stands as often under Yes as under No, so in every fifth a rule that looks at the target alone is
right in exactly half of the cases, as it should be.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hr_pipeline.lake.rng import draw_integer, rng
from hr_pipeline.lake.shown import Draw, pictures
from hr_pipeline.text.phrases import tokens
from hr_pipeline.tm_eval.careers import PROJECT, TITLE, apis_key, target_key, title_key
from hr_pipeline.tm_eval.intervals import interval

Row = Mapping[str, Any]
Rule = Callable[[Row], float]
FOLDS = 5
STAGE = "tm_eval/baselines"
POPULARITY = "popularity of the target"


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0


def _past_apis(row: Row) -> frozenset[str]:
    return apis_key(api for apis in row["projects"] for api in apis)


def _packages(apis: frozenset[str]) -> frozenset[str]:
    return frozenset(api.split(".")[0] for api in apis)


def _words(titles: Sequence[str]) -> frozenset[str]:
    return frozenset(word for title in titles for word in tokens(title))


# What says nothing of a career: these must be at chance.
_BLIND: dict[str, dict[str, Rule]] = {
    TITLE: {
        POPULARITY: lambda row: row["popularity"],
        "length of the target": lambda row: len(row["target"][0]),
        "the target is the latest job": lambda row: (
            title_key(row["target"][0]) == title_key(row["career"][-1])
        ),
        "the target was held before": lambda row: (
            title_key(row["target"][0]) in map(title_key, row["career"])
        ),
    },
    PROJECT: {
        POPULARITY: lambda row: row["popularity"],
        "length of the target": lambda row: len(row["target"]),
        "the target was a project before": lambda row: (
            apis_key(row["target"]) in map(apis_key, row["projects"])
        ),
    },
}
# What may say something: the more a model is above these, the more it reads.
_TELLING: dict[str, dict[str, Rule]] = {
    TITLE: {
        "jobs so far": lambda row: len(row["career"]),
        "projects so far": lambda row: len(row["projects"]),
        "words of the target in the latest job": lambda row: _share(
            _words(row["target"]), _words(row["career"][-1:])
        ),
        "words of the target in any job": lambda row: _share(
            _words(row["target"]), _words(row["career"])
        ),
    },
    PROJECT: {
        "jobs so far": lambda row: len(row["career"]),
        "projects so far": lambda row: len(row["projects"]),
        "APIs of the target in the latest project": lambda row: _share(
            apis_key(row["target"]), apis_key(row["projects"][-1])
        ),
        "APIs of the target in any project": lambda row: _share(
            apis_key(row["target"]), _past_apis(row)
        ),
        "packages of the target in any project": lambda row: _share(
            _packages(apis_key(row["target"])), _packages(_past_apis(row))
        ),
    },
}


def seen_by_rules(item: Row) -> dict[str, float]:
    """The number that each rule gives one item."""
    rules = _BLIND[item["task"]] | _TELLING[item["task"]]
    return {name: round(float(rule(item)), 5) for name, rule in rules.items()}


def baselines(items: Sequence[Row], seed: int) -> list[dict[str, Any]]:
    """Every rule on every task that has items."""
    rows = []
    for task in (TITLE, PROJECT):
        of_task = [row for row in items if row["task"] == task]
        for rules, blind in ((_BLIND, True), (_TELLING, False)):
            for name, rule in rules[task].items() if of_task else ():
                rows.append(judged(of_task, task, name, rule, seed) | {"must_be_chance": blind})
    return rows


def judged(items: Sequence[Row], task: str, name: str, rule: Rule, seed: int) -> dict[str, Any]:
    """What one rule (it gives an item a number) makes of the items, at least one, of a task: a row
    of tm_eval/baselines but for `must_be_chance`."""
    values = np.array([float(rule(row)) for row in items])
    labels = np.array([row["label"] for row in items])
    keys = ["\x1f".join(sorted(target_key(task, row["target"]))) for row in items]
    folds = np.array([draw_integer(seed, f"{STAGE}/fold", key, FOLDS) for key in keys])
    right = np.zeros(len(items), dtype=bool)
    for fold in range(FOLDS):
        held = folds == fold
        threshold, above = best_threshold(values[~held], labels[~held])
        right[held] = ((values[held] >= threshold) == above) == labels[held]
    counts = (int(right.sum()), int((~right).sum()))
    low, high = interval(
        counts, lambda drawn: drawn[:, 0] / drawn.sum(1), rng(seed, STAGE, f"{task}/{name}")
    )
    return {
        "task": task,
        "rule": name,
        "items": len(items),
        "accuracy": round(counts[0] / len(items), 5),
        "ci_low": low,
        "ci_high": high,
    }


def best_threshold(values: np.ndarray, labels: np.ndarray) -> tuple[float, bool]:
    """The threshold, and whether Yes is at or above it (else below), that is right most often; of
    equally good ones the least, and above."""
    best, chosen = -1, (0.0, True)
    for threshold in np.unique(values):
        right = int(((values >= threshold) == labels).sum())
        for hits, above in ((right, True), (len(labels) - right, False)):
            if hits > best:
                best, chosen = hits, (float(threshold), above)
    return chosen


def off_chance(rows: Sequence[Row]) -> dict[str, str]:
    """Of the rules that must be at chance those whose interval lies beside a half."""
    return {
        f"{row['task']}: {row['rule']}": f"{row['ci_low']:.1%} to {row['ci_high']:.1%}"
        for row in rows
        if row["must_be_chance"] and not row["ci_low"] <= 0.5 <= row["ci_high"]
    }


def plots(rows: Sequence[Row], notice: str) -> str:
    """Accuracy of every rule with its interval, a picture a task."""
    tasks = [task for task in (TITLE, PROJECT) if any(row["task"] == task for row in rows)]
    return pictures([_bars([r for r in rows if r["task"] == task], notice) for task in tasks])


def _bars(rows: Sequence[Row], notice: str) -> Draw:
    def draw(axes: Any) -> None:
        values = [100 * row["accuracy"] for row in rows]
        low = [100 * (row["accuracy"] - row["ci_low"]) for row in rows]
        high = [100 * (row["ci_high"] - row["accuracy"]) for row in rows]
        colours = ["tab:gray" if row["must_be_chance"] else "tab:blue" for row in rows]
        axes.barh([row["rule"] for row in rows], values, xerr=(low, high), color=colours)
        axes.axvline(50, color="black", linewidth=1, linestyle=":")
        axes.invert_yaxis()
        title = f"{rows[0]['task']} ({rows[0]['items']} items)"
        axes.set(xlim=(0, 100), xlabel="right, % (50 is a coin)", title=title)
        if notice:
            axes.set_title(f"{title}\n{notice}", fontsize=8)

    return draw
