"""The passport of a row: all facts about why it exists, each with where it stands."""

from dataclasses import asdict, dataclass
from typing import Any

from hr_pipeline.audit.ancestry import ancestors, input_build
from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.requests import prompt_facts, request_facts
from hr_pipeline.audit.rows import Found, find, row_of
from hr_pipeline.audit.stories import (
    context_story,
    general_story,
    node_story,
    released_story,
    triple_story,
)
from hr_pipeline.audit.telling import file_story, where
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.lineage import raw_files
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording

TRIPLES = ("rjdb/triples", "rjdb_released/triples")


@dataclass(frozen=True)
class Section:
    """Facts of one kind, and where they stand."""

    title: str
    source: str
    facts: Any  # what JSON holds


@dataclass(frozen=True)
class Passport:
    """`notice` marks what the template teacher had a hand in."""

    row_id: str
    dataset: str
    notice: str
    sections: list[Section]

    def facts(self, title: str) -> Any:
        """The facts of one section; KeyError where there is none of this title."""
        return {section.title: section.facts for section in self.sections}[title]

    def as_json(self) -> dict[str, Any]:
        """The whole of it: what `--json` prints."""
        return asdict(self)


def trace(
    lake: Lake,
    row_id: str,
    dataset: str = "",
    recording: Recording | None = None,
) -> Passport:
    """The passport of the row of this id. InputError where there is none."""
    found = find(lake, row_id, dataset)
    sections = [
        Section("row", f"{found.dataset} {found.build.version}", found.row),
        Section("snapshot", "_snapshot.json", _snapshot(lake, found)),
        Section("build", f"builds/{found.build.build_id}.json", _build(found.build)),
        Section("made from", "builds of the inputs", _ancestry(lake, found.build)),
        *(Section(*told) for told in _story(lake, found, recording)),
    ]
    return Passport(row_id, found.dataset, found.build.notice, sections)


def _snapshot(lake: Lake, found: Found) -> dict[str, Any]:
    version = found.build.version
    parts = lake.snapshot(found.dataset, version)["parts"]
    (part,) = (part for part in parts if part["name"] == found.part)
    return {
        "dataset": found.dataset,
        "version": version,
        "row (from 0)": found.place,
        "part": part["name"],
        "sha256": part["sha256"],
    }


def _build(build: Build) -> dict[str, Any]:
    recipe = build.recipe
    return {
        "build": build.build_id,
        "time": build.time,
        "run": build.run_id,
        "seed": recipe.seed,
        "teacher": recipe.teacher,
        "code version": recipe.code_version,
        "settings": recipe.settings,
        "inputs": recipe.inputs,
        "rows": build.rows,
        "rows lost": build.rows_lost,
    }


def _ancestry(lake: Lake, build: Build) -> list[dict[str, Any]]:
    return [
        {
            "dataset": one.dataset,
            "version": one.version,
            "build": one.build_id,
            "time": one.time,
            "seed": one.recipe.seed,
            "teacher": one.recipe.teacher,
            "raw files (sha256)": raw_files(one),
        }
        for one in ancestors(lake, build)
    ]


def _story(lake: Lake, found: Found, recording: Recording | None) -> list[tuple[str, str, Any]]:
    """The sections that are told of this kind of row."""
    product = found.dataset.split("/")[0]
    if product in ("jaqa_released", "tm_eval_released"):
        return file_story(found)
    if product == "jaqa":
        from hr_pipeline.audit.jaqa_story import STORIES

        tell = STORIES.get(found.dataset)
        return tell(lake, found, recording) if tell else []
    if found.dataset == "tm_eval/items":
        from hr_pipeline.audit.tm_eval_story import item_story

        return item_story(lake, found)
    if found.dataset == "tm_eval/answers":
        from hr_pipeline.audit.tm_eval_story import answer_story

        return answer_story(lake, found, recording)
    if product == "rjdb_released":
        return released_story(found)
    if found.dataset == "rjdb/contexts":
        return context_story(lake, found, recording)
    if found.dataset == "graph/general_skills":
        return general_story(lake, found, recording)
    own = _own_requests(found, recording)
    triple = _triple_of(lake, found)
    if triple is None:
        return own + node_story(lake, found)
    if triple.dataset == "rjdb_released/triples":
        return own + released_story(triple)
    return own + triple_story(lake, triple, recording)


def _own_requests(found: Found, recording: Recording | None) -> list[tuple[str, str, Any]]:
    """What was asked for a row that is no triple."""
    if found.dataset == "rjdb/triples" or "request_ids" not in found.row:
        return []
    asked = request_facts(Replay(found.build, recording), found.row["request_ids"], "this row")
    return [
        ("prompts", "the build's recipe", prompt_facts(found.build)),
        ("requests", where(recording), asked),
    ]


def _triple_of(lake: Lake, found: Found) -> Found | None:
    """The triple that a row is or was made from, in the version that its build read."""
    if found.dataset in TRIPLES:
        return found
    if "triple_id" not in found.row:
        return None
    for name in TRIPLES:
        if name in found.build.recipe.inputs:
            triples = input_build(lake, found.build, name)
            if triple := row_of(lake, triples, found.row["triple_id"]):
                return triple
    raise InputError("its triple is not in the lake any more", found.row["triple_id"])
