"""How many APIs a skill gets, and how near the chosen ones are."""

from collections.abc import Iterable
from typing import Any

from hr_pipeline.lake.shown import pictures

Row = dict[str, Any]


def plots(rows: Iterable[Row]) -> str:
    """APIs a skill; cosines of candidates that were chosen and of those that were not."""
    choices, taken, left = list[int](), list[float](), list[float]()
    for row in rows:
        choices.append(len(row["apis"]))
        chosen = set(row["apis"])
        for name, score in zip(row["candidates"], row["scores"], strict=True):
            (taken if name in chosen else left).append(score)

    def choices_a_skill(axes: Any) -> None:
        axes.hist(choices, bins=range(0, max(choices, default=0) + 2), align="left")
        axes.set(xlabel="APIs chosen for a skill", ylabel="skills")

    def scores(axes: Any) -> None:
        for values, name in ((taken, "chosen"), (left, "not chosen")):
            if values:
                axes.hist(values, bins=40, range=(0, 1), density=True, alpha=0.6, label=name)
                axes.legend(frameon=False)
        axes.set(xlabel="cosine of skill and API", ylabel="density")

    return pictures([choices_a_skill, scores])
