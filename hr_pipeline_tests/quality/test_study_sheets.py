"""The annotators' sheets: nothing in them runs, and scores come back however they are saved."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from hr_pipeline.lake.errors import InputError
from hr_pipeline.quality.study.chosen import Document
from hr_pipeline.quality.study.sheets import (
    COLUMNS,
    CUT,
    MOST_CHARACTERS,
    cell,
    harmless,
    read_filled,
    read_key,
    read_score,
    read_sheet,
    write_csv,
    write_key,
    write_sheet,
)

NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", ' "=1"', "'=1", "\u00a0=1", "\uff1d1"]


def document(n: int, text: str = "text") -> Document:
    kind = "generated" if n % 2 else "Dice"
    return Document(f"doc-{n:010x}", kind, f"source-{n}", f"Title {n}", text, "template", 0.5)


def filled(path: Path, scores: dict[str, tuple[object, object]]) -> None:
    """Write scores into the CSV sheet as text editors and programs do."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1:]:
        row[2:] = map(str, scores.get(row[0], ("", "")))
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


# -- nothing runs ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", NASTY)
def test_no_cell_is_a_formula_in_either_form(text: str, tmp_path: Path) -> None:
    write_sheet(tmp_path, 1, [document(1, text)], notice="")
    with open(tmp_path / "annotator-1.csv", encoding="utf-8-sig", newline="") as file:
        row = list(csv.reader(file))[1]
    assert row[1].startswith("'") and row[0] == document(1).item_id
    page = load_workbook(tmp_path / "annotator-1.xlsx")["documents"]
    assert page["B2"].data_type == "s" and page["B2"].value == cell(text)


@given(st.text(max_size=50))
def test_a_text_in_csv_never_begins_as_a_formula_does(text: str) -> None:
    told = harmless(cell(text))
    assert not told.lstrip(' "\u00a0\n\u3000\ufeff').startswith(("=", "+", "-", "@", "\t", "\r"))
    assert told.removeprefix("'") == cell(text).removeprefix("'")


def test_the_key_is_harmless_too(tmp_path: Path) -> None:
    bad = Document("doc-1", "Dice", "=cmd()", "@title", "t", "+writer", 0.5)
    write_key(tmp_path, [bad])
    text = (tmp_path / "key.csv").read_text("utf-8-sig")
    assert "'=cmd()" in text and "'@title" in text and "'+writer" in text
    assert read_key(tmp_path)["doc-1"]["source_id"] == "=cmd()"


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
def test_a_long_text_is_cut_with_a_mark_and_still_a_cell(letter: str, tmp_path: Path) -> None:
    text = cell(letter * 40_000)
    assert text.endswith(CUT)
    assert len(harmless(text).encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    write_sheet(tmp_path, 1, [document(1, "=" + letter * 40_000)], notice="")
    assert load_workbook(tmp_path / "annotator-1.xlsx")["documents"]["B2"].value.endswith(CUT)
    assert read_sheet(tmp_path / "annotator-1.csv", {document(1).item_id}) == {}


def test_a_sheet_is_blind_and_tells_what_to_do(tmp_path: Path) -> None:
    write_sheet(tmp_path, 1, [document(1), document(2)], notice="no benchmark")
    told = (tmp_path / "annotator-1.csv").read_text("utf-8-sig")
    assert told.splitlines()[0] == ",".join(COLUMNS)
    for secret in ("generated", "Dice", "source-", "Title", "template"):
        assert secret not in told
    book = load_workbook(tmp_path / "annotator-1.xlsx")
    assert book.sheetnames == ["documents", "instructions"]
    lines = [row[0] for row in book["instructions"].iter_rows(values_only=True) if row[0]]
    assert any("from 1 to 100" in line for line in lines) and "no benchmark" in lines[-1]


# -- what comes back ---------------------------------------------------------------------------

SCORE = st.integers(1, 100)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(st.text(max_size=200), SCORE, SCORE), min_size=1, max_size=8))
def test_scores_come_back_beside_any_text(rows: list[tuple[str, int, int]], tmp_path: Path) -> None:
    documents = [document(n, text) for n, (text, _, _) in enumerate(rows)]
    write_sheet(tmp_path, 1, documents, notice="")
    given_scores = {d.item_id: row[1:] for d, row in zip(documents, rows, strict=True)}
    filled(tmp_path / "annotator-1.csv", given_scores)
    wanted = {i: {"realism": a, "consistency": b} for i, (a, b) in given_scores.items()}
    assert read_sheet(tmp_path / "annotator-1.csv", set(wanted)) == wanted
    book = load_workbook(tmp_path / "annotator-1.xlsx")
    for row in book["documents"].iter_rows(min_row=2):
        row[2].value, row[3].value = given_scores[row[0].value]
    book.save(tmp_path / "annotator-1.xlsx")
    assert read_sheet(tmp_path / "annotator-1.xlsx", set(wanted)) == wanted


SAID = {"75": 75, "75.0": 75, "75 ": 75, "75,5": 75.5, "75%": 75, "75 %": 75, "75/100": 75}
SAID |= {"'75": 75, "\u00a075": 75, "1": 1, "100": 100, "": None, "  ": None}


@pytest.mark.parametrize(("text", "score"), SAID.items())
def test_a_score_is_read_as_spreadsheets_write_it(text: str, score: float | None) -> None:
    assert read_score(text, "x") == score


@pytest.mark.parametrize("text", ["0", "101", "0.75", "-5", "good", "7 5", "1e2", "2024-01-05"])
def test_what_is_no_score_is_told_with_its_place(text: str) -> None:
    with pytest.raises(InputError, match="sheet, doc-1, realism: .* is no score; .* 1 to 100"):
        read_score(text, "sheet, doc-1, realism")


ITEMS = {document(n).item_id for n in range(3)}


def sheet(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "annotator-1.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t"), ("cp1252", ",")]
)
def test_other_encodings_and_separators_are_read(encoding: str, mark: str, tmp_path: Path) -> None:
    rows = [
        (" Item_ID", "Text", "Realism", "CONSISTENCY "),
        ("'doc-0000000001", '"Köchin; für, Café\nund mehr"', " 70 ", "80%"),
        ("doc-0000000002", "x", '"65,5"', ""),
        ("", "", "", ""),
    ]
    text = "\r\n".join(mark.join(row) for row in rows)
    assert read_sheet(sheet(tmp_path, text, encoding), ITEMS) == {
        "doc-0000000001": {"realism": 70, "consistency": 80},
        "doc-0000000002": {"realism": 65.5},
    }


def test_rows_that_moved_and_numbers_saved_as_others_are_read(tmp_path: Path) -> None:
    """As after sorting in LibreOffice: other order, numbers as text or with decimals, more rows."""
    documents = [document(n) for n in range(3)]
    write_sheet(tmp_path, 1, documents, notice="")
    path = tmp_path / "annotator-1.xlsx"
    book = load_workbook(path)
    page = book["documents"]
    page.insert_cols(2)
    for row, (a, b) in zip((4, 3, 2), ((70.0, "80 "), ("65", 55.5), (None, 1)), strict=True):
        page.cell(row, 4).value, page.cell(row, 5).value = a, b
    page.move_range("A2:E2", rows=8)
    book.save(path)
    assert read_sheet(path, ITEMS) == {
        "doc-0000000002": {"realism": 70, "consistency": 80},
        "doc-0000000001": {"realism": 65, "consistency": 55.5},
        "doc-0000000000": {"consistency": 1},
    }


WRONG = {
    "unknown item": ("item_id,text,realism,consistency\ndoc-9,x,5,5\n", "no item 'doc-9'"),
    "no item": ("item_id,text,realism,consistency\n,x,5,5\n", "no item ''"),
    "twice": (
        "item_id,realism,consistency\ndoc-0000000001,5,5\ndoc-0000000001,6,5\n",
        "stands twice",
    ),
    "no column": ("item_id,text,realism\ndoc-0000000001,x,5\n", "no column consistency"),
    "no score": ("item_id,realism,consistency\ndoc-0000000001,500,5\n", "'500' is no score"),
    "nothing": ("", "the file is empty"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_a_sheet_is_one_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told) as caught:
        read_sheet(sheet(tmp_path, text), ITEMS)
    assert "\n" not in str(caught.value) and "annotator-1" in str(caught.value)


def test_the_form_that_is_filled_counts_and_two_that_differ_are_refused(tmp_path: Path) -> None:
    documents = [document(n) for n in range(3)]
    for annotator in (1, 2, 10):
        write_sheet(tmp_path, annotator, documents, notice="")
    with pytest.raises(InputError, match="no sheet holds a score"):
        read_filled(tmp_path, ITEMS)
    filled(tmp_path / "annotator-10.csv", {documents[0].item_id: (5, 6)})
    book = load_workbook(tmp_path / "annotator-2.xlsx")
    book["documents"]["C2"].value = 7
    book.save(tmp_path / "annotator-2.xlsx")
    read = read_filled(tmp_path, ITEMS)
    assert list(read.items()) == [
        ("annotator-1", {}),
        ("annotator-2", {documents[0].item_id: {"realism": 7}}),
        ("annotator-10", {documents[0].item_id: {"realism": 5, "consistency": 6}}),
    ]
    filled(tmp_path / "annotator-2.csv", {documents[0].item_id: (8, "")})
    with pytest.raises(InputError, match="annotator-2: .* filled in differently; keep one"):
        read_filled(tmp_path, ITEMS)


def test_no_sheets_and_no_key_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no annotator's sheet"):
        read_filled(tmp_path, ITEMS)
    with pytest.raises(InputError, match="no key of a study"):
        read_key(tmp_path)
    write_csv(tmp_path / "key.csv", ("item_id", "kind"), [("doc-1", "Dice")])
    assert set(read_key(tmp_path)) == {"doc-1"}


@pytest.mark.parametrize(
    "rows",
    [
        [("item_id",), ("doc-1",)],
        [("item_id", "kind"), ("doc-1", "rubbish")],
        [("item_id", "kind"), ("doc-1", "Dice"), ("doc-1", "generated")],
        [("item_id", "kind"), ("", "Dice")],
    ],
)
def test_a_key_that_was_changed_is_refused(rows: list[tuple[str, ...]], tmp_path: Path) -> None:
    write_csv(tmp_path / "key.csv", rows[0], rows[1:])
    with pytest.raises(InputError, match="key.csv: row [12] .*; put back the key"):
        read_key(tmp_path)


def test_no_sheet_is_passed_over_for_its_name(tmp_path: Path) -> None:
    document_1 = document(1)
    write_sheet(tmp_path, 1, [document_1], notice="")
    filled(tmp_path / "annotator-1.csv", {document_1.item_id: (5, 6)})
    (tmp_path / "annotator-1.csv").rename(tmp_path / "Annotator-1.CSV")
    read = read_filled(tmp_path, {document_1.item_id})
    assert read == {"annotator-1": {document_1.item_id: {"realism": 5, "consistency": 6}}}
    (tmp_path / "annotator-2.ods").write_bytes(b"PK")
    with pytest.raises(InputError, match="annotator-2.ods: this form .* save it as CSV or XLSX"):
        read_filled(tmp_path, {document_1.item_id})
