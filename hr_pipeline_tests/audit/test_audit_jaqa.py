"""Passports of JA-QA and TM-Eval on a build of the sample: what they tell, and rows made again."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.audit.passport import Passport, trace
from hr_pipeline.audit.rebuild import Rebuilder, differences
from hr_pipeline.audit.rows import drawn
from hr_pipeline.cli import main
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.building import one_line
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.endpoint import Endpoint

ROWS = 50
MADE = (
    *("jaqa/posting_skills", "jaqa/skill_apis", "jaqa/titles", "jaqa/pairs"),
    *("tm_eval/items", "tm_eval/answers"),
)
SIZES = (
    *("teacher.max_reasks=0", "jaqa/skill_apis.candidates=10", "jaqa/titles.candidates=10"),
    *("tm_eval/items.title=60", "tm_eval/items.project=60"),
)


def build(root: Path, *targets: str, more: tuple[str, ...] = ()) -> int:
    sized = [part for setting in SIZES for part in ("--set", setting)]
    order = ["build", *targets, "--raw", str(SAMPLE), "--lake", str(root)]
    return main([*order, *sized, *more])


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """By the template teacher; replies that fail are not asked again, so that choices are lost."""
    root = tmp_path_factory.mktemp("audited") / "lake"
    assert build(root, "jaqa", "tm_eval") == 0
    return Lake(root)


@pytest.fixture(scope="module")
def recording(lake: Lake) -> Iterator[Recording]:
    with closing(Recording(lake.recording_path)) as recording:
        yield recording


def rows(lake: Lake, dataset: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.table(dataset).to_pylist()
    return found


def passed(passport: Passport) -> bool:
    return all(check["passed"] for check in passport.facts("checks"))


def made_again(lake: Lake, recording: Recording | None, *datasets: str) -> None:
    rebuilder = Rebuilder(lake, recording)
    for dataset in datasets:
        assert Rebuilder.knows(dataset)
        assert lake.require(dataset).rows
        for found in drawn(lake, lake.require(dataset), ROWS):
            assert differences(found, rebuilder.row(found)) == [], found.row_id


def test_fifty_rows_of_every_generated_dataset(lake: Lake, recording: Recording) -> None:
    made_again(lake, recording, *MADE)


def test_the_template_teacher_says_all_of_it_again(lake: Lake) -> None:
    made_again(lake, None, "jaqa/skill_apis", "jaqa/titles", "tm_eval/answers")


def test_a_pair_is_told_from_raw_files_to_checks(lake: Lake, recording: Recording) -> None:
    row = rows(lake, "jaqa/pairs")[3]
    passport = trace(lake, row["pair_id"], recording=recording)
    assert passport.dataset == "jaqa/pairs" and passport.notice and passed(passport)
    posting = passport.facts("posting")
    (source,) = (
        lake.table("sources/linkedin_postings").slice(posting["row (from 0)"], 1).to_pylist()
    )
    assert posting == {"row (from 0)": posting["row (from 0)"], **source}
    read = {one["dataset"]: one for one in passport.facts("made from")}
    files = read["sources/linkedin_postings"]["raw files (sha256)"]
    assert file_sha256(SAMPLE / "linkedin_postings_sample.csv") in files.values()
    told = {one["skill"]: one for one in passport.facts("APIs of the skills")}
    assert list(told) == row["skills"]
    chosen = [api for one in told.values() for api in one.get("APIs", [])]
    assert list(dict.fromkeys(chosen)) == row["apis"]
    (occupation,) = (o for o in passport.facts("occupation of the title") if o["chosen"])
    assert occupation["uri"] == row["esco_uri"]
    for_what = {one["for"] for one in passport.facts("requests")}
    assert for_what == {"the title"} | {
        f"the skill {one['asked as']}" for one in told.values() if "asked as" in one
    }
    assert all(one["reply"] for one in passport.facts("requests"))
    assert {one["today"] for one in passport.facts("prompts")} == {"the same"}


def test_near_duplicates_of_a_pair_share_its_split(lake: Lake) -> None:
    texts = {row["pair_id"]: row["job_description"][:80] for row in rows(lake, "jaqa/pairs")}
    begin = Counter(texts.values())
    alike = [pair for pair, text in texts.items() if begin[text] > 1]
    found = [trace(lake, pair, "jaqa/pairs") for pair in alike[:10]]
    near = [one for one in found if one.facts("near-duplicates among the pairs")]
    assert near, "the sample has near-duplicates, which begin alike"
    for passport in near:
        for other in passport.facts("near-duplicates among the pairs"):
            assert other["split"] == passport.facts("row")["split"]
            assert 0.8 <= other["similarity"] <= 1
            back = trace(lake, other["pair_id"], "jaqa/pairs")
            ids = [o["pair_id"] for o in back.facts("near-duplicates among the pairs")]
            assert passport.row_id in ids


def test_lost_choices_are_told_where_they_are_missing(lake: Lake) -> None:
    lost = {
        row["raw"]: row["key"] for row in rows(lake, "jaqa/pairs_ledger") if row["step"] == "skill"
    }
    assert lost, "without re-asks some skills have no choice"
    (skill, pair), *_ = lost.items()
    passport = trace(lake, pair, "jaqa/pairs")
    told = {one["skill"]: one for one in passport.facts("APIs of the skills")}
    assert "lost" in told[skill] and passed(passport)
    causes = {(one["dataset"], one["cause"]) for one in passport.facts("lost skills")}
    assert ("jaqa/pairs", "no_choice_of_apis") in causes


def test_a_place_spells_its_skill_and_names_what_it_was_found_by(lake: Lake) -> None:
    by_how = {row["how"]: row for row in rows(lake, "jaqa/posting_skills")}
    assert set(by_how) == {"given", "found"}
    passport = trace(lake, by_how["found"]["posting_id"], "jaqa/posting_skills")
    text = passport.facts("posting")["description"]
    names = {row["name"] for row in passport.facts("names that were found")}
    for one in passport.facts("places of the skills"):
        start, end = one["characters"]
        assert " ".join(text[start:end].split()) in one["text"] and one["name"] in names
    given = trace(lake, by_how["given"]["posting_id"], "jaqa/posting_skills")
    told = [one["skill"] for one in given.facts("places of the skills")]
    assert told == by_how["given"]["skills"] and passed(given) and passed(passport)


@pytest.mark.parametrize("dataset", ["jaqa/skill_apis", "jaqa/titles"])
def test_a_choice_is_told_with_its_candidates(
    lake: Lake, recording: Recording, dataset: str
) -> None:
    row = max(rows(lake, dataset), key=lambda row: row["n_postings"])
    passport = trace(lake, row[CONTRACTS[dataset].key[0]], recording=recording)
    assert passport.dataset == dataset and passed(passport)
    candidates = passport.facts("candidates")
    assert len(candidates) == 10 == len(row["candidates"])
    names = [one.get("api") or one["uri"] for one in candidates if one["chosen"]]
    assert names == (row["apis"] if dataset == "jaqa/skill_apis" else [row["esco_uri"]]) or set(
        names
    ) == set(row["apis"])
    told = next(s for s in passport.sections if s.title.startswith("postings that")).facts
    assert told["postings"] == row["n_postings"]
    (request,) = passport.facts("requests")
    assert request["key"] == row["request_ids"][-1] and row["candidates"][0] in request["request"]


@pytest.mark.parametrize("label", [True, False])
def test_an_item_tells_whose_fact_its_target_is(lake: Lake, label: bool) -> None:
    for task in ("title", "project"):
        row = next(
            r for r in rows(lake, "tm_eval/items") if (r["task"], r["label"]) == (task, label)
        )
        passport = trace(lake, row["item_id"], "tm_eval/items")
        assert passed(passport) and "made-up" in passport.notice
        person, target = passport.facts("person"), passport.facts("target")
        told = [t[0] if isinstance(t, list) else t for t in person["titles before the cut"]]
        assert [title.casefold() for title in told] == [t.casefold() for t in row["career"]]
        assert target["person"] == row["target_person"]
        assert (target["person"] == person["person"]) is label
        assert target[f"stands there as {task} (from 0)"]
        assert passport.facts("what rules see")["popularity of the target"] == row["popularity"]


def test_an_answer_tells_its_request_and_its_item(lake: Lake, recording: Recording) -> None:
    row = rows(lake, "tm_eval/answers")[0]
    passport = trace(lake, row["item_id"], "tm_eval/answers", recording)
    (request,) = passport.facts("requests")
    assert request["reply"] == row["reply"] and request["task"] == "judge_next"
    assert passport.facts("item")["item_id"] == row["item_id"]
    assert all(check["passed"] for check in passport.facts("answer")) and passed(passport)


@pytest.mark.parametrize(
    ("product", "dataset"), [("jaqa", "jaqa_released/pairs"), ("tm_eval", "tm_eval_released/items")]
)
def test_an_imported_row_tells_its_file(
    lake: Lake, tmp_path: Path, product: str, dataset: str
) -> None:
    out, other = tmp_path / "out", tmp_path / "lake"
    order = ["export", product, "--format", "jsonl", "--out", str(out), "--lake", str(lake.root)]
    assert main(order) == 0
    file = max(out.iterdir(), key=lambda path: path.stat().st_size)
    assert main(["import", product, str(file), "--lake", str(other)]) == 0
    row = rows(Lake(other), dataset)[2]
    (first, *_) = row.values()
    passport = trace(Lake(other), first)
    told = passport.facts("file")
    assert passport.dataset == dataset and told["row of the file (from 1)"] == 3
    assert list(told["files (sha256)"].values()) == [file_sha256(file)]
    line = json.loads(file.read_text().splitlines()[2])
    assert (line.get("question") or line.get("Input")) in row.values()


def test_skills_that_the_teacher_listed_are_made_again(tmp_path: Path) -> None:
    finder = ("--set", "jaqa/posting_skills.finder=teacher")
    assert build(tmp_path / "lake", "jaqa/posting_skills", more=finder) == 0
    lake = Lake(tmp_path / "lake")
    with closing(Recording(lake.recording_path)) as recording:
        made_again(lake, recording, "jaqa/posting_skills")
        row = next(r for r in rows(lake, "jaqa/posting_skills") if r["how"] == "teacher")
        passport = trace(lake, row["posting_id"], "jaqa/posting_skills", recording)
    assert passed(passport)
    assert [r["key"] for r in passport.facts("requests")] == row["request_ids"]


def test_vectors_of_an_endpoint_come_from_the_cache_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lake, order = Lake(tmp_path / "lake"), ("--embedder", "lexical+openai:e-1")
    planned = ["plan", "jaqa/titles", "--raw", str(SAMPLE), "--lake", str(lake.root), *order]
    assert main([*planned, "--json"]) == 0
    (before,) = json.loads(capsys.readouterr().out)["embedding"]
    with Endpoint(latency_ms=0) as endpoint:
        address = ("--set", f"embedder.base_url={endpoint.url}")
        assert build(lake.root, "jaqa/titles", more=(*order, *address)) == 0
    assert before["model"] == "e-1" and before["texts"] == vectors_in(lake)
    capsys.readouterr()
    assert main(planned) == 0
    assert "e-1: 0 texts without a vector" in capsys.readouterr().out
    with closing(Recording(lake.recording_path)) as recording:
        made_again(lake, recording, "jaqa/titles")
    for path in lake.root.glob(f"{lake.vectors_path.name}*"):
        path.unlink()
    title = rows(lake, "jaqa/titles")[0]["title"]
    capsys.readouterr()
    assert main(["trace", title, "--rebuild", "--lake", str(lake.root)]) == 2
    assert "is not in the cache of vectors" in one_line(capsys)


def vectors_in(lake: Lake) -> int:
    import sqlite3

    with closing(sqlite3.connect(lake.vectors_path)) as held:
        (count,) = held.execute("SELECT count(*) FROM vectors").fetchone()
    return int(count)
