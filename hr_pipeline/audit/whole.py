"""Datasets whose rows hang together (a rule over all rows, a clustering): they are made again as a
whole, and the row is taken from that."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hr_pipeline.audit.ancestry import input_build
from hr_pipeline.audit.replay import Replay
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording

if TYPE_CHECKING:
    from hr_pipeline.jaqa.pairs.assemble import Facts

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


def _skill_apis(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.audit.vectors import embedder_of
    from hr_pipeline.jaqa.apis.catalog import catalog_of
    from hr_pipeline.jaqa.apis.choose import choose_apis, distinct_skills, retrieve
    from hr_pipeline.lake.ledger import Ledger

    inputs, config = build.recipe.inputs, build.recipe.settings["config"]
    apis = lake.table("sources/apis", inputs["sources/apis"])
    postings = lake.rows("jaqa/posting_skills", inputs["jaqa/posting_skills"], ["skills"])
    skills = distinct_skills(row["skills"] for row in postings)
    embedder = embedder_of(lake, build)
    catalog, seed = catalog_of(apis, config["ecosystems"]), int(build.recipe.seed or 0)
    exact_up_to = config["embedder"]["exact_up_to"]
    found = retrieve(skills, catalog, embedder, config["candidates"], seed, exact_up_to)
    with Replay(build, recording).engine() as engine:
        return list(choose_apis(skills, found, engine, embedder.name, Ledger()))


def _titles(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.audit.vectors import embedder_of
    from hr_pipeline.jaqa.titles.choose import choose_titles, distinct_titles, find_candidates
    from hr_pipeline.jaqa.titles.occupations import occupations_of
    from hr_pipeline.jaqa.titles.postings import POSTINGS, SKILLS, described, with_skills
    from hr_pipeline.lake.ledger import Ledger

    inputs, config = build.recipe.inputs, build.recipe.settings["config"]
    esco = "sources/esco_occupations"
    occupations = occupations_of(lake.table(esco, inputs[esco]))
    titles = distinct_titles(with_skills(lake, inputs[POSTINGS], inputs[SKILLS]))
    embedder = embedder_of(lake, build)
    found = find_candidates(
        titles,
        occupations,
        embedder,
        config["candidates"],
        lambda ids: described(lake, inputs[POSTINGS], ids),
    )
    with Replay(build, recording).engine() as engine:
        return list(choose_titles(titles, found, occupations, engine, embedder.name, Ledger()))


def _pairs(lake: Lake, build: Build, recording: Recording | None) -> Iterable[Row]:
    from hr_pipeline.jaqa.pairs.assemble import draw_pairs, fit_postings, pair_rows
    from hr_pipeline.jaqa.pairs.splits import descriptions_among, groups_of, splits_of
    from hr_pipeline.lake.ledger import Ledger

    inputs, config = build.recipe.inputs, build.recipe.settings["config"]
    seed, ledger, name = int(build.recipe.seed or 0), Ledger(), "sources/linkedin_postings"
    facts = pair_facts(lake, build)
    fit = fit_postings(lake.rows(name, inputs[name]), facts, ledger)
    drawn = draw_pairs(fit, config["pairs"], seed, ledger)
    groups = groups_of(descriptions_among(lake.rows(name, inputs[name]), drawn))
    splits = splits_of(groups, seed, config["dev_share"], config["test_share"])
    return pair_rows(lake.rows(name, inputs[name]), splits, facts, ledger)


def pair_facts(lake: Lake, build: Build) -> "Facts":
    """What a build of jaqa/pairs knew of skills, APIs and titles."""
    from hr_pipeline.jaqa.pairs.assemble import read_facts

    names = ("jaqa/posting_skills", "jaqa/skill_apis", "jaqa/titles")
    skills, apis, titles = (input_build(lake, build, name) for name in names)
    teachers = {made.recipe.teacher or "" for made in (apis, titles)}
    return read_facts(
        lake.rows(skills.dataset, skills.version),
        lake.rows(apis.dataset, apis.version),
        lake.rows(titles.dataset, titles.version),
        ", ".join(sorted(teachers)),
    )


WHOLE: dict[str, Maker] = {
    "graph/general_skills": _general_skills,
    "graph/occupations": _graph,
    "graph/skills": _graph,
    "graph/edges": _graph,
    "graph/clusters": _graph,
    "quality/judgements": _judgements,
    "tm_eval/items": _items,
    "jaqa/skill_apis": _skill_apis,
    "jaqa/titles": _titles,
    "jaqa/pairs": _pairs,
}
