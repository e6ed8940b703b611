"""What is told of an item of TM-Eval, and of a model's answer to one: whose career it is, whose
fact the target is, what rules see of it, what was asked."""

import asyncio
from typing import Any

from hr_pipeline.audit.ancestry import input_build
from hr_pipeline.audit.replay import Replay
from hr_pipeline.audit.requests import prompt_facts, request_facts
from hr_pipeline.audit.rows import Found, row_of
from hr_pipeline.audit.telling import Row, Told, file_story, lost_with, said, verdict, where
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.tm_eval.baselines import seen_by_rules
from hr_pipeline.tm_eval.careers import TASKS, TITLE, Person, cuts, target_key
from hr_pipeline.tm_eval.items import STAGE, faults_in_items
from hr_pipeline.tm_eval.questions import JUDGE_NEXT, ItemQuestion
from hr_pipeline.tm_eval.wording import ItemText, item_text

CAREERS = "sources/careers"
_OF_ALL = (  # faults that one item alone cannot have
    "tasks and splits that are not half Yes",
    "targets not as often under Yes as under No",
)


def item_story(lake: Lake, item: Found) -> list[Told]:
    """From the careers to the checks of one row of tm_eval/items."""
    row, careers = item.row, input_build(lake, item.build, CAREERS)
    person, owner = (_career(lake, item, row[name]) for name in ("person_id", "target_person"))
    keys = [f"{task}/{row['person_id']}" for task in TASKS]
    lost = [one for key in keys for one in lost_with(lake, item.build, key) if one["key"] == key]
    return [
        ("person", f"{CAREERS} {careers.version}", _parted(row, person)),
        ("target", f"{CAREERS} {careers.version}", _target(row, owner)),
        ("draws", "seed and ids", _draws(item, Person.of(person.row))),
        ("what rules see", "tm_eval/baselines, counted again", seen_by_rules(row)),
        ("the person in the other task", "the ledger", lost),
        ("checks", "run again on this row", _checks(row, person, owner)),
    ]


def answer_story(lake: Lake, answer: Found, recording: Recording | None) -> list[Told]:
    """What was asked and said, and the item."""
    item, replay = item_of(lake, answer), Replay(answer.build, recording)
    question = ItemQuestion.of(item.row)
    again = said(lambda: asyncio.run(replay.engine().ask(JUDGE_NEXT, question)))
    read = [] if again and again.value == answer.row["said"] else ["the reply is read otherwise"]
    told = [
        ("prompts", "the build's recipe", prompt_facts(answer.build)),
        (
            "requests",
            where(recording),
            request_facts(replay, answer.row["request_ids"], "this row"),
        ),
        (
            "answer",
            "run again on this row",
            [
                verdict("the reply is read again as it was", read)
                if again
                else {"check": "the reply is read again", "passed": None, "said": ["not recorded"]}
            ],
        ),
        ("item", f"{item.dataset} {item.build.version}", item.row),
    ]
    of_item = item_story(lake, item) if item.dataset == "tm_eval/items" else file_story(item)
    return told + of_item


def item_of(lake: Lake, answer: Found) -> Found:
    """The item of an answer, in the version that was asked. InputError where it is gone."""
    inputs = answer.build.recipe.inputs
    (dataset,) = (name for name in inputs if name.endswith("/items"))
    item = row_of(lake, input_build(lake, answer.build, dataset), answer.row["item_id"])
    if item is None:
        raise InputError("its item is not in the version it was made from", answer.row_id)
    return item


def _career(lake: Lake, item: Found, person_id: str) -> Found:
    found = row_of(lake, input_build(lake, item.build, CAREERS), person_id)
    if found is None:
        raise InputError("this career is not in the version it was made from", person_id)
    return found


def _parted(row: Row, person: Found) -> Row:
    """A career before and after the cut of an item."""
    titles, projects = len(row["career"]), len(row["projects"])
    return {
        "person": person.row_id,
        "row (from 0)": person.place,
        "source": person.row["source"],
        "titles before the cut": _dated(person.row, "title", 0, titles),
        "titles after it": _dated(person.row, "title", titles, None),
        "projects before the cut": _dated(person.row, "project", 0, projects),
        "projects after it": _dated(person.row, "project", projects, None),
    }


def _dated(career: Row, what: str, start: int, end: int | None) -> list[Any]:
    """Entries of a career, each with its year where one is told."""
    entries, years = career[f"{what}s"], career[f"{what}_years"]
    dated = [[entry, years[n]] if n < len(years) else entry for n, entry in enumerate(entries)]
    return dated[start:end]


def _target(row: Row, owner: Found) -> Row:
    """Whose fact the target is, and where in that career it stands."""
    entries = owner.row["titles" if row["task"] == TITLE else "projects"]
    wanted = target_key(row["task"], row["target"])
    as_targets = [[one] if row["task"] == TITLE else one for one in entries]
    found = [n for n, one in enumerate(as_targets) if target_key(row["task"], one) == wanted]
    return {
        "target": row["target"],
        "label": "Yes: it came next" if row["label"] else "No: it is another person's",
        "person": owner.row_id,
        "row (from 0)": owner.place,
        f"stands there as {row['task']} (from 0)": found,
        "people who hold it (popularity)": row["popularity"],
    }


def _draws(item: Found, person: Person) -> Row:
    """What was drawn, and from which generators."""
    row, task = item.row, item.row["task"]
    found = cuts(person, task)
    return {
        "seed": item.build.recipe.seed,
        "places where the career could be cut": len(found) if not isinstance(found, str) else 0,
        "generator of the cut": f"{STAGE}/{task}/cut, {row['person_id']}",
        "generator of the people": f"{STAGE}/{task}/people",
        "generator of Yes and No": f"{STAGE}/{task}/half, {row['person_id']}",
        "generator of the targets under No": f"{STAGE}/{task}/deal, {row['split']}",
        "split": f"{row['split']}, drawn from {STAGE}/split by the person",
    }


def _checks(row: Row, person: Found, owner: Found) -> list[Row]:
    people = {found.row_id: Person.of(found.row) for found in (person, owner)}
    faults = faults_in_items([row], people.values())
    mine = owner.row_id == person.row_id
    text = item_text(ItemText(row["task"], row["career"], row["projects"], row["target"]))
    return [
        verdict("career, target and label agree", [n for n in faults if n not in _OF_ALL]),
        verdict("a Yes is the person's own", [] if mine == row["label"] else ["it is not"]),
        verdict("the text says what the columns say", [] if text == row["input"] else ["input"]),
    ]
