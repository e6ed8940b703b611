"""`hr-pipeline study make` and `study score`, on a lake of their own."""

import csv
import json
import random
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.building import build, one_line


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("study") / "lake"
    assert build(lake) == 0
    return lake


def make(lake: Path, out: Path, *more: str) -> int:
    return main(["study", "make", "--out", str(out), "--lake", str(lake), *more])


def table(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(folder: Path) -> None:
    """Generated documents get 70 to 80 from everybody, advertisements 40 to 50; one is left."""
    kinds = {row["item_id"]: row["kind"] for row in table(folder / "key.csv")}
    chance = random.Random(1)
    for path in folder.glob("annotator-*.csv"):
        rows = table(path)
        for row in rows[1:]:
            least = 70 if kinds[row["item_id"]] == "generated" else 40
            row |= {name: chance.randint(least, least + 10) for name in ("realism", "consistency")}
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)


def test_a_study_from_sheets_to_table_2(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study"
    assert make(lake, out, "--documents", "10") == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(out) and "not a benchmark" in said.err
    key = table(out / "key.csv")
    assert Counter(row["kind"] for row in key) == {"generated": 10, "Dice": 10}
    assert len({row["source_id"] for row in key}) == 20
    sheets = [table(out / f"annotator-{n}.csv") for n in (1, 2, 3)]
    orders = [[row["item_id"] for row in rows] for rows in sheets]
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(r["item_id"] for r in key))}
    assert len({tuple(order) for order in orders}) == 3
    ads = {row["item_id"] for row in key if row["kind"] == "Dice"}
    texts = {row["item_id"]: row["text"] for row in sheets[0]}
    assert all(texts[item] for item in ads) and not any("## " in t for t in texts.values())
    fill(out)
    assert main(["study", "score", str(out), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    found = {(r["documents"], r["criterion"]): r for r in result["table_2"]}
    assert 70 <= found["generated", "realism"]["mean"] <= 80 and result["notice"]
    assert 40 <= found["Dice", "consistency"]["mean"] <= 50
    assert set(result["missing"].values()) == {2}
    assert next(row["alpha"] for row in result["alpha"] if row["documents"] == "all") > 0.8
    assert len(table(out / "table_2.csv")) == 4
    assert main(["study", "score", str(out)]) == 0
    assert "Krippendorff's alpha" in capsys.readouterr().out


def test_a_copy_of_a_sheet_is_told(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study"
    assert make(lake, out, "--documents", "10") == 0
    fill(out)
    assert main(["study", "score", str(out)]) == 0
    assert "is one a copy" not in capsys.readouterr().err
    shutil.copy(out / "annotator-1.csv", out / "annotator-1 - Copy.csv")
    assert main(["study", "score", str(out)]) == 0
    told = "annotator-1 and annotator-1 - copy gave the same scores throughout: is one a copy?"
    assert told in capsys.readouterr().err


def test_the_same_seed_makes_the_same_study_and_another_another(lake: Path, tmp_path: Path) -> None:
    for name, seed in (("one", "1"), ("same", "1"), ("other", "2")):
        assert make(lake, tmp_path / name, "--documents", "8", "--seed", seed) == 0
    one, same, other = (
        [(tmp_path / name / file).read_bytes() for file in ("key.csv", "annotator-2.csv")]
        for name in ("one", "same", "other")
    )
    assert one == same and one[0] != other[0] and one[1] != other[1]


def test_fewer_than_asked_is_said(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(lake, tmp_path / "study", "--documents", "50") == 0
    assert "fewer than the 50 that were asked for: there are only 32 triples" in (
        capsys.readouterr().err
    )
    assert len(table(tmp_path / "study" / "key.csv")) == 64


def test_advertisements_without_a_text_are_passed_over_and_counted(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full, bare = Lake(lake), Lake(tmp_path / "lake")
    postings = full.table("sources/postings")
    texts = [None, "One.", "Two.", "Three.", "Four.", "Five.", *[" "] * (len(postings) - 6)]
    at = postings.column_names.index("description")
    emptied = postings.set_column(at, "description", pa.array(texts))
    tables = {"rjdb/triples": full.table("rjdb/triples"), "sources/postings": emptied}
    for name, table_of in tables.items():
        bare.write(name, [table_of], full.require(name).recipe)
    assert make(bare.root, tmp_path / "study", "--documents", "9") == 0
    said = capsys.readouterr().err
    assert "only 5 advertisements have a description" in said
    assert f"{len(postings) - 5:,} advertisements have no description and were passed over" in said


WRONG = {
    "no lake": (("make", "--out", "{new}", "--lake", "{new}/none"), "build rjdb"),
    "a folder that is full": (("make", "--out", "{full}", "--lake", "{lake}"), "not an empty"),
    "no documents": (("make", "--out", "{new}", "--documents", "0"), "--documents"),
    "too many annotators": (("make", "--out", "{new}", "--annotators", "101"), "--annotators"),
    "no key": (("score", "{full}"), "no key of a study"),
}


@pytest.mark.parametrize(("order", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_order_is_one_line(
    order: tuple[str, ...],
    told: str,
    lake: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    places = {"new": tmp_path / "new", "full": tmp_path / "full", "lake": lake}
    assert main(["study", *(part.format(**places) for part in order)]) == 2
    assert told in one_line(capsys)
    assert not (tmp_path / "new").exists()
