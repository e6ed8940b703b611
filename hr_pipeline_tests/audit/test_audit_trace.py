"""The passport of a row: what it tells, where it looks, and that it is quick to import."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hr_pipeline.audit.command import shown
from hr_pipeline.audit.passport import trace
from hr_pipeline.audit.rows import find
from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake, file_sha256
from hr_pipeline.llm.recording import Recording
from hr_pipeline_tests.building import build, one_line


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """32 triples; a third of the contexts that fail are lost, for nothing is asked again. The
    triples of the train split are imported too."""
    folder = tmp_path_factory.mktemp("traced")
    root = folder / "lake"
    assert build(root, "--set", "teacher.max_reasks=0") == 0
    to_files = ["export", "rjdb", "--format", "jsonl", "--out", str(folder), "--lake", str(root)]
    assert main(to_files) == 0
    assert main(["import", "rjdb", str(folder / "template-train.jsonl"), "--lake", str(root)]) == 0
    return Lake(root)


@pytest.fixture(scope="module")
def replaced(lake: Lake) -> str:
    """The id of a triple whose first context failed."""
    rows = lake.table("rjdb/triples").to_pylist()
    return next(str(row["triple_id"]) for row in rows if row["replaced"])


def test_a_triple_is_told_from_raw_files_to_checks(lake: Lake, replaced: str) -> None:
    with closing(Recording(lake.recording_path)) as recording:
        passport = trace(lake, replaced, recording=recording)
    row = passport.facts("row")
    assert passport.dataset == "rjdb/triples" and passport.notice
    snapshot = passport.facts("snapshot")
    part = lake.path("rjdb/triples") / snapshot["part"]
    assert snapshot["sha256"] == file_sha256(part)
    place = snapshot["row (from 0)"]
    assert lake.table("rjdb/triples").slice(place, 1).to_pylist() == [row]
    read = [one for one in passport.facts("made from") if one["dataset"] == "sources/postings"]
    assert read and read[0]["raw files (sha256)"] == {
        name: said for name, said in lake.require("sources/postings").recipe.inputs.items()
    }
    walk = passport.facts("walk")
    assert sorted(walk["skills"]) == sorted(row["skills"])
    assert sorted(walk["occupations"]) == sorted(job["title"] for job in row["experiences"])
    assert walk["occupations"][0] == row["occupation"]
    assert passport.facts("name")["first_name"] == row["first_name"]
    assert all(check["passed"] for check in passport.facts("checks")), passport.facts("checks")
    lost = {one["key"] for one in passport.facts("lost contexts of the place")}
    assert f"{replaced}-0" in lost and row["context_id"] not in lost
    requests = passport.facts("requests")
    keys = [one["key"] for one in requests if one["for"] == "the documents"]
    assert keys == row["request_ids"]
    assert {"count_skills", "write_triple"} <= {one["task"] for one in requests}
    assert any(row["job_description"][:40] in one["reply"] for one in requests)


def test_every_link_is_told_by_what_it_comes_from(lake: Lake, replaced: str) -> None:
    postings = {row["posting_id"]: row for row in lake.table("sources/postings").to_pylist()}
    general = {row["code"]: row for row in lake.table("graph/general_skills").to_pylist()}
    told = trace(lake, replaced).facts("sources")
    assert {link["skill"] for link in told} == set(find(lake, replaced).row["skills"])
    for link in told:
        behind = [postings[key] for key in link.get("postings", ())]
        behind += [general[code] for code in link.get("general_skills", ())]
        assert behind, link
        for row in behind:
            assert row["title"].casefold() == link["occupation"].casefold()
            assert link["skill"].casefold() in {skill.casefold() for skill in row["skills"]}


@pytest.mark.parametrize("dataset", ["rjdb/contexts", "rjdb/presence", "graph/edges"])
def test_other_rows_have_a_passport_by_their_whole_key(lake: Lake, dataset: str) -> None:
    row = lake.table(dataset).slice(7, 1).to_pylist()[0]
    keys = {
        "rjdb/contexts": row.get("context_id"),
        "rjdb/presence": f"{row.get('triple_id')}/{row.get('document')}",
        "graph/edges": f"{row.get('occupation_id')}/{row.get('skill_id')}",
    }
    passport = trace(lake, keys[dataset])
    assert passport.dataset == dataset and passport.facts("row") == row
    assert passport.facts("snapshot")["row (from 0)"] == 7
    assert passport.facts("sources")


def test_without_a_recording_the_template_teacher_says_it_again(lake: Lake, replaced: str) -> None:
    passport = trace(lake, replaced)
    requests = passport.facts("requests")
    documents = [one for one in requests if one["for"] == "the documents"]
    assert documents and "not recorded" in documents[0]["recorded"] and documents[0]["reply"]
    assert all(check["passed"] for check in passport.facts("checks"))


def test_an_imported_row_tells_its_file_and_line(lake: Lake) -> None:
    rows = lake.table("rjdb_released/triples").to_pylist()
    passport = trace(lake, rows[3]["triple_id"])
    assert passport.dataset == "rjdb_released/triples"
    file = passport.facts("file")
    assert file["line, blank ones not counted"] == 4
    path = lake.root.parent / "template-train.jsonl"
    assert file["files (sha256)"] == {path.name: file_sha256(path)}
    assert trace(lake, rows[3]["triple_id"], "rjdb_released/contexts").facts("file") == file


def test_a_code_is_first_looked_for_where_a_teacher_answered(lake: Lake) -> None:
    code = lake.table("graph/general_skills").column("code")[0].as_py()
    assert trace(lake, code).dataset == "graph/general_skills"
    assert trace(lake, code).facts("requests")[0]["task"] == "list_skills"
    assert trace(lake, code, "sources/occupations").dataset == "sources/occupations"


def test_an_unknown_id_is_told_with_near_ones(
    lake: Lake, replaced: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", replaced.replace("-0", "-", 1), "--lake", str(lake.root)]) == 2
    assert replaced in one_line(capsys)
    assert main(["trace", "%" * 1000, "--lake", str(lake.root)]) == 2
    told = one_line(capsys)
    assert "hr-pipeline show" in told and "build first" not in told and len(told) < 400
    ledger = ["--dataset", "rjdb/triples_ledger", "--lake", str(lake.root)]
    assert main(["trace", replaced, *ledger]) == 2
    assert "no key to be traced by" in one_line(capsys)
    assert main(["trace", replaced, "--dataset", "no/such", "--lake", str(lake.root)]) == 2
    assert "no such dataset" in one_line(capsys)
    assert main(["trace", replaced, "--lake", str(lake.root / "nowhere")]) == 2
    assert "build first" in one_line(capsys)


def test_what_is_printed(lake: Lake, replaced: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["trace", replaced, "--lake", str(lake.root)]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["row_id"] == replaced and {"title", "source", "facts"} == set(told["sections"][0])
    assert main(command) == 0
    short = capsys.readouterr().out
    assert "not a benchmark" in short and "characters)" in short
    document = find(lake, replaced).row["job_description"]
    assert document.splitlines()[-1] not in short
    full = "\n".join(shown(trace(lake, replaced), full=True))
    assert document.splitlines()[-1] in full


def test_a_trace_imports_little(lake: Lake, replaced: str, tmp_path: Path) -> None:
    """Each of these takes longer to import than all the rest takes together."""
    code = (
        "import sys; from hr_pipeline.cli import main; "
        f"main(['trace', {replaced!r}, '--lake', {str(lake.root)!r}]); "
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "== checks" in done.stdout
    loaded = set(done.stderr.splitlines())
    assert not {"dagster", "pandas", "sklearn", "networkx", "openai"} & loaded
