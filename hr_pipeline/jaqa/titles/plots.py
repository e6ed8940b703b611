"""What the choice of occupations looks like: scores, ranks, major groups."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hr_pipeline.lake.shown import pictures
from hr_pipeline.taxonomy.isco import MAJOR_GROUPS, NO_GROUP, major_group

Row = dict[str, Any]


def plots(rows: Sequence[Row], notice: str) -> str:
    """Of rows of jaqa/titles; `notice`, where there is one, stands in the title."""
    if not rows:
        return ""
    ranks = [row["candidate_uris"].index(row["esco_uri"]) for row in rows]
    chosen = [row["scores"][rank] for row, rank in zip(rows, ranks, strict=True)]
    groups = Counter(major_group(row["isco_group"]) for row in rows)

    def scores(axes: Any) -> None:
        axes.hist(
            [[row["scores"][0] for row in rows], chosen], bins=20, label=["nearest", "chosen"]
        )
        axes.set(xlabel="score", ylabel="titles")
        axes.legend(frameon=False)
        axes.set_title(notice, fontsize=8)

    def places(axes: Any) -> None:
        counts = Counter(rank + 1 for rank in ranks)
        axes.bar([str(rank) for rank in sorted(counts)], [counts[rank] for rank in sorted(counts)])
        axes.set(xlabel="rank of the chosen occupation", ylabel="titles")

    def major(axes: Any) -> None:
        names = [name for name in (*MAJOR_GROUPS.values(), NO_GROUP) if groups[name]]
        axes.barh(names[::-1], [groups[name] for name in names[::-1]])
        axes.set(xlabel="titles")

    return pictures([scores, places, major])
