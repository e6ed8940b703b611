"""The pictures of the report, drawn from the rows of the measured datasets."""

from collections.abc import Mapping, Sequence
from typing import Any

from hr_pipeline.lake.shown import Draw, picture
from hr_pipeline.quality.report.page import Plot

Row = Mapping[str, Any]
COLOURS = {"ours": "tab:blue", "released": "tab:orange", "paper": "tab:gray"}


def statistics(rows: Sequence[Row]) -> list[Plot]:
    """Ours, the release's and the paper's figures of each bar chart of the paper."""
    made = []
    for place in ("Figure 3", "Figure 4"):
        of_place = [row for row in rows if row["place"] == place]
        if of_place:
            made.append(_bars(place, of_place, "item", ("ours", "released", "paper")))
    return made


def _bars(title: str, rows: Sequence[Row], label: str, series: Sequence[str]) -> Plot:
    there = [name for name in series if any(row[name] is not None for row in rows)]

    def draw(axes: Any) -> None:
        height = 0.8 / max(len(there), 1)
        for i, name in enumerate(there):
            places = [n + i * height for n in range(len(rows))]
            values = [row[name] or 0 for row in rows]
            axes.barh(places, values, height, color=COLOURS[name], label=name)
        middle = [n + 0.4 - height / 2 for n in range(len(rows))]
        axes.set_yticks(middle, [str(row[label]) for row in rows])
        axes.invert_yaxis()
        axes.set(xlabel=rows[0].get("unit") or "", title=title)
        axes.legend(frameon=False, fontsize=8)

    return _plot(f"{title}: {' beside '.join(there)}", [draw], (8.0, max(2.4, 0.35 * len(rows))))


def shortcuts(rows: Sequence[Row]) -> list[Plot]:
    """Accuracy of every rule, by kind of negative, inside a triple."""
    draws: list[Draw] = []
    for negative in ("removed", "swapped"):
        of_kind = [r for r in rows if r["negative_kind"] == negative and r["setting"] == "triple"]
        if of_kind:
            draws.append(_accuracies(of_kind, negative))
    alt = "Accuracy of rules that pick the match of two resumes, by kind of negative"
    return [_plot(alt, draws, (5.6, 3.2))] if draws else []


def _accuracies(rows: Sequence[Row], negative: str) -> Draw:
    rules = list(dict.fromkeys(row["rule"] for row in rows))
    corpora = [c for c in ("ours", "released") if any(row["corpus"] == c for row in rows)]

    def draw(axes: Any) -> None:
        height = 0.8 / len(corpora)
        for i, corpus in enumerate(corpora):
            found = {row["rule"]: row["accuracy"] for row in rows if row["corpus"] == corpus}
            places = [n + i * height for n in range(len(rules))]
            values = [100 * found.get(rule, 0) for rule in rules]
            axes.barh(places, values, height, color=COLOURS[corpus], label=corpus)
        axes.axvline(50, color="black", linewidth=1, linestyle=":")
        axes.set_yticks([n + 0.4 - height / 2 for n in range(len(rules))], rules)
        axes.invert_yaxis()
        axes.set(xlim=(0, 100), xlabel="right, %", title=f"{negative} skills")
        axes.legend(frameon=False, fontsize=8)

    return draw


def ladder(rows: Sequence[Row]) -> list[Plot]:
    """Share ranked below the matched resume against the gap, a line a rule."""
    measures = list(dict.fromkeys(row["measure"] for row in rows if row["gap"] > 0))
    ranked = next((m for m in measures if "below" in m), None)
    if ranked is None:
        return []

    def draw(axes: Any) -> None:
        for rule in dict.fromkeys(row["rule"] for row in rows):
            of_rule = [r for r in rows if (r["rule"], r["measure"]) == (rule, ranked)]
            points = sorted((r["gap"], 100 * r["value"]) for r in of_rule if r["gap"] > 0)
            if points:
                axes.plot(*zip(*points, strict=True), marker="o", label=rule)
        axes.axhline(50, color="black", linewidth=1, linestyle=":")
        axes.set(xlabel="skills missing", ylabel="ranked below the match, %", ylim=(0, 102))
        axes.legend(frameon=False, fontsize=8)

    return [_plot("How often a resume with a gap is ranked below the matched one", [draw])]


def judges(rows: Sequence[Row]) -> list[Plot]:
    return []


def bias(rows: Sequence[Row]) -> list[Plot]:
    return []


def _plot(alt: str, draws: list[Draw], size: tuple[float, float] = (6.4, 3.2)) -> Plot:
    return Plot(alt, picture(draws, size))
