"""ESCO occupations: labels, description, ISCO-08 group. Any release.

Columns out: uri, label, alt_labels, description, isco_group, release.
"""

import re

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.concepts import URI, release_of
from hr_pipeline.sources.linkedin_text import clean_description
from hr_pipeline.sources.recognise import Found
from hr_pipeline.sources.source_table import SourceTable, squeeze

COLUMNS = (
    *("conceptUri", "preferredLabel", "altLabels", "iscoGroup"),
    *("description", "definition", "code"),
)
GROUP = re.compile(r"(?:.*/)?C?(\d{3,4})(?:\.0)?")  # "2512", "C2512", ".../isco/C2512", "110"
GROUP_OF_CODE = re.compile(r"(\d{4})(?:\..*)?")  # "2654.1.7"


def read_esco_occupations(found: Found) -> SourceTable:
    """One row per occupation, in file order.

    Ledger, step "row": malformed_code, empty_label, repeated_concept; step "label": repeated_label
    (letter case aside); step "isco_group": no_group, for an occupation whose row tells none.
    """
    ledger, rows, counted = Ledger(), dict[str, dict[str, object]](), 0
    release = release_of("esco_occupations", found)
    for cells in found.best.cells(*COLUMNS):
        counted += 1
        uri, label = squeeze(cells[0]), squeeze(cells[1])
        if cause := _fault(uri, label, rows):
            ledger.add("row", uri or f"row {counted}", cause, raw=label)
            continue
        group = isco_group(cells[3], cells[6])
        if not group:
            ledger.add("isco_group", uri, "no_group", cells[6], cells[3])
        rows[uri] = {
            "uri": uri,
            "label": label,
            "alt_labels": _other_labels(uri, label, cells[2], ledger),
            "description": clean_description(cells[4] or cells[5]) or None,
            "isco_group": group,
            "release": release,
        }
    table = CONTRACTS["sources/esco_occupations"].table(list(rows.values()))
    return SourceTable(table, ledger, counted)


def isco_group(cell: str, code: str = "") -> str:
    """Four digits: of the cell, where a spreadsheet may have cut the leading zero, else the first
    ones of the occupation's own code; "" for neither."""
    found = GROUP.fullmatch(squeeze(cell)) or GROUP_OF_CODE.fullmatch(squeeze(code))
    return found.group(1).zfill(4) if found else ""


def _fault(uri: str, label: str, known: dict[str, dict[str, object]]) -> str:
    if not URI["esco"].fullmatch(uri):
        return "malformed_code"
    if not label:
        return "empty_label"
    return "repeated_concept" if uri in known else ""


def _other_labels(uri: str, label: str, cell: str, ledger: Ledger) -> list[str]:
    kept = {label.casefold(): label}
    for other in filter(None, map(squeeze, cell.splitlines())):
        if other.casefold() in kept:
            ledger.add("label", uri, "repeated_label", raw=other)
        else:
            kept[other.casefold()] = other
    return list(kept.values())[1:]
