"""Texts of other collections that stand in documents: found through light edits, and read from
any text file."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import rng
from hr_pipeline.quality.overlap.contamination import Hit, Scan, Sought, contamination
from hr_pipeline.quality.overlap.records import file_hashes, records, sought_in
from hr_pipeline.text.phrases import tokens
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.rjdb.writing_runs import contexts, rows, write

SENTENCE = "You mend the nets of our herring fleet and teach two apprentices to tar ropes"
LONG = f"{SENTENCE}. {SENTENCE.replace('nets', 'sails')}. Come and see us at the old harbour."


def scan(*texts: str) -> Scan:
    return Scan(Sought("f", f"line {n}", tuple(tokens(text))) for n, text in enumerate(texts, 1))


def found(text: str, document: str) -> list[Hit]:
    return list(scan(text).hits(document))


def around(text: str) -> str:
    return f"## Skills\n- Rigging\n\n{text}\n\n## Education\nNone to speak of\n"


def without(text: str, place: int) -> str:
    words = text.split()
    return " ".join(words[:place] + words[place + 1 :])


EDITS = {
    "as it is": lambda text: text,
    "capitals": str.upper,
    "space": lambda text: text.replace(" ", " \n  "),
    "punctuation": lambda text: text.replace(" and", "; and").replace(".", " !") + "...",
    "a word less at the start": lambda text: without(text, 0),
    "a word less": lambda text: without(text, 6),
    "another word": lambda text: text.replace("teach", "show"),
    "two words more": lambda text: text.replace("fleet", "fleet of boats"),
}


@pytest.mark.parametrize("text", [SENTENCE, LONG])
@pytest.mark.parametrize("edit", EDITS)
def test_a_text_is_found_through_light_edits(text: str, edit: str) -> None:
    (hit,) = found(text, around(EDITS[edit](text)))
    assert hit.similarity >= (0.99 if edit in ("as it is", "capitals", "space") else 0.5)
    assert "net" in hit.excerpt.split() or "sail" in hit.excerpt.split()


@given(
    st.lists(st.sampled_from([f"w{n}" for n in range(60)]), min_size=6, max_size=40, unique=True),
    st.data(),
)
def test_any_one_word_of_six_or_more_may_be_missing(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words) - 1))
    kept = " ".join(words[:place] + words[place + 1 :])
    assert [hit.sought.words for hit in found(" ".join(words), around(kept))] == [tuple(words)]


@pytest.mark.parametrize("text", ["mend the nets", "mend nets of herring boats"])
def test_short_texts_are_found_whole_and_side_by_side_only(text: str) -> None:
    (hit,) = found(text, around(f"You {text} all day"))
    assert (hit.similarity, hit.excerpt) == (
        1,
        text.replace("nets", "net").replace("boats", "boat"),
    )
    for place in range(len(text.split())):
        assert not found(text, around(without(text, place)))


@pytest.mark.parametrize(
    "text", ["Full-time", "Job type:", "O O O O O B I I O O", "C R", "1 a b c"]
)
def test_what_says_nothing_is_not_looked_for_and_counted(text: str) -> None:
    looking = scan(text, SENTENCE)
    assert (looking.texts, looking.too_short) == (2, 1)
    assert not [hit for hit in looking.hits(around(text)) if hit.sought.text_id == "line 1"]


def test_a_document_that_is_part_of_a_longer_text_is_found() -> None:
    document = around(LONG)
    (hit,) = found(f"{'Once there was a town by the sea. ' * 9} {document} and so on", document)
    assert hit.similarity == 1


def test_texts_of_the_same_words_in_another_order_are_not_found() -> None:
    assert not found(SENTENCE, around(" ".join(reversed(SENTENCE.split()))))
    assert not found(LONG, around(" ".join(reversed(LONG.split()))))


def planted(share: float, seed: int) -> tuple[list[str], dict[int, str], list[dict[str, Any]]]:
    """Made-up sentences, those planted by number, and triples with them in one document each."""
    words = [f"{a}{b}" for a in ("bra", "clo", "dri", "fle", "gno") for b in ("nk", "sp", "mt")]
    draw = rng(seed, "test/contamination", "sentences")
    texts = [" ".join(draw.choice(words, int(draw.integers(6, 30)))) for _ in range(2_000)]
    chosen = [int(n) for n in draw.choice(len(texts), int(share * len(texts)), replace=False)]
    triples = rows(write(Moody(), planned=contexts()[: len(chosen)]))
    edits = list(EDITS.values())[:6]
    into: dict[int, str] = {}
    for place, (number, row) in enumerate(zip(chosen, triples, strict=True)):
        key = ("job_description", "resume_matched", "resume_unmatched")[place % 3]
        row[key] += "\n" + edits[place % 6](texts[number])
        into[number] = row["triple_id"]
    return texts, into, triples


def test_one_in_a_hundred_planted_is_found_and_nothing_else() -> None:
    texts, into, triples = planted(0.01, 4)
    hits = list(contamination(scan(*texts), triples))
    assert {(hit["text_id"], hit["triple_id"]) for hit in hits} == {
        (f"line {number + 1}", triple_id) for number, triple_id in into.items()
    }
    contract = CONTRACTS["quality/contamination"]
    table = contract.conform(contract.table(hits), contract.schema())
    contract.require_unique([contract.key_hashes(table)])


def test_rows_do_not_depend_on_the_order_of_the_texts() -> None:
    texts, _, triples = planted(0.005, 5)
    forth = {h["excerpt"] for h in contamination(scan(*texts), triples)}
    back = {h["excerpt"] for h in contamination(scan(*reversed(texts)), triples)}
    assert forth == back != set()


# -- files ------------------------------------------------------------------------------------


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


FILES = {
    "a.txt": ("One line\n\n  two lines \n", [("line 1", "One line"), ("line 3", "two lines")]),
    "a.md": ("\ufeff# Title\ntext", [("line 1", "# Title"), ("line 2", "text")]),
    "a.jsonl": (
        '{"a": "x y", "n": 3, "b": {"c": "z"}}\n\n["p", "q"]\n"s"\n',
        [("line 1: a", "x y"), ("line 1: b.c", "z"), ("line 3", "p q"), ("line 4", "s")],
    ),
    "a.json": (
        '[{"a": "x"}, {"b": [{"c": "y"}, ["u", "v"]]}]',
        [("record 1: a", "x"), ("record 2: b[1].c", "y"), ("record 2: b[2]", "u v")],
    ),
    "lines.json": (
        '{"tokens": ["Mend", "nets"]}\n{"tokens": ["Tar"]}\n',
        [("line 1: tokens", "Mend nets"), ("line 2: tokens", "Tar")],
    ),
    "a.csv": ('t,u\n"x, y",\nz,w\n', [("row 1: t", "x, y"), ("row 2: t", "z"), ("row 2: u", "w")]),
    "a.tsv": ("t\tu\nx\ty\n", [("row 1: t", "x"), ("row 1: u", "y")]),
}


@pytest.mark.parametrize("name", FILES)
def test_records_of_each_kind_of_file(name: str, tmp_path: Path) -> None:
    text, wanted = FILES[name]
    assert [
        (where, read.strip()) for where, read in records(written(tmp_path / name, text))
    ] == wanted


def test_records_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"id": [1, 2], "text": ["x y", None], "skills": [["p", "q"], []]})
    pq.write_table(table, path)
    assert list(records(path)) == [("row 1: text", "x y"), ("row 1: skills", "p q")]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.docx", "x", "no kind of file"),
        ("a.txt", b"\xff\xfe\x00x", "not UTF-8"),
        ("a.jsonl", '{"a": 1}\n{"a":', "line 2: is not JSON"),
        ("a.json", "[", "line 1: is not JSON"),
        ("a.parquet", "x", "no Parquet file"),
        ("a.txt", "\n \n", "holds no text"),
        ("a.jsonl", '{"a": 1}\n', "holds no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    name: str, text: str | bytes, what: str, tmp_path: Path
) -> None:
    path = written(tmp_path / name, text)
    with pytest.raises(InputError, match=what) as error:
        list(sought_in([str(path)]))
    assert name in str(error.value)


def test_a_file_that_is_not_there_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        file_hashes([str(tmp_path / "none.txt")])


# -- published data -----------------------------------------------------------------------------


def lightly_edited(text: str, kind: int, place: int) -> str:
    if kind < 3:
        return (text, text.upper(), re.sub(r"\s+", "  ", text))[kind]
    if kind == 3:
        return re.sub(r"[,.](?=\s|$)", " ;", text)
    return without(text, place)


@pytest.mark.real
@pytest.mark.parametrize("file", ["skillspan/dev.json", "rjdb/test_part_a.jsonl"])
def test_one_in_a_hundred_of_published_texts_is_found(file: str) -> None:
    """Every edit of every hundredth text of six words and more, in a document of ours each."""
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    path = Path(folder) / file
    sought, texts = list(sought_in([str(path)])), dict(records(path))
    looking = Scan(sought)
    able = [text for text in sought if text.says_something and len(text.words) > 5]
    documents = [row["resume_matched"] for row in rows(write(Moody(), planned=contexts()[:20]))]
    tried = missed = 0
    for number, one in enumerate(able[::100]):
        for kind in range(5):
            words = texts[one.text_id].split()
            edited = lightly_edited(texts[one.text_id], kind, number % len(words))
            document = documents[number % 20] + "\n" + edited
            tried += 1
            missed += all(hit.sought != one for hit in looking.hits(document))
    assert tried > 100 and missed <= 0.01 * tried, json.dumps([tried, missed])
