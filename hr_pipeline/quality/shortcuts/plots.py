"""Plots of what rules that do not read reach, from rows of quality/shortcuts and quality/ladder."""

from collections.abc import Mapping, Sequence
from typing import Any

from hr_pipeline.lake.shown import Draw
from hr_pipeline.quality.shortcuts.gaps import BELOW_THE_MATCH

Row = Mapping[str, Any]
_BELOW = (0.4, -0.18)  # of the axes, in their own width and height
_COLOURS = {"ours": "tab:blue", "released": "tab:orange"}


def accuracies(rows: Sequence[Row], negative: str) -> Draw:
    """Accuracy of every rule that picks the match of two resumes, ours beside the release's."""
    held = [r for r in rows if (r["negative_kind"], r["setting"]) == (negative, "triple")]
    rules = list(dict.fromkeys(row["rule"] for row in held))
    corpora = [corpus for corpus in _COLOURS if any(row["corpus"] == corpus for row in held)]

    def draw(axes: Any) -> None:
        height = 0.8 / max(len(corpora), 1)
        for i, corpus in enumerate(corpora):
            found = {row["rule"]: row["accuracy"] for row in held if row["corpus"] == corpus}
            places = [n + i * height for n in range(len(rules))]
            values = [100 * found.get(rule, 0) for rule in rules]
            axes.barh(places, values, height, color=_COLOURS[corpus], label=corpus)
        axes.axvline(50, color="black", linewidth=1, linestyle=":")
        axes.set_yticks([n + 0.4 - height / 2 for n in range(len(rules))], rules)
        axes.invert_yaxis()
        axes.set(xlim=(0, 100), xlabel="right, % (50 is a coin)", title=f"{negative} skills")
        if len(corpora) > 1:
            axes.legend(
                frameon=False, fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=_BELOW
            )

    return draw


def below_the_match(rows: Sequence[Row]) -> Draw:
    """Share of resumes with a gap that a rule ranks below the matched one, a line a rule."""
    held = [row for row in rows if row["measure"] == BELOW_THE_MATCH and row["gap"] > 0]

    def draw(axes: Any) -> None:
        for rule in dict.fromkeys(row["rule"] for row in held):
            points = sorted((r["gap"], 100 * r["value"]) for r in held if r["rule"] == rule)
            axes.plot(*zip(*points, strict=True), marker="o", label=rule)
        axes.axhline(50, color="black", linewidth=1, linestyle=":")
        axes.set(xlabel="skills missing", ylabel="ranked below the match, %", ylim=(0, 102))
        if held:
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))

    return draw
