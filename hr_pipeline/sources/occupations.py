"""General occupations from BLS, SOC or O*NET. Columns out: code, title, major_group, source."""

import re
from collections.abc import Callable, Mapping

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.forms import OEWS, SOC_2018, SOC_STRUCTURE
from hr_pipeline.sources.recognise import Found
from hr_pipeline.sources.source_table import SourceTable, squeeze
from hr_pipeline.sources.tabular import TextTable

CODE = re.compile(r"\d\d-\d{4}(?:\.\d\d)?")
HEADS = ("total", "major", "minor")
DETAIL = {"detailed": 0, "broad": 1}
Row = tuple[str, str, str]


def read_occupations(found: Found) -> SourceTable:
    """One row per title of a detailed or broad occupation, sorted by code, then title.

    Ledger, step "row": group_head, unknown_level, malformed_code, empty_title, repeated_title.
    """
    return clean_occupations(found.read(), found.best.form.name)


def clean_occupations(raw: TextTable, source: str) -> SourceTable:
    """The occupations of a table of the form `source`."""
    ledger = Ledger()
    rows = [(level, squeeze(code), squeeze(title)) for level, code, title in READERS[source](raw)]
    kept = []
    for number, row in enumerate(rows, start=1):
        cause, detail = _fault(row)
        if cause:
            _lose(ledger, row, number, cause, detail)
        else:
            kept.append((number, row))
    best = _one_per_title(kept, ledger)
    table = CONTRACTS["sources/occupations"].table(
        [
            {"code": code, "title": title, "major_group": code[:2], "source": source}
            for code, title in sorted((code, title) for _, code, title in best)
        ]
    )
    return SourceTable(table, ledger, len(rows))


def _fault(row: Row) -> tuple[str, str]:
    level, code, title = row
    if level in HEADS:
        return "group_head", level
    if level not in DETAIL:
        return "unknown_level", level
    if not title:
        return "empty_title", ""
    if not CODE.fullmatch(code):
        return "malformed_code", "a code is text such as 11-1011; a spreadsheet may have changed it"
    return "", ""


def _lose(ledger: Ledger, row: Row, number: int, cause: str, detail: str) -> None:
    level, code, title = row
    ledger.add("row", code or f"row {number}", cause, detail, " | ".join((code, title, level)))


def _one_per_title(rows: list[tuple[int, Row]], ledger: Ledger) -> list[Row]:
    """The most detailed row of each title (letter case aside), then the first by code."""
    best: dict[str, Row] = {}
    for number, row in sorted(rows, key=lambda item: (DETAIL[item[1][0]], item[1][1], item[0])):
        level, code, title = row
        first = best.setdefault(title.casefold(), row)
        if first is not row:
            _lose(ledger, row, number, "repeated_title", f"kept as {first[1]} ({first[0]})")
    return list(best.values())


def _with_levels(raw: TextTable, level: tuple[str, ...], code: str, title: str) -> list[Row]:
    levels = (squeeze(cell).casefold() for cell in raw.column(*level))
    return list(zip(levels, raw.column(code), raw.column(title), strict=True))


def _oews(raw: TextTable) -> list[Row]:
    return _with_levels(raw, OEWS.required[2], "OCC_CODE", "OCC_TITLE")


def _soc_2018(raw: TextTable) -> list[Row]:
    return _with_levels(raw, SOC_2018.required[0], "SOC Code", "SOC Title")


def _soc_structure(raw: TextTable) -> list[Row]:
    """Rows without a code are heads of groups; the level of the others is read from the code."""
    codes = raw.column(*SOC_STRUCTURE.required[0])
    return [
        (_level(code.strip()), code, title)
        for code, title in zip(codes, raw.column("Occupation"), strict=True)
    ]


def _level(code: str) -> str:
    if not code or code.endswith("-0000"):
        return "major"
    if not CODE.fullmatch(code):
        return "detailed"
    return "minor" if code.endswith("00") else "broad" if code.endswith("0") else "detailed"


def _onet(raw: TextTable) -> list[Row]:
    codes = raw.column("O*NET-SOC Code")
    return [
        ("detailed", code, title) for code, title in zip(codes, raw.column("Title"), strict=True)
    ]


READERS: Mapping[str, Callable[[TextTable], list[Row]]] = {
    "oews": _oews,
    "soc_2018": _soc_2018,
    "soc_structure": _soc_structure,
    "onet": _onet,
}
