"""Skills of postings: given, found or listed; what is lost; what the teacher may not invent."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.cli import main
from hr_pipeline.jaqa.skills.finder import SkillFinder
from hr_pipeline.jaqa.skills.postings import (
    SkillCounts,
    drawn_postings,
    faults_of_posting_skills,
    found_skills,
    plots,
    skills_by_names,
    skills_by_teacher,
)
from hr_pipeline.jaqa.skills.questions import (
    LIST_POSTING_SKILLS,
    PostingQuestion,
    list_by_template,
    parse_posting_skills,
)
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import rng
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import ReplyError, Task
from hr_pipeline.llm.template import NOT_A_BENCHMARK, TEMPLATE, TemplateTeacher
from hr_pipeline_tests.building import one_line
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.jaqa.skill_names import rows

FINDER = SkillFinder(rows())
Row = dict[str, Any]


def posting(number: int, description: str | None, *skills: str) -> Row:
    told = {"posting_id": f"linkedin-{number}", "source": "test", "title": f"Title {number}"}
    return told | {"description": description, "skills": list(skills), "functions": []}


POSTINGS = [
    posting(
        1, "Java and java, then C++ \u2014 Docker\u2019s too.", "Node.JS", "juggling", "java", "C"
    ),
    posting(2, "Java EE, java; AWS services and .NET"),
    posting(3, None, "Python"),
    posting(4, "We are a happy team."),
    posting(5, "  \n"),
    posting(6, "Caf\u0065\u0301 with Docker"),
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.write(
        "sources/skill_names",
        [CONTRACTS["sources/skill_names"].table(rows())],
        Recipe(code_version="test"),
    )
    return lake


def told(postings: list[Row], ledger: Ledger, most: int = 1_000) -> Iterator[Row]:
    """Those that are looked at."""
    chosen = drawn_postings(postings, most, 1, ledger)
    return (row for row in postings if row["posting_id"] in chosen)


def by_names(
    lake: Lake, postings: list[Row], processes: int = 1, most: int = 1_000
) -> tuple[list[Row], Ledger]:
    ledger, version = Ledger(), lake.require("sources/skill_names").version
    looked_at = told(postings, ledger, most)
    return list(skills_by_names(looked_at, lake, version, ledger, processes)), ledger


def test_given_skills_come_first_then_those_of_the_text(lake: Lake) -> None:
    made, ledger = by_names(lake, POSTINGS)
    assert {row["posting_id"]: (row["how"], row["skills"]) for row in made} == {
        "linkedin-1": ("given", ["Node.js", "juggling", "Java (computer programming)", "C"]),
        "linkedin-2": ("found", ["Java (computer programming)", "AWS", ".NET"]),
        "linkedin-6": ("found", ["Docker"]),
    }
    assert not made[0]["found"]
    assert [(p["name"], p["start"], p["end"]) for p in made[1]["found"]] == [
        *(("Java EE", 0, 7), ("Java", 9, 13), ("AWS", 15, 18), (".NET", 32, 36))
    ]
    assert ledger.causes() == {"row: no_description": 2, "row: no_skill_found": 1}
    assert CONTRACTS["jaqa/posting_skills"].table(made).num_rows == 3
    assert not faults_of_posting_skills(made, POSTINGS)


def test_the_number_of_postings_is_a_ceiling(lake: Lake) -> None:
    made, ledger = by_names(lake, POSTINGS, most=2)
    assert len(made) + ledger.lost_rows() == len(POSTINGS)
    assert ledger.causes()["row: over_ceiling"] == 2
    assert ledger.causes()["row: no_description"] == 2
    backwards = drawn_postings(POSTINGS[::-1], 2, 1, Ledger())
    assert backwards == {row["posting_id"] for row in told(POSTINGS, Ledger(), 2)}
    assert backwards < drawn_postings(POSTINGS, 3, 1, Ledger())


def test_two_processes_give_the_same_rows(lake: Lake) -> None:
    many = [row | {"posting_id": f"p{i}"} for i, row in enumerate(POSTINGS * 90)]
    one, lost = by_names(lake, many)
    two, lost_by_two = by_names(lake, many, processes=2)
    assert one == two
    assert lost.rows == lost_by_two.rows
    assert [row["posting_id"] for row in one] == sorted(
        (row["posting_id"] for row in one), key=lambda name: int(name[1:])
    )


def test_faults_are_seen() -> None:
    row = found_skills(POSTINGS[1], FINDER)
    assert isinstance(row, dict)
    moved = row | {"found": [row["found"][0] | {"start": 1}, *row["found"][1:]]}
    twice = row | {"skills": [*row["skills"], "aws"]}
    other = row | {"skills": [*row["skills"], "C"]}
    faults = [
        faults_of_posting_skills([one], POSTINGS)
        for one in (moved, twice, other, row | {"skills": [], "found": []})
    ]
    assert faults == [
        {"place that does not spell its name": 1},
        {"skill that repeats": 1},
        {"skill without a place": 1},
        {"posting without a skill": 1},
    ]


def test_plots_are_drawn_of_what_was_counted() -> None:
    counts = SkillCounts()
    assert plots(counts) == ""
    counts.add({"how": "found", "skills": ["Java", "$x$ (a|b)"]})
    assert plots(counts).startswith("![plot](data:image/png;base64,")
    assert dict(counts.postings) == {"Java": 1, "$x$ (a|b)": 1}


# -- the teacher ----------------------------------------------------------------------------

QUESTION = PostingQuestion("We use Java, Node.js and SQL Server.\n- SQL\n- C++", ("Java", "C++"))


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        ('{"skills": ["SQL", "java", "Java"]}', ["java", "SQL"]),
        ("1. Node.js\n2. **SQL Server** - a database\n3. C++", ["Node.js", "SQL Server", "C++"]),
        ("C++, Java", ["Java", "C++"]),
        ("Here are the skills:\n\n- Java", ["Java"]),
        ("none", []),
        ("None.", []),
        ('```json\n{"skills": []}\n```', []),
        ('{"skills": ["none"]}', []),
    ],
)
def test_replies_of_many_shapes(reply: str, names: list[str]) -> None:
    listed = parse_posting_skills(reply, QUESTION)
    assert [one.name for one in listed.named] == names
    assert not listed.invented
    for one in listed.named:
        assert QUESTION.description[one.start : one.end].casefold() == one.name.casefold()


def test_invented_skills_are_told_apart() -> None:
    listed = parse_posting_skills('{"skills": ["Java", "knitting"]}', QUESTION)
    assert ([one.name for one in listed.named], listed.invented) == (["Java"], ["knitting"])


@pytest.mark.parametrize("reply", ["", "-", "knitting", '{"skills": ["knitting"]}', '{"skills": ['])
def test_useless_replies_are_asked_again(reply: str) -> None:
    with pytest.raises(ReplyError):
        parse_posting_skills(reply, QUESTION)


def test_the_template_answers_as_models_do() -> None:
    replies = {list_by_template(QUESTION, rng(1, "test", i)) for i in range(300)}
    assert len(replies) > 8
    read = []
    for reply in replies:
        try:
            read.append([one.name for one in parse_posting_skills(reply, QUESTION).named])
        except ReplyError as error:
            assert "knit" not in str(error) and "posting" in str(error)
    assert all(names == ["Java", "C++"] for names in read)
    assert len(read) == len(replies) - 1  # the broken one
    empty = PostingQuestion("nothing")
    assert not parse_posting_skills(list_by_template(empty, rng(1, "test", 0)), empty).named


class Listing(TemplateTeacher):
    """Lists what it is told for a description, else as the template."""

    def __init__(self, replies: dict[str, str]) -> None:
        super().__init__(3)
        self.model = "listing"
        self.replies, self.asked = replies, list[str]()

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        self.asked.append(question.description)
        return Reply(self.replies[question.description])


def test_the_teacher_is_asked_only_where_it_must_be() -> None:
    texts = [str(row["description"]) for row in POSTINGS]
    teacher = Listing(
        {
            texts[1]: '{"skills": ["AWS", ".NET", "Kubernetes"]}',
            texts[3]: "none",
            texts[5]: '{"skills": ["knitting"]}',
        }
    )
    ledger = Ledger()
    with Engine(teacher, None) as engine:
        made = list(skills_by_teacher(told(POSTINGS, ledger), FINDER, engine, ledger))
    assert set(teacher.asked) == {texts[1], texts[3], texts[5]}
    assert [(row["posting_id"], row["how"], row["skills"]) for row in made] == [
        ("linkedin-1", "given", ["Node.js", "juggling", "Java (computer programming)", "C"]),
        ("linkedin-2", "teacher", ["AWS", ".NET"]),
    ]
    assert made[1]["request_ids"]
    assert ledger.causes() == {
        "row: no_description": 2,
        "row: no_skill_found": 1,
        "row: no_usable_reply": 1,
        "skill: not_in_description": 1,
    }
    assert not faults_of_posting_skills(made, POSTINGS)


def test_the_template_teacher_lists_what_the_names_find() -> None:
    with Engine(TemplateTeacher(1), None) as engine:
        looked_at = told(POSTINGS[1:], Ledger())
        made = list(skills_by_teacher(looked_at, FINDER, engine, Ledger()))
    assert [(row["how"], row["skills"]) for row in made] == [
        ("teacher", ["Java (computer programming)", "AWS", ".NET"]),
        ("teacher", ["Docker"]),
    ]


def test_the_prompt_holds_the_description() -> None:
    fields = LIST_POSTING_SKILLS.fields(QUESTION)
    assert QUESTION.description in LIST_POSTING_SKILLS.prompt.render(fields)


def test_a_build_with_the_teacher_says_who_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "lake"
    order = ["build", "jaqa/posting_skills", "--raw", str(SAMPLE), "--lake", str(root)]
    assert main([*order, "--set", "jaqa/posting_skills.finder=magic"]) == 2
    assert one_line(capsys).endswith("'magic' is no finder; use names or teacher")
    assert main([*order, "--set", "jaqa/posting_skills.finder=teacher"]) == 0
    listed = Lake(root).require("jaqa/posting_skills")
    assert {row["how"] for row in Lake(root).rows(listed.dataset)} == {"given", "teacher"}
    assert (listed.notice, listed.recipe.teacher) == (NOT_A_BENCHMARK, TEMPLATE)
    assert main(order) == 0
    found = Lake(root).require("jaqa/posting_skills")
    assert {row["how"] for row in Lake(root).rows(found.dataset)} == {"given", "found"}
    assert found.notice == "" and found.recipe.teacher is None and not found.recipe.prompts


def test_without_postings_it_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "dice.csv").write_text("jobtitle,skills,jobdescription,uniq_id\nA,Docker,x,1\n", "utf-8")
    order = ["build", "jaqa/posting_skills", "--raw", str(raw), "--lake", str(tmp_path / "lake")]
    assert main(order) == 2
    assert "sources/linkedin_postings" in one_line(capsys)


@pytest.mark.real
def test_most_published_postings_have_skills() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    from hr_pipeline.sources.recognise import find_inputs
    from hr_pipeline.sources.skill_names import read_skill_names
    from hr_pipeline.sources.tabular import read_table

    inputs = find_inputs(Path(folder), required=(), optional=("esco_skills", "dice"))
    finder = SkillFinder(read_skill_names(inputs).table.to_pylist())
    table = read_table(Path(folder) / "linkedin" / "arshkon_2024_cp1252" / "postings.csv")
    texts = table.column("description")
    found = [found_skills(posting(i, text), finder) for i, text in enumerate(texts)]
    made = [row for row in found if isinstance(row, dict)]
    assert len(made) > 0.9 * len(texts)
    assert not faults_of_posting_skills(made, [posting(i, t) for i, t in enumerate(texts)])
    mean = sum(len(row["skills"]) for row in made) / len(made)
    assert 5 < mean < 25
