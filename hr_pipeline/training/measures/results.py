"""Rows of models/results, and the table that lays them beside floors and published figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hr_pipeline.lake.models import ModelBuild, ModelStore
from hr_pipeline.lake.text import columns
from hr_pipeline.training.measures.published import Published
from hr_pipeline.training.settings import TINY

Row = Mapping[str, Any]
WIRING = "wiring, not quality: models made from scratch in minutes, on data of this size"
HEADS = (
    *("model", "task", "metric", "rows", "majority", "lexical", "ours"),
    *("paper's teacher", "paper's student"),
)
ABLATION, GRID = STUDIES = ("ablation", "grid")  # begin the names of the models of a study
_WORDS = (0, 1, 2)  # columns of words, not of figures


def beside(
    measured: Iterable[Row],
    majority: Iterable[Row],
    lexical: Iterable[Row],
    published: Published,
) -> list[dict[str, Any]]:
    """What was measured, with what floors make of the same rows and what is published for the same
    task and metric; None where there is nothing."""
    floors = [
        {(row["task"], row["metric"]): row["value"] for row in m} for m in (majority, lexical)
    ]
    rows = []
    for row in measured:
        key = (row["task"], row["metric"])
        figures = published.get(key)
        rows.append(
            {
                **row,
                "majority": floors[0].get(key),
                "lexical": floors[1].get(key),
                "paper_teacher": figures.teacher if figures else None,
                "paper_student": figures.student if figures else None,
                "source": figures.source if figures else None,
            }
        )
    return rows


def told_of(store: ModelStore) -> list[str]:
    """The models that models/results tells of: those of a study stand in its own table."""
    return [name for name in store.names() if name.partition("-")[0] not in STUDIES]


def result_rows(store: ModelStore, names: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of models/results: what the current version of each of these models is worth."""
    rows = []
    for name in names:
        build = store.require(name)
        whose = {"model": name, "version": build.version, "base": base_of_build(build)}
        rows += [whose | row for row in build.metrics]
    return rows


def base_of_build(build: ModelBuild) -> str:
    """What a model was trained from: by its name, or tiny where that was made from scratch."""
    bases = [made for key, made in build.recipe.inputs.items() if key.startswith("base ")]
    return bases[0] if bases else TINY


def notices_of(store: ModelStore, names: Iterable[str]) -> list[str]:
    """What has to be said of the data that these models learnt from, each once."""
    notices = [store.require(name).notice for name in names]
    return list(dict.fromkeys(one for notice in notices for one in notice.split("; ") if one))


def as_text(rows: Sequence[Row], notices: Iterable[str] = ()) -> str:
    """The table for a terminal."""
    return "\n".join([*columns([HEADS, *map(_cells, rows)], left=_WORDS), "", *said(rows, notices)])


def as_markdown(rows: Sequence[Row], notices: Iterable[str] = ()) -> str:
    rule = [":---" if number in _WORDS else "---:" for number in range(len(HEADS))]
    lines = ["| " + " | ".join(cells) + " |" for cells in (HEADS, rule, *map(_cells, rows))]
    return "\n".join([*lines, "", *(f"- {line}" for line in said(rows, notices))])


def said(rows: Iterable[Row], notices: Iterable[str] = ()) -> list[str]:
    """What stands below a table: whether it is of made-up models or data, and whose figures the
    published ones are."""
    held = list(rows)
    tiny = sorted({row["model"] for row in held if row["base"] == TINY})
    lines = [f"{', '.join(tiny)}: {WIRING}"] if tiny else []
    sources = dict.fromkeys(row["source"] for row in held if row["source"])
    return [*lines, *notices, *(f"published: {source}" for source in sources)]


def _cells(row: Row) -> tuple[str, ...]:
    values = [row[name] for name in ("majority", "lexical", "value")]
    values += [row[name] for name in ("paper_teacher", "paper_student")]
    shown = ("" if value is None else f"{value:.3f}" for value in values)
    return (row["model"], row["task"], row["metric"], f"{row['rows']:,}", *shown)
