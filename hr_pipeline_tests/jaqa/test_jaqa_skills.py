"""Skills in texts: which names are looked for, how they must be written, where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.jaqa.skills.finder import SkillFinder, distinct
from hr_pipeline.jaqa.skills.names import best_names, looked_for, ordinary_words, words
from hr_pipeline.text.phrases import phrase
from hr_pipeline_tests.jaqa.skill_names import rows

FINDER = SkillFinder(rows())


def names_in(text: str) -> list[str]:
    """What stands in the text where names are found."""
    return [text[found.start : found.end] for found in FINDER.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We use .NET, C# and C++.", [".NET", "C#", "C++"]),
        ("ASP.NET or Node.js? NODE.JS!", ["Node.js", "NODE.JS"]),
        ("Strong java skills; Java EE too", ["java", "Java EE"]),
        ("CI/CD with Docker's help", ["CI/CD", "Docker's"]),
        ("HTML/CSS; HTML CSS", ["HTML", "CSS", "HTML", "CSS"]),
        ("AWS services", ["AWS"]),
        ("MS SQL Server 2019", ["MS SQL Server"]),
        ("MySQL server", []),
        ("Javas JAVASCRIPT", ["Javas"]),
        ("machine-learning", ["machine-learning"]),
    ],
)
def test_names_are_whole_words_in_any_case_and_number(text: str, found: list[str]) -> None:
    assert names_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("machine. Learning on the job", []),
        ("- machine\n- learning", []),
        ("a machine (learning how)", []),
        ("SQL: Server", []),
        ("CI / CD", []),
        ("tools \u2022 machine \u2022 learning", []),
        ("SQL - Server", []),
    ],
)
def test_no_name_runs_across_sentences_items_or_brackets(text: str, found: list[str]) -> None:
    assert names_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("knows Go and Excel", ["Go", "Excel"]),
        ("we go far and excel", []),
        ("Go the extra mile. Excel in sales.", []),
        ("Skills:\nGo\nExcel, Spring", ["Go", "Excel", "Spring"]),
        ("GO THERE IN SPRING", []),
        ("early spring with Spring", ["Spring"]),
        ("Canva, Ada and the ADA", ["Ada"]),
        ("in Java, Go and Docker; Excel or C++", ["Java", "Go", "Docker", "Excel", "C++"]),
    ],
)
def test_products_with_ordinary_names_need_their_capitals(text: str, found: list[str]) -> None:
    assert names_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in C, R and Java", ["C", "R", "Java"]),
        ("languages (R, C++)", ["R", "C++"]),
        ("Python/R\nC", ["R", "C"]),
        ("programming in R", ["R"]),
        ("J. R. Smith, Series C, vitamin C", []),
        ("Java(R) and R&D, plan c", ["Java"]),
        ("Acme (R) tools", []),
    ],
)
def test_single_letters_count_in_lists_only(text: str, found: list[str]) -> None:
    assert names_in(text) == found


def test_rare_dice_names_need_capitals_that_say_something() -> None:
    assert names_in("with Terraform and terraform") == ["Terraform"]
    assert names_in("Terraform everything") == []  # it opens a sentence
    assert names_in("IMMEDIATELY, NOW") == []


def test_sentences_without_a_space_between_them_are_apart() -> None:
    text = "You know Java.Docker is a plus.Node.Js as well."
    assert names_in(text) == ["Java", "Docker", "Node.Js"]


def test_what_the_rules_leave_out_is_counted_by_rule() -> None:
    left_out = looked_for(rows()).left_out
    assert left_out.keys() >= {
        "a job",
        "an ordinary word",
        "begins with praise",
        "speaks of the job",
        "begins or ends with a small word",
        "rare, and of ordinary words",
        "several names side by side",
        "a name and a general word",
        "no skill in running text",
    }
    assert len(looked_for(rows()).names) + sum(left_out.values()) == len(best_names(rows()))


def test_a_word_is_ordinary_where_the_taxonomy_writes_it_small() -> None:
    assert {"access", "excel", "spring", "team", "go"} <= ordinary_words(rows())
    assert not {"java", "sql", "html"} & ordinary_words(rows())


@pytest.mark.parametrize(
    ("name", "skill"),
    [
        ("java", "Java (computer programming)"),  # a label that has all words of the name
        ("AngularJS", "AngularJS"),  # Dice before a label that says something else
        ("Angular JS", "Angular JS"),  # unknown: as it is
        ("people managements", "manage staff"),
        ("Communication skills", "communication"),
        ("cloud", "cloud technologies"),
        ("team", "lead a team"),  # of several skills that share as much the shorter label
        ("dockers", "Docker"),  # the spelling of most postings
        ("security", "Security"),  # not "securities", though ESCO has it as a label of theirs
    ],
)
def test_a_name_stands_for_one_skill(name: str, skill: str) -> None:
    assert FINDER.usual(name) == skill


def test_skills_do_not_depend_on_the_order_of_the_names() -> None:
    turned = SkillFinder(reversed(rows()))
    assert turned.names == FINDER.names


def test_skills_are_distinct_by_their_normalised_form() -> None:
    assert distinct(["SQL Servers", "SQL Server", "sql-server", "C", "C++"]) == [
        *("SQL Servers", "C", "C++")
    ]


def test_no_word_of_the_lists_contradicts_another() -> None:
    known = words()
    assert not known.skills & known.no_skill
    assert not known.skills & known.products.keys()
    assert not known.no_skill & known.products.keys()
    assert () not in known.skills | known.no_skill


PIECES = [*["Java,", ".NET", "C++", "R", "Go", "CI/CD", "Docker"], *" \n(\u2019\xe9", ". "]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=60))
def test_places_spell_the_names_in_order(text: str) -> None:
    found = FINDER.find(text)
    for one in found:
        assert phrase(text[one.start : one.end]) == phrase(one.name.name)
    places = [(one.start, one.end) for one in found]
    assert places == sorted(set(places))
    assert not any(a <= c and d <= b for a, b in places for c, d in places if (a, b) != (c, d))
