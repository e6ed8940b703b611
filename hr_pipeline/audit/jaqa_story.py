"""What is told of a posting's skills, and of a pair of JA-QA: from the posting to the checks."""

from typing import Any

from hr_pipeline.audit.ancestry import input_build
from hr_pipeline.audit.jaqa_choices import (
    api_candidates,
    asked,
    skill_again,
    skill_story,
    title_again,
    title_candidates,
    title_story,
)
from hr_pipeline.audit.rows import Found, row_of, rows_with
from hr_pipeline.audit.single import posting_of
from hr_pipeline.audit.telling import Row, Told, lost_with, verdict, where
from hr_pipeline.jaqa.keys import skill_key, title_key
from hr_pipeline.jaqa.pairs.assemble import STAGE, faults_in_pairs, pair_rows, read_facts
from hr_pipeline.jaqa.skills.postings import NAMES, faults_of_posting_skills
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.text.duplicates import NEAR, jaccard, shingles
from hr_pipeline.text.phrases import tokens

SKILLS, APIS, TITLES = "jaqa/posting_skills", "jaqa/skill_apis", "jaqa/titles"
_AROUND = 40  # characters that are shown before and after a skill


def posting_skills_story(lake: Lake, found: Found, recording: Recording | None) -> list[Told]:
    """A row of jaqa/posting_skills: the posting, and where in it each skill stands."""
    posting, row = posting_of(lake, found), found.row
    names = input_build(lake, found.build, NAMES)
    wanted = {one["name"] for one in row["found"]}
    behind = [one for one in lake.rows(NAMES, names.version) if one["name"] in wanted]
    faults = faults_of_posting_skills([row], [posting.row])
    return [
        *_posting(posting),
        ("places of the skills", "the description", _places(row, posting.row)),
        ("names that were found", f"{NAMES} {names.version}", behind),
        *(asked(found, recording) if found.build.recipe.teacher else ()),
        ("lost skills of the posting", "the ledger", _lost(lake, found.build, found.row_id)),
        ("checks", "run again on this row", [verdict("skills and their places", [*faults])]),
    ]


def pair_story(lake: Lake, pair: Found, recording: Recording | None) -> list[Told]:
    """A row of jaqa/pairs: the posting, what was chosen for its skills and its title, the split."""
    posting, parts = posting_of(lake, pair), _Parts(lake, pair)
    near = _near(lake, pair)
    build, group = pair.build, sorted([pair.row_id, *(one["pair_id"] for one in near)])[0]
    repeats = rows_with(
        lake, f"{build.dataset}_ledger", str(build.ledger_version), "detail", f"of {pair.row_id}"
    )
    return [
        *_posting(posting),
        ("places of the skills", SKILLS, _places(parts.skills.row, posting.row)),
        ("APIs of the skills", f"{APIS} {parts.choices.version}", parts.told_apis()),
        ("occupation of the title", f"{TITLES} {parts.title.build.version}", parts.told_title()),
        *parts.asked(recording),
        (
            "near-duplicates among the pairs",
            f"shared runs of five words, from {NEAR:g} on",
            near,
        ),
        (
            "split",
            "seed and near-duplicates",
            {
                "split": pair.row["split"],
                "generator": f"{STAGE}/split, by the first id of all that hang together",
                "first id of these": group,
            },
        ),
        (
            "postings with the same title and text",
            "the ledger",
            [one for one in repeats if one["detail"] == f"of {pair.row_id}"],
        ),
        ("lost skills", "the ledgers", parts.lost()),
        ("checks", "run again on this row", parts.checks(posting, near, recording)),
    ]


class _Parts:
    """The rows of JA-QA that a pair was assembled from."""

    def __init__(self, lake: Lake, pair: Found) -> None:
        self.lake, self.pair = lake, pair
        self.choices = input_build(lake, pair.build, APIS)
        self.skills = _of(lake, input_build(lake, pair.build, SKILLS), pair.row["posting_id"])
        titles = input_build(lake, pair.build, TITLES)
        key = title_key(pair.row["title_raw"])
        (title,) = _named(lake, titles, "title", lambda name: title_key(name) == key)
        self.title = title
        keys = [skill_key(skill) for skill in pair.row["skills"]]
        chosen = _named(lake, self.choices, "skill", lambda name: skill_key(name) in {*keys})
        self.of_key = {skill_key(one.row_id): one for one in chosen}

    def told_apis(self) -> list[Row]:
        """For each skill, in the posting's order, the candidates and the choice."""
        told = []
        for skill in self.pair.row["skills"]:
            choice = self.of_key.get(skill_key(skill))
            if choice is None:
                told.append({"skill": skill, "lost": "no usable choice: see the ledgers"})
                continue
            listed = [
                f"{one['api']} {one['cosine']:.5f}{' chosen' if one['chosen'] else ''}"
                for one in api_candidates(choice.row)
            ]
            names = {"skill": skill, "asked as": choice.row_id, "APIs": choice.row["apis"]}
            told.append(names | {"candidates": listed})
        return told

    def told_title(self) -> list[Row]:
        return [{"asked as": self.title.row_id, **one} for one in title_candidates(self.title.row)]

    def asked(self, recording: Recording | None) -> list[Told]:
        """Prompts and requests behind the title and every skill."""
        founds = [(self.title, "the title")]
        founds += [(one, f"the skill {one.row_id}") for one in self.of_key.values()]
        if self.skills.build.recipe.teacher:
            founds.insert(0, (self.skills, "the skills of the posting"))
        told = [asked(found, recording, what_for) for found, what_for in founds]
        prompts = {one["file"]: one for (_, _, facts), _ in told for one in facts}
        requests = [one for _, (_, _, facts) in told for one in facts]
        return [
            ("prompts", "the builds' recipes", list(prompts.values())),
            ("requests", where(recording), requests),
        ]

    def lost(self) -> list[Row]:
        lost = _lost(self.lake, self.pair.build, self.pair.row_id)
        for skill in self.pair.row["skills"]:
            if skill_key(skill) not in self.of_key:
                lost += _lost(self.lake, self.choices, skill)
        return lost

    def checks(self, posting: Found, near: list[Row], recording: Recording | None) -> list[Row]:
        row, choices = self.pair.row, list(self.of_key.values())
        rows = [one.row for one in choices]
        facts = read_facts([self.skills.row], rows, [self.title.row], row["teacher"])
        (again,) = pair_rows([posting.row], {posting.row_id: row["split"]}, facts, Ledger())
        other = [name for name, value in row.items() if again[name] != value]
        apart = [one["pair_id"] for one in near if one["split"] != row["split"]]
        return [
            verdict("assembled again from posting, skills, choices and title", other),
            verdict("APIs, question and answer", [*faults_in_pairs([row], rows)]),
            verdict("near-duplicates share the split", apart),
            title_again(self.title, recording),
            *({"skill": one.row_id, **skill_again(one, recording)} for one in choices),
        ]


def _of(lake: Lake, build: Build, row_id: str) -> Found:
    found = row_of(lake, build, row_id)
    assert found is not None, f"{build.dataset} has no {row_id}"
    return found


def _named(lake: Lake, build: Build, column: str, fits: Any) -> list[Found]:
    """The rows whose name fits; names alone are read of the others."""
    names = lake.table(build.dataset, build.version, [column]).column(column).to_pylist()
    return [_of(lake, build, name) for name in names if fits(name)]


def _posting(posting: Found) -> list[Told]:
    where_read = f"{posting.dataset} {posting.build.version}"
    return [("posting", where_read, {"row (from 0)": posting.place, **posting.row})]


def _places(row: Row, posting: Row) -> list[Row]:
    """Every place of a skill, with the words around it; of given skills, the source."""
    text = posting["description"] or ""
    if row["how"] == "given":
        return [{"skill": skill, "given by": posting["source"]} for skill in row["skills"]]
    return [
        {
            "skill": one["skill"],
            "name": one["name"],
            "characters": [one["start"], one["end"]],
            "text": " ".join(text[max(0, one["start"] - _AROUND) : one["end"] + _AROUND].split()),
        }
        for one in row["found"]
    ]


def _near(lake: Lake, pair: Found) -> list[Row]:
    """The other pairs whose description is a near-duplicate."""
    own = shingles(tokens(pair.row["job_description"]))
    columns = ["pair_id", "split", "job_description"]
    found = []
    for other in lake.rows(pair.dataset, pair.build.version, columns):
        if other["pair_id"] != pair.row_id:
            likeness = jaccard(own, shingles(tokens(other["job_description"])))
            if likeness >= NEAR:
                found.append({n: other[n] for n in columns[:2]} | {"similarity": likeness})
    return found


def _lost(lake: Lake, build: Build, key: str) -> list[Row]:
    return [one for one in lost_with(lake, build, key) if one["key"] == key]


STORIES = {
    "jaqa/posting_skills": posting_skills_story,
    "jaqa/skill_apis": skill_story,
    "jaqa/titles": title_story,
    "jaqa/pairs": pair_story,
}
