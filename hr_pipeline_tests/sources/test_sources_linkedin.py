"""LinkedIn postings: releases side by side, each posting once, and a ledger that adds up."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.linkedin import LinkedinPostings, nearest
from hr_pipeline.sources.read_jaqa import find_jaqa_inputs
from hr_pipeline_tests.sources.conftest import Writer

HEAD = "job_id,title,description,job_posting_url\n"
BARE = "job_id,title,formatted_work_type\n"
VIEW = "https://www.linkedin.com/jobs/view/"
Rows = dict[str, dict[str, Any]]


def read(raw: Path, **files: Path) -> tuple[Rows, LinkedinPostings]:
    """(rows by posting, the reader when it has given all of them)."""
    postings = LinkedinPostings(find_jaqa_inputs(raw, files).inputs.found["linkedin"])
    table = CONTRACTS["sources/linkedin_postings"].table(list(postings.rows()))
    rows = {row["posting_id"].removeprefix("linkedin-"): row for row in table.to_pylist()}
    assert len(rows) == table.num_rows, "each posting once"
    assert postings.rows_in == table.num_rows + postings.ledger.lost_rows()
    return rows, postings


def test_columns_are_found_by_name_and_lines_kept(raw: Path, write: Writer) -> None:
    write("a/x.csv", HEAD + '11, Cook ,"One\r\n\r\n\r\n\r\nTwo",u\r\n12,?,,u\r\n')
    write("b/y.csv", "description,formatted_work_type,title,job_id\nText,Full,Guard,13.0\n")
    rows, postings = read(raw)
    assert rows["11"] == {
        "posting_id": "linkedin-11",
        "source": "linkedin_postings",
        "title": "Cook",
        "description": "One\n\nTwo",
        "skills": [],
        "functions": [],
    }
    assert rows["12"]["title"] == "?" and rows["12"]["description"] is None
    assert rows["13"]["title"] == "Guard" and not postings.ledger.rows


def test_western_letters_are_read_right(raw: Path, write: Writer) -> None:
    write("x.csv", (HEAD + "11,Smith\u2019s aide,\u2022 caf\xe9 \u2013 bar,u\n").encode("cp1252"))
    rows, _ = read(raw)
    assert rows["11"]["title"] == "Smith\u2019s aide"
    assert rows["11"]["description"] == "\u2022 caf\xe9 \u2013 bar"


def test_the_row_with_a_description_is_kept(raw: Path, write: Writer) -> None:
    write("a.csv", BARE + "11,Undescribed,Full\n12,Only here,Full\n")
    write("b.csv", HEAD + "11,First,,u\n11,Described,Text,u\n11,Again,More,u\n13,By path,Text,u\n")
    write("c.csv", HEAD + "13,Later,Text,u\n,Nameless,Text,u\n")
    rows, postings = read(raw)
    assert {rows[key]["title"] for key in ("11", "12", "13")} == {
        *("Described", "Only here", "By path")
    }
    lost = Counter(row[2] for row in postings.ledger.rows if row[0] == "row")
    assert lost == {"repeated_posting": 4} and postings.ledger.causes()["id: malformed_id"] == 1
    assert postings.rows_in == 8


def test_functions_by_the_map_of_their_own_release(raw: Path, write: Writer) -> None:
    write("one/postings.csv", HEAD + "11,Cook,Text,u\n")
    write("one/jobs/codes.csv", "job_id,skill_abr\n11,IT\n11,MGMT\n11,IT\n99,IT\n11,XX\nE,IT\n")
    write("one/maps/names.csv", "skill_abr,skill_name\nIT,Information\nMGMT,Management\n")
    write("two/jobs.csv", BARE + "12,Guard,Full\n")
    write("two/codes.csv", "job_id,skill_abr\n12,IT\n11,it\n")
    write("two/names.csv", "skill_abr,skill_name\nIT,Computers\n")
    rows, postings = read(raw)
    assert rows["11"]["functions"] == ["Information", "Management", "Computers"]
    assert rows["12"]["functions"] == ["Computers"]
    assert postings.codes_without_posting == 1
    assert postings.ledger.causes() == {
        "function: repeated_row": 1,
        "function: unknown_code": 1,
        "function: malformed_id": 1,
    }


def test_nearest_map() -> None:
    maps = ["b/maps/x.csv", "a/maps/x.csv", "x.csv", "a/deep/er/x.csv"]
    assert nearest("a/jobs/codes.csv", maps) == "a/maps/x.csv"
    assert nearest("c/codes.csv", maps) == "x.csv"
    assert nearest("b/maps/codes.csv", maps) == "b/maps/x.csv"


def test_titles_skills_and_descriptions_by_link(raw: Path, write: Writer) -> None:
    jobs = [
        f"{VIEW}cook-at-inn-{number},{title}" for number, title in ((11111, "Chef"), (22222, ""))
    ]
    write("jobs.csv", "job_link,job_title\n" + "\n".join(jobs) + "\n")
    write(
        "skills.csv",
        f'job_link,job_skills\n{VIEW}cook-at-inn-11111,"Baking, PTO"\n'
        f"{VIEW}cook-at-inn-11111,Frying\n{VIEW}night-guard-at-inn-33333,Walking\n",
    )
    write(
        "texts.csv",
        f"job_link,job_summary\n{VIEW}cook-at-inn-11111,Text\n{VIEW}night-guard-at-inn-33333,Watch\n"
        f"{VIEW}44444,No title\n",
    )
    rows, postings = read(raw)
    told = {key: (row["title"], row["skills"], row["description"]) for key, row in rows.items()}
    assert told == {
        "11111": ("Chef", ["Baking"], "Text"),
        "22222": ("cook", [], None),
        "33333": ("night guard", ["Walking"], "Watch"),
    }
    assert rows["33333"]["source"] == "linkedin_job_skills"
    assert postings.ledger.causes() == {
        "job_skills: repeated_row": 1,
        "skill: benefit": 1,
        "row: empty_title": 1,
    }


def test_skills_of_one_release_beside_the_description_of_another(raw: Path, write: Writer) -> None:
    write("a/postings.csv", HEAD + "3753075039,Cook,Text,u\n")
    write("b/skills.csv", f"job_link,job_skills\n{VIEW}cook-at-inn-3753075039,Baking\n")
    rows, postings = read(raw)
    assert rows["3753075039"]["skills"] == ["Baking"] and postings.rows_in == 1
    assert rows["3753075039"]["description"] == "Text"


def test_everything_in_one_table(raw: Path, write: Writer) -> None:
    head = "job_title,job_link,job_summary,job_skills\n"
    write("all.csv", head + f'Data Engineer,{VIEW}x-at-y-55555,Text,"SQL, C++"\n')
    rows, _ = read(raw)
    assert rows["55555"]["skills"] == ["SQL", "C++"] and rows["55555"]["description"] == "Text"


def test_the_sample_beside_real_postings_is_not_used(raw: Path, write: Writer) -> None:
    write("sample/postings.csv", HEAD + "11,Made up,Text,u\n")
    write("sample/skills.csv", f"job_link,job_skills\n{VIEW}x-at-y-12345,Baking\n")
    assert read(raw)[0].keys() == {"11", "12345"}
    write("mine/postings.csv", HEAD + "12,Real,Text,u\n")
    assert read(raw)[0].keys() == {"12"}


def test_a_folder_or_a_file_named_by_the_user(raw: Path, write: Writer, tmp_path: Path) -> None:
    write("a.csv", HEAD + "11,Cook,Text,u\n")
    other = write("../mine/postings.csv", HEAD + "12,Guard,Text,u\n")
    write("../mine/codes.csv", "job_id,skill_abr\n12,IT\n")
    assert read(raw, linkedin=other)[0].keys() == {"12"}
    _, postings = read(raw, linkedin=tmp_path / "mine")
    assert postings.ledger.causes() == {"function: unknown_code": 1}


def test_faulty_files_and_title_lists(raw: Path, write: Writer) -> None:
    write("titles.csv", "title\nCook\nGuard\n")
    inputs = find_jaqa_inputs(raw, {})
    assert "linkedin" not in inputs.inputs.found
    assert "not used: titles.csv (a list of titles only)" in inputs.absent()
    write("deep/broken.csv", "job_id,description,job_posting_url\n11,Text,u\n")
    with pytest.raises(InputError) as caught:
        find_jaqa_inputs(raw, {})
    assert str(caught.value).startswith(
        "deep/broken.csv: looks like LinkedIn postings but lacks the column 'title'"
    )


def test_a_description_longer_than_most_readers_take(raw: Path, write: Writer) -> None:
    write("a.csv", HEAD + f'11,Cook,"{"long text, " * 30_000}",u\n')
    rows, _ = read(raw)
    assert len(rows["11"]["description"]) > 300_000


CELL = st.one_of(
    st.sampled_from(["", "11", "11.0", "12", "Cook", f"{VIEW}cook-at-inn-12345", "\r\n", '"', ","]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8),
)
TABLE = st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6)


@settings(max_examples=60)
@given(described=TABLE, bare=TABLE, skills=TABLE)
def test_whatever_stands_in_the_cells_rows_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory,
    described: list[tuple[str, ...]],
    bare: list[tuple[str, ...]],
    skills: list[tuple[str, ...]],
) -> None:
    raw = tmp_path_factory.mktemp("linkedin")
    heads = {
        "a": (["job_id", "title", "description", "skills_desc"], described),
        "b": (["job_id", "title", "views", "work_type", "formatted_work_type"], bare),
        "c": (["job_link", "job_skills", "other", "last"], skills),
    }
    for name, (head, rows) in heads.items():
        text = io.StringIO(newline="")
        csv.writer(text).writerows([head, *((*row, "x") for row in rows)])
        (raw / f"{name}.csv").write_bytes(text.getvalue().encode())
    kept, postings = read(raw)
    assert all(row["title"] == " ".join(row["title"].split()) != "" for row in kept.values())
    listed = len(described) + len(bare)
    assert listed <= postings.rows_in <= listed + len(skills)


# -- the published files ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(real: Path) -> tuple[Rows, LinkedinPostings]:
    return read(real)


@pytest.mark.real
def test_published_releases(published: tuple[Rows, LinkedinPostings]) -> None:
    rows, postings = published
    assert postings.rows_in == 700 + 110 + 22_000 + 7 and postings.ledger.lost_rows() == 0
    described = Counter(row["source"] for row in rows.values() if row["description"] is not None)
    assert described == {"linkedin_postings": 810}
    with_functions = Counter(row["source"] for row in rows.values() if row["functions"])
    assert with_functions == {"linkedin_postings_undescribed": 21_317, "linkedin_postings": 39}
    assert max(len(row["functions"]) for row in rows.values()) == 3


@pytest.mark.real
def test_published_texts(published: tuple[Rows, LinkedinPostings]) -> None:
    rows, _ = published
    assert rows["921716"]["description"].startswith("Job description\nA leading real estate firm")
    assert "we\u2019ve started" in rows["3902356107"]["description"]
    assert rows["3777073276"]["title"] == "audit seniors to managers"
    assert rows["3777073276"]["skills"][-1] == "Time management"
    texts = [row["description"] for row in rows.values() if row["description"]]
    assert not any({"\r", "\t", "\ufffd", "\u200b"} & set(text) for text in texts)
