"""What a study ends in: tables in the layout of KDJPPR Table 2, as text, Markdown, CSV and JSON."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hr_pipeline.lake.models import ModelBuild
from hr_pipeline.lake.text import columns
from hr_pipeline.tm_eval.careers import TASKS
from hr_pipeline.tm_eval.published import METRICS
from hr_pipeline.training.causal.metrics import APIS, LIKELIER, SAID, next_task
from hr_pipeline.training.measures.results import WIRING
from hr_pipeline.training.settings import TINY

WAYS = {SAID: "the word that is written", LIKELIER: "the likelier of Yes and No"}
_SHORT = {"precision": "P", "recall": "R", "f1": "F1", "accuracy": "Acc"}
NEXT_HEADS = {(task, m): f"{task} {_SHORT[m]}" for task in TASKS for m in METRICS}
API_HEADS = {(APIS, m): f"APIs {_SHORT[m]}" for m in METRICS[:3]}
Line = tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """`heads`: names of the labels that tell models apart; `rows`: a model a row, as `study_row`;
    `published`: labels and figures of the paper, in percent, in the order of NEXT_HEADS; `said`:
    what stands below; `plots`: PNG files by name."""

    heads: tuple[str, ...]
    rows: list[dict[str, Any]]
    said: list[str]
    published: Sequence[tuple[Line, Sequence[float]]] = ()
    plots: Mapping[str, bytes] = field(default_factory=dict)

    def tables(self) -> Iterator[tuple[str, list[Line]]]:
        """Title and lines, head first: TM-Eval in both ways, beside the paper, and JA-QA."""
        heads = list(NEXT_HEADS.values())
        theirs = [(*labels, *_printed(figures)) for labels, figures in self.published]
        for way, words in WAYS.items():
            ours = self._ours(f"{head}, {way}" for head in heads)
            yield f"TM-Eval by {words}", [(*self.heads, *heads), *ours, *theirs]
        heads = list(API_HEADS.values())
        yield "APIs of held-out jobs", [(*self.heads, *heads), *self._ours(heads)]

    def _ours(self, columns: Iterable[str]) -> list[Line]:
        held = list(columns)
        return [
            (*(_label(row[h]) for h in self.heads), *_printed(row[name] for name in held))
            for row in self.rows
        ]

    def text(self) -> str:
        """For a terminal."""
        left = range(len(self.heads))
        parts = ["\n".join([title, *columns(t, left)]) for title, t in self.tables()]
        return "\n\n".join([*parts, "\n".join(self.said)])

    def page(self) -> str:
        """As Markdown."""
        parts = [f"{title}\n\n{self._markdown(table)}" for title, table in self.tables()]
        plots = [f"![{name}]({name}.png)" for name in self.plots]
        return "\n\n".join([*parts, *plots, "\n".join(f"- {line}" for line in self.said)]) + "\n"

    def _markdown(self, table: list[Line]) -> str:
        rule = [":---" if n < len(self.heads) else "---:" for n in range(len(table[0]))]
        return "\n".join(f"| {' | '.join(row)} |" for row in (table[0], rule, *table[1:]))

    def write(self, folder: Path) -> list[Path]:
        """The page, the rows as JSON and CSV, the plots; returns where they lie."""
        folder.mkdir(parents=True, exist_ok=True)
        page, rows, table = (folder / f"table.{end}" for end in ("md", "json", "csv"))
        page.write_text(self.page(), encoding="utf-8")
        rows.write_text(json.dumps(self.rows, indent=1) + "\n", encoding="utf-8")
        with open(table, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        pictures = {folder / f"{name}.png": data for name, data in self.plots.items()}
        for path, data in pictures.items():
            path.write_bytes(data)
        return [page, rows, table, *pictures]


def study_row(labels: Mapping[str, str], build: ModelBuild) -> dict[str, Any]:
    """A model of a study: what tells it apart, which model it is, and its figures in percent."""
    config = build.recipe.settings["config"]
    facts = {name: config[name] for name in ("alpha", "beta", "tau", "teacher")}
    held = {(row["task"], row["metric"]): 100 * row["value"] for row in build.metrics}
    figures = {
        f"{head}, {way}": round(held[next_task(task, way), metric], 3)
        for way in WAYS
        for (task, metric), head in NEXT_HEADS.items()
    }
    figures |= {head: round(held[key], 3) for key, head in API_HEADS.items()}
    return {**labels, "model": build.name, "version": build.version, **facts, **figures}


def notices(builds: Sequence[ModelBuild]) -> list[str]:
    """What has to be said of these models."""
    tiny = any(build.recipe.settings["config"]["model"] == TINY for build in builds)
    held = [one for build in builds for one in build.notice.split("; ") if one]
    return [*[WIRING] * tiny, *dict.fromkeys(held)]


def _label(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _printed(figures: Iterable[float]) -> Line:
    return tuple(f"{figure:.2f}" for figure in figures)
