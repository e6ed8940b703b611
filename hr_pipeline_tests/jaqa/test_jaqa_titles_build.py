"""jaqa/titles made by its asset from the sample files."""

from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.jaqa.keys import title_key
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.template import NOT_A_BENCHMARK
from hr_pipeline_tests.building import one_line, pointers
from hr_pipeline_tests.conftest import SAMPLE


def build(lake: Path, *more: str) -> int:
    return main(["build", "jaqa/titles", "--raw", str(SAMPLE), "--lake", str(lake), *more])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = tmp_path_factory.mktemp("titles") / "lake"
    assert build(lake) == 0
    return Lake(lake)


def test_each_title_of_a_posting_with_skills_is_asked_once(made: Lake) -> None:
    skills = {row["posting_id"] for row in made.rows("jaqa/posting_skills") if row["skills"]}
    counts: dict[str, int] = {}
    for row in made.rows("sources/linkedin_postings"):
        if row["posting_id"] in skills:
            counts[title_key(row["title"])] = counts.get(title_key(row["title"]), 0) + 1
    asked = made.require("jaqa/titles")
    told = {title_key(row["title"]): row["n_postings"] for row in made.rows("jaqa/titles")}
    lost = {title_key(row["key"]) for row in made.rows("jaqa/titles_ledger")}
    assert asked.rows_in == len(counts) == len(told) + len(lost)
    assert told == {key: counts[key] for key in told} and lost == set(counts) - set(told)
    assert asked.notice == NOT_A_BENCHMARK


def test_choices_are_of_esco_and_reasonable(made: Lake) -> None:
    esco = {row["uri"]: row for row in made.rows("sources/esco_occupations")}
    rows = {row["title"]: row for row in made.rows("jaqa/titles")}
    for row in rows.values():
        own = esco[row["esco_uri"]]
        assert (row["esco_label"], row["isco_group"]) == (own["label"], own["isco_group"])
        assert row["esco_uri"] in row["candidate_uris"] and len(row["candidate_uris"]) == 30
        for uri, label in zip(row["candidate_uris"], row["matched"], strict=True):
            assert label in (esco[uri]["label"], *esco[uri]["alt_labels"])
    same = [
        row for row in rows.values() if title_key(row["title"]) in map(title_key, row["candidates"])
    ]
    assert same and all(
        title_key(row["candidates"][0]) == title_key(row["title"]) for row in same
    ), "a title that is a preferred label finds its occupation first"


def test_a_second_build_makes_nothing_and_fewer_candidates_another(
    made: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    before = pointers(made.root)
    assert build(made.root) == 0
    assert "jaqa/titles: unchanged" in capsys.readouterr().err
    assert pointers(made.root) == before
    assert build(made.root, "--set", "jaqa/titles.candidates=2") == 0
    assert {len(row["candidates"]) for row in made.rows("jaqa/titles")} == {2}


def test_what_a_user_may_get_wrong(made: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(made.root, "--set", "jaqa/titles.candidates=0") == 2
    assert "jaqa/titles.candidates" in one_line(capsys)
    assert build(made.root, "--set", "jaqa_sources.without=[esco_occupations]") == 2
    assert "occupations_en.csv" in one_line(capsys)
