"""What the annotators' scores come to: Table 2 of the RJDB paper, with Krippendorff's alpha."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from hr_pipeline.lake.text import columns
from hr_pipeline.quality.judges.worth import mean_of
from hr_pipeline.quality.study.chosen import ADVERTISED, GENERATED
from hr_pipeline.quality.study.sheets import CRITERIA, Scores

# Table 2; its head calls the first one factuality, its text asks how realistic the documents are.
PAPER = {
    (ADVERTISED, "realism"): 63.4,
    (ADVERTISED, "consistency"): 62.7,
    (GENERATED, "realism"): 67.9,
    (GENERATED, "consistency"): 65.4,
}
TABLE_COLUMNS = ("documents", "criterion", "mean", "sd", "ci_low", "ci_high", "n", "paper")
Row = dict[str, Any]


def table_2(scores: Mapping[str, Scores], kinds: Mapping[str, str]) -> list[Row]:
    """Rows of Table 2 (`TABLE_COLUMNS`): an item's score is the mean of its annotators' (as in the
    paper); mean, standard deviation and 95% interval (Student's t) are over items. `scores` are by
    annotator; `kinds` says of each item what it is."""
    rows = []
    for kind in (ADVERTISED, GENERATED):
        for criterion in CRITERIA:
            means = item_means(scores, criterion, (i for i, k in kinds.items() if k == kind))
            figures = _figures(means)
            rows.append(
                {"documents": kind, "criterion": criterion}
                | figures
                | {"paper": PAPER[kind, criterion]}
            )
    return rows


def item_means(scores: Mapping[str, Scores], criterion: str, items: Iterable[str]) -> list[float]:
    """The mean score of each item that has one."""
    found = (
        [own[item][criterion] for own in scores.values() if criterion in own.get(item, {})]
        for item in sorted(items)
    )
    return [float(np.mean(given)) for given in found if given]


def _figures(means: list[float]) -> Row:
    if not means:
        return {"mean": None, "sd": None, "ci_low": None, "ci_high": None, "n": 0}
    mean, low, high, n = mean_of(means)
    sd = round(float(np.std(means, ddof=1)), 5) if n > 1 else None
    return {"mean": mean, "sd": sd, "ci_low": low, "ci_high": high, "n": n}


def agreement(scores: Mapping[str, Scores], criterion: str, items: Iterable[str]) -> float | None:
    """Krippendorff's alpha for interval data over annotators; missing scores are left out. None
    where it is not defined: no item has two scores, or all scores are equal."""
    import krippendorff

    table = np.array(
        [
            [own.get(item, {}).get(criterion, np.nan) for item in sorted(items)]
            for own in scores.values()
        ]
    )
    paired = table[:, (~np.isnan(table)).sum(axis=0) >= 2] if table.size else table
    if not paired.size or len(np.unique(paired[~np.isnan(paired)])) < 2:
        return None
    return round(float(krippendorff.alpha(paired, level_of_measurement="interval")), 5)


LEAST_ALIKE = 10  # scores that two annotators may well give alike


def alike(scores: Mapping[str, Scores]) -> list[tuple[str, str]]:
    """Annotators who gave the same scores throughout: one sheet may be a copy of the other, and
    agreement would be too high."""
    return [
        (one, other)
        for one, other in combinations(scores, 2)
        if scores[one] == scores[other] and sum(map(len, scores[one].values())) >= LEAST_ALIKE
    ]


def study_result(scores: Mapping[str, Scores], key: Mapping[str, Mapping[str, str]]) -> Row:
    """All figures of a study: Table 2, agreement by criterion (over all items, and of each kind),
    how many scores are missing, by annotator, and whose are all alike."""
    kinds = {item: row["kind"] for item, row in key.items()}
    groups = {"all": list(kinds)} | {
        kind: [item for item, own in kinds.items() if own == kind]
        for kind in (ADVERTISED, GENERATED)
    }
    writers = {row["written_by"] for row in key.values()} - {""}
    return {
        "table_2": table_2(scores, kinds),
        "alpha": [
            {
                "documents": name,
                "criterion": criterion,
                "alpha": agreement(scores, criterion, items),
            }
            for name, items in groups.items()
            for criterion in CRITERIA
        ],
        "items": len(kinds),
        "missing": {
            annotator: len(kinds) * len(CRITERIA) - sum(map(len, own.values()))
            for annotator, own in scores.items()
        },
        "alike": [list(pair) for pair in alike(scores)],
        "written_by": sorted(writers),
    }


def result_text(result: Row) -> str:
    """The figures as people read them."""
    head = ("documents", "criterion", "mean", "sd", "95%", "n", "paper")
    rows = [head, *map(_cells, result["table_2"])]
    alphas = [("documents", "criterion", "alpha")] + [
        (row["documents"], row["criterion"], _number(row["alpha"], 3)) for row in result["alpha"]
    ]
    missing = ", ".join(f"{name}: {n}" for name, n in result["missing"].items())
    return "\n".join(
        [
            *("Scores from 1 to 100 (Table 2)", *columns(rows, left=(0, 1)), ""),
            *("Krippendorff's alpha, interval data", *columns(alphas, left=(0, 1)), ""),
            f"Scores missing, of {result['items'] * len(CRITERIA):,} each: {missing}",
        ]
    )


def _cells(row: Row) -> tuple[str, ...]:
    ends = [_number(row[name]) for name in ("ci_low", "ci_high")]
    figures = (_number(row["mean"]), _number(row["sd"]), " - ".join(ends), str(row["n"]))
    return (row["documents"], row["criterion"], *figures, _number(row["paper"]))


def _number(value: float | None, places: int = 1) -> str:
    return "?" if value is None else f"{value:.{places}f}"
