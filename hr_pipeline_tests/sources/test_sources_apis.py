"""The API catalog: which files are lists, which names are APIs, one row a name."""

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.sources.api_lists import find_api_lists
from hr_pipeline.sources.api_names import is_local, why_no_import, why_no_module
from hr_pipeline.sources.apis import api_hashes, read_apis
from hr_pipeline.sources.source_table import SourceTable

CELL = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12)
Writer = Callable[[str, str | bytes], Path]
STDLIB = (
    *("abc", "ast", "base64", "bisect", "calendar", "cmath", "codecs", "collections"),
    *("collections.abc", "copy", "csv", "ctypes", "ctypes.test.test_arrays", "datetime"),
    *("_datetime", "email.message", "encodings._x", "idlelib.pyshell", "io", "json", "os"),
    *("os.path", "re", "queue", "typing", "unittest.mock"),
)
MAP = """AFQ:pyAFQ
PIL:Pillow
acme:acme.dchat
acme:acme.hello
bs4:beautifulsoup4
cv2:opencv-python
cv2:opencv-contrib-python
dateutil:python-dateutil
sklearn:scikit_learn
src:auto_mix
yaml:PyYAML
art-icle:x
""" + "".join(f"lib{n}x:package-{n}\n" for n in range(20))
MAVEN = [f"org.group{n}:artifact-{n}" for n in range(30)] + ["commons-io:commons-io"]
NPM = ["semver", "ansi-styles", "lodash", "@types/node", "@babel/core", "JSONStream", "nan"]
NPM += [f"plain-{n}" for n in range(20)]


def lines(names: object) -> str:
    return "\n".join(map(str, names)) + "\n"  # type: ignore[call-overload]


def read(raw: Path, **files: Path) -> SourceTable:
    source = read_apis(find_api_lists(raw, files))
    assert source.rows_in == source.table.num_rows + source.ledger.lost_rows()
    return source


def rows(source: SourceTable) -> dict[str, dict[str, object]]:
    return {row["api"]: row for row in source.table.to_pylist()}


def lost(source: SourceTable) -> dict[str, str]:
    """Raw text of each lost row -> its cause."""
    return {row[4]: row[2] for row in source.ledger.rows if row[0] == "row"}


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", "project,download_count\nnumpy,9\n", "top_pypi"),
        ("a.csv", "download_count,project\n9,numpy\n", "top_pypi"),
        ("b.json", '{"rows": [{"download_count": 9, "project": "numpy"}]}', "top_pypi"),
        ("c.csv", "library,count\nnumpy,9\n", "import_counts"),
        ("d.txt", lines(STDLIB), "python_stdlib"),
        ("e.txt", MAP, "import_map"),
        ("f.txt", lines(MAVEN), "maven"),
        ("g.txt", lines(NPM), "npm"),
        ("h.properties", lines(f"a.b{n}=https://x.org/{n}.jar" for n in range(25)), "java_modules"),
        ("i.csv", "ecosystem,api\ngo,net/http\n", "own_apis"),
    ],
)
def test_a_list_is_known_by_what_stands_in_it(
    raw: Path, write: Writer, name: str, content: str, form: str
) -> None:
    write(name, content)
    assert [entry.form.name for entry in find_api_lists(raw, {})] == [form]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("titles.txt", lines(f"java developer {n}:Java_Developer" for n in range(40))),
        ("titles.txt", lines(f"developer{n}:Java_Developer" for n in range(40))),
        ("names.txt", lines(f"Anna{n},F,{n}" for n in range(40))),
        ("words.txt", lines(f"word{n}" for n in range(40))),
        ("short.txt", lines(MAVEN[:10])),
        ("first.txt", lines(f"owner_repo{n};14703612{n}" for n in range(40))),
        ("people.csv", "person,api\nm1,numpy\n"),
        ("counts.csv", "word,count\nnumpy,3\n"),
        ("rows.json", '{"rows": [{"name": "numpy"}]}'),
        ("empty.csv", ""),
        ("mixed.txt", lines([*MAVEN, "a line of prose"])),
    ],
)
def test_other_files_are_left_alone(raw: Path, write: Writer, name: str, content: str) -> None:
    write(name, content)
    assert find_api_lists(raw, {}) == []


def test_without_a_list_the_catalog_is_empty(raw: Path) -> None:
    assert read(raw).table.num_rows == 0
    assert api_hashes(find_api_lists(raw / "nowhere", {})) == {}


def test_equal_names_of_several_lists_are_one_row(raw: Path, write: Writer) -> None:
    write("pypi.csv", "project,download_count\nnumpy,50\nopencv-python,40\nscikit-learn,40\nb,9\n")
    write("pypi.json", '{"rows": [{"project": "numpy", "download_count": 50}]}')
    write("counts.csv", "library,count\nnumpy,8\ncv2,5\nsklearn,5\nos,4\n")
    write("std.txt", lines(STDLIB))
    write("map.txt", MAP)
    source = read(raw)
    found = rows(source)
    assert (found["numpy"]["kind"], found["numpy"]["popularity"]) == ("import", 1)
    assert (found["cv2"]["kind"], found["cv2"]["package"]) == ("import", "opencv-python")
    assert found["sklearn"]["package"] == "scikit-learn", "spelt as PyPI spells it"
    assert [found[name]["popularity"] for name in ("cv2", "sklearn", "os")] == [2, 2, 4]
    assert (found["os"]["kind"], found["os"]["source"]) == ("standard library", "python_stdlib")
    assert (found["PIL"]["package"], found["PIL"]["popularity"]) == ("Pillow", None)
    assert found["acme"]["package"] == "acme.dchat"
    assert found["b"]["kind"] == "package"
    causes = lost(source)
    assert causes["cv2: opencv-contrib-python"] == "another_package"
    assert causes["acme: acme.hello"] == "another_package"
    assert causes["cv2: opencv-python"] == causes["numpy"] == "repeated_api"


def test_names_that_are_no_api_are_in_the_ledger(raw: Path, write: Writer) -> None:
    counts = [
        *(("utils", 9), ("data_loader", 9), ("datasets", 8), ("tf", 7), ("os", 6), ("av", 6)),
        *(("Queue", 6), ("_x", 5), ("", 5), ("a b", 5), ("Bokeh", 4), ("bokeh", 5), ("nan", 4)),
        *(("null", 4), ("helpful", 1), ("six_gears", 1), ("NodeGraph", 1)),
    ]
    write("counts.csv", "library,count\n" + lines(f"{name},{count}" for name, count in counts))
    write("std.txt", lines(STDLIB))
    write("map.txt", MAP)
    write("pypi.csv", "project,download_count\nav,4\ndatasets,3\nsix-gears,2\n")
    source = read(raw)
    causes = lost(source)
    assert {name: causes[name] for name in ("utils", "data_loader", "src", "tf", "_x", "a b")} == {
        "utils": "local_module",
        "data_loader": "local_module",
        "src": "local_module",
        "tf": "too_short",
        "_x": "private",
        "a b": "malformed_name",
    }
    assert causes[""] == "empty_name"
    assert causes["Queue"] == causes["Bokeh"] == "case_variant"
    assert causes["helpful"] == "seen_once" and causes["art-icle"] == "malformed_name"
    assert causes["_datetime"] == "private" and causes["NodeGraph"] == "local_module"
    assert causes["ctypes.test.test_arrays"] == causes["idlelib.pyshell"] == "test_or_demo"
    assert {"os", "av", "nan", "null", "bokeh", "queue", "six_gears", "datasets"} <= set(
        rows(source)
    )


def test_without_packages_to_compare_rare_names_stay(raw: Path, write: Writer) -> None:
    write("counts.csv", "library,count\nnumpy,8\nhelpful,1\n")
    assert set(rows(read(raw))) == {"numpy", "helpful"}


def test_order_of_use_is_read_unless_it_is_the_alphabets(raw: Path, write: Writer) -> None:
    write("npm.txt", lines(NPM))
    write("maven.txt", lines(sorted(MAVEN)))
    found = rows(read(raw))
    assert (found["semver"]["popularity"], found["nan"]["popularity"]) == (1, 7)
    assert found["commons-io:commons-io"]["popularity"] is None
    assert found["@types/node"]["ecosystem"] == "javascript"


def test_a_java_module_knows_its_artifact(raw: Path, write: Writer) -> None:
    base = "https://repo.maven.apache.org/maven2"
    modules = [f"org.m{n}={base}/org/thing/part-{n}/1.0/part-{n}-1.0.jar" for n in range(25)]
    write("m.properties", lines(["# modules", *modules, "org.other=https://x.org/other.jar"]))
    found = rows(read(raw))
    assert found["org.m3"]["package"] == "org.thing:part-3"
    assert found["org.other"]["package"] is None and len(found) == 26


def test_the_users_own_list_decides(raw: Path, write: Writer) -> None:
    write("pypi.csv", "project,download_count\nnumpy,50\nplain,40\n")
    write("mine.csv", "api,ecosystem,kind,package,popularity\nnumpy,PyPI,Framework,np,\n,go,,,\n")
    write("more.csv", "api\nInternal.Tool\n")
    source = read(raw)
    found = rows(source)
    assert (found["numpy"]["kind"], found["numpy"]["package"]) == ("framework", "np")
    assert (found["numpy"]["popularity"], found["numpy"]["source"]) == (1, "own_apis")
    assert (found["Internal.Tool"]["ecosystem"], found["Internal.Tool"]["kind"]) == (
        "other",
        "listed",
    )
    assert source.ledger.causes() == {"row: repeated_api": 1, "row: empty_name": 1}


def test_a_named_list_needs_no_form(raw: Path, write: Writer, tmp_path: Path) -> None:
    own = tmp_path / "mine.txt"
    own.write_text("# ours\nOur.Tool\n\nother tool\n", encoding="utf-8")
    write("pypi.csv", "project,download_count\nnumpy,50\n")
    assert set(rows(read(raw, own=own))) == {"Our.Tool", "other tool", "numpy"}
    prose = write("other.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match="holds no list of APIs"):
        find_api_lists(raw, {"own": prose})
    with pytest.raises(InputError, match="does not exist"):
        find_api_lists(raw, {"own": raw / "gone.txt"})


def test_a_list_of_the_sample_gives_way(raw: Path, write: Writer) -> None:
    write("sample/own.csv", "api\nsample.thing\n")
    assert set(rows(read(raw))) == {"sample.thing"}
    write("pypi.csv", "project,download_count\nnumpy,50\n")
    assert set(rows(read(raw))) == {"numpy"}


def test_places_of_files_do_not_decide_the_catalog(tmp_path: Path) -> None:
    catalogs, hashes = [], []
    for names in (("a.csv", "b.csv"), ("z.csv", "y.csv")):
        folder = tmp_path / names[0]
        folder.mkdir()
        (folder / names[0]).write_text("project,download_count\nnumpy,50\nx,9\n", "utf-8")
        (folder / names[1]).write_text("library,count\nnumpy,8\nx,3\n", "utf-8")
        lists = find_api_lists(folder, {})
        catalogs.append(read_apis(lists).table)
        hashes.append(api_hashes(lists))
    assert catalogs[0].equals(catalogs[1]) and hashes[0] == hashes[1]


def test_further_lists_of_a_form_have_hashes_of_their_own(raw: Path, write: Writer) -> None:
    write("a.csv", "project,download_count\nnumpy,50\n")
    write("b.json", '{"rows": [{"project": "numpy", "download_count": 50}]}')
    assert set(api_hashes(find_api_lists(raw, {}))) == {"apis: top_pypi", "apis 2: top_pypi"}


def test_a_broken_list_is_told(raw: Path, write: Writer) -> None:
    write("b.json", '{"rows": [{"project": "numpy", "download_count": 50}')
    with pytest.raises(InputError, match="cannot be read as such"):
        read_apis(find_api_lists(raw, {}))


@given(st.text(max_size=20))
def test_any_name_is_judged(name: str) -> None:
    for cause in (why_no_import(name, (), ()), why_no_module(name)):
        assert cause or (name.replace(".", "").isidentifier() and not name.startswith("_"))


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12))
def test_the_account_closes_for_any_counts(cells: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("library", "count"), *cells, ("numpy", "3")])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "c.csv").write_text(out.getvalue(), "utf-8", newline="")
        source = read(Path(folder))
    assert "numpy" in rows(source)


def test_words_of_projects_own_modules() -> None:
    own = ("utils", "Utils", "data_loader", "Helpers", "testUtils", "MODELS")
    assert all(map(is_local, own))
    assert not any(map(is_local, ("web3", "datasets", "rest_framework", "six", "torch", "")))


@pytest.mark.real
def test_published_lists(real: Path) -> None:
    lists = find_api_lists(real, {})
    counted = Counter({entry.form.name: 0 for entry in lists})
    for entry in lists:
        counted[entry.form.name] += len(entry.rows())
    assert counted == {
        "top_pypi": 30_000,
        "import_counts": 12_830,
        "import_map": 1_157,
        "python_stdlib": 1_785,
        "java_modules": 7_857,
        "maven": 1_000,
        "npm": 15_113,
    }
    source = read_apis(lists)
    assert source.rows_in == 69_742 == source.table.num_rows + source.ledger.lost_rows()
    found = {(row["api"], row["ecosystem"]): row for row in source.table.to_pylist()}
    packages = {"cv2": "opencv-python", "sklearn": "scikit-learn", "PIL": "pillow"}
    packages |= {"yaml": "pyyaml", "bs4": "beautifulsoup4"}
    assert {api: found[api, "python"]["package"] for api in packages} == packages
    assert {("os", "python"), ("re", "python"), ("collections.abc", "python")} <= set(found)
    assert ("nan", "javascript") in found and ("null", "python") in found
    local = ("utils", "models", "config", "src")
    assert not any(found.get((api, "python"), {}).get("kind") == "import" for api in local)
    causes = source.ledger.causes()
    assert causes["row: repeated_api"] >= 15_000 and causes["row: test_or_demo"] > 900
