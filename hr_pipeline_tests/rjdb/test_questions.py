"""What the room asks and reads: counts, orders, whole triples and single sections."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.rng import rng
from hr_pipeline.llm.task import ReplyError
from hr_pipeline.rjdb import template, template_answers
from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap, documents_of
from hr_pipeline.rjdb.documents import heads_of
from hr_pipeline.rjdb.prompt_files import context_prompt_hashes, prompt_hashes
from hr_pipeline.rjdb.questions import (
    COUNT_SKILLS,
    ORDER_EXPERIENCES,
    WRITE_SECTION,
    WRITE_TRIPLE,
    SectionQuestion,
    TripleQuestion,
    parse_count,
    parse_order,
    parse_section,
    parse_triple,
)

JOBS = (
    Experience("Sr. Java Developer - Austin, TX", 4, 2019, 2023),
    Experience("Support Engineer 2", 1, 2018, 2019),
)
CONTEXT = Context(
    context_id="c00001-00002-0",
    cluster_id="c00001",
    occupation=JOBS[0].title,
    category="tech",
    split="train",
    skills=("SQL", "SQL Server", "Node.js", "C++"),
    experiences=JOBS,
    first_name="Ana Rosa",
    gender="female",
    name_group="south",
    removed_skills=("Node.js", "C++"),
    swaps=(Swap("Node.js", "Welding"), Swap("C++", "Patient care")),
    shortened=Shortened(JOBS[0].title, 4, 2),
)
TITLES = ("Java Developer", "Junior Developer", "Head of IT, level 3")


# -- how many skills ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        ("7", 7),
        ("**7**", 7),
        ("About 7 skills.", 7),
        ("6-8", 7),
        ("6 \u2013 8 skills", 7),
        ("Between 4 and 8.", 6),
        ("Typically 5 to 9; I'd say 7", 7),
        ("Typically 5 to 9; I'd say 8", 8),
        ("About 9 (range 5 to 8)", 9),
        ("seven", 7),
        ("Around Twelve skills.", 12),
        ("five to seven", 6),
        ("A person with 5 years of experience lists 8 skills", 8),
        ("8 relevant skills after 5 years", 8),
        ("7 skills, yes, 7.", 7),
        ("6.4", 6),
        ("2", 2),
        ("30", 30),
    ],
)
def test_counts_in_the_words_of_models(reply: str, count: int) -> None:
    assert parse_count(reply, "Cook") == count


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "No single number"),
        ("That depends on the person.", "No single number"),
        ("3 or 9 or 12", "No single number"),
        ("4 hard skills and 5 soft skills", "No single number"),
        ("1", "between 2 and 30"),
        ("31", "between 2 and 30"),
        ("0 skills", "between 2 and 30"),
        ("20-90", "between 2 and 30"),
        ("2023", "between 2 and 30"),
    ],
)
def test_what_is_no_count_is_asked_again_with_a_reason(reply: str, reason: str) -> None:
    with pytest.raises(ReplyError, match=reason):
        parse_count(reply, "Cook")


def test_every_count_of_the_template_is_read_as_it_was_meant() -> None:
    for number in range(300):
        reply = template_answers.count("Cook", rng(1, "test/count", number))
        assert parse_count(reply, "Cook") == int(re.findall(r"\d+", reply)[-1])


# -- which order ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "2, 1, 3",
        "2,1,3.",
        "2 1 3",
        "2 -> 1 -> 3",
        "**2, 1, 3**",
        "2\n1\n3",
        "Here are the 3 jobs: 2, 1, 3",
        "Here are the 3 jobs in order:\n2, 1, 3",
        "2, 1 and 3",
        "first 2, then 1, then 3: 2, then 1, then 3",
        "2, 1, 3\n\nThe 1st is junior, and job 2 has no level.",
        "1, 2, 3 would be wrong.\n2, 1, 3",
        "2. Junior Developer\n1. Java Developer\n3. Head of IT, level 3",
        "- 2) Junior Developer\n- 1) Java Developer\n- 3) Head of IT, level 3",
    ],
)
def test_orders_are_found_behind_chatter(reply: str) -> None:
    assert parse_order(reply, TITLES) == (1, 0, 2)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot say.",
        "2, 1",
        "2, 1, 3, 2",
        "1, 2, 4",
        "0, 1, 2",
        "Here are the 3 jobs: 2, 1",
        "1. Junior Developer\n2. Java Developer\n3. Head of IT, level 3",  # numbered anew
        "1. Junior Developer\n1. Java Developer\n3. Head of IT, level 3",
    ],
)
def test_what_is_no_order_is_asked_again(reply: str) -> None:
    with pytest.raises(ReplyError, match="1 to 3 exactly once"):
        parse_order(reply, TITLES)


@given(st.permutations(range(5)), st.sampled_from([", ", ",", " ", "\n", " > ", "; "]))
def test_any_order_is_read_back(order: list[int], mark: str) -> None:
    reply = mark.join(str(i + 1) for i in order)
    assert parse_order(reply, tuple("abcde")) == tuple(order)


def test_the_templates_orders_are_read_or_were_broken_on_purpose() -> None:
    for number in range(60):
        good = template_answers.order(TITLES, rng(1, "test/order", number), broken_rate=0)
        assert sorted(parse_order(good, TITLES)) == [0, 1, 2]
        assert parse_order(good, TITLES).index(1) == 0  # the junior comes first
        with pytest.raises(ReplyError):
            parse_order(template_answers.order(TITLES, rng(1, "test/order", number), 1), TITLES)


# -- whole triples --------------------------------------------------------------------------


def reply_of(number: int, swapped: bool = True, broken: str | None = None) -> str:
    draws = rng(1, "test/triple", number)
    return template.write_triple(CONTEXT, draws, swapped, broken_rate=0, broken=broken)


def reason_of(reply: str) -> str:
    with pytest.raises(ReplyError) as caught:
        parse_triple(reply, TripleQuestion(CONTEXT, True))
    return str(caught.value)


@pytest.mark.parametrize("swapped", [True, False])
def test_good_replies_of_the_template_pass_in_all_their_shapes(swapped: bool) -> None:
    question = TripleQuestion(CONTEXT, swapped)
    for number in range(60):
        documents = parse_triple(reply_of(number, swapped), question)
        assert tuple(documents) == documents_of(swapped)
        assert all(documents.values())


def test_a_triple_without_swapped_resume_passes_over_one_that_was_written() -> None:
    documents = parse_triple(reply_of(1), TripleQuestion(CONTEXT, False))
    assert "resume_swapped" not in documents


def test_a_missing_document_is_named() -> None:
    for number in range(8):
        reply = reply_of(number, broken="document_missing")
        missing = re.search(r"'(\w+ (?:RESUME|DESCRIPTION))'", reason_of(reply))
        assert missing and not re.search(rf"^\W*{missing[1]}\W*$", reply, re.M | re.I)
    assert "'SWAPPED RESUME'" in reason_of(reply_of(1, swapped=False))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("removed_skill_left", r"Unmatched resume.*the skill '(Node\.js|C\+\+)' must not appear"),
        ("wrong_span", r"must stand with \(\d{4} - \d{4}\)"),
        ("ordinary_domain", r"post\.invalid"),
        ("other_first_name", r"'Ana Rosa'"),
        ("section_missing", r"the section '.+' is missing"),
        ("swapped_too_long", r"Swapped resume: it is \d+ words long"),
    ],
)
def test_the_reason_names_each_thing_that_is_broken(fault: str, words: str) -> None:
    for number in range(8):
        assert re.search(words, reason_of(reply_of(number, broken=fault)))


@pytest.mark.parametrize("skill", ["SQL Server", "Node.js", "C++"])
def test_a_forgotten_skill_is_named(skill: str) -> None:
    assert f"the skill '{skill}' is missing" in reason_of(reply_of(3).replace(skill, "Zither"))


def test_a_reason_names_two_broken_things_at_once() -> None:
    reply = reply_of(3).replace("SQL Server", "Oracle").replace("Ana Rosa", "Eva")
    reason = reason_of(reply)
    assert "'SQL Server' is missing" in reason and "'Ana Rosa'" in reason
    assert all(line.startswith("- ") for line in reason.splitlines())


@pytest.mark.parametrize("reply", ["", "I am sorry, I cannot.", "=== JOB DESCRIPTION ===", "{}"])
def test_what_holds_no_documents_is_asked_again(reply: str) -> None:
    assert reason_of(reply)


def test_the_swapped_resume_is_described_only_where_it_is_asked_for() -> None:
    three = WRITE_TRIPLE.prompt.render(WRITE_TRIPLE.fields(TripleQuestion(CONTEXT, False)))
    four = WRITE_TRIPLE.prompt.render(WRITE_TRIPLE.fields(TripleQuestion(CONTEXT, True)))
    assert "**Swapped resume**" in four and "Welding" in four and "Patient care" in four
    assert "**Swapped resume**" not in three
    assert not any(swap.put_in in three for swap in CONTEXT.swaps)
    assert "5%" in four and "5%" not in three


def test_the_prompt_holds_every_fact_of_the_context() -> None:
    text = WRITE_TRIPLE.prompt.render(WRITE_TRIPLE.fields(TripleQuestion(CONTEXT, True)))
    facts = [*CONTEXT.skills, "Ana Rosa", "4 years as Sr. Java Developer - Austin, TX"]
    facts += ["1 year as Support Engineer 2", "Sr. Java Developer - Austin, TX (2019 - 2021)"]
    assert [fact for fact in facts if fact not in text] == []
    assert "$" not in text


def test_the_questions_of_the_contexts_hold_their_titles() -> None:
    assert "\nJob title: Cook\n" in COUNT_SKILLS.prompt.render(COUNT_SKILLS.fields("Cook"))
    text = ORDER_EXPERIENCES.prompt.render(ORDER_EXPERIENCES.fields(TITLES))
    assert "1. Java Developer\n2. Junior Developer\n3. Head of IT, level 3\n" in text


# -- section by section ---------------------------------------------------------------------

SKILLS = "- SQL\n- SQL Server\n- Node.js\n- C++"


def section(name: str, document: str = "resume_matched") -> SectionQuestion:
    return SectionQuestion(CONTEXT, document, name, "")


@pytest.mark.parametrize(
    "reply",
    [
        SKILLS,
        f"## Skills\n{SKILLS}",
        f"## Skills:\n\n{SKILLS}\n",
        f"**Skills**\n{SKILLS}",
        f"**SKILLS:**\n{SKILLS}",
        f"skills:\n{SKILLS}",
        f"```\n{SKILLS}\n```",
        f"```markdown\n## Skills\n{SKILLS}\n```",
    ],
)
def test_a_head_and_fences_around_a_section_are_taken_off(reply: str) -> None:
    assert parse_section(reply, section("skills")) == SKILLS


def test_a_head_on_the_line_of_the_body_is_taken_off_and_other_words_are_kept() -> None:
    asked = section("skills")
    assert parse_section("Skills: SQL, SQL Server, Node.js, C++", asked).startswith("SQL, ")
    kept = "Skills in use are SQL, SQL Server, Node.js, C++"
    assert parse_section(kept, asked) == kept
    title = parse_section(f"Job title: {JOBS[0].title}", section("job_title", "job_description"))
    assert title == JOBS[0].title


def test_a_section_goes_through_the_gate_of_its_document() -> None:
    assert parse_section("- SQL\n- SQL Server", section("skills", "resume_unmatched"))
    with pytest.raises(ReplyError, match=r"'Node\.js' is missing[\s\S]*'C\+\+' is missing"):
        parse_section("- SQL\n- SQL Server", section("skills"))
    with pytest.raises(ReplyError, match=r"'Node\.js' must not appear"):
        parse_section(SKILLS, section("skills", "resume_unmatched"))
    with pytest.raises(ReplyError, match="missing or empty"):
        parse_section("## Education\n\n", section("education"))


@pytest.mark.parametrize("document", documents_of(True))
def test_every_section_of_the_template_passes_and_its_prompt_is_whole(document: str) -> None:
    for name, head in heads_of(document).items():
        asked = SectionQuestion(CONTEXT, document, name, "## Before\nwritten so far")
        draws = rng(1, "test/section", f"{document}-{name}")
        body = template.write_section(CONTEXT, document, name, draws, broken_rate=0)
        assert parse_section(f"## {head}\n{body}", asked) == body.strip()
        text = WRITE_SECTION.prompt.render(WRITE_SECTION.fields(asked))
        assert f"now: {head}\n" in text and "written so far" in text and "$" not in text


def test_a_changed_resume_is_asked_for_with_its_own_plan() -> None:
    fields = WRITE_SECTION.fields(section("experience", "resume_swapped"))
    assert "(2019 - 2021)" in fields["experiences"] and "Welding" in fields["skills"]
    assert "Node.js" not in fields["skills"]


# -- what a row was made with ---------------------------------------------------------------


def test_hashes_name_the_prompts_of_each_mode() -> None:
    whole, sections = prompt_hashes("whole"), prompt_hashes("sections")
    assert set(whole) == {"mend_reply", "write_triple", "write_triple_swapped"}
    assert set(sections) == {"mend_reply", "write_section"}
    assert set(context_prompt_hashes()) == {"mend_reply", "count_skills", "order_experiences"}
    assert len({*whole.values(), *sections.values(), *context_prompt_hashes().values()}) == 6
