"""First names with gender and name group. Columns out: first_name, gender, name_group, source.

The name group is a coarse, documented proxy of origin, so that names can be drawn evenly. For the
New York list it is the ethnicity of the list (hispanic, white_non_hispanic, black_non_hispanic,
asian_and_pacific_islander; spellings that were cut are merged). For the list by country it is the
region in country_groups.csv: the UN M49 regions, with Asia in three parts and Oceania with the
Americas, whose names it mostly shares, as it is too small alone. The column "Name Group" of that
list numbers the variants of one name and is not used.
"""

import csv
import re
import unicodedata
from functools import cache
from importlib import resources

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.recognise import Found
from hr_pipeline.sources.source_table import SourceTable, squeeze
from hr_pipeline.sources.tabular import TextTable

GENDERS = {"f": "female", "female": "female", "m": "male", "male": "male"}
ETHNICITIES = {
    "HISPANIC": "hispanic",
    "WHITE NON HISPANIC": "white_non_hispanic",
    "BLACK NON HISPANIC": "black_non_hispanic",
    "ASIAN AND PACIFIC ISLANDER": "asian_and_pacific_islander",
}
LETTERS_ONLY = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
APOSTROPHES = str.maketrans("\u2019\u02bc`", "'''")
Key = tuple[str, str, str]


def read_first_names(found: Found) -> SourceTable:
    """One row per (name, gender, group), sorted by group, gender, name.

    Ledger, step "row": unknown_country, unknown_ethnicity, unknown_gender, not_latin,
    not_a_given_name, repeated_name.
    """
    return clean_names(found.read(), found.best.form.name)


def clean_names(raw: TextTable, source: str) -> SourceTable:
    """The names of a table of the form `source`."""
    by_country = source == "forenames_by_country"
    names = raw.column("Romanized Name" if by_country else "Child's First Name")
    groups = raw.column("Country" if by_country else "Ethnicity")
    local = raw.column("Localized Name")
    ledger = Ledger()
    spellings: dict[Key, list[tuple[str, str, str]]] = {}
    for number, cells in enumerate(zip(names, local, raw.column("Gender"), groups, strict=True), 1):
        written, gender = cells[0].strip() or cells[1], cells[2]
        place = squeeze(cells[3])
        key, shown = f"row {number}", f"{written} | {gender} | {place}"
        name = tidy_name(written)
        group = country_groups().get(place.upper()) if by_country else _ethnicity(place)
        sex = GENDERS.get(squeeze(gender).casefold())
        unplaced = "unknown_country" if by_country else "unknown_ethnicity"
        if cause := _name_fault(name):
            ledger.add("row", key, cause, raw=shown)
        elif sex is None:
            ledger.add("row", key, "unknown_gender", raw=shown)
        elif group is None:
            ledger.add("row", key, unplaced, raw=shown)
        else:
            spellings.setdefault((group, sex, name.casefold()), []).append((name, key, shown))
    return _table(spellings, ledger, source, len(names))


def _table(
    spellings: dict[Key, list[tuple[str, str, str]]], ledger: Ledger, source: str, rows_in: int
) -> SourceTable:
    """A name in several spellings keeps the one with a capital inside ("DeShawn")."""
    rows = []
    for (group, sex, _), found in spellings.items():
        name, kept, _ = max(found, key=lambda item: _has_inner_capital(item[0]))
        rows.append((group, sex, name))
        for _, key, shown in found:
            if key != kept:
                ledger.add("row", key, "repeated_name", f"same as {kept}", shown)
    table = CONTRACTS["sources/first_names"].table(
        [
            {"first_name": name, "gender": sex, "name_group": group, "source": source}
            for group, sex, name in sorted(rows)
        ]
    )
    return SourceTable(table, ledger, rows_in)


def tidy_name(written: str) -> str:
    """A name with squeezed spaces; capitalised anew only where it is all capitals or all small."""
    name = unicodedata.normalize("NFC", squeeze(written.translate(APOSTROPHES)))
    if name and name in (name.upper(), name.lower()):
        name = re.sub(r"[^\s-]+", lambda part: _capitalise(part.group()), name)
    return name


def _capitalise(part: str) -> str:
    """ "O'NEIL" -> "O'Neil", "AMAR'E" -> "Amar'e"."""
    head, mark, tail = part.partition("'")
    if mark and len(head) == 1:
        return head.upper() + mark + tail.capitalize()
    return part.capitalize()


def _has_inner_capital(name: str) -> bool:
    return bool(re.search(r"[a-z][A-Z]", name))


def _name_fault(name: str) -> str:
    if not LETTERS_ONLY.fullmatch(name) or len(name) < 2 or len(name.split()) > 2:
        return "not_a_given_name"
    latin = (
        unicodedata.name(letter, "").startswith("LATIN") for letter in name if letter.isalpha()
    )
    return "" if all(latin) else "not_latin"


@cache
def country_groups() -> dict[str, str]:
    """ISO 3166 country code -> name group."""
    text = (resources.files("hr_pipeline.sources") / "country_groups.csv").read_text("utf-8")
    return {row["country"]: row["name_group"] for row in csv.DictReader(text.splitlines())}


def _ethnicity(label: str) -> str | None:
    """The group whose full label begins with this one: the list cuts labels at 14 letters."""
    cut = label.upper()
    groups = [group for full, group in ETHNICITIES.items() if full.startswith(cut)]
    return groups[0] if len(cut) >= 8 and len(groups) == 1 else None
