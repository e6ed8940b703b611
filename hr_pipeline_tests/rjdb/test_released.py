"""The released file comes in row by row, and our rows go out in its layout."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.rjdb.contexts import context_from_row
from hr_pipeline.rjdb.released import read_released, released_layout

CHANGES = {
    'instead of "Cook, bar (2019 - 2023)" use "Cook, bar (2019 - 2021)"': 2,
    'without including "Cook, bar (2019 - 2023)"': 0,
    "the same job experience as before": 4,
}


def row(**changes: Any) -> dict[str, Any]:
    resume = "## Personal Information\nName: Ann Lee\na@example.com\n## Education\nBSc\n"
    resume += "## Skills\n1. Soup\n2. Tea\n## Experience\n"
    resume += "- Cook, bar (2019 - 2023)\n- Waiter (2018 - 2019)"
    return {
        "Job-Description": "## Job title\nCook\n## Job Summary\nX\n## Required Skills\n- Soup\n"
        "## Required Experience\n- 4 years as Cook, bar\n## Responsibilities\n- Cook",
        "Resume-matched": resume,
        "Resume-unmatched": resume.replace("2. Tea\n", ""),
        "Skills": ["Soup", "Tea"],
        "Experiences": ["Cook, bar", "Waiter"],
        "Experiences-years": [
            [
                ["4 years as a Cook, bar", "1 years as a Waiter"],
                ["Cook, bar (2019 - 2023)", "Waiter (2018 - 2019)"],
            ],
            2023,
            [4, 1],
        ],
        "Filtered-information": {"Skills": ["Tea"], "Experience": next(iter(CHANGES))},
    } | changes


def written(folder: Path, *rows: object) -> Path:
    path = folder / "released.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def test_a_row_comes_in(tmp_path: Path) -> None:
    rows, ledger = read_released(written(tmp_path, row(), row()))
    assert (len(rows), ledger.rows) == (2, [])
    assert rows[0]["experiences"] == [
        {"title": "Cook, bar", "years": 4, "start": 2019, "end": 2023},
        {"title": "Waiter", "years": 1, "start": 2018, "end": 2019},
    ]
    assert (rows[0]["first_name"], rows[0]["cluster_id"]) == ("Ann", None)
    assert rows[0]["teacher"] == "gpt-4 (released)"
    assert len({t["triple_id"] for t in rows}) == 2  # equal rows keep names of their own
    context = context_from_row(rows[0])
    assert (context.cluster_id, context.split, context.swaps) == ("", "", ())
    assert context.plan("unmatched").skills == ("Soup",)
    assert context.plan("unmatched").experiences[0].span == "2019 - 2021"


@pytest.mark.parametrize(("text", "years"), CHANGES.items())
def test_the_shortened_job(tmp_path: Path, text: str, years: int) -> None:
    released = row(**{"Filtered-information": {"Skills": {"Tea": 1}, "Experience": text}})
    rows, _ = read_released(written(tmp_path, released))
    short = {"title": "Cook, bar", "years_before": 4, "years_after": years}
    assert (rows[0]["shortened"], rows[0]["removed_skills"]) == (short, ["Tea"])
    assert released_layout(rows[0])["Filtered-information"]["Experience"] == text


def test_an_unclear_change_and_missing_sections_go_to_the_ledger(tmp_path: Path) -> None:
    released = row(
        **{"Filtered-information": {"Skills": [], "Experience": "hm"}, "Skills": ["Soup"]}
    )
    released["Job-Description"] = "## Job title\nCook"
    rows, ledger = read_released(written(tmp_path, released))
    assert rows[0]["shortened"] is None
    steps = Counter(entry[0] for entry in ledger.rows)
    assert steps == {"shortened": 1, "section": 4, "item_count": 1}
    assert ledger.lost_rows() == 0


def test_the_layout_is_that_of_the_release(tmp_path: Path) -> None:
    rows, _ = read_released(written(tmp_path, row()))
    assert released_layout(rows[0]) == row()


TITLE = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=20)
JOB = st.tuples(TITLE, st.integers(1, 5))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(JOB, min_size=1, max_size=5),
    st.lists(TITLE.map(str.strip).filter(bool), min_size=1, max_size=5, unique=True),
    st.data(),
)
def test_out_and_in_again_keeps_the_content(
    tmp_path_factory: pytest.TempPathFactory,
    jobs: list[tuple[str, int]],
    skills: list[str],
    data: st.DataObject,
) -> None:
    end, experiences = 2023, []
    for title, years in jobs:
        experiences.append({"title": title, "years": years, "start": end - years, "end": end})
        end -= years
    before = jobs[0][1]
    after = data.draw(st.integers(0, before))
    context = {
        "occupation": jobs[0][0],
        "skills": skills,
        "experiences": experiences,
        "removed_skills": skills[1:],
        "shortened": {"title": jobs[0][0], "years_before": before, "years_after": after},
    }
    texts = {f"resume_{k}": data.draw(st.text(max_size=9)) for k in ("matched", "unmatched")}
    triple = {"job_description": "x\n\u2028y", **texts}
    path = written(tmp_path_factory.mktemp("out"), released_layout(triple | context))
    rows, _ = read_released(path)
    whole = triple | context
    assert {key: rows[0][key] for key in whole} == whole


BAD = {
    "not JSON": (b'{"a": 1}\nnot json\n', "line 1.*'Job-Description' is missing"),
    "prose": (b"hello\n", "line 1: is not JSON"),
    "list": (b"[1, 2]\n", "line 1: is not a JSON object"),
    "binary": (b"\x89PNG\xff\xfe\x00", "not UTF-8"),
    "empty": (b"\n\n", "empty"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_named_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_released(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value) and "; " in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_released(tmp_path / "none.jsonl")


@pytest.mark.parametrize("key", list(row()))
@pytest.mark.parametrize("value", [None, 3, "", [], {}, [1]])
def test_every_key_is_looked_at(tmp_path: Path, key: str, value: object) -> None:
    without = row()
    del without[key]
    with pytest.raises(InputError, match=f"line 2.*'{key}' is missing"):
        read_released(written(tmp_path, row(), without))
    try:
        read_released(written(tmp_path, row(), row(**{key: value})))
    except InputError as error:
        assert "line 2" in str(error) and key.split("-")[0] in str(error)


@pytest.mark.real
def test_the_released_file_comes_through() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    rows, ledger = read_released(Path(folder) / "rjdb" / "test_part_a.jsonl")
    assert len({t["triple_id"] for t in rows}) == len(rows) == 500
    causes = ledger.causes()
    assert not any("section: resume" in cause for cause in causes)
    lacking = {row[1] for row in ledger.rows if row[0] == "section"}
    assert len(lacking) <= 0.03 * len(rows)
    assert causes["item_count: experiences of resume_matched"] <= 0.04 * len(rows)
    # teachers of the release put several planned skills in one item, or leave some out
    assert causes["item_count: skills of resume_matched"] <= 0.40 * len(rows)
    assert all(found["shortened"] for found in rows)
    assert all(found["first_name"] for found in rows)
