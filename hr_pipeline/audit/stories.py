"""What is told of a row beside its build: (title, where it stands, facts), by kind of row.

What the recording does not hold is said where it is missing; the rest is told all the same.
"""

import asyncio
from dataclasses import dataclass, replace

from hr_pipeline.audit.ancestry import input_build, input_reader
from hr_pipeline.audit.origins import (
    cluster_facts,
    draws_facts,
    links_between,
    links_of,
    name_facts,
    walk_facts,
)
from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.requests import prompt_facts, request_facts
from hr_pipeline.audit.rows import Found
from hr_pipeline.audit.telling import Row, Told, compared, lost_with, plain, said, verdict, where
from hr_pipeline.graph.questions import LIST_SKILLS, SkillsQuestion
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.datasets.rjdb import CONTEXT_COLUMNS
from hr_pipeline.lake.lineage import raw_files
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, context_from_row, faults_of
from hr_pipeline.rjdb.drawing import ContextDrawer
from hr_pipeline.rjdb.gate import check_triple
from hr_pipeline.rjdb.presence import presence_rows
from hr_pipeline.rjdb.sampling import World
from hr_pipeline.rjdb.world import read_surroundings, sampling_settings, writing_settings
from hr_pipeline.rjdb.writing import TripleWriter, slot_of


def triple_story(lake: Lake, triple: Found, recording: Recording | None) -> list[Told]:
    """From the cluster to the checks of one row of rjdb/triples."""
    contexts, row = input_build(lake, triple.build, "rjdb/contexts"), triple.row
    # A replacement is drawn by the run that writes, all others are in rjdb/contexts.
    drawn_by = triple.build if row["replaced"] else contexts
    place, replay = (
        _place(lake, drawn_by, contexts, row, recording),
        Replay(triple.build, recording),
    )
    walk, drawn = said(place.walk), said(place.drawn_again)
    written = said(lambda: _written_again(place, replay))
    asked = [
        *place.requests(),
        *request_facts(replay, row["lost_request_ids"], "a context of the place that was lost"),
        *request_facts(replay, row["request_ids"], "the documents"),
    ]
    documents = [key for key in DOCUMENTS if row[key] is not None]
    checks = [
        compared("context drawn again", _plan(row), _plan(drawn)),
        compared(
            "documents read again from the replies",
            {key: row[key] for key in documents},
            {key: written[key] for key in documents} if written else None,
        ),
        *_document_checks(row),
    ]
    return [
        *place.told(walk),
        ("prompts", "the build's recipe", prompt_facts(triple.build)),
        ("requests", where(recording), asked),
        ("lost contexts of the place", "the ledgers", _lost(lake, place, triple.build)),
        ("checks", "run again on this row", checks),
        ("what stands in the documents", "counted again", presence_rows(row)),
    ]


def context_story(lake: Lake, found: Found, recording: Recording | None) -> list[Told]:
    """From the cluster to the checks of one row of rjdb/contexts."""
    place = _place(lake, found.build, found.build, found.row, recording)
    walk, drawn = said(place.walk), said(place.drawn_again)
    return [
        *place.told(walk),
        ("prompts", "the build's recipe", prompt_facts(found.build)),
        ("requests", where(recording), place.requests()),
        ("lost contexts of the place", "the ledger", _lost(lake, place, found.build)),
        (
            "checks",
            "run again on this row",
            [
                compared("context drawn again", _plan(found.row), _plan(drawn)),
                verdict("the plan holds together", faults_of(place.context)),
            ],
        ),
    ]


def released_story(triple: Found) -> list[Told]:
    """What is known of an imported row: its file, and what the gate says of its documents."""
    file = {
        "files (sha256)": raw_files(triple.build),
        "line, blank ones not counted": triple.place + 1,
        "not known": "cluster, walk, draws, prompts, requests: the file does not tell them",
    }
    if "job_description" not in triple.row:
        return [("file", "the build's recipe", file)]
    return [
        ("file", "the build's recipe", file),
        ("checks", "run again on this row", _document_checks(triple.row)),
        ("what stands in the documents", "counted again", presence_rows(triple.row)),
    ]


def node_story(lake: Lake, found: Found) -> list[Told]:
    """The advertisements and lists behind an occupation, a skill or a link of the graph."""
    if found.dataset not in ("graph/occupations", "graph/skills", "graph/edges"):
        return []
    siblings = lake.builds("graph/edges")  # one making gives all of the graph's datasets
    edges = [one for one in siblings if one.recipe_digest == found.build.recipe_digest][-1]
    told = "graph/edges, sources/postings, graph/general_skills"
    return [("sources", told, links_of(lake, edges, found.row))]


def general_story(lake: Lake, found: Found, recording: Recording | None) -> list[Told]:
    """What the teacher listed for a general occupation, and what the 5% rule took of it."""
    row, replay = found.row, Replay(found.build, recording)
    question = SkillsQuestion(row["title"], row["code"], row["n"])
    said(lambda: asyncio.run(replay.engine().ask(LIST_SKILLS, question)))
    lost = lost_with(lake, found.build, row["code"])
    return [
        ("prompts", "the build's recipe", prompt_facts(found.build)),
        ("requests", where(recording), request_facts(replay, row["request_ids"], "this row")),
        ("lost", "the ledger", [one for one in lost if one["key"] == row["code"]]),
    ]


@dataclass(frozen=True)
class _Place:
    """A context at its place in the order, with what it can be drawn again from."""

    lake: Lake
    build: Build
    contexts: Build
    context: Context
    world: World
    replay: Replay

    def walk(self) -> Row:
        return walk_facts(self.world, self.context, self.replay)

    def drawn_again(self) -> Row:
        """The context as the draws and the recorded replies give it, at the very attempt."""
        slot, attempt = slot_of(self.context)
        drawn = asyncio.run(ContextDrawer(self.world, self.replay.engine()).draw(slot, attempt))
        return plain(drawn.row()) if drawn.context else {}

    def requests(self) -> list[Row]:
        """What was asked while the context was drawn again."""
        keys = list(dict.fromkeys(exchange.key for exchange in self.replay.exchanges))
        return request_facts(self.replay, keys, "the context")

    def told(self, walk: Row | None) -> list[Told]:
        context = self.context
        passed = (walk or {}).get("skills reached from", [])
        titles = [*(job.title for job in context.experiences), *passed]
        sources = links_between(self.lake, self.build, titles, list(context.skills))
        return [
            ("cluster", "graph/clusters, graph/edges", cluster_facts(self.world, context)),
            ("walk", "drawn again from the seed", walk or {"not redrawn": "a reply is missing"}),
            ("draws", "seed and id of the context", draws_facts(self.world, context)),
            ("name", "sources/first_names", name_facts(self.lake, self.build, context)),
            ("sources", "graph/edges, sources/postings, graph/general_skills", sources),
        ]


def _place(
    lake: Lake, drawn_by: Build, contexts: Build, row: Row, recording: Recording | None
) -> _Place:
    """`drawn_by` drew the context of this row, by the settings of the build `contexts`."""
    context = context_from_row(row)
    world = read_surroundings(
        input_reader(lake, drawn_by),
        context,
        sampling_settings(contexts.recipe.settings["config"]),
        int(drawn_by.recipe.seed or 0),
    )
    return _Place(lake, drawn_by, contexts, context, world, Replay(drawn_by, recording))


def _written_again(place: _Place, replay: Replay) -> Row | None:
    """The triple of this one context as its recorded replies give it; None where they give none."""
    config = replay.build.recipe.settings["config"]
    settings, engine = replace(writing_settings(config), replacements=0), replay.engine()
    writer = TripleWriter(engine, ContextDrawer(place.world, engine), settings)
    return asyncio.run(writer.write(place.context)).row


def _lost(lake: Lake, place: _Place, build: Build) -> list[Row]:
    """The ledgers' rows about other contexts of the same place."""
    slot, _ = slot_of(place.context)
    lost = list[Row]()
    for made in {one.dataset: one for one in (place.contexts, build)}.values():
        lost += lost_with(lake, made, f"{slot.triple_id}-")
    return lost


def _document_checks(row: Row) -> list[Row]:
    """The gate's and the plan's verdicts on a row of triples."""
    context = context_from_row(row)
    documents = {key: row[key] for key in DOCUMENTS if row[key] is not None}
    problems = check_triple(context, documents, swapped="resume_swapped" in documents)
    return [
        verdict("the plan holds together", faults_of(context)),
        verdict("the documents pass the gate", [problem.message for problem in problems]),
    ]


def _plan(row: Row | None) -> Row | None:
    """What contexts and triples have in common."""
    return {column.name: row[column.name] for column in CONTEXT_COLUMNS} if row else None
