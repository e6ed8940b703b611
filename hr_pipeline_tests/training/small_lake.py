"""A lake of a few pairs and items, written by hand: enough to train tiny causal models and to ask
them."""

from pathlib import Path
from typing import Any

from hr_pipeline.jaqa.pairs.wording import answer_of, question_of
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import rng
from hr_pipeline.lake.store import Lake
from hr_pipeline.tm_eval.careers import PROJECT, TITLE
from hr_pipeline.tm_eval.wording import ItemText, item_text

NOTICE = "made-up rows of a test"
APIS = ("numpy", "pandas", "react", "Flask", "spark", "Node.js", ".NET", "pytest")
WORDS = ("build", "ship", "test", "plan", "read", "write", "move", "clean", "draw", "count")
TITLES = ("developer", "tester", "analyst", "lead", "architect", "admin")


def small_lake(root: Path, pairs: int = 24, items: int = 8) -> Lake:
    """`pairs` of JA-QA, every fourth held out, and `items` of each task of TM-Eval."""
    lake = Lake(root)
    put(lake, "jaqa/pairs", [pair(number) for number in range(pairs)])
    put(lake, "tm_eval/items", [item(t, n) for t in (TITLE, PROJECT) for n in range(items)])
    return lake


def put(lake: Lake, dataset: str, rows: list[dict[str, Any]]) -> None:
    table = CONTRACTS[dataset].table(rows)
    lake.write(dataset, [table], Recipe("test"), ledger=Ledger(), notice=NOTICE)


def pair(number: int, split: str = "") -> dict[str, Any]:
    draw = rng(1, "test", f"pair {number}")
    apis = [str(one) for one in draw.choice(APIS, 2, replace=False)]
    words = " ".join(f"{word}{draw.integers(100)}" for word in draw.choice(WORDS, 6))
    title = TITLES[number % len(TITLES)]
    description = f"We {words} with {apis[0]} and {apis[1]}."
    return {
        "pair_id": f"p{number:03}",
        "posting_id": f"p{number:03}",
        "split": split or ("train", "train", "train", "test")[number % 4],
        "title_raw": title,
        "title": title,
        "esco_uri": f"https://example.org/{number % len(TITLES)}",
        "isco_group": "2512",
        "job_description": description,
        "skills": apis,
        "apis": apis,
        "question": question_of(title, description),
        "answer": answer_of(apis),
        "teacher": "template",
    }


def item(task: str, number: int) -> dict[str, Any]:
    draw = rng(1, "test", f"{task} {number}")
    career = [str(one) for one in draw.choice(TITLES, 2, replace=False)]
    projects = [[str(one) for one in draw.choice(APIS, 2, replace=False)]]
    target = [TITLES[number % len(TITLES)]] if task == TITLE else [APIS[number % len(APIS)]]
    return {
        "item_id": f"{task}-{number:03}",
        "task": task,
        "split": "test",
        "person_id": f"m{number}",
        "career": career,
        "projects": projects,
        "target": target,
        "label": number % 2 == 0,
        "target_person": f"m{number}",
        "popularity": 1,
        "input": item_text(ItemText(task, career, projects, target)),
    }
