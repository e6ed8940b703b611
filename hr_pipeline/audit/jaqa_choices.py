"""What is told of a choice of JA-QA's teacher: the candidates of a skill or a title, what was
chosen among them, the requests, and the choice read again from the replies."""

import asyncio
from collections.abc import Iterator

from hr_pipeline.audit.ancestry import input_build
from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.requests import prompt_facts, request_facts
from hr_pipeline.audit.rows import Found
from hr_pipeline.audit.telling import Row, Told, compared, said, verdict, where
from hr_pipeline.jaqa.apis.choose import faults_in_choices
from hr_pipeline.jaqa.apis.questions import CHOOSE_APIS, ApisQuestion
from hr_pipeline.jaqa.keys import skill_key, title_key
from hr_pipeline.jaqa.titles.choose import faults_in_titles
from hr_pipeline.jaqa.titles.postings import with_skills
from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE, TitleQuestion
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording

POSTINGS, SKILLS = "sources/linkedin_postings", "jaqa/posting_skills"
CATALOG, ESCO = "sources/apis", "sources/esco_occupations"
_MOST = 20  # postings that are named


def skill_story(lake: Lake, found: Found, recording: Recording | None) -> list[Told]:
    """A row of jaqa/skill_apis."""
    row, catalog = found.row, input_build(lake, found.build, CATALOG)
    rows = lake.rows(CATALOG, catalog.version)
    listed = [one for one in rows if one["api"] in {*row["candidates"]}]
    postings = list(_postings_with_skill(lake, found))
    checks = [
        skill_again(found, recording),
        verdict(
            "choice and candidates",
            list(faults_in_choices([row], {one["api"] for one in listed})),
        ),
        _counted(row, postings),
    ]
    return [
        *asked(found, recording),
        ("candidates", f"cosines by {row['embedder']}", api_candidates(row)),
        (
            "chosen in the catalog",
            f"{CATALOG} {catalog.version}",
            [one for one in listed if one["api"] in row["apis"]],
        ),
        ("postings that ask for it", SKILLS, _some(postings)),
        ("checks", "run again on this row", checks),
    ]


def title_story(lake: Lake, found: Found, recording: Recording | None) -> list[Told]:
    """A row of jaqa/titles."""
    row, esco = found.row, input_build(lake, found.build, ESCO)
    postings = list(_postings_with_title(lake, found))
    labels = {
        one["uri"]: one
        for one in lake.rows(ESCO, esco.version)
        if one["uri"] in {row["esco_uri"], *row["candidate_uris"]}
    }
    checks = [
        title_again(found, recording),
        verdict("choice and candidates", list(faults_in_titles([row], {*labels}))),
        _counted(row, postings),
    ]
    return [
        *asked(found, recording),
        ("candidates", f"cosines by {row['embedder']}", title_candidates(row)),
        ("chosen occupation", f"{ESCO} {esco.version}", labels.get(row["esco_uri"], {})),
        ("postings that have it", POSTINGS, _some(postings)),
        ("checks", "run again on this row", checks),
    ]


def asked(found: Found, recording: Recording | None, what_for: str = "this row") -> list[Told]:
    """The prompts of a build, and the requests of one of its rows."""
    told = request_facts(Replay(found.build, recording), found.row["request_ids"], what_for)
    return [
        ("prompts", "the build's recipe", prompt_facts(found.build)),
        ("requests", where(recording), told),
    ]


def api_candidates(row: Row) -> list[Row]:
    """The candidates of a skill, the nearest first."""
    columns = zip(row["candidates"], row["ecosystems"], row["scores"], strict=True)
    return [
        {"api": api, "ecosystems": there, "cosine": score, "chosen": api in row["apis"]}
        for api, there, score in columns
    ]


def title_candidates(row: Row) -> list[Row]:
    """The candidates of a title, the best first."""
    names = ("occupation", "uri", "nearest label", "score")
    columns = (row["candidates"], row["candidate_uris"], row["matched"], row["scores"])
    return [
        dict(zip(names, one, strict=True)) | {"chosen": one[1] == row["esco_uri"]}
        for one in zip(*columns, strict=True)
    ]


def skill_again(found: Found, recording: Recording | None) -> Row:
    """The choice of a row of jaqa/skill_apis, read again from the replies."""
    row, replay = found.row, Replay(found.build, recording)
    question = ApisQuestion(row["skill"], tuple(row["candidates"]), tuple(row["ecosystems"]))
    answer = said(lambda: asyncio.run(replay.engine().ask(CHOOSE_APIS, question)))
    again = {"apis": answer.value, "request_ids": [*answer.request_ids]} if answer else None
    stored = {name: row[name] for name in ("apis", "request_ids")}
    return compared("the choice of APIs, read again from the replies", stored, again)


def title_again(found: Found, recording: Recording | None) -> Row:
    """The choice of a row of jaqa/titles, read again from the replies."""
    row, replay = found.row, Replay(found.build, recording)
    question = TitleQuestion(row["title"], tuple(row["candidates"]))
    answer = said(lambda: asyncio.run(replay.engine().ask(CHOOSE_TITLE, question)))
    again = None
    if answer:
        chosen = row["candidate_uris"][answer.value]
        again = {"esco_uri": chosen, "request_ids": [*answer.request_ids]}
    stored = {name: row[name] for name in ("esco_uri", "request_ids")}
    return compared("the choice of an occupation, read again from the replies", stored, again)


def _postings_with_skill(lake: Lake, found: Found) -> Iterator[str]:
    version, key = found.build.recipe.inputs[SKILLS], skill_key(found.row["skill"])
    alike: dict[str, bool] = {}
    for one in lake.rows(SKILLS, version, ["posting_id", "skills"]):
        if any(alike.setdefault(skill, skill_key(skill) == key) for skill in one["skills"]):
            yield one["posting_id"]


def _postings_with_title(lake: Lake, found: Found) -> Iterator[str]:
    inputs, key = found.build.recipe.inputs, title_key(found.row["title"])
    for posting, title in with_skills(lake, inputs[POSTINGS], inputs[SKILLS]):
        if title_key(title) == key:
            yield posting


def _some(postings: list[str]) -> Row:
    return {"postings": len(postings), "the first of them": postings[:_MOST]}


def _counted(row: Row, postings: list[str]) -> Row:
    wrong = [] if len(postings) == row["n_postings"] else [f"n_postings is {len(postings)}"]
    return verdict("postings counted again", wrong)
