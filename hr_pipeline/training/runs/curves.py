"""What people see of a training: its curve as a picture, its metrics beside their floors."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.models import ModelBuild
from hr_pipeline.lake.shown import Draw, markdown_table, pictures
from hr_pipeline.training.reporting import curve_of

POINTS = 150  # drawn of a curve; longer ones are drawn by the means of their stretches
LOSS, RATE, NORM = "loss", "learning_rate", "grad_norm"  # as points name them
FLOORS = ("majority", "lexical")
CARD = "README.md"


def seen(build: ModelBuild, folder: Path) -> dict[str, Any]:
    """A published model as metadata: numbers, and Markdown as {"type": "md", "raw_value": ...}."""
    found: dict[str, Any] = {"notice": build.notice} if build.notice else {}
    if points := curve_of(folder):
        found["curve"] = {"type": "md", "raw_value": curve_picture(points, build.notice)}
        found["last loss"] = points[-1].get(LOSS)
    if build.metrics:
        table = markdown_table(pa.Table.from_pylist(build.metrics))
        found["metrics"] = {"type": "md", "raw_value": table}
    if (folder / CARD).exists():
        text = (folder / CARD).read_text(encoding="utf-8")
        found["card"] = {"type": "md", "raw_value": without_front_matter(text)}
    return {
        **found,
        "read": {"type": "json", "raw_value": dict(build.recipe.inputs)},
        "path": {"type": "path", "raw_value": str(folder)},
        "seconds": build.seconds,
        "build": build.build_id,
        "settings": {"type": "json", "raw_value": dict(build.recipe.settings)},
    }


def curve_picture(points: Sequence[Mapping[str, float]], notice: str = "") -> str:
    """Markdown of the losses (all values of points that are neither of the two others), of the
    learning rate and of the gradients' norm by step; "" where there are no points."""
    there = {name for point in points for name in point} - {"step"}
    groups = [("loss", sorted(there - {RATE, NORM}, key=lambda name: (name != LOSS, name)))]
    groups += [(title, [name]) for title, name in (("learning rate", RATE), ("gradient", NORM))]
    panels = [(title, names) for title, names in groups if there.intersection(names)]
    return pictures([_panel(points, *panel, notice) for panel in panels], size=(3.6, 2.7))


def _panel(
    points: Sequence[Mapping[str, float]], title: str, names: Sequence[str], notice: str
) -> Draw:
    def draw(axes: Any) -> None:
        for name in names:
            drawn = stretched([(p["step"], p[name]) for p in points if name in p])
            axes.plot(*zip(*drawn, strict=True), linewidth=1.2, label=name)
        if len(names) > 1:
            axes.legend(frameon=False, fontsize="small")
        marked = notice and title == "loss"
        axes.set_xlabel(f"step\n{notice}" if marked else "step", fontsize=7)
        axes.set_ylim(bottom=0)
        axes.set_title(title, fontsize=9)

    return draw


def stretched(points: Sequence[tuple[float, float]], most: int = POINTS) -> list[Any]:
    """At most `most` points: of each stretch of neighbours, the last step and the mean value."""
    length = -(-len(points) // most)
    if length <= 1:
        return list(points)
    stretches = (points[start : start + length] for start in range(0, len(points), length))
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in stretches]


def without_front_matter(card: str) -> str:
    """A card's text, which its YAML for the Hub comes before."""
    before, _, rest = card.removeprefix("---\n").partition("\n---\n")
    return rest.lstrip() if card.startswith("---\n") and rest else card


def below_floors(metrics: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Measures of a model ("task: metric") that are not above a floor, each with both values."""
    found = {}
    for row in metrics:
        floors = {name: row[name] for name in FLOORS if row.get(name) is not None}
        reached = {name: floor for name, floor in floors.items() if row["value"] <= floor}
        if reached:
            told = ", ".join(f"{name} {floor:.3f}" for name, floor in reached.items())
            found[f"{row['task']}: {row['metric']}"] = f"{row['value']:.3f}, {told}"
    return found


def told(metrics: Iterable[Mapping[str, Any]]) -> str:
    """The measures of a model in one line."""
    by_task: dict[str, list[str]] = {}
    for row in metrics:
        by_task.setdefault(row["task"], []).append(f"{row['metric']} {row['value']:.3f}")
    said = (f"{task}: {', '.join(values)}" for task, values in by_task.items())
    return "; ".join(said) or "nothing was measured"


def results_picture(rows: Sequence[Mapping[str, Any]]) -> str:
    """Markdown of the first measure of each model's tasks (from rows of models/results), a line
    each: ours, floors, the papers'."""
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        first.setdefault((row["model"], row["task"]), row)
    shown = list(first.values())
    marks = {"majority": "x", "lexical": "+", "paper_teacher": "s", "paper_student": "D"}

    def draw(axes: Any) -> None:
        for name, mark in marks.items():
            there = [(row[name], y) for y, row in enumerate(shown) if row[name] is not None]
            if there:
                axes.scatter(*zip(*there, strict=True), marker=mark, s=24, label=name)
        ours = [row["value"] for row in shown]
        axes.scatter(ours, range(len(shown)), s=24, color="black", label="ours")
        told = [f"{row['model']}: {row['task']}, {row['metric']}" for row in shown]
        axes.set_yticks(range(len(shown)), told, fontsize=7)
        axes.set_xlim(-0.02, 1.02)
        axes.invert_yaxis()
        axes.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))

    return pictures([draw], size=(8.0, 1.2 + 0.18 * len(shown))) if rows else ""
