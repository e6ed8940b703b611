"""The recording as a file: exact, whole, checked, the same from one database to another."""

import gzip
import json
import random
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hr_pipeline.cli import main
from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.portable import export_recording, import_recording
from hr_pipeline.llm.recording import Recorded, Recording
from hr_pipeline.llm.request import Reply, Request, Schema, read_completion
from hr_pipeline_tests.postgres import place

MEMORY = Path(":memory:")
ODD = '\ud83d lone, \U0001f600 whole, \x00 \r\n \u2028 e\u0301 é " \\ base64:'
FORMATS = pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz", "r.parquet"])


def quiet(line: str) -> None:
    del line


def row(text: str, reply: Reply, task: str = "write", model: str = "m") -> Recorded:
    schema = Schema("s", {"type": "object"}) if len(text) % 2 else None
    request = Request(model, (("user", text),), (("temperature", 0.1),), schema, len(text) % 3)
    return Recorded(request.key(), task, request, reply)


def body(text: str) -> bytes:
    """As a server may send it: blanks, order and number formats of its own."""
    content = json.dumps(text, ensure_ascii=len(text) % 2 == 0)
    return (
        f'\n{{ "id":"x", "choices" : [{{"message":{{"content": {content}}}}}], "cost": 1.50e0,'
        ' "usage": {"prompt_tokens": 7, "completion_tokens": 9}}'
    ).encode("utf-8", "surrogatepass")


def filled(where: Path | str, count: int = 300) -> Recording:
    """Replies that an endpoint sent and others, with odd texts, in an order unlike the keys'."""
    recording, draw = Recording(where), random.Random(3)
    texts = [f"{i} {draw.choice(['', ODD, 'é' * 50])}" for i in range(count)]
    rows = [
        row(t, read_completion(body(t)) if i % 3 else Reply(t, i, 2), f"t{i % 2}", f"m{i % 5}")
        for i, t in enumerate(texts)
    ]
    for start in range(0, count, 16):
        recording.put_many(rows[start : start + 16])
    return recording


def held(recording: Recording) -> list[Any]:
    """All of a recording, responses byte for byte."""
    return list(recording.calls())


# -- there and back ---------------------------------------------------------------------------


@FORMATS
def test_a_recording_goes_from_sqlite_to_postgresql_and_back_unchanged(
    tmp_path: Path, name: str
) -> None:
    first = filled(tmp_path / "first.sqlite")
    middle, last = Recording(place("postgresql", tmp_path)), Recording(tmp_path / "last.sqlite")
    there, back = tmp_path / "new" / name, tmp_path / f"back-{name}"
    assert export_recording(first, there, log=quiet) == 300
    assert import_recording(middle, there, log=quiet) == (300, 300)
    assert export_recording(middle, back, log=quiet) == 300
    assert import_recording(last, back, log=quiet) == (300, 300)
    assert held(last) == held(middle) == held(first) and len(held(first)) == 300
    assert last.keys() == first.keys()
    assert last.get_many(first.keys()) == first.get_many(first.keys())
    assert there.read_bytes() == back.read_bytes()
    assert [path.name for path in there.parent.iterdir()] == [name]
    for recording in (first, middle, last):
        recording.close()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.text(st.characters()).filter(str.strip), st.booleans()), min_size=1),
    st.sampled_from([".jsonl", ".jsonl.gz", ".parquet"]),
)
def test_any_texts_come_back_exactly(texts: list[tuple[str, bool]], form: str) -> None:
    first, second = Recording(MEMORY), Recording(MEMORY)
    first.put_many(
        [row(t, read_completion(body(t)) if received else Reply(t)) for t, received in texts]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"r{form}"
        rows = export_recording(first, path, log=quiet)
        assert import_recording(second, path, log=quiet) == (rows, rows)
    assert held(second) == held(first)
    first.close()
    second.close()


def test_lines_can_be_read_by_anybody(tmp_path: Path) -> None:
    recording = Recording(MEMORY)
    recording.put_many([row("sé", Reply("yes", 3, 4))])
    export_recording(recording, tmp_path / "r.jsonl", log=quiet)
    line = json.loads((tmp_path / "r.jsonl").read_text(encoding="utf-8"))
    assert json.loads(line.pop("request"))["messages"] == [{"role": "user", "content": "sé"}]
    assert json.loads(line.pop("response"))["choices"][0]["message"]["content"] == "yes"
    assert line.pop("key") == row("sé", Reply("yes")).key and line.pop("recorded") > 1.7e9
    assert line == {"task": "write", "model": "m", "prompt_tokens": 3, "completion_tokens": 4}
    recording.close()


def test_a_task_or_a_model_can_be_exported_alone(tmp_path: Path) -> None:
    recording, path = filled(MEMORY, 60), tmp_path / "r.jsonl"
    assert export_recording(recording, path, task="t1", log=quiet) == 30
    assert export_recording(recording, path, model="m2", log=quiet) == 12
    assert export_recording(recording, path, "t1", "m2", log=quiet) == 6
    names = {(c["task"], c["model"]) for c in map(json.loads, path.read_text().splitlines())}
    assert names == {("t1", "m2")}
    with pytest.raises(InputError, match="it holds t0 by m0, t0 by m1"):
        export_recording(recording, path, task="t3", log=quiet)
    recording.close()


@FORMATS
def test_what_is_there_already_stays(tmp_path: Path, name: str) -> None:
    first, second = Recording(MEMORY), Recording(MEMORY)
    first.put_many([row("both", Reply("theirs")), row("new", Reply("new"))])
    second.put_many([row("both", Reply("ours"))])
    export_recording(first, tmp_path / name, log=quiet)
    assert import_recording(second, tmp_path / name, log=quiet) == (2, 1)
    assert import_recording(second, tmp_path / name, log=quiet) == (2, 0)
    both, new = (row(text, Reply("x")).key for text in ("both", "new"))
    assert second.get_many([both, new]) == {both: Reply("ours"), new: Reply("new")}
    first.close()
    second.close()


# -- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "0" * 32}, "the key is not that of the request"),
        ({"request": '{"model":"m"}'}, "the key is not that of the request"),
        ({"model": "n"}, "not one to the model"),
        ({"response": "{}"}, "no chat completion"),
        ({"response": '{"choices":'}, "no chat completion"),
        ({"response": "base64:&"}, "no chat completion"),
        ({"response": '{"choices":[]}'}, "without text"),
        ({"response": {"choices": []}}, "'response' is missing or of another type"),
        ({"recorded": "today"}, "'recorded' is missing or of another type"),
        ({"recorded": -1}, "is no time"),
        ({"task": None}, "'task' is missing or of another type"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_recorded(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    first, second, path = filled(MEMORY, 20), Recording(MEMORY), tmp_path / "r.jsonl"
    export_recording(first, path, model="m0", log=quiet)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = json.dumps(json.loads(lines[2]) | {"model": "m0"} | change)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        import_recording(second, path, log=quiet)
    assert f"{path}, row 3: " in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert second.keys() == []
    first.close()
    second.close()


@FORMATS
@pytest.mark.parametrize("damage", ["cut", "empty start", "other"])
def test_a_damaged_file_is_said_in_one_line(tmp_path: Path, name: str, damage: str) -> None:
    first, second, path = filled(MEMORY, 40), Recording(MEMORY), tmp_path / name
    export_recording(first, path, log=quiet)
    whole = path.read_bytes()
    cut = {"cut": whole[:-30], "empty start": b"\0" * 99 + whole[99:], "other": b"[1, 2]\n"}
    path.write_bytes(cut[damage])
    with pytest.raises(InputError, match=f"{name}, row [0-9]+: ") as caught:
        import_recording(second, path, log=quiet)
    assert len(str(caught.value).splitlines()) == 1
    assert second.keys() == []
    first.close()
    second.close()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode), st.booleans())
def test_any_file_is_read_or_refused_in_one_line(data: bytes, parquet: bool) -> None:
    recording = Recording(MEMORY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("r.parquet" if parquet else "r.jsonl")
        path.write_bytes(data)
        if data or parquet:
            with pytest.raises(InputError) as caught:
                import_recording(recording, path, log=quiet)
            assert len(str(caught.value).splitlines()) == 1
        else:
            assert import_recording(recording, path, log=quiet) == (0, 0)
    recording.close()


def test_a_failed_export_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    recording, path = filled(MEMORY, 40), tmp_path / "r.jsonl"
    path.write_text("old")
    key = recording.keys()[30]
    recording.database.execute("UPDATE calls SET response = ? WHERE key = ?", (b"no zlib", key))
    with pytest.raises(InputError, match=f"the reply {key} is damaged"):
        export_recording(recording, path, log=quiet)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    for other, said in ((tmp_path / "r.csv", "format is not known"), (tmp_path, "format")):
        with pytest.raises(InputError, match=said):
            export_recording(recording, other, log=quiet)
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        export_recording(recording, tmp_path / "folder.jsonl", log=quiet)
    recording.close()


# -- the commands -----------------------------------------------------------------------------


def test_the_commands_show_and_move_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, file = tmp_path / "one", tmp_path / "two", tmp_path / "r.jsonl.gz"
    filled(one / "recording.sqlite", 1_010).close()
    assert main(["recording", "export", "--lake", str(one), "--out", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{file}\n" and said.err == "1,010 replies written\n"
    assert main(["recording", "import", "--lake", str(two), str(file)]) == 0
    assert capsys.readouterr().err == "1,010 replies read, 1,010 of them new\n"
    assert main(["recording", "show", "--recording", str(two / "recording.sqlite")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["task", "model", "replies", "prompt_tokens", "completion_tokens"]
    assert len(lines) == 1 + 2 * 5 and len(set(map(len, lines))) == 1
    assert main(["recording", "show", "--lake", str(two), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(row["replies"] for row in rows) == 1_010


def test_the_commands_make_no_recording_where_none_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["show"], ["export", "--out", str(tmp_path / "r.jsonl")]):
        assert main(["recording", *command, "--lake", str(tmp_path / "lake")]) == 2
        assert "there is no recording" in capsys.readouterr().err
    assert main(["recording", "show", "--recording", "mysql://u:planted@host/name"]) == 2
    assert "planted" not in capsys.readouterr().err
    missing = str(tmp_path / "missing.jsonl")
    assert main(["recording", "import", "--lake", str(tmp_path / "lake"), missing]) == 2
    assert "missing.jsonl: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["r.jsonl", "r.parquet"])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, name: str) -> None:
    """4,000 replies of 20 kB each, of which nobody may hold more than a group."""
    first, second = Recording(tmp_path / "r.sqlite"), Recording(tmp_path / "s.sqlite")
    for start in range(0, 4_000, 500):
        numbers = range(start, start + 500)
        first.put_many([row(f"{i}", Reply(f"{i} " + "word " * 4_000)) for i in numbers])
    tracemalloc.start()
    export_recording(first, tmp_path / name, log=quiet)
    assert import_recording(second, tmp_path / name, log=quiet) == (4_000, 4_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 50_000_000
    first.close()
    second.close()


def test_a_packed_file_is_the_plain_one_packed(tmp_path: Path) -> None:
    recording = filled(MEMORY, 20)
    for name in ("r.jsonl", "r.jsonl.gz"):
        export_recording(recording, tmp_path / name, log=quiet)
    packed = (tmp_path / "r.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "r.jsonl").read_bytes()
    recording.close()
