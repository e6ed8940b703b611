"""Skills of general occupations: reading a teacher's list, n, the 5% rule, the template's table."""

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.embedding.models import LEXICAL
from hr_pipeline.graph.build import fold
from hr_pipeline.graph.general_skills import (
    GeneralSkills,
    counterparts,
    hold_most_common_share,
    largest_share,
    list_general_skills,
    most_holders,
)
from hr_pipeline.graph.questions import (
    LIST_SKILLS,
    SkillsQuestion,
    list_skills_by_template,
    parse_skill_list,
)
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.engine import Engine
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.llm.task import ReplyError, Task
from hr_pipeline.llm.template import TemplateTeacher
from hr_pipeline_tests.graph.graph_cases import TEXTS, Ad, postings

TABLE = yaml.safe_load((files("hr_pipeline.graph") / "template_skills.yaml").read_text("utf-8"))


def question(n: int) -> SkillsQuestion:
    return SkillsQuestion("Chefs and Head Cooks", "35-1011", n)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("1. Grilling\n2. Menu design\n3. Baking", "Grilling|Menu design|Baking"),
        ("1) Grilling\n2) C++\n3) .NET", "Grilling|C++|.NET"),
        ("1.Grilling\n2.Node.js\n3.C#", "Grilling|Node.js|C#"),
        ("- Grilling\n* Baking\n• 3D printing", "Grilling|Baking|3D printing"),
        ("- **Grilling**\n- `SQL`\n- 'Baking'.", "Grilling|SQL|Baking"),
        ("**Grilling**\n**Baking**\n*Sous vide*", "Grilling|Baking|Sous vide"),
        ("Grilling, .NET, and Baking.", "Grilling|.NET|Baking"),
        ("Skills: Grilling; Baking; Menu design", "Grilling|Baking|Menu design"),
        ("Here are 3 skills:\n\nGrilling, Baking, ASP.NET", "Grilling|Baking|ASP.NET"),
        ("Sure! Here are three skills:\n1. A1 grilling\n2. B\n3. C/D\n4. E2", "A1 grilling|C/D|E2"),
        ("Here are the skills\nGrilling\nBaking\nSQL", "Grilling|Baking|SQL"),
        ("Grilling\ngrilling\nGrilling\nBaking\nSQL", "Grilling|Baking|SQL"),
        ("Grilling\nBaking\nSQL\nMenu design", "Grilling|Baking|SQL"),
        ("1. Grilling - over coal\n2. Baking: bread\n3. **SQL**: rows", "Grilling|Baking|SQL"),
        ("Sell-by dates\nCI/CD\nCost control (food)", "Sell-by dates|CI/CD|Cost control (food)"),
        ("```\nGrilling\nBaking\nSQL\n```", "Grilling|Baking|SQL"),
        (
            "Grilling\nto do this well one needs a lot of patience\nBaking\nSQL",
            "Grilling|Baking|SQL",
        ),
    ],
)
def test_lists_of_many_shapes_are_read(reply: str, expected: str) -> None:
    assert parse_skill_list(reply, question(3)) == expected.split("|")


@pytest.mark.parametrize(
    ("reply", "usable"),
    [
        ("Grilling\nBaking", "2 usable"),
        ("Grilling\ngrilling\nGRILLING", "1 usable"),
        ("Grilling\nGrilling\nBaking", "2 usable"),
        ("Grilling\n" + "x" * 41 + "\na b c d e f", "1 usable"),
        ("Grilling, Grilling, grilling, Baking", "2 usable"),
        ("", "0 usable"),
        ("---\n***\n1.\n!!", "0 usable"),
    ],
)
def test_too_few_skills_are_asked_again_with_their_number(reply: str, usable: str) -> None:
    with pytest.raises(ReplyError, match=rf"^{usable} skills.* exactly 3 "):
        parse_skill_list(reply, question(3))


@given(st.text(max_size=120), st.integers(3, 6))
def test_any_reply_gives_exactly_n_different_skills_or_a_reason(reply: str, n: int) -> None:
    try:
        skills = parse_skill_list(reply, question(n))
    except ReplyError:
        return
    assert len(skills) == len(set(map(fold, skills))) == n
    assert all(2 <= len(skill) <= 40 for skill in skills)


# -- the template teacher's table -----------------------------------------------------------


def lists_of(code: str, n: int, count: int = 12) -> list[list[str]]:
    """What is read from the template's replies; a reply that is one short does not count."""
    asked, found = SkillsQuestion("Anybody", code, n), []
    for number in range(count):
        reply = list_skills_by_template(asked, rng(5, "test/list_skills", f"{code}-{number}"))
        try:
            found.append(parse_skill_list(reply, asked))
        except ReplyError as error:
            assert str(error).startswith(f"{n - 1} usable")
    return found


@pytest.mark.parametrize("group", sorted(TABLE["minor"]))
def test_every_minor_group_gives_twenty_skills_of_its_own_table(group: str) -> None:
    pool = {*TABLE["minor"][group], *TABLE["major"][group[:2]]}
    lists = lists_of(f"{group}011", 20)
    assert len(lists) >= 9
    assert all(set(skills) <= pool for skills in lists)
    assert set().union(*lists) & set(TABLE["minor"][group])
    assert len({tuple(skills) for skills in lists}) == len(lists)


@pytest.mark.parametrize("code", ["", "99-9999", "15-9zzz", "X"])
def test_an_occupation_of_no_known_group_still_gets_an_answer(code: str) -> None:
    lists = lists_of(code, 12)
    known = set().union(*TABLE["major"].values(), *TABLE["minor"].values())
    assert len(lists) >= 9 and all(set(skills) <= known for skills in lists)


def test_onet_codes_find_the_same_table() -> None:
    key = rng(5, "test/list_skills", "k"), rng(5, "test/list_skills", "k")
    short, long = SkillsQuestion("A", "15-1252", 9), SkillsQuestion("A", "15-1252.00", 9)
    assert list_skills_by_template(short, key[0]) == list_skills_by_template(long, key[1])


# -- n --------------------------------------------------------------------------------------


def n_for(title: str, ads: Sequence[Ad]) -> tuple[str | None, int]:
    (found,) = counterparts([title], postings(ads), LEXICAL)
    return found.title, found.n


def test_n_is_the_median_per_ad_of_the_nearest_title() -> None:
    ads: list[Ad] = [("Pastry chef", ["a"] * n) for n in (4, 5, 19)]
    ads += [("Truck driver", ["a"] * 9), ("PASTRY  CHEF", ["a"] * 6), ("pastry chef", ["a"] * 7)]
    title, n = n_for("Pastry chefs", ads)
    assert n == 6
    assert fold(title or "") == "pastry chef"
    assert n_for("Pastry chefs", ads[::-1]) == (title, n)
    assert n_for("Heavy truck drivers", ads) == ("Truck driver", 9)


@pytest.mark.parametrize(("per_ad", "n"), [(1, 3), (3, 3), (20, 20), (284, 20)])
def test_n_is_held_to_3_to_20(per_ad: int, n: int) -> None:
    assert n_for("Cook", [("Cook", ["a"] * per_ad)]) == ("Cook", n)


def test_without_advertisements_there_is_no_counterpart() -> None:
    assert n_for("Cook", []) == (None, 8)
    assert counterparts([], postings([("Cook", ["a"])]), LEXICAL) == []


# -- the 5% rule ----------------------------------------------------------------------------


def rows_of(lists: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    return [
        {"code": f"{i:02d}-1011", "title": f"t{i}", "skills": list(skills)}
        for i, skills in enumerate(lists)
    ]


def held_to_the_rule(lists: Sequence[Sequence[str]], seed: int = 1) -> GeneralSkills:
    ledger = Ledger()
    return GeneralSkills(hold_most_common_share(rows_of(lists), seed, ledger), ledger)


_skill_lists = st.lists(
    st.lists(st.integers(0, 12).map(lambda i: f"Skill {i}"), min_size=1, max_size=6, unique=True),
    max_size=60,
)


@given(_skill_lists)
def test_no_skill_is_on_more_than_5_percent_and_the_ledger_holds_what_was_taken(
    lists: list[list[str]],
) -> None:
    result = held_to_the_rule(lists)
    table = pa.table({"skills": pa.array([r["skills"] for r in result.rows], TEXTS)})
    _, holders, allowed = largest_share(table)
    assert holders <= allowed == max(1, len(result.rows) // 20)
    assert all(row["skills"] for row in result.rows)
    assert len(lists) == len(result.rows) + result.ledger.lost_rows()
    before = Counter((row["code"], fold(s)) for row in rows_of(lists) for s in row["skills"])
    after = Counter((row["code"], fold(s)) for row in result.rows for s in row["skills"])
    taken = Counter((key, raw) for step, key, _, _, raw in result.ledger.rows if step == "skill")
    assert before == after + taken


def test_the_rule_holds_after_it_has_emptied_occupations() -> None:
    """100 allow 5; the 55 that are emptied leave 45, and these allow 2."""
    result = held_to_the_rule([["Shared"]] * 60 + [["Shared", f"own {i}"] for i in range(40)])
    left = sum("Shared" in row["skills"] for row in result.rows)
    assert left <= most_holders(len(result.rows)) == 2


def test_who_keeps_a_common_skill_is_drawn_by_the_seed_alone() -> None:
    lists = [["Shared", f"own {i}"] for i in range(40)]
    keepers = [
        [row["code"] for row in held_to_the_rule(lists, seed).rows if "Shared" in row["skills"]]
        for seed in (1, 2, 1)
    ]
    assert keepers[0] == keepers[2] != keepers[1]
    assert all(len(found) == 2 for found in keepers)


def test_a_skill_in_another_case_counts_as_the_same() -> None:
    result = held_to_the_rule([["SQL", "a1"], ["sql", "a2"], ["Sql", "a3"]])
    assert sum(len(row["skills"]) for row in result.rows) == 4


# -- the whole step -------------------------------------------------------------------------


def occupations(n: int) -> pa.Table:
    groups = sorted(TABLE["minor"])
    codes = [f"{groups[i % len(groups)]}{i:03d}" for i in range(n)]
    return pa.table({"code": codes, "title": [f"Workers, kind {i}" for i in range(n)]})


class OneShort:
    """A teacher that lists one skill, whatever it is asked."""

    model = "one-short"
    parameters: tuple[tuple[str, Any], ...] = ()

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        return Reply("Only this")

    def admit(self, task: Task, request: Request, key: str) -> None: ...

    def stop(self, reason: BaseException) -> None: ...

    async def close(self) -> None: ...


def test_every_general_occupation_is_a_row_of_the_contract_or_in_the_ledger() -> None:
    ads: list[Ad] = [(f"Workers of kind {i}", ["x"] * (3 + i)) for i in range(10)]
    asked = occupations(200)
    with Engine(TemplateTeacher(7), None) as engine:
        result = list_general_skills(asked, postings(ads), engine, 7, LEXICAL)
    table = CONTRACTS["graph/general_skills"].table(result.rows)
    assert table.num_rows + result.ledger.lost_rows() == 200
    assert table.num_rows > 190
    assert {row["teacher"] for row in result.rows} == {"template"}
    assert largest_share(table)[1] <= 10
    taken = Counter(row[1] for row in result.ledger.rows if row[0] == "skill")
    assert all(len(r["skills"]) + taken[r["code"]] == r["n"] for r in result.rows)


def test_a_teacher_that_lists_too_few_loses_the_row_with_its_reply() -> None:
    with Engine(OneShort(), None, max_reasks=1) as engine:
        result = list_general_skills(occupations(2), postings([]), engine, 7, LEXICAL)
    assert result.rows == []
    assert [(row[2], row[4]) for row in result.ledger.rows] == [
        ("no_usable_reply", "Only this")
    ] * 2
    assert "1 usable" in result.ledger.rows[0][3]
    assert engine.counts["list_skills/replies"] == 4


def test_the_prompt_names_occupation_and_number() -> None:
    text = LIST_SKILLS.prompt.render(LIST_SKILLS.fields(question(17)))
    assert "Chefs and Head Cooks" in text and "exactly 17" in text


def test_the_table_reaches_every_group_it_names() -> None:
    assert {group[:2] for group in TABLE["minor"]} <= set(TABLE["major"])
    sizes = [len(TABLE["minor"][g]) + len(TABLE["major"][g[:2]]) for g in TABLE["minor"]]
    assert np.min(sizes) >= 20
