"""Names of skills, of ESCO and of Dice; and the four tables of JA-QA, each where its file is."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline.sources.read_jaqa import find_jaqa_inputs, read_jaqa_sources
from hr_pipeline.sources.skill_names import read_skill_names
from hr_pipeline.sources.source_table import SourceTable
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.sources.conftest import Writer

SKILLS = "conceptUri,skillType,preferredLabel,altLabels\n"
URI = "https://example.org/s/"


def read(raw: Path) -> tuple[list[dict[str, Any]], SourceTable]:
    source = read_skill_names(find_jaqa_inputs(raw, {}).inputs)
    assert source.rows_in == source.table.num_rows + source.ledger.lost_rows()
    return source.table.to_pylist(), source


def test_a_label_of_several_skills_is_a_name_of_each(raw: Path, write: Writer) -> None:
    write(
        "skills.csv",
        SKILLS
        + f'{URI}1,knowledge,Python,"Python\nPython 3\npython 3"\n'
        + f"{URI}2,skill/competence,handle snakes,Python 3\n"
        + f"x,knowledge,no address,\n{URI}3,knowledge,,y\n",
    )
    rows, source = read(raw)
    assert [(r["name"], r["skill"], r["uri"], r["kind"], r["preferred"]) for r in rows] == [
        ("Python", "Python", f"{URI}1", "knowledge", True),
        ("Python 3", "Python", f"{URI}1", "knowledge", False),
        ("handle snakes", "handle snakes", f"{URI}2", "skill/competence", True),
        ("Python 3", "handle snakes", f"{URI}2", "skill/competence", False),
    ]
    assert {(row["source"], row["n_postings"]) for row in rows} == {("esco", 0)}
    assert source.ledger.causes() == {
        "row: repeated_label": 2,
        "row: empty_label": 2,
        "row: malformed_code": 1,
    }


def test_spellings_of_dice_and_the_usual_one(raw: Path, write: Writer) -> None:
    ads = ["SQL, Node.js, SQL", "SQL, node.js", "sql, Node.JS", "see below", "5 years, sql"]
    cells = "".join(f'Cook,"{ad}"\n' for ad in ads)
    write("ads.csv", "jobtitle,skills\n" + cells)
    rows, source = read(raw)
    told = {row["name"]: (row["skill"], row["preferred"], row["n_postings"]) for row in rows}
    assert told == {
        "SQL": ("SQL", True, 2),
        "sql": ("SQL", False, 2),
        "Node.JS": ("Node.JS", True, 1),
        "Node.js": ("Node.JS", False, 1),
        "node.js": ("Node.JS", False, 1),
    }
    assert source.ledger.causes() == {"row: placeholder": 1, "row: years": 1}


def test_sources_that_are_not_there_are_empty_tables(raw: Path, write: Writer) -> None:
    inputs = find_jaqa_inputs(raw, {})
    missing = (
        "no postings, no occupations for titles, no skill names of ESCO, no skill names of Dice"
    )
    assert inputs.absent() == [f"{missing}, no APIs: not among the input files"]
    for dataset, source in read_jaqa_sources(inputs).items():
        rows = sum(table.num_rows for table in source.tables)
        assert (rows, source.rows_in()) == (0, 0), dataset
    write("skills.csv", SKILLS + f"{URI}1,knowledge,Python,\n")
    inputs = find_jaqa_inputs(raw, {})
    assert "ESCO" not in inputs.absent()[0] and "esco_skills: skills.csv" in inputs.lines()[0]


def test_sources_that_are_left_out_or_unknown(raw: Path, write: Writer) -> None:
    write("ads.csv", "jobtitle,skills\nCook,Baking\n")
    write("own.csv", "api\ntorch\n")
    left = find_jaqa_inputs(raw, {}, ["dice", "apis"])
    assert not left.lines() and not left.hashes()
    for files, without in (({"jobs": raw}, []), ({}, ["jobs"]), ({}, ["own"])):
        with pytest.raises(InputError, match="no input is called"):
            find_jaqa_inputs(raw, files, without)


def test_where_a_file_lies_is_part_of_what_decides(raw: Path, write: Writer) -> None:
    posting = "job_id,title,description,skills_desc\n11,Cook,Text,\n"
    path = write("a/postings.csv", posting)
    before = find_jaqa_inputs(raw, {}).hashes()
    assert list(before) == ["linkedin a/postings.csv: linkedin_postings"]
    path.unlink()
    write("b/postings.csv", posting)
    after = find_jaqa_inputs(raw, {}).hashes()
    assert set(after.values()) == set(before.values()) and after != before


def test_the_sample_below_the_raw_folder_serves_every_need(raw: Path) -> None:
    (raw / "sample").symlink_to(SAMPLE, target_is_directory=True)
    inputs = find_jaqa_inputs(raw, {})
    assert not inputs.absent() and all("sample/" in line for line in inputs.lines())


def test_the_sample_as_datasets(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    order = ["build", "sources/linkedin_postings", "--raw", str(SAMPLE), "--lake", str(lake.root)]
    assert main(order) == 0
    names = ("linkedin_postings", "esco_occupations", "skill_names", "apis")
    builds = {name: lake.require(f"sources/{name}") for name in names}
    for name, build in builds.items():
        assert build.rows and build.rows_in == build.rows + build.rows_lost, name
    assert main(order) == 0
    assert {name: lake.require(f"sources/{name}").build_id for name in names} == {
        name: build.build_id for name, build in builds.items()
    }


@pytest.mark.real
def test_published_names(real: Path) -> None:
    rows, source = read(real)
    counted = Counter(row["source"] for row in rows)
    skills = {row["uri"] for row in rows if row["source"] == "esco"}
    assert len(skills) == 13_896 and counted["esco"] > 90_000 and counted["dice"] > 15_000
    kinds = {row["kind"] for row in rows if row["source"] == "esco"}
    assert {"knowledge", "skill/competence"} <= kinds
    java = next(row for row in rows if row["source"] == "dice" and row["name"] == "Java")
    assert java["preferred"] and java["n_postings"] > 1_000
    assert not any(row["name"] != row["name"].strip() for row in rows)
    assert "row: empty_label" not in source.ledger.causes()
