"""Labelled files: what is read of them, and the figures, against counts made by hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.cli import main
from hr_pipeline.jaqa.skills.evaluate import linking, measure
from hr_pipeline.jaqa.skills.labelled import Mark, Sentence, read_labelled
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.jaqa.skill_names import rows


def tagged(text: str, skill: str, knowledge: str) -> dict[str, Any]:
    return {"tokens": text.split(), "tags_skill": list(skill), "tags_knowledge": list(knowledge)}


LINES = [
    tagged("we use Java EE (GitHub) daily", "OBIIIO", "OOBIBO"),
    tagged("Docker and Excel", "OOO", "BOI"),
    tagged("no skill here", "OOO", "OOO"),
]
SPANS = """span,sentence,sub_span,label,idx
Java EE,"Java EE, people management, C",,Java (computer programming),1
people management,"Java EE, people management, C",,manage a team,1
C,"Java EE, people management, C",,LABEL NOT PRESENT,1
C,"Java EE, people management, C",,LABEL NOT PRESENT,1
knitting,plain,,knit,2
"""


@pytest.fixture
def skillspan(tmp_path: Path) -> Path:
    path = tmp_path / "dev.json"
    path.write_text("\ufeff" + "\n\n".join(json.dumps(line) for line in LINES) + "\n", "utf-8")
    return path


@pytest.fixture
def spans(tmp_path: Path) -> Path:
    path = tmp_path / "spans.csv"
    path.write_text(SPANS, "utf-8")
    return path


def test_json_lines_are_read_with_their_tags(skillspan: Path) -> None:
    labelled = read_labelled(skillspan)
    assert labelled.sentences[:2] == [
        Sentence(
            "we use Java EE (GitHub) daily",
            (Mark(3, 22, "skill"), Mark(7, 14, "knowledge"), Mark(16, 22, "knowledge")),
        ),
        Sentence("Docker and Excel", (Mark(0, 6, "knowledge"), Mark(11, 16, "knowledge"))),
    ]


def test_spans_are_read_sentence_by_sentence(spans: Path) -> None:
    labelled = read_labelled(spans)
    text = "Java EE, people management, C"
    assert labelled.sentences[0] == Sentence(
        text,
        (
            Mark(0, 7, "", ("Java (computer programming)",)),
            Mark(9, 26, "", ("manage a team",)),
            Mark(28, 29),
        ),
    )
    assert labelled.sentences[1] == Sentence("plain", ())
    assert labelled.lost == 1


def figures(measured: list[dict[str, Any]], *of: str) -> tuple[Any, ...]:
    row = next(r for r in measured if (r["finder"], r["kind"], r["measure"]) == of)
    return tuple(row[key] for key in ("found", "marked", "precision", "recall", "f1"))


def test_figures_of_json_lines(skillspan: Path) -> None:
    measured = measure(read_labelled(skillspan), rows())
    # Found are Java EE, Docker and Excel; marked are those, GitHub, and a skill of four words.
    assert figures(measured, "rules", "all", "exact") == (3, 5, 1.0, 0.6, 0.75)
    assert figures(measured, "rules", "all", "overlap") == (3, 5, 1.0, 0.8, 0.88889)
    assert figures(measured, "rules", "all", "word") == (4, 6, 1.0, 0.66667, 0.8)
    assert figures(measured, "rules", "knowledge", "exact") == (3, 4, 1.0, 0.75, 0.85714)
    assert figures(measured, "rules", "skill", "exact") == (0, 1, 0.0, 0.0, 0.0)


def test_the_baseline_finds_all_names_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(tagged("now the team will go", "OOOOO", "OOBOO")), "utf-8")
    measured = measure(read_labelled(path), rows())
    assert figures(measured, "all names", "all", "exact") == (3, 1, 0.33333, 1.0, 0.5)
    assert figures(measured, "rules", "all", "exact") == (0, 1, 0.0, 0.0, 0.0)


def test_figures_of_spans_and_their_labels(spans: Path) -> None:
    labelled = read_labelled(spans)
    measured = measure(labelled, rows())
    assert {row["kind"] for row in measured} == {"all"}
    assert figures(measured, "rules", "all", "exact") == (3, 3, 1.0, 1.0, 1.0)
    assert linking(labelled, rows()) == {
        "with_label": 2,
        "found_exactly": 2,
        "right_label": 1,
        "accuracy": 0.5,
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"tokens": ["a"], "tags_skill": ["O"]}', "is no line of SkillSpan"),
        ('{"tokens": ["a"], "tags_skill": [], "tags_knowledge": ["O"]}', "not one tag a token"),
        ('{"tokens": "a", "tags_skill": ["O"], "tags_knowledge": ["O"]}', "not one tag a token"),
        ('{"tokens": ["a"]', "is not JSON"),
        ("[1, 2]\n[3, 4]", "is neither"),
        ("sentence,span\na b,a", "lacks the column label"),
        ("sentence,span,label\na b,,x", "no skill is marked"),
        ("", "empty"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "file"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=said):
        read_labelled(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_labelled(tmp_path / "none.json")


def test_the_command_prints_figures(
    skillspan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(tmp_path / "lake")
    lake.write(
        "sources/skill_names",
        [CONTRACTS["sources/skill_names"].table(rows())],
        Recipe(code_version="test"),
    )
    command = ["evaluate", "skills", str(skillspan), "--lake", str(lake.root)]
    assert main([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["sentences"] == 3
    assert figures(result["figures"], "rules", "all", "exact")[:2] == (3, 5)
    assert result["linking"] is None
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "0.750" in shown and "3 sentences (SkillSpan JSON lines)" in shown


def test_the_command_reads_names_of_raw_files(
    skillspan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    command = ["evaluate", "skills", str(skillspan), "--raw", str(raw), "--json"]
    assert main(command) == 2
    assert "does not exist" in capsys.readouterr().err
    raw.mkdir()
    assert main(command) == 2
    assert "holds no names of skills" in capsys.readouterr().err
    (raw / "dice.csv").write_text(
        "jobtitle,skills,jobdescription,uniq_id\nA,Docker,x,1\nB,docker,x,2\nC,Docker,x,3\n",
        "utf-8",
    )
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert "dice.csv" in result["names_from"]
    assert figures(result["figures"], "rules", "knowledge", "exact")[0] == 1


@pytest.mark.real
def test_published_files_keep_their_level() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    from hr_pipeline.sources.recognise import find_inputs
    from hr_pipeline.sources.skill_names import read_skill_names

    inputs = find_inputs(Path(folder), required=(), optional=("esco_skills", "dice"))
    names = read_skill_names(inputs).table.to_pylist()
    measured = measure(read_labelled(Path(folder) / "skillspan" / "train.json"), names)
    f1 = {
        finder: figures(measured, finder, "all", "exact")[-1] for finder in ("rules", "all names")
    }
    assert f1["rules"] > 0.28
    assert f1["rules"] > 2 * f1["all names"]
    assert figures(measured, "rules", "knowledge", "exact")[3] > 0.4
    spans = Path(folder) / "esco_skill_spans" / "tech_validation_annotations.csv"
    linked = linking(read_labelled(spans), names)
    assert linked is not None and linked["accuracy"] > 0.55
