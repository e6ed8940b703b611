"""The API catalog: one row for each name of an ecosystem, out of all lists that are there.

Where several lists hold a name, the row is of the best kind (the user's own list, standard library,
import, module, package), with the package and the rank that the other lists tell. Ranks are places
in a list by use: of Python by counts, of npm and Maven by the list's order, unless that is the
alphabet's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.api_lists import (
    IMPORT_MAP,
    IMPORTS,
    JAVA_MODULES,
    MAVEN,
    NPM,
    ORDER,
    OWN_LINES,
    OWN_TABLE,
    PYPI,
    STDLIB,
    ApiList,
    Cells,
)
from hr_pipeline.sources.api_names import (
    COORDINATE,
    as_package,
    is_local,
    why_no_import,
    why_no_module,
    why_no_package,
)
from hr_pipeline.sources.forms import Form
from hr_pipeline.sources.source_table import SourceTable

PYTHON, JAVA, JAVASCRIPT, OTHER = "python", "java", "javascript", "other"
IMPORT, STANDARD, MODULE, PACKAGE, LISTED = (
    *("import", "standard library", "module", "package"),
    "listed",
)
ECOSYSTEMS = {"pypi": PYTHON, "maven": JAVA, "npm": JAVASCRIPT, "node": JAVASCRIPT, "": OTHER}
KINDS = (STANDARD, IMPORT, MODULE, PACKAGE)  # the best first
PLAIN_LINES = {MAVEN: (JAVA, PACKAGE), NPM: (JAVASCRIPT, PACKAGE), OWN_LINES: (OTHER, LISTED)}
REPOSITORY = "/maven2/"


@dataclass(frozen=True)
class Entry:
    """A usable row of a list. `key` names list and row."""

    api: str
    ecosystem: str
    kind: str
    form: Form
    key: str
    package: str = ""
    popularity: int | None = None

    def rank(self) -> tuple[bool, int, int]:
        own = self.form in (OWN_TABLE, OWN_LINES)
        kind = KINDS.index(self.kind) if self.kind in KINDS else len(KINDS)
        return not own, kind, ORDER[self.form.name]


def api_hashes(lists: Sequence[ApiList]) -> dict[str, str]:
    """What decides the catalog: "apis: form" -> SHA-256; further lists of a form are numbered."""
    counted: Counter[Form] = Counter()
    hashes = {}
    for entry in sorted(lists, key=lambda entry: (ORDER[entry.form.name], entry.sha256)):
        counted[entry.form] += 1
        number = counted[entry.form]
        hashes[f"apis{'' if number == 1 else f' {number}'}: {entry.form.name}"] = entry.sha256
    return hashes


def read_apis(lists: Sequence[ApiList]) -> SourceTable:
    """The catalog, by ecosystem and name; without rows where no list is there.

    Ledger, step "row": empty_name, malformed_name, private, test_or_demo, local_module, too_short,
    case_variant, seen_once, another_package, repeated_api; step "rank": no_count (the row stays).
    InputError: a list that cannot be read.
    """
    ledger = Ledger()
    raw = {entry: entry.rows() for entry in lists}
    entries = [e for listed, rows in raw.items() for e in _entries(listed, rows, ledger)]
    entries = _sure_imports(entries, ledger)
    table = CONTRACTS["sources/apis"].table(_merged(entries, ledger))
    return SourceTable(table, ledger, sum(map(len, raw.values())))


def _entries(listed: ApiList, rows: list[Cells], ledger: Ledger) -> Iterable[Entry]:
    """The rows of one list that have a usable name; import names are judged later."""
    ranks = _ranks(listed, rows, ledger)
    for number, (cells, rank) in enumerate(zip(rows, ranks, strict=True), 1):
        key = f"{listed.shown} row {number}"
        entry = _entry(listed.form, cells, key)
        cause = _why_no_api(entry)
        if cause:
            ledger.add("row", key, cause, raw=" | ".join(cells))
        else:
            yield replace(entry, popularity=rank) if rank else entry


def _entry(form: Form, cells: Cells, key: str) -> Entry:
    if form is OWN_TABLE:
        api, ecosystem, kind, package, _ = cells
        named = ECOSYSTEMS.get(ecosystem.casefold(), ecosystem.casefold())
        return Entry(api, named, kind.casefold() or LISTED, form, key, package)
    if form is PYPI:
        return Entry(cells[0], PYTHON, PACKAGE, form, key)
    if form is IMPORT_MAP:
        return Entry(cells[0], PYTHON, IMPORT, form, key, cells[1])
    if form is JAVA_MODULES:
        return Entry(cells[0], JAVA, MODULE, form, key, _coordinate(cells[1]))
    if form in PLAIN_LINES:
        return Entry(cells[0], *PLAIN_LINES[form], form, key)
    return Entry(cells[0], PYTHON, STANDARD if form is STDLIB else IMPORT, form, key)


def _coordinate(address: str) -> str:
    """group:artifact out of an address in a Maven repository; empty for other addresses."""
    parts = address.partition(REPOSITORY)[2].split("/")
    return f"{'.'.join(parts[:-3])}:{parts[-3]}" if len(parts) > 3 else ""


def _why_no_api(entry: Entry) -> str:
    if entry.form is PYPI:
        return why_no_package(entry.api)
    if entry.form is STDLIB:
        return why_no_module(entry.api)
    if entry.form is MAVEN:
        return "" if COORDINATE.fullmatch(entry.api) else "malformed_name"
    return "" if entry.api or entry.form is IMPORTS else "empty_name"


def _ranks(listed: ApiList, rows: list[Cells], ledger: Ledger) -> list[int | None]:
    """Place of each row by use, 1 the most used, equal counts alike; None where it is not told."""
    if listed.form in (MAVEN, NPM):
        names = [cells[0] for cells in rows]
        told = names != sorted(names) and names != sorted(names, key=str.casefold)
        return [place if told else None for place in range(1, len(rows) + 1)]
    if listed.form is OWN_TABLE:
        return [int(cells[-1]) if cells[-1].isdecimal() else None for cells in rows]
    if listed.form not in (PYPI, IMPORTS):
        return [None] * len(rows)
    counts = [int(cells[1]) if cells[1].isdecimal() else None for cells in rows]
    for number, count in enumerate(counts, 1):
        if count is None:
            key = f"{listed.shown} row {number}"
            ledger.add("rank", key, "no_count", raw=" | ".join(rows[number - 1]))
    better, places = 0, dict[int, int]()
    for count, alike in sorted(Counter(c for c in counts if c is not None).items(), reverse=True):
        places[count], better = better + 1, better + alike
    return [None if count is None else places[count] for count in counts]


def _sure_imports(entries: list[Entry], ledger: Ledger) -> list[Entry]:
    """All entries but those import names that are most likely modules of somebody's own project."""
    others = [e for e in entries if e.form not in (IMPORTS, IMPORT_MAP)]
    packages = {as_package(e.api) for e in others if e.form is PYPI}
    sure = {e.api for e in others if e.ecosystem == PYTHON and e.kind != PACKAGE}
    mapped = [e for e in entries if e.form is IMPORT_MAP]
    sure_mapped = {e.api for e in mapped if not is_local(e.api)}
    kept = _judged(mapped, sure, packages | {as_package(name) for name in sure_mapped}, ledger)
    sure |= {entry.api for entry in kept}
    counted = _judged([e for e in entries if e.form is IMPORTS], sure, packages, ledger)
    counted = _one_spelling(counted, sure, ledger)
    if packages:
        counted = _known_or_repeated(counted, sure, packages, ledger)
    return others + kept + counted


def _judged(
    entries: list[Entry], sure: Collection[str], packages: Collection[str], ledger: Ledger
) -> list[Entry]:
    kept = []
    for entry in entries:
        if cause := why_no_import(entry.api, sure, packages):
            ledger.add("row", entry.key, cause, raw=entry.api)
        else:
            kept.append(entry)
    return kept


def _one_spelling(entries: list[Entry], sure: Collection[str], ledger: Ledger) -> list[Entry]:
    """Of names that differ only by case: those of a sure list, else the most used one."""
    spellings = defaultdict(list)
    for entry in entries:
        spellings[entry.api.casefold()].append(entry)
    best = {
        folded: min(group, key=lambda e: (e.popularity or len(entries) + 1, e.api)).api
        for folded, group in spellings.items()
    }
    listed = {name.casefold(): name for name in sorted(sure)}
    kept = []
    for entry in entries:
        folded = entry.api.casefold()
        like = listed.get(folded, best[folded])
        if entry.api in sure or entry.api == like:
            kept.append(entry)
        else:
            ledger.add("row", entry.key, "case_variant", f"of {like}", entry.api)
    return kept


def _known_or_repeated(
    entries: list[Entry], sure: Collection[str], packages: Collection[str], ledger: Ledger
) -> list[Entry]:
    """Names that another list knows, or that are not among the least used of theirs."""
    last = max((e.popularity or 0 for e in entries), default=0)
    kept = []
    for entry in entries:
        known = entry.api in sure or as_package(entry.api) in packages
        if known or entry.popularity != last:
            kept.append(entry)
        else:
            ledger.add("row", entry.key, "seen_once", "and in no list of packages", entry.api)
    return kept


def _merged(entries: list[Entry], ledger: Ledger) -> list[dict[str, Any]]:
    """One row a name, by ecosystem and name."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.ecosystem, entry.api].append(entry)
    projects = {as_package(e.api): e for e in entries if e.form is PYPI}
    rows: list[dict[str, Any]] = []
    for (ecosystem, api), group in sorted(groups.items()):
        ranked = sorted(group, key=lambda e: (*e.rank(), _package_rank(e, projects), e.key))
        best = ranked[0]
        mapped = [entry for entry in ranked if entry.form is IMPORT_MAP]
        for entry in ranked[1:]:
            cause = "another_package" if entry in mapped[1:] else "repeated_api"
            ledger.add("row", entry.key, cause, f"as {best.key}", _shown(entry))
        package = next((e.package for e in ranked if e.package), None)
        listed = projects.get(as_package(package)) if package and ecosystem == PYTHON else None
        rows.append(
            {
                "api": api,
                "ecosystem": ecosystem,
                "kind": best.kind,
                "package": listed.api if listed else package,
                "popularity": next((e.popularity for e in ranked if e.popularity), None),
                "source": best.form.name,
            }
        )
    return rows


def _package_rank(entry: Entry, projects: dict[str, Entry]) -> tuple[bool, int, bool, str]:
    """The most downloaded package of an import name first, then the one of the same name."""
    package = as_package(entry.package)
    listed = projects.get(package)
    place = (listed.popularity or 0) if listed else 0
    return not place, place, package != as_package(entry.api), package


def _shown(entry: Entry) -> str:
    return f"{entry.api}: {entry.package}" if entry.package else entry.api
