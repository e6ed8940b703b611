"""Every prompt file of every room, rendered by its task: no field is missing, no $name is left."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import pytest

import hr_pipeline
from hr_pipeline.graph.questions import LIST_SKILLS, SkillsQuestion
from hr_pipeline.jaqa.apis.questions import CHOOSE_APIS, ApisQuestion
from hr_pipeline.jaqa.skills.questions import LIST_POSTING_SKILLS, PostingQuestion
from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE, TitleQuestion
from hr_pipeline.llm.task import Task, load_prompt
from hr_pipeline.quality.judges.prompt_files import judge_prompt_hashes
from hr_pipeline.quality.judges.questions import CRITERIA, JudgeQuestion
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, Experience, Shortened, Swap
from hr_pipeline.rjdb.documents import heads_of
from hr_pipeline.rjdb.prompt_files import context_prompt_hashes, prompt_hashes
from hr_pipeline.rjdb.questions import (
    COUNT_SKILLS,
    ORDER_EXPERIENCES,
    WRITE_SECTION,
    WRITE_TRIPLE,
    SectionQuestion,
    TripleQuestion,
)
from hr_pipeline.tm_eval.questions import JUDGE_NEXT, ItemQuestion
from hr_pipeline.training.students.questions import (
    EDIT_SECTION,
    EXTRACT_ITEMS,
    MATCH_AND_EXPLAIN,
    DocumentQuestion,
    EditQuestion,
    PairQuestion,
)

CONTEXT = Context(
    context_id="c00001-00002-0",
    cluster_id="c00001",
    occupation="Pastry cook ($22/hr)",
    category="manual labor",
    split="train",
    skills=("choux pastry", "sugar work", "oven care"),
    experiences=(
        Experience("Pastry cook ($22/hr)", 4, 2019, 2023),
        Experience("Dish washer", 1, 2018, 2019),
    ),
    first_name="Zoé",
    gender="female",
    name_group="Europe",
    removed_skills=("sugar work",),
    swaps=(Swap("sugar work", "stock taking"),),
    shortened=Shortened("Pastry cook ($22/hr)", 4, 2),
)
LEFT_OUT = replace(CONTEXT, shortened=Shortened("Pastry cook ($22/hr)", 4, 0))
SECTIONS = [(name, section) for name in DOCUMENTS for section in heads_of(name)]
QUESTIONS: list[tuple[Task, Any]] = [
    (LIST_SKILLS, SkillsQuestion("Bakers & confectioners", "51-3011", 17)),
    (COUNT_SKILLS, "Pastry cook ($22/hr)"),
    (CHOOSE_APIS, ApisQuestion("CI/CD at $9", ("@types/node", "os"), ("javascript", "python"))),
    (LIST_POSTING_SKILLS, PostingQuestion("Bake bread at $22/hr, 5% off")),
    (CHOOSE_TITLE, TitleQuestion("Pastry cook ($22/hr)", ("pastry maker", "baker"))),
    (ORDER_EXPERIENCES, ("Cook", "Dish washer", "Baker")),
    (JUDGE_NEXT, ItemQuestion("Next: at $9, 5%?", "title", ("Cook",), (("os",),), ("Baker",))),
    (MATCH_AND_EXPLAIN, PairQuestion("Bake at $22/hr: 5%", "Has baked & $9")),
    (EXTRACT_ITEMS, DocumentQuestion("resume", "Baked at $22/hr: 5%")),
    (EXTRACT_ITEMS, DocumentQuestion("job_description", "Bake at $22/hr: 5%")),
    (EDIT_SECTION, EditQuestion("experience", ("Cook (2014 - 2019)", "$9"), "## Skills\n5%")),
    *[
        (WRITE_TRIPLE, TripleQuestion(context, swapped))
        for context in (CONTEXT, LEFT_OUT)
        for swapped in (True, False)
    ],
    *[
        (WRITE_SECTION, SectionQuestion(context, document, section, "## Head\nso far: 1%"))
        for context in (CONTEXT, LEFT_OUT)
        for document, section in SECTIONS
    ],
    *[
        (task, JudgeQuestion(document, "## Head\nat $9 an hour: 1%", context))
        for context in (CONTEXT, LEFT_OUT)
        for task in CRITERIA.values()
        for document in DOCUMENTS
    ],
]
SWAPPED_ONLY = {"swapped_skills", "swapped_spans", "put_in_skills"}


def names_in(text: str) -> set[str]:
    return set(Template(text).get_identifiers())


@pytest.mark.parametrize(("task", "question"), QUESTIONS)
def test_every_field_stands_in_the_rendered_prompt(task: Task, question: Any) -> None:
    fields = task.fields(question)
    rendered = task.prompt.render(fields)
    without = (
        SWAPPED_ONLY if isinstance(question, TripleQuestion) and not question.swapped else set()
    )
    for name, value in fields.items():
        assert isinstance(value, str)
        if name not in without:
            assert value in rendered, name
    assert not re.search(r"\$\{?[a-z_]", rendered)


@pytest.mark.parametrize(
    "task",
    [
        LIST_SKILLS,
        CHOOSE_APIS,
        COUNT_SKILLS,
        ORDER_EXPERIENCES,
        WRITE_SECTION,
        JUDGE_NEXT,
        MATCH_AND_EXPLAIN,
        EXTRACT_ITEMS,
        EDIT_SECTION,
        *CRITERIA.values(),
    ],
)
def test_a_prompt_names_exactly_the_fields_of_its_task(task: Task) -> None:
    question = next(question for other, question in QUESTIONS if other is task)
    assert names_in(task.prompt.text) == set(task.fields(question))


def test_the_triples_two_files_name_exactly_its_fields() -> None:
    parts = WRITE_TRIPLE.prompt.text + load_prompt("hr_pipeline.rjdb", "write_triple_swapped").text
    assert names_in(parts) == set(WRITE_TRIPLE.fields(TripleQuestion(CONTEXT, True)))


def test_each_value_of_a_context_that_a_triple_needs_stands_in_its_prompt() -> None:
    rendered = WRITE_TRIPLE.prompt.render(WRITE_TRIPLE.fields(TripleQuestion(CONTEXT, True)))
    names = ("choux pastry", "sugar work", "stock taking", "Zoé", "Dish washer", "SWAPPED RESUME")
    years = ("4 years as", "1 year as", "2019 - 2023", "2019 - 2021", "2018 - 2019")
    for value in names + years:
        assert value in rendered
    plain = WRITE_TRIPLE.prompt.render(WRITE_TRIPLE.fields(TripleQuestion(CONTEXT, False)))
    assert "stock taking" not in plain and "**Swapped resume**" not in plain


def test_no_prompt_file_is_forgotten_here_or_in_the_hashes_of_its_room() -> None:
    package = Path(str(files(hr_pipeline)))
    tasks = {task.prompt.name: task.prompt for task, _ in QUESTIONS}
    stored = {path.stem: path for path in package.glob("*/prompts/*.md")}
    assert set(stored) == {*tasks, "write_triple_swapped", "mend_reply"}
    for name, prompt in tasks.items():
        assert prompt.text == stored[name].read_text(encoding="utf-8").strip()
    hashes = context_prompt_hashes() | prompt_hashes("whole") | prompt_hashes("sections")
    rjdb = {path.stem for path in package.glob("rjdb/prompts/*.md")}
    assert set(hashes) == rjdb | {"mend_reply"}
    judges = {path.stem for path in package.glob("quality/prompts/judge_*.md")}
    assert set(judge_prompt_hashes()) == judges | {"mend_reply"}


def test_the_reask_holds_the_reason() -> None:
    reason = "- a $5 problem\n- another"
    assert reason in load_prompt("hr_pipeline.llm", "mend_reply").render({"reason": reason})
