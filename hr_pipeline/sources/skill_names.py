"""Names by which skills are found in texts: labels of ESCO skills, skills of Dice advertisements.

Columns out: name, skill, source, uri, kind, preferred, n_postings.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import most_frequent
from hr_pipeline.sources.concepts import URI
from hr_pipeline.sources.recognise import Found, Inputs
from hr_pipeline.sources.skills import split_skills, why_no_skill
from hr_pipeline.sources.source_table import SourceTable, squeeze

Row = dict[str, Any]


def read_skill_names(inputs: Inputs) -> SourceTable:
    """First the names of ESCO, a row for each label of each skill; then those of Dice, a row for
    each spelling; from the files that are there.

    Rows in are labels of ESCO and spellings of Dice. Ledger, step "row": malformed_code,
    empty_label, repeated_label, and of Dice the causes of `why_no_skill`.
    """
    ledger, rows, counted = Ledger(), list[Row](), 0
    readers = {"esco_skills": _of_esco, "dice": _of_dice}
    for need, reader in readers.items():
        if need in inputs.found:
            own, seen = reader(inputs[need], ledger)
            rows, counted = rows + own, counted + seen
    return SourceTable(CONTRACTS["sources/skill_names"].table(rows), ledger, counted)


def _of_esco(found: Found, ledger: Ledger) -> tuple[list[Row], int]:
    """(rows, labels read)."""
    rows: dict[tuple[str, str], Row] = {}
    counted = 0
    cells = found.best.cells("conceptUri", "preferredLabel", "altLabels", "skillType")
    for uri, label, others, kind in cells:
        uri, skill = squeeze(uri), squeeze(label)
        names = [skill, *filter(None, map(squeeze, others.splitlines()))]
        for place, name in enumerate(names):
            counted += 1
            if cause := _fault(uri, skill, (name.casefold(), skill.casefold()) in rows):
                ledger.add("row", uri, cause, skill, name)
            else:
                rows[name.casefold(), skill.casefold()] = {
                    "name": name,
                    "skill": skill,
                    "source": "esco",
                    "uri": uri,
                    "kind": squeeze(kind) or None,
                    "preferred": not place,
                    "n_postings": 0,
                }
    return list(rows.values()), counted


def _fault(uri: str, skill: str, known: bool) -> str:
    if not URI["esco"].fullmatch(uri):
        return "malformed_code"
    if not skill:
        return "empty_label"
    return "repeated_label" if known else ""


def _of_dice(found: Found, ledger: Ledger) -> tuple[list[Row], int]:
    """(rows by the number of advertisements, spellings read)."""
    postings: Counter[str] = Counter()
    for (cell,) in found.best.cells("skills"):
        postings.update(set(split_skills(cell)))
    kept: dict[str, int] = {}
    for name, times in sorted(postings.items(), key=lambda item: (-item[1], item[0])):
        if cause := why_no_skill(name):
            ledger.add("row", "dice", cause, f"{times} advertisements", name)
        else:
            kept[name] = times
    usual = _usual_spellings(kept)
    rows = [
        {
            "name": name,
            "skill": usual[name.casefold()],
            "source": "dice",
            "uri": None,
            "kind": None,
            "preferred": name == usual[name.casefold()],
            "n_postings": times,
        }
        for name, times in kept.items()
    ]
    return rows, len(postings)


def _usual_spellings(postings: Mapping[str, int]) -> dict[str, str]:
    """Name without letter case -> its spelling in most advertisements, the first by alphabet of
    those."""
    spellings: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, times in postings.items():
        spellings[name.casefold()][name] = times
    return {folded: most_frequent(counts) for folded, counts in spellings.items()}
