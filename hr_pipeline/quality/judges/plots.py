"""The layout of the RJDB paper's Figure 2: a panel a criterion, bars by writer and mode."""

from collections.abc import Mapping, Sequence
from typing import Any

from hr_pipeline.lake.shown import Draw
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.quality.judges.worth import IN_PAIRS, MEAN

_COLOURS = {"job_description": "tab:blue", "resume": "tab:orange"}
_NAMES = {"job_description": "job descriptions", "resume": "resumes"}


def figure_2(rows: Sequence[Mapping[str, Any]]) -> list[Draw]:
    """Mean scores with their 95% intervals, from rows of quality/judges (of several builds, where
    modes or teachers are compared). A template judge, or writer, is named in the title."""
    return [
        _panel(criterion, [r for r in rows if r["criterion"] == criterion and r["measure"] == MEAN])
        for criterion in sorted({row["criterion"] for row in rows})
    ]


def _panel(criterion: str, rows: Sequence[Mapping[str, Any]]) -> Draw:
    groups = list(dict.fromkeys((r["corpus"], r["teacher"], r["writing_mode"]) for r in rows))
    documents = [name for name in _NAMES if any(row["document"] == name for row in rows)]

    def draw(axes: Any) -> None:
        width = 0.8 / max(len(documents), 1)
        for i, document in enumerate(documents):
            found = {
                (r["corpus"], r["teacher"], r["writing_mode"]): r
                for r in rows
                if r["document"] == document
            }
            places = [n + i * width for n, group in enumerate(groups) if group in found]
            there = [found[group] for group in groups if group in found]
            values = [row["value"] for row in there]
            ends = [[abs(r["value"] - (r[end] or r["value"])) for r in there] for end in _ENDS]
            named = {"color": _COLOURS[document], "label": _NAMES[document]}
            axes.bar(places, values, width, yerr=ends, capsize=3, **named)
        labels = [f"{corpus}: {teacher}\n{mode}" for corpus, teacher, mode in groups]
        axes.set_xticks([n + 0.4 - width / 2 for n in range(len(groups))], labels)
        axes.set(ylim=(1, 6), yticks=range(1, 6), ylabel="score, 1 to 5")
        axes.set_title(f"{criterion}, {_judges(rows)}")
        axes.legend(frameon=False, fontsize=8, loc="upper center", ncols=2)

    return draw


_ENDS = ("ci_low", "ci_high")


def _judges(rows: Sequence[Mapping[str, Any]]) -> str:
    judges = sorted({row["judge"] for row in rows})
    marked = "\n(not a benchmark)" if TEMPLATE in judges else ""
    return f"judged by {', '.join(judges)}{marked}"


def worth(rows: Sequence[Mapping[str, Any]]) -> list[Draw]:
    """AUC of each corruption against its originals in pairs, a panel a criterion."""
    found = [row for row in rows if row["measure"].startswith(IN_PAIRS)]
    return [
        _aucs(criterion, [row for row in found if row["criterion"] == criterion])
        for criterion in sorted({row["criterion"] for row in found})
    ]


def _aucs(criterion: str, rows: Sequence[Mapping[str, Any]]) -> Draw:
    measures = sorted({row["measure"] for row in rows})
    groups = list(dict.fromkeys((row["corpus"], row["document"]) for row in rows))

    def draw(axes: Any) -> None:
        height = 0.8 / max(len(groups), 1)
        for i, group in enumerate(groups):
            own = {r["measure"]: r for r in rows if (r["corpus"], r["document"]) == group}
            there = [(n, own[m]) for n, m in enumerate(measures) if m in own]
            places = [n + i * height for n, _ in there]
            label = f"{group[0]}: {_NAMES[group[1]]}"
            axes.barh(places, [row["value"] for _, row in there], height, label=label)
        names = [measure.removeprefix(f"{IN_PAIRS}, ") for measure in measures]
        axes.set_yticks([n + 0.4 - height / 2 for n in range(len(names))], names)
        axes.axvline(0.5, color="black", linewidth=1, linestyle=":")
        axes.set(xlim=(0, 1), xlabel=IN_PAIRS, title=f"{criterion}, {_judges(rows)}")
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=_BELOW)

    return draw


_BELOW = (0.4, -0.2)  # of the axes, in their own width and height
