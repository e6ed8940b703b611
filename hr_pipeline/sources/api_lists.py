"""The lists that an API catalog is made of: found below the raw folder by what stands in them.

A table is known by its columns, a list of lines by the shape of every line and by names that only
such a list holds; a file that could be something else is left alone.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import file_sha256
from hr_pipeline.sources.folders import files_below, of_the_sample, shown_in
from hr_pipeline.sources.forms import Form
from hr_pipeline.sources.source_table import squeeze
from hr_pipeline.sources.tabular import fold, read_heads, read_table

OWN = "own"  # the name under which a user names a list
COMMAS = frozenset({".csv", ".tsv"})
LINES = frozenset({".txt", ".list", ".lst", ".properties"})
NEED = "apis"
OWN_TABLE = Form(
    "own_apis", "own list of APIs", NEED, (("api",),), foreign=("person", "career", "projects")
)
PYPI = Form("top_pypi", "PyPI projects by downloads", NEED, (("project",), ("download_count",)))
IMPORTS = Form("import_counts", "Python import names", NEED, (("library",), ("count",)))
STDLIB = Form("python_stdlib", "modules of Python's standard library", NEED, ())
IMPORT_MAP = Form("import_map", "Python import names and their packages", NEED, ())
JAVA_MODULES = Form("java_modules", "Java modules", NEED, ())
MAVEN = Form("maven", "Maven artifacts", NEED, ())
NPM = Form("npm", "npm packages", NEED, ())
OWN_LINES = Form("own_lines", "own list of APIs, one a line", NEED, ())
TABLES = (OWN_TABLE, PYPI, IMPORTS)
API_FORMS = (OWN_TABLE, OWN_LINES, IMPORTS, STDLIB, IMPORT_MAP, PYPI, JAVA_MODULES, MAVEN, NPM)
ORDER = {form.name: place for place, form in enumerate(API_FORMS)}
OWN_COLUMNS = ("api", "ecosystem", "kind", "package", "popularity")

FEWEST_LINES = 20
MOSTLY = 0.8
JSON_HEAD = 1 << 12
PAIR = re.compile(r"[^\s:=]+:[^\s:=]+")
JAVA_MODULE = re.compile(r"[A-Za-z_][\w.]*=https?://\S+\.jar")
STDLIB_HEADS = sys.stdlib_module_names | {"test"}
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
NPM_NAME = re.compile(r"(?:@[a-z0-9~._-]+/)?[A-Za-z0-9~._-]+")
REVERSE_DOMAINS = frozenset(
    {
        *("org", "com", "io", "net", "de", "javax", "jakarta", "fr", "dev", "app", "edu", "co"),
        *("ch", "nl", "info"),
    }
)
KNOWN_PAIRS = frozenset(
    {
        *("cv2:opencv-python", "pil:pillow", "yaml:pyyaml", "bs4:beautifulsoup4"),
        *("sklearn:scikit-learn", "dateutil:python-dateutil", "docx:python-docx", "git:gitpython"),
        *("crypto:pycryptodome", "mysqldb:mysql-python", "openssl:pyopenssl", "serial:pyserial"),
    }
)
KNOWN_NPM = frozenset(
    {
        *("@types/node", "@babel/core", "lodash", "ansi-styles", "brace-expansion", "lru-cache"),
        *("webpack", "eslint", "readable-stream", "typescript", "semver", "supports-color"),
    }
)
Cells = tuple[str, ...]


@dataclass(frozen=True)
class ApiList:
    """A recognised list. `shown` is its name for people."""

    form: Form
    path: Path
    shown: str
    sha256: str

    def rows(self) -> list[Cells]:
        """Its rows as text: the cells of the form's columns, or the parts of a line.

        own_apis: api, ecosystem, kind, package, popularity; top_pypi: project, downloads;
        import_counts: library, count; import_map: import, package; java_modules: module, address;
        the others: the line. InputError: a file that is damaged or empty.
        """
        if self.form is PYPI and self.path.suffix.lower() == ".json":
            return _json_rows(self.path, self.shown)
        if self.form in TABLES:
            return _table_rows(self.form, self.path, self.shown)
        parts = {IMPORT_MAP: ":", JAVA_MODULES: "="}
        mark = parts.get(self.form)
        lines = _lines(self.path)
        return [tuple(line.split(mark, 1)) if mark else (line,) for line in lines]

    def line(self) -> str:
        """What was taken, for the log."""
        return f"apis: {self.shown} ({self.form.label})"


def find_api_lists(raw: Path, files: Mapping[str, Path]) -> list[ApiList]:
    """All API lists below `raw`, and the one that the user names as `own`, in the order of
    API_FORMS, then of their paths. Those of a folder named `sample` only where no other is there.

    InputError: the file named does not exist or holds no list of names.
    """
    found = [] if OWN not in files else [_named(raw, files[OWN])]
    named = {entry.path.resolve() for entry in found}
    below = files_below(raw, COMMAS | LINES | {".json"}) if raw.is_dir() else ()
    for path in below:
        if path.resolve() not in named and (form := _form_of(path)):
            found.append(ApiList(form, path, shown_in(raw, path), file_sha256(path)))
    others = [entry for entry in found if not of_the_sample(entry.shown)]
    return sorted(others or found, key=lambda entry: (ORDER[entry.form.name], entry.shown))


def _named(raw: Path, path: Path) -> ApiList:
    shown = shown_in(raw, path)
    if not path.is_file():
        raise InputError("the file named for own does not exist", shown, "check the path")
    form = _form_of(path)
    if form is None and path.suffix.lower() in LINES:
        form = OWN_LINES
    entry = ApiList(form, path, shown, file_sha256(path)) if form else None
    if entry is None or not entry.rows():
        what = "holds no list of APIs"
        raise InputError(what, shown, "give a table with the column api, or one name a line")
    return entry


def _form_of(path: Path) -> Form | None:
    """The form that a file surely has; None for all others."""
    suffix = path.suffix.lower()
    if suffix == ".json":
        return PYPI if _is_pypi_json(path) else None
    if suffix in LINES and (form := _form_of_lines(path)):
        return form
    if suffix not in COMMAS:
        return None
    place = _header(path)
    return place[0] if place else None


def _header(path: Path) -> tuple[Form, str, int] | None:
    """The form, sheet and row of a table's header."""
    try:
        sheets = read_heads(path)
    except InputError:  # empty or binary: told by whoever needs such a file
        return None
    for sheet in sheets:
        for number, row in enumerate(sheet.rows):
            columns = {fold(cell) for cell in row}
            for form in TABLES:
                if form.matches(columns, ""):
                    return form, sheet.name, number
    return None


def _table_rows(form: Form, path: Path, shown: str) -> list[Cells]:
    place = _header(path)
    assert place is not None
    table = read_table(path, place[2], place[1], shown)
    columns = OWN_COLUMNS if form is OWN_TABLE else [names[0] for names in form.required]
    return list(zip(*(map(squeeze, table.column(name)) for name in columns), strict=True))


def _is_pypi_json(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(JSON_HEAD)
    return all(mark in head for mark in (b'"rows"', b'"project"', b'"download_count"'))


def _json_rows(path: Path, shown: str) -> list[Cells]:
    try:
        rows = json.loads(path.read_bytes())["rows"]
        return [(str(row["project"]), str(row["download_count"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        what = "looks like PyPI projects by downloads but cannot be read as such"
        raise InputError(what, shown, "get the file again or take it out of the folder") from error


def _lines(path: Path) -> list[str]:
    """Lines that are neither blank nor a comment."""
    text = path.read_text("utf-8-sig", errors="replace")
    lines = (squeeze(line) for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "!"))]


def _form_of_lines(path: Path) -> Form | None:
    lines = _lines(path)
    if len(lines) < FEWEST_LINES:
        return None
    return next((form for form, surely in SHAPES.items() if surely(lines)), None)


def _all(shape: re.Pattern[str], lines: list[str]) -> bool:
    return all(shape.fullmatch(line) for line in lines)


def _is_java_modules(lines: list[str]) -> bool:
    return _all(JAVA_MODULE, lines)


def _is_maven(lines: list[str]) -> bool:
    """Most groups are domains the other way round ("org.slf4j")."""
    if not _all(PAIR, lines):
        return False
    groups = (line.split(":")[0].split(".") for line in lines)
    domains = sum(len(group) > 1 and group[0] in REVERSE_DOMAINS for group in groups)
    return domains >= MOSTLY * len(lines)


def _is_import_map(lines: list[str]) -> bool:
    """Some of the pairs that everybody stumbles over ("cv2:opencv-python") are there."""
    pairs = {line.casefold().replace("_", "-") for line in lines}
    return _all(PAIR, lines) and len(pairs & KNOWN_PAIRS) >= 3


def _is_stdlib(lines: list[str]) -> bool:
    heads = (line.split(".")[0] in STDLIB_HEADS for line in lines)
    return _all(DOTTED, lines) and sum(heads) >= MOSTLY * len(lines)


def _is_npm(lines: list[str]) -> bool:
    return _all(NPM_NAME, lines) and len(KNOWN_NPM.intersection(lines)) >= 4


SHAPES: dict[Form, Callable[[list[str]], bool]] = {
    JAVA_MODULES: _is_java_modules,
    MAVEN: _is_maven,
    IMPORT_MAP: _is_import_map,
    STDLIB: _is_stdlib,
    NPM: _is_npm,
}
