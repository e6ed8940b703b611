"""The one way in which an asset writes to the lake, and tells Dagster what it wrote."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from hr_pipeline.checks import counted_again
from hr_pipeline.lake.builds import Build, Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.shown import markdown_table
from hr_pipeline.lake.store import Lake
from hr_pipeline.resources import Run, Teacher

if TYPE_CHECKING:
    from hr_pipeline.llm.engine import Engine

SAMPLE_ROWS = 5
AND = "; "  # between notices
DATA_VERSION_TAG = "dagster/data_version"


class Making:
    """One making of one or several datasets by an asset: its inputs, recipe, results.

    `notice`: what must be said of the rows wherever they appear, before what the teacher and the
    inputs say.
    """

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        run: Run,
        datasets: tuple[str, ...],
        inputs: Iterable[str] = (),
        *,
        optional: Iterable[str] = (),
        code_version: str,
        settings: Mapping[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
        prompts: Mapping[str, str] | None = None,
        teacher: Teacher | None = None,
        seeded: bool = True,
        notice: str = "",
    ) -> None:
        self.context, self.run, self.datasets = context, run, datasets
        self.lake, self._started = run.lake(), time.monotonic()
        self._teacher = teacher
        self._engine: Engine | None = None
        there = (name for name in optional if self.lake.current(name))
        self._inputs = {
            name: self.lake.require(name, context.run.run_id) for name in (*inputs, *there)
        }
        of_inputs = (build.notice for build in self._inputs.values())
        said = (notice, teacher.notice if teacher else "", *of_inputs)
        told = dict.fromkeys(one for all_of_it in said for one in all_of_it.split(AND))
        self._notice = AND.join(filter(None, told))
        self.recipe = Recipe(
            code_version=code_version,
            inputs={name: b.version for name, b in self._inputs.items()} | dict(files or {}),
            settings={"config": dict(settings or {})} | (teacher.recipe_facts() if teacher else {}),
            prompts=dict(prompts or {}),
            seed=run.seed if seeded else None,
            teacher=teacher.name if teacher else None,
        )

    def has(self, dataset: str) -> bool:
        """Whether an optional input is there (an imported file is not made by any asset)."""
        return dataset in self._inputs

    def build(self, dataset: str) -> Build:
        """The build of an input that this making reads."""
        return self._inputs[dataset]

    def builds(self) -> dict[str, Build]:
        """The builds of all inputs that this making reads, by dataset."""
        return dict(self._inputs)

    def version(self, dataset: str) -> str:
        return self._inputs[dataset].version

    def table(self, dataset: str) -> pa.Table:
        return self.lake.table(dataset, self.version(dataset))

    def rows(self, dataset: str) -> Iterator[dict[str, Any]]:
        """The rows of an input one by one; memory holds a thousand."""
        return self.lake.rows(dataset, self.version(dataset))

    @contextmanager
    def engine(self) -> "Iterator[Engine]":
        """The teacher's engine. What it did is told with the datasets written afterwards, and rows
        that it lost to a failing endpoint leave them to be made again by the next run."""
        assert self._teacher is not None
        run = self.context.run
        order = {
            "run_id": run.run_id,
            "lake": str(self.lake.root.resolve()),
            "run_config": dict(run.run_config or {}),
            "assets": sorted(
                key.to_user_string() for key in self.context.job_def.asset_layer.selected_asset_keys
            ),
        }
        with self._teacher.engine(self.lake, self.run.seed, run.run_id, order) as engine:
            self._engine = engine
            yield engine

    def unchanged(self) -> list[dg.MaterializeResult] | None:
        """The results of the current builds, when this very recipe made all of them."""
        if self.run.force:
            return None
        builds = [self.lake.unchanged(dataset, self.recipe) for dataset in self.datasets]
        if not all(builds):
            return None
        self.context.log.info(f"{', '.join(self.datasets)}: unchanged, nothing to do")
        return [self._result(build, self._shown_before(build)) for build in builds if build]

    def _shown_before(self, build: Build) -> dict[str, Any]:
        """What the event log showed of the same version (plots too), marked as unchanged."""
        key = dg.AssetKey(build.dataset.split("/"))
        event = self.context.instance.get_latest_materialization_event(key)
        made = event.asset_materialization if event else None
        same = made is not None and (made.tags or {}).get(DATA_VERSION_TAG) == build.version
        return {**(made.metadata if made and same else {}), "unchanged": True}

    def write(
        self,
        dataset: str,
        tables: Iterable[pa.Table],
        *,
        ledger: Ledger | None = None,
        rows_in: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dg.MaterializeResult:
        """Write one dataset; `rows_in`, and values of `metadata`, may be functions, called when all
        tables are consumed."""
        build = self.lake.write(
            dataset,
            tables,
            self.recipe,
            ledger=ledger if ledger is not None else Ledger(),
            rows_in=rows_in,
            run_id=self.context.run.run_id,
            notice=self._notice,
            started=self._started,
            incomplete=lambda: bool(self._engine and self._engine.gave_up),
        )
        self.context.log.info(
            f"{dataset}: {build.rows:,} rows, {build.rows_lost:,} lost, {build.seconds:.1f} s"
        )
        said = {k: v() if callable(v) else v for k, v in (metadata or {}).items()}
        if self._engine:
            said["teacher's work"] = dg.MetadataValue.json(self._engine.work())
        return self._result(build, said)

    def _result(self, build: Build, metadata: Mapping[str, Any]) -> dg.MaterializeResult:
        path = self.lake.path(build.dataset, build.version)
        facts: dict[str, Any] = {
            "dagster/row_count": build.rows,
            "dagster/column_schema": _column_schema(build.dataset),
            "dagster/uri": str(path),
            "rows in": build.rows_in,
            "rows lost": build.rows_lost,
            "lost by cause": dg.MetadataValue.json(build.lost_by_cause),
            "ledger": str(self.lake.path(f"{build.dataset}_ledger", build.ledger_version)),
            "build": build.build_id,
            "seconds": build.seconds,
            "sample": dg.MetadataValue.md(sample_table(self.lake, build)),
        }
        if build.recipe.teacher:
            facts["teacher"] = build.recipe.teacher
        if build.notice:
            facts["notice"] = build.notice
        return dg.MaterializeResult(
            asset_key=dg.AssetKey(build.dataset.split("/")),
            data_version=dg.DataVersion(build.version),
            metadata={**metadata, **facts},
            check_results=[counted_again(self.lake, build)],
        )


def _column_schema(dataset: str) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                str(c.type),
                c.description + (f" [{c.unit}]" if c.unit else ""),
                constraints=dg.TableColumnConstraints(nullable=c.nullable),
            )
            for c in CONTRACTS[dataset].columns
        ]
    )


def sample_table(lake: Lake, build: Build) -> str:
    """The first rows as a Markdown table."""
    parts = lake.parts(build.dataset, build.version)
    batches = pq.ParquetFile(parts[0]).iter_batches(SAMPLE_ROWS)
    first = next(batches, None)
    return markdown_table(pa.Table.from_batches([first])) if first is not None else "no rows"
