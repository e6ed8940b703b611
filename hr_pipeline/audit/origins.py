"""Where a context comes from: cluster, walk, draws, name, and the rows of the sources behind its
skills."""

import asyncio
from collections.abc import Iterable
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hr_pipeline.audit.ancestry import input_build
from hr_pipeline.audit.replay import Replay
from hr_pipeline.graph.build import fold, occupation_id, skill_id
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Unanswered
from hr_pipeline.rjdb.contexts import Context
from hr_pipeline.rjdb.names import GENDERS
from hr_pipeline.rjdb.questions import COUNT_SKILLS
from hr_pipeline.rjdb.sampling import World, draw_start, walk_from
from hr_pipeline.rjdb.writing import slot_of

Facts = dict[str, Any]


def cluster_facts(world: World, context: Context) -> Facts:
    """The cluster that the walk stayed in. Sizes count occupations, skills and links."""
    number = int(context.cluster_id[1:])
    links = world.neighbourhoods[number].skills_of
    return {
        "cluster": context.cluster_id,
        "seed occupation": world.graph.titles[world.clusters.seeds[number]],
        "occupations": len(links),
        "skills": len(world.neighbourhoods[number].skills),
        "links": sum(map(len, links.values())),
    }


def walk_facts(world: World, context: Context, replay: Replay) -> Facts:
    """The walk, redrawn; occupations and skills in the order in which it collected them."""
    slot, attempt = slot_of(context)
    start = draw_start(world, slot, attempt)
    title = world.graph.titles[start.occupation]
    try:
        wanted = asyncio.run(replay.engine().ask(COUNT_SKILLS, title)).value
    except Unanswered as failure:
        return {"start": title, "not redrawn": str(failure)}
    found = walk_from(world, start, wanted)
    return {
        "start": title,
        "skills wanted (said by the teacher)": wanted,
        "occupations wanted (drawn)": start.n_experiences,
        "skills": [world.graph.skills[s] for s in found.skills],
        "occupations": [world.graph.titles[o] for o in found.occupations],
        "skills reached from": [world.graph.titles[o] for o in found.reached_from],
        "restarts": found.restarts,
    }


def draws_facts(world: World, context: Context) -> Facts:
    """What was drawn, and from which generators."""
    slot, attempt = slot_of(context)
    groups = world.names.groups
    own = world.names.gender_and_group(world.seed, context.cluster_id, slot.index)
    latest = context.experiences[0]
    return {
        "seed": world.seed,
        "attempt at the place": attempt,
        "generator of start, walk, years, changes and name": f"rjdb/contexts, {context.context_id}",
        "generator of the counts per cluster": f"rjdb/slots, {slot.split}",
        "split": f"{slot.split}, drawn from rjdb/split by the title's group"
        " (split_group of rjdb/contexts)",
        "gender and group": f"{' '.join(own)}: turn {slot.index} of the cluster in "
        f"{len(GENDERS)} genders and {len(groups)} groups, begun at rjdb/names, "
        f"{context.cluster_id}",
        "last active year": latest.end,
        "years of each job, latest first": [job.years for job in context.experiences],
        "removed skills": list(context.removed_skills),
        "put in": [swap.put_in for swap in context.swaps],
        "latest job shortened to": context.shortened.years_after,
    }


def name_facts(lake: Lake, build: Build, context: Context) -> Facts:
    """The row of sources/first_names that the name comes from."""
    version = build.recipe.inputs["sources/first_names"]
    wanted = {
        "first_name": context.first_name,
        "gender": context.gender,
        "name_group": context.name_group,
    }
    for place, row in enumerate(lake.table("sources/first_names", version).to_pylist()):
        if wanted.items() <= row.items():
            return row | {"row": place}
    return {"not found": context.first_name}


def links_between(
    lake: Lake, build: Build, occupations: list[str], skills: list[str]
) -> list[Facts]:
    """Each link of the graph between these occupations and skills, with what it comes from. `build`
    has graph/edges among its inputs."""
    edges = input_build(lake, build, "graph/edges")
    titles = {occupation_id(title): title for title in occupations}
    names = {skill_id(name): name for name in skills}
    table = lake.table("graph/edges", edges.version)
    of_occupations = table.filter(_among(table.column("occupation_id"), titles))
    rows = [row for row in of_occupations.to_pylist() if row["skill_id"] in names]
    return _sourced(lake, edges, rows, titles, names)


def links_of(lake: Lake, edges: Build, nodes: Facts) -> list[Facts]:
    """All links of a row of the graph, which holds occupation_id, skill_id or both."""
    table = lake.table("graph/edges", edges.version)
    for column in ("occupation_id", "skill_id"):
        if column in nodes:
            table = table.filter(_among(table.column(column), [nodes[column]]))
    shown = []
    for dataset, column, name in (
        ("graph/occupations", "occupation_id", "title"),
        ("graph/skills", "skill_id", "name"),
    ):
        (made,) = {
            b.version for b in lake.builds(dataset) if b.recipe_digest == edges.recipe_digest
        }
        listed = lake.table(dataset, made, [column, name])
        kept = listed.filter(pc.is_in(listed.column(column), table.column(column)))
        shown.append(dict(zip(*(c.to_pylist() for c in kept.columns), strict=True)))
    return _sourced(lake, edges, table.to_pylist(), *shown)


def _among(column: pa.ChunkedArray, ids: Iterable[str]) -> pa.ChunkedArray:
    """Where one of these ids stands, all of one length. (`is_in` needs an Arrow array of them, and
    to make one imports pandas.)"""
    return reduce(pc.or_, (pc.starts_with(column, one) for one in ids))


def _sourced(
    lake: Lake, edges: Build, links: list[Facts], titles: dict[str, str], names: dict[str, str]
) -> list[Facts]:
    """Links with the advertisements that name both ends, or the general occupation for which the
    teacher listed the skill. `titles` and `names` are by id."""
    rows = [(titles[r["occupation_id"]], names[r["skill_id"]], r) for r in links]
    wanted = {fold(title) for title, _, _ in rows}
    ads, listed = _advertisements(lake, edges, wanted), _listed(lake, edges, wanted)
    found = []
    for title, name, row in rows:
        link = {"occupation": title, "skill": name, "source": row["source"]}
        if row["source"] == "generated":
            link["general_skills"] = listed.get(fold(title), [])
        else:
            named = ads.get(fold(title), [])
            link["postings"] = [key for key, skills in named if fold(name) in skills]
        found.append(link)
    return found


def _advertisements(
    lake: Lake, edges: Build, wanted: set[str]
) -> dict[str, list[tuple[str, set[str]]]]:
    """By folded title: (posting_id, folded skills) of its advertisements."""
    table = lake.table(
        "sources/postings",
        edges.recipe.inputs["sources/postings"],
        ["posting_id", "title", "skills"],
    )
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for place, title in enumerate(table.column("title").to_pylist()):
        if fold(title) not in wanted:
            continue
        (row,) = table.slice(place, 1).to_pylist()
        one = (row["posting_id"], set(map(fold, row["skills"])))
        found.setdefault(fold(row["title"]), []).append(one)
    return found


def _listed(lake: Lake, edges: Build, wanted: set[str]) -> dict[str, list[str]]:
    """By folded title: codes of the general occupations of that title."""
    version = edges.recipe.inputs["graph/general_skills"]
    table = lake.table("graph/general_skills", version, ["code", "title"])
    found = dict[str, list[str]]()
    for row in table.to_pylist():
        if fold(row["title"]) in wanted:
            found.setdefault(fold(row["title"]), []).append(row["code"])
    return found
