"""Plots of the audit and of the balance, for the UI and the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from hr_pipeline.lake.shown import Draw, pictures

FOUR_FIFTHS = 0.8  # below, a rate is taken as evidence of adverse impact (29 CFR 1607.4 D)
Row = Mapping[str, Any]


def impact_ratios(rows: Sequence[Row], attribute: str, names: str = "swapped") -> Draw:
    """Draws the impact ratios of all matchers, a row a group, with their intervals and the line of
    four fifths. `rows` are of quality/bias."""
    held = [
        row
        for row in rows
        if (row["names"], row["attribute"], row["measure"]) == (names, attribute, "impact ratio")
        and row["value"] is not None
    ]
    groups = sorted({row["group"] for row in held}, reverse=True)
    matchers = list(dict.fromkeys(row["matcher"] for row in held))

    def draw(axes: Any) -> None:
        for i, matcher in enumerate(matchers):
            own = [row for row in held if row["matcher"] == matcher]
            values = [row["value"] for row in own]
            places = [
                groups.index(row["group"]) + 0.12 * (i - (len(matchers) - 1) / 2) for row in own
            ]
            below = [max(0, row["value"] - row["ci_low"]) for row in own]
            above = [max(0, row["ci_high"] - row["value"]) for row in own]
            axes.errorbar(values, places, xerr=[below, above], fmt="o", ms=3, lw=1, label=matcher)
        axes.axvline(FOUR_FIFTHS, color="tab:red", lw=1, ls="--")
        axes.set_yticks(range(len(groups)), groups, fontsize=7)
        axes.set(xlabel="impact ratio", title=f"{attribute}, names {names}")
        if matchers:
            place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "ncols": 2}
            axes.legend(fontsize=7, frameon=False, **place)

    return draw


def audit_plots(rows: Sequence[Row]) -> str:
    """Markdown: impact ratios by gender and by group, names swapped; and by group as written."""
    return pictures(
        [
            impact_ratios(rows, "gender"),
            impact_ratios(rows, "name_group"),
            impact_ratios(rows, "name_group", "as written"),
        ]
    )


def differences(rows: Sequence[Row], corpus: str = "ours") -> Draw:
    """Draws Cohen's d of each figure of the documents, women against men, with intervals. `rows`
    are of quality/balance."""
    held = [
        row
        for row in rows
        if (row["corpus"], row["attribute"]) == (corpus, "gender")
        and row["measure"].startswith("d of ")
    ]

    def draw(axes: Any) -> None:
        values = [row["value"] for row in held]
        below = [row["value"] - row["ci_low"] for row in held]
        above = [row["ci_high"] - row["value"] for row in held]
        axes.errorbar(values, range(len(held)), xerr=[below, above], fmt="o", ms=3, lw=1)
        axes.axvline(0, color="grey", lw=1)
        labels = [row["measure"].removeprefix("d of ") for row in held]
        axes.set_yticks(range(len(held)), labels, fontsize=7)
        axes.set(xlabel="women less men, in standard deviations", title="written for whom")

    return draw


def shares(rows: Sequence[Row], corpus: str = "ours") -> Draw:
    """Draws the shares by gender and name group. `rows` are of quality/balance."""
    held = [
        row
        for row in rows
        if (row["corpus"], row["attribute"], row["measure"])
        == (corpus, "gender x name_group", "share")
    ][::-1]

    def draw(axes: Any) -> None:
        axes.barh([row["group"] for row in held], [row["value"] for row in held])
        axes.tick_params(axis="y", labelsize=7)
        axes.set(xlabel="share of triples", title="gender and name group")

    return draw


def balance_plots(rows: Sequence[Row]) -> str:
    """Markdown: shares, and what was written for women and men."""
    return pictures([shares(rows), differences(rows)])
