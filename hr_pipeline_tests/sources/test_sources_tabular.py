"""Tables: every published encoding and layout; one clear line for what cannot be read."""

import datetime
from pathlib import Path

import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.tabular import count_rows, read_heads, read_table


def refusal(path: Path, header_row: int = 0) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path, header_row)
    line = str(caught.value)
    with pytest.raises(InputError) as counting:
        count_rows(path, header_row)
    assert str(counting.value) == line
    assert path.name in line and "\n" not in line and caught.value.mend
    return line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(write, encoding, newline):
    text = newline.join(["Job  Title,skills", "Café chef,naïve", "x,y", ""])
    table = read_table(write("a.csv", text.encode(encoding)))
    assert table.columns == ["Job  Title", "skills"]
    assert table.rows == [["Café chef", "naïve"], ["x", "y"]]
    assert table.column("JOB TITLE") == ["Café chef", "x"]


def test_one_broken_byte_does_not_spoil_utf8(write):
    text = "a,b\n" + "é,ü\n" * 20
    table = read_table(write("a.csv", text.encode() + b"\xc3,x\n"))
    assert table.rows[0] == ["é", "ü"] and table.rows[-1][1] == "x"


def test_a_late_cp1252_byte_beyond_the_head(write):
    body = b"a,b\n" + b"plain,text\n" * 40_000 + b"caf\xe9,y\n"
    assert read_table(write("a.csv", body)).rows[-1] == ["café", "y"]


def test_newlines_and_separators_in_quotes(write):
    table = read_table(write("a.csv", 'a,b\r\n"one,\r\ntwo","say ""hi"""\r\n'))
    assert table.rows == [["one,\r\ntwo", 'say "hi"']]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_separators(write, mark):
    table = read_table(write("a.txt", f"a{mark}b\n1{mark}2\n"))
    assert (table.columns, table.rows) == (["a", "b"], [["1", "2"]])


def test_tab_separated_text_with_a_lone_quote(write):
    table = read_table(write("a.tsv", 'a\tb\n"five\tx\n6\ty\n'))
    assert table.rows == [['"five', "x"], ["6", "y"]]


def test_values_stay_text(write):
    cells = ["007", "nan", "None", "NULL", "*", "#", "1e5", "11-1011", "TRUE"]
    table = read_table(write("a.csv", "code,x\n" + "".join(f"{cell},\n" for cell in cells)))
    assert table.column("code") == cells and table.column("absent") == [""] * len(cells)


def test_blank_and_short_rows(write):
    table = read_table(write("a.csv", "a,b,c\n\n1,2\n,,\n3,4,5,,\n"))
    assert table.rows == [["1", "2", ""], ["3", "4", "5"]]


def test_rows_are_counted_as_they_are_read(write, write_book):
    text = write("a.csv", 'Banner\na,b\n1\n\n" ",\n"x\ny",2\n')
    lone = write("b.tsv", 'a\tb\n12" pipe\t"x\ny\tz\n')
    book = write_book("c.xlsx", [["a", "b"], [1, 2], [None, " "], [3]])
    for path, header_row, rows in ((text, 1, 2), (lone, 0, 2), (book, 0, 2)):
        assert count_rows(path, header_row) == len(read_table(path, header_row).rows) == rows


def test_workbook_cells_are_text(write_book):
    date = datetime.datetime(2011, 11, 1)
    rows = [["code", "n", "d", "e"], ["011", 3, date, None], [43.0, 0.5, "*", "x"]]
    table = read_table(write_book("a.xlsx", rows))
    assert table.rows == [["011", "3", "2011-11-01", ""], ["43", "0.5", "*", "x"]]


def test_header_below_a_banner(write_book):
    path = write_book("a.xlsx", [["Bureau"], [], ["a", "b"], ["1", "2"]])
    assert [len(sheet.rows) for sheet in read_heads(path)] == [4]
    assert read_table(path, header_row=2).rows == [["1", "2"]]


def test_the_head_is_short(write):
    heads = read_heads(write("a.csv", "a,b\n" + "1,2\n" * 200_000))
    assert len(heads) == 1 and len(heads[0].rows) == 25


@pytest.mark.parametrize("content", [b"", b" \r\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_empty_text(write, name, content):
    path = write(name, content)
    assert "empty" in refusal(path)
    with pytest.raises(InputError, match="empty"):
        read_heads(path)


def test_empty_workbooks(write, write_book):
    assert "empty" in refusal(write("a.xlsx", b""))
    with pytest.raises(InputError, match="empty"):
        read_heads(write_book("b.xlsx", []))


def test_header_without_rows(write, write_book):
    assert "no rows" in refusal(write("a.csv", "jobtitle,skills\n\n"))
    assert "no rows" in refusal(write_book("a.xlsx", [["a", "b"]]))


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(1, 32)) * 20])
def test_binary_with_the_name_of_a_table(write, content):
    assert "binary" in refusal(write("a.csv", content))


def test_zeros_at_the_end_of_a_cut_download(write):
    assert "damaged" in refusal(write("a.csv", b"a,b\n1,2\n" + b"\0" * 100))


def test_damaged_workbooks(write, write_book):
    good = write_book("good.xlsx", [["a", "b"]] + [[str(i), "text"] for i in range(500)])
    content = good.read_bytes()
    spoilt = bytearray(content)
    for at in range(len(content) // 5, len(content) // 2):
        spoilt[at] ^= 0x55
    for name, bad in [("cut", content[:-200]), ("text", b"a,b\n1,2\n"), ("bits", bytes(spoilt))]:
        assert "cannot be opened as a workbook" in refusal(write(f"{name}.xlsx", bad))


def test_ragged_rows_and_open_quotes(write):
    assert "line 3 has 4 cells" in refusal(write("a.csv", "a,b\n1,2\n1,2,3,4\n"))
    assert "never closed" in refusal(write("b.csv", 'a,b\n1,2\n3,"four\n5,6\n'))
    assert "never closed" in refusal(write("c.csv", 'a,b\n"' + "x,y\n" * 100_000))
