"""The pictures of the report: the plots of each part of quality, with words for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.shown import Draw, picture
from hr_pipeline.quality.report.page import Plot

Rows = Sequence[Mapping[str, Any]]


def integrity(rows: Rows) -> list[Plot]:
    from hr_pipeline.quality.integrity.plots import presence

    words = "What must be there, and what must not, ours beside the release's"
    return [_plot(words, [presence(_table("quality/integrity", rows))])] if rows else []


def statistics(rows: Rows) -> list[Plot]:
    from hr_pipeline.quality.integrity.plots import figures

    if not rows:
        return []
    lengths, categories, *figure_4 = figures(_table("quality/statistics", rows))
    return [
        _plot("Words of the documents, and the five categories", [lengths, categories]),
        _plot("Figure 4: averages in each category", figure_4, (5.6, 3.2)),
    ]


def diversity(rows: Rows) -> list[Plot]:
    from hr_pipeline.quality.integrity.diversity import PLOTTED
    from hr_pipeline.quality.integrity.plots import repetition

    table = _table("quality/diversity", rows)
    return [_plot("Repetition", [repetition(table, m) for m in PLOTTED], (5.0, 3.2))]


def shortcuts(rows: Rows) -> list[Plot]:
    from hr_pipeline.quality.shortcuts.plots import accuracies

    kinds = [k for k in ("removed", "swapped") if any(r["negative_kind"] == k for r in rows)]
    words = "Accuracy of rules that pick the match of two resumes, by kind of negative"
    return [_plot(words, [accuracies(rows, kind) for kind in kinds], (5.8, 3.2))] if kinds else []


def ladder(rows: Rows) -> list[Plot]:
    from hr_pipeline.quality.shortcuts.plots import below_the_match

    words = "How often a resume with a gap is ranked below the matched one"
    return [_plot(words, [below_the_match(rows)], (8.0, 3.2))] if rows else []


def judges(rows: Rows) -> list[Plot]:
    from hr_pipeline.quality.judges.plots import figure_2, worth

    if not rows:
        return []
    made = [_plot("Scores by writer and writing mode", figure_2(rows))]
    if told := worth(rows):  # none without twins
        made.append(_plot("How well the judge tells a document from its corrupted twin", told))
    return made


def bias(balance: Rows, audit: Rows) -> list[Plot]:
    from hr_pipeline.quality.bias.plots import differences, impact_ratios, shares

    made = []
    if balance:
        made.append(_plot("Who was generated", [shares(balance), differences(balance)]))
    if audit:
        ratios = [impact_ratios(audit, attribute) for attribute in ("gender", "name_group")]
        made.append(_plot("Impact ratios of matchers, names swapped", ratios, (5.8, 3.6)))
    return made


def _table(dataset: str, rows: Rows) -> pa.Table:
    return CONTRACTS[dataset].table(list(map(dict, rows)))


def _plot(words: str, draws: list[Draw], size: tuple[float, float] = (6.4, 3.2)) -> Plot:
    return Plot(words, picture(draws, size))
