"""APIs of skills: what is a candidate, what a reply chooses, what is lost."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.jaqa.apis.catalog import Api, catalog_of
from hr_pipeline.jaqa.apis.choose import (
    Skill,
    choose_apis,
    distinct_skills,
    faults_in_choices,
    retrieve,
)
from hr_pipeline.jaqa.apis.plots import plots
from hr_pipeline.jaqa.apis.questions import CHOOSE_APIS, ApisQuestion, parse_apis
from hr_pipeline.jaqa.apis.template import choose, chosen_by_rule
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import ReplyError, Task
from hr_pipeline.llm.template import TemplateTeacher, written_as_json
from hr_pipeline_tests.benchmarks.api_hits import hits

NAMES = ("torch.nn", ".NET", "Node.js", "System.Text.Json", "@types/node", "PIL", "pil", "a, b")
QUESTION = ApisQuestion("Node", NAMES, ("python",) * len(NAMES))


@pytest.mark.parametrize(
    ("reply", "apis"),
    [
        ('{"result": [".NET", "@types/node", "Node.js"]}', [".NET", "@types/node", "Node.js"]),
        ('{"result": ["node.JS", " \'.net\' ", "2. torch.nn"]}', ["Node.js", ".NET", "torch.nn"]),
        ('{"result": ["System.Text.Json (python)", "a, b"]}', ["System.Text.Json", "a, b"]),
        ('{"result": []}', []),
        ('{"result": null}', []),
        ('{"result": "None"}', []),
        ('{"result": "torch.nn, PIL"}', ["torch.nn", "PIL"]),
        ('["PIL", "pil"]', ["PIL", "pil"]),
        ("```json\n[]\n```", []),
        ("None.", []),
        ("No API is needed here.", []),
        ("1. torch.nn\n2) **.NET** - the runtime\n", ["torch.nn", ".NET"]),
        ("Sure, here are the names:\n\n- Node.js (python)\n- `pil`: images", ["Node.js", "pil"]),
        ("I would take `torch.nn` and “.NET” for Node.", ["torch.nn", ".NET"]),
        ("The APIs are: torch.nn, .NET, and Node.js.", ["torch.nn", ".NET", "Node.js"]),
        ("@types/node", ["@types/node"]),
    ],
)
def test_replies_of_many_shapes(reply: str, apis: list[str]) -> None:
    assert parse_apis(reply, QUESTION) == apis


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ('{"result": ["torch.nn", "numpy", "NET"]}', '"numpy", "NET"'),
        ('{"result": ["Pil"]}', '"Pil"'),  # two candidates differ in case alone
        ('{"result": [{"name": "PIL"}]}', "no list of names"),
        ('{"result": ["PIL"', "cut off"),
        ('{"apis": ["PIL"]}', "Not in the list"),
        ("Use torch for this.", "Not in the list"),
        ("", "No names were found"),
    ],
)
def test_what_is_outside_the_list_is_named(reply: str, said: str) -> None:
    with pytest.raises(ReplyError, match=said):
        parse_apis(reply, QUESTION)


API = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@given(st.lists(API.map(str.strip).filter(bool), min_size=1, unique=True), st.data())
def test_json_is_read_as_it_was_meant(names: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True))
    question = ApisQuestion("x", tuple(names), ("",) * len(names))
    assert parse_apis(json.dumps({"result": chosen}), question) == chosen


@given(st.text(), st.lists(API, unique=True))
def test_no_reply_chooses_from_outside_the_list(reply: str, names: list[str]) -> None:
    question = ApisQuestion("x", tuple(names), ("",) * len(names))
    try:
        assert set(parse_apis(reply, question)) <= set(names)
    except ReplyError as error:
        assert str(error)


def test_the_prompt_lists_names_with_their_ecosystems() -> None:
    text = CHOOSE_APIS.prompt.render(CHOOSE_APIS.fields(QUESTION))
    assert "\nNode\n" in text and "- @types/node (python)\n" in text


def catalog(*rows: tuple[str, str, str | None, int | None]) -> pa.Table:
    names = ("api", "ecosystem", "package", "popularity")
    return CONTRACTS["sources/apis"].table(
        [dict(zip(names, row, strict=True)) | {"kind": "package", "source": "x"} for row in rows]
    )


ROWS = catalog(
    ("redis", "javascript", None, 9),
    ("cv2", "python", "opencv-python", 2),
    ("redis", "python", None, 5),
    ("rare", "python", None, None),
    ("org.apache.spark:spark-core", "java", None, 1),
)


def test_the_catalog_holds_a_name_once_and_the_most_used_first() -> None:
    assert catalog_of(ROWS, []) == [
        Api("org.apache.spark:spark-core", ("java",)),
        Api("cv2", ("python",), "opencv-python"),
        Api("redis", ("python", "javascript")),
        Api("rare", ("python",)),
    ]
    assert [api.name for api in catalog_of(ROWS, ["java", "javascript"])] == [
        *("org.apache.spark:spark-core", "redis")
    ]


@pytest.mark.parametrize(
    ("api", "text"),
    [
        (Api("cv2", (), "opencv-python"), "cv2 opencv-python"),
        (Api("numpy", (), "numpy"), "numpy"),
        (Api("org.apache.spark:spark-core", ()), "apache.spark:spark-core"),
        (Api("github.com/gorilla/mux", ()), "gorilla/mux"),
        (Api("io.open", ()), "io.open"),
        (Api("@angular/core", ()), "@angular/core"),
    ],
)
def test_the_text_that_skills_are_compared_with(api: Api, text: str) -> None:
    assert api.text == text


def test_an_empty_catalog_and_an_unknown_ecosystem_say_what_to_do() -> None:
    with pytest.raises(InputError, match="catalog of software APIs is empty.*raw folder"):
        catalog_of(ROWS.slice(0, 0), [])
    with pytest.raises(InputError, match="no ecosystem rust.*java, javascript, python"):
        catalog_of(ROWS, ["rust"])


def test_skills_of_one_key_are_asked_once_in_their_usual_spelling() -> None:
    postings = [["Unit Tests", "unit test", "C++"], ["unit test", "C"], ["unit test"], [".NET"]]
    assert distinct_skills(postings) == [
        *(Skill(".NET", 1), Skill("C", 1), Skill("C++", 1), Skill("unit test", 3))
    ]
    assert distinct_skills(postings[::-1]) == distinct_skills(postings)


def test_among_equals_the_more_used_is_nearer_and_other_spellings_are_found() -> None:
    apis = [*catalog_of(ROWS, []), Api("twin-b", ("x",)), Api("twin-a", ("x",))]
    skills = [Skill("opencv", 1), Skill("twin", 1), Skill("Redis", 1)]
    found = retrieve(skills, apis, open_embedder(), 3, seed=1)
    assert [question.candidates[0] for question in found.questions] == ["cv2", "twin-b", "redis"]
    assert found.questions[2].ecosystems[0] == "python, javascript"
    assert all(len(scores) == 3 for scores in found.scores)
    assert len(retrieve(skills, apis, open_embedder(), 30, seed=1).questions[0].candidates) == len(
        apis
    )


class Stubborn(TemplateTeacher):
    """Names a stranger for one skill, always."""

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        if question.skill == "Redis":
            return Reply('{"result": ["redis-py-pro"]}')
        return await super().reply(task, question, request, key)


def test_a_stranger_is_asked_again_and_then_lost_with_its_raw_reply() -> None:
    skills = distinct_skills([["Redis", "opencv"], ["redis"], ["twin"]])
    apis, ledger = catalog_of(ROWS, []), Ledger()
    with Engine(Stubborn(1), None) as engine:
        found = retrieve(skills, apis, open_embedder(), 2, seed=1)
        rows = list(choose_apis(skills, found, engine, "lexical", ledger))
        assert engine.counts["choose_apis/reasks"] >= 2
    assert [row["skill"] for row in rows] == ["opencv", "twin"]
    (lost,) = ledger.rows
    assert lost[:3] == ("row", "Redis", "no_usable_reply") and "redis-py-pro" in lost[4]
    table = CONTRACTS["jaqa/skill_apis"].table(rows)
    assert table.num_rows == 2 and table["embedder"].to_pylist() == ["lexical"] * 2
    assert not faults_in_choices(rows, {api.name for api in apis})
    assert plots(rows).startswith("![plot]")


def test_faults_are_found() -> None:
    row = {"apis": ["a"], "candidates": ["a", "b"], "scores": [0.9, 0.1]}
    bad = [row | {"apis": ["a", "c", "c"]}, row | {"scores": [0.1, 0.9]}, row]
    assert faults_in_choices(bad, {"a"}) == {
        "chosen outside the candidates": 1,
        "chosen twice": 1,
        "candidates not in the catalog": 3,
        "scores out of order": 1,
    }


def test_the_template_chooses_by_name_and_from_its_table() -> None:
    spark = ("org.apache.spark:spark-core", "pyspark", "park", "core-js")
    assert chosen_by_rule("Apache Spark", spark) == [*spark[:2]]
    assert chosen_by_rule("Communication", ("communication", "phone")) == []
    assert chosen_by_rule("Machine Learning", ("learning", "sklearn")) == ["sklearn"]
    assert chosen_by_rule("AWS", ("aws", "x")) == ["aws"]


def test_the_templates_replies_vary_and_some_name_a_stranger() -> None:
    names, read, strangers = ("redis", "redis-py", "cv2"), set(), 0
    rngs = [np.random.default_rng(number) for number in range(400)]
    question = ApisQuestion("Redis", names, ("python",) * 3)
    replies = [choose("Redis", names, rng) for rng in rngs]
    for reply in replies:
        try:
            read.add(tuple(parse_apis(reply, question)))
        except ReplyError:
            strangers += 1
    assert read == {("redis", "redis-py")}
    assert 0 < strangers < 40 and len({reply[:4] for reply in replies}) > 4
    empty = {choose("Teamwork", names, rng) for rng in rngs}
    assert written_as_json("result", [], 0) in empty and "None." in empty


@pytest.mark.real
def test_known_apis_are_among_the_candidates() -> None:
    from hr_pipeline.sources.api_lists import find_api_lists
    from hr_pipeline.sources.apis import read_apis

    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    apis = catalog_of(read_apis(find_api_lists(Path(folder), {})).table, [])
    found = {kind.split()[0]: shares for kind, shares in hits(apis, "lexical").items()}
    assert found["names"][2] >= 0.9 and found["meanings"][2] >= 0.3
