"""Datasets whose rows hang together (a rule over all rows, a clustering): they are made again as a
whole, and the row is taken from that."""

from collections.abc import Callable, Iterable
from typing import Any

from hr_pipeline.audit.replay import Replay
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording

Row = dict[str, Any]
Maker = Callable[[Lake, Build, Recording | None], Iterable[Row]]


def _general_skills(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.graph.general_skills import list_general_skills

    inputs, settings = build.recipe.inputs, build.recipe.settings["config"]
    with Replay(build, recording).engine() as engine:
        return list_general_skills(
            lake.table("sources/occupations", inputs["sources/occupations"]),
            lake.table("sources/postings", inputs["sources/postings"]),
            engine,
            int(build.recipe.seed or 0),
            settings["embedding"],
        ).rows


def _graph(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.graph.build import build_graph
    from hr_pipeline.graph.make import make_graph
    from hr_pipeline.graph.tables import to_tables
    from hr_pipeline.taxonomy.groups import coded_titles

    inputs, settings = build.recipe.inputs, build.recipe.settings["config"]
    tables = {name: lake.table(name, version) for name, version in inputs.items()}
    whole = build_graph(
        tables["sources/postings"],
        tables["graph/general_skills"],
        settings["min_occupation_degree"],
        settings["min_skill_degree"],
    )
    made = make_graph(
        whole,
        coded_titles(tables["sources/concepts"], tables["sources/occupations"]),
        int(build.recipe.seed or 0),
        settings["min_cluster_size"],
        settings["embedding"],
    )
    return to_tables(made.graph, made.clusters, made.categories)[build.dataset].to_pylist()


def _judgements(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.quality.corpora import CORPORA
    from hr_pipeline.quality.judges.judging import (
        Judging,
        every_item,
        judgements,
        judging_settings,
    )

    inputs, seed = build.recipe.inputs, int(build.recipe.seed or 0)
    settings = judging_settings(build.recipe.settings["config"])
    skills = lake.table("graph/skills", inputs["graph/skills"]).column("name").to_pylist()
    occupations = lake.table("graph/occupations", inputs["graph/occupations"])
    items = every_item(
        lambda name, columns: lake.batches(name, inputs[name], columns),
        {corpus: name for corpus, name in CORPORA.items() if name in inputs},
        skills,
        occupations.column("title").to_pylist(),
        settings,
        seed,
    )
    with Replay(build, recording).engine() as engine:
        judged = judgements(Judging(engine, settings), items, Ledger())
        rows = [one.row(build.recipe.teacher or "") for one in judged]
    return [row for row in rows if row is not None]


def _items(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.lake.ledger import Ledger
    from hr_pipeline.tm_eval.careers import Person
    from hr_pipeline.tm_eval.items import item_settings, make_items

    careers = lake.rows("sources/careers", build.recipe.inputs["sources/careers"])
    settings = item_settings(build.recipe.settings["config"])
    return make_items(
        [Person.of(row) for row in careers], settings, int(build.recipe.seed or 0), Ledger()
    )


WHOLE: dict[str, Maker] = {
    "graph/general_skills": _general_skills,
    "graph/occupations": _graph,
    "graph/skills": _graph,
    "graph/edges": _graph,
    "graph/clusters": _graph,
    "quality/judgements": _judgements,
    "tm_eval/items": _items,
}
