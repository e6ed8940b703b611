"""The parts of docs/figures.md on how far the triples can be trusted."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.shown import markdown_table
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.report.sections import beside

Row = dict[str, Any]


def quality_parts(lake: Lake) -> list[str]:
    """Titles and tables, ours beside the imported release where there is one."""
    return [
        _part("Label integrity: ours, released, goal", integrity(lake)),
        _part("What dev and test share with train", _chosen(lake, "quality/overlap", OVERLAP)),
        _part("Shortcuts: accuracy of rules that do not read, %", shortcuts(lake)),
        _part("Gap ladder: share ranked below the match, %", ladder(lake)),
        _part("Judges: AUC of corrupted twins, the lowest of each", judges(lake)),
        _part("Diversity", pair(lake, "quality/diversity", ("document", "measure"))),
        _part("Bias: lowest impact ratio of each matcher, names swapped", bias(lake)),
        _part("Taxonomy: titles and skills of the graph with a sure link", coverage(lake)),
        _part("Beside the paper and the release", _chosen(lake, "quality/statistics", STATISTICS)),
    ]


OVERLAP = ("split", "measure", "value", "n", "goal")
STATISTICS = ("place", "item", "ours", "released", "paper", "unit")


def _part(title: str, table: pa.Table) -> str:
    return f"## {title}\n\n{markdown_table(table)}"


def _rows(lake: Lake, dataset: str) -> list[Row]:
    return lake.table(dataset).to_pylist()


def _table(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> pa.Table:
    return pa.table(dict(zip(columns, map(list, zip(*lines, strict=True)), strict=True)))


def _chosen(lake: Lake, dataset: str, columns: Sequence[str]) -> pa.Table:
    return lake.table(dataset, columns=list(columns)).select(list(columns))


def pair(lake: Lake, dataset: str, naming: tuple[str, ...]) -> pa.Table:
    return _table((*naming, "ours", "released"), beside(_rows(lake, dataset), naming))


def integrity(lake: Lake) -> pa.Table:
    rows = _rows(lake, "quality/integrity")
    goals = {(r["document"], r["measure"]): r["goal"] for r in rows}
    lines = [[*line, goals[line[0], line[1]]] for line in beside(rows, ("document", "measure"))]
    return _table(("document", "measure", "ours", "released", "goal"), lines)


def shortcuts(lake: Lake) -> pa.Table:
    rows = _rows(lake, "quality/shortcuts")
    naming = ("negative_kind", "setting", "rule")
    marks = {tuple(r[c] for c in naming): r for r in rows if r["corpus"] == "ours"}
    lines = []
    for *name, ours, released in beside(rows, naming, "accuracy"):
        row = marks[tuple(name)]
        shares = [None if s is None else round(100 * s, 1) for s in (ours, released)]
        lines.append([*name, *shares, row["auc"], "floor" if row["floor"] else "", row["goal"]])
    return _table((*naming, "ours", "released", "AUC, ours", "floor", "goal"), lines)


def ladder(lake: Lake) -> pa.Table:
    from hr_pipeline.quality.shortcuts.gaps import BELOW_THE_MATCH

    held = [r for r in _rows(lake, "quality/ladder") if r["measure"] == BELOW_THE_MATCH]
    gaps = sorted({row["gap"] for row in held})
    found = {(row["rule"], row["gap"]): round(100 * row["value"], 1) for row in held}
    rules = dict.fromkeys(row["rule"] for row in held)
    lines = [[rule, *(found.get((rule, gap)) for gap in gaps)] for rule in rules]
    return _table(("rule", *(f"{gap} missing" for gap in gaps)), lines)


def judges(lake: Lake) -> pa.Table:
    lowest: dict[tuple[str, ...], float] = {}
    for row in _rows(lake, "quality/judges"):
        if row["measure"].startswith("AUC"):
            kind = row["measure"].split(",")[0]
            name = (row["corpus"], row["document"], row["criterion"], row["judge"], kind)
            lowest[name] = min(row["value"], lowest.get(name, 1.0))
    columns = ("corpus", "document", "criterion", "judge", "measure", "lowest")
    return _table(columns, [[*name, value] for name, value in lowest.items()])


def bias(lake: Lake) -> pa.Table:
    lowest: dict[tuple[str, str], tuple[float, str]] = {}
    for row in _rows(lake, "quality/bias"):
        here = (row["names"], row["measure"]) == ("swapped", "impact ratio")
        if here and row["value"] is not None and not row["left_out"]:
            name = (row["matcher"], row["attribute"])
            lowest[name] = min((row["value"], row["group"]), lowest.get(name, (9.0, "")))
    lines = [[*name, value, group] for name, (value, group) in lowest.items()]
    return _table(("matcher", "attribute", "impact ratio", "of group"), lines)


def coverage(lake: Lake) -> pa.Table:
    rows = _rows(lake, "taxonomy/coverage")
    columns = ("kind", "scheme", "linked", "entities", "share", "goal")
    return _table(columns, [[r[c] for c in columns] for r in rows if r["method"] == "all"])
