"""What the import reads in the released RJDB rows, and what the rows themselves look like."""

import json
from pathlib import Path

import pyarrow as pa

from hr_pipeline.exchange import import_released
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.integrity.measures import integrity_rows
from hr_pipeline.rjdb.presence import presence_rows as rows_of


def released_file(raw: Path) -> Path | None:
    """A JSON-lines file below `raw` whose first line is an RJDB row."""
    for path in sorted(raw.rglob("*.jsonl")):
        with open(path, encoding="utf-8", errors="replace") as file:
            try:
                row = json.loads(file.readline())
            except ValueError:
                continue
        if isinstance(row, dict) and "Filtered-information" in row:
            return path
    return None


def released_table(raw: Path, work: Path) -> pa.Table | None:
    """Figures of the imported file; None where there is none."""
    path = released_file(raw)
    if path is None:
        return None
    root = work / "released"
    import_released(str(root), "rjdb", path)
    lake = Lake(root)
    triples = lake.table("rjdb_released/triples").to_pylist()
    ledger = lake.table("rjdb_released/triples_ledger").to_pylist()
    n, raws = len(triples), raw_rows(path)
    steps = {(row["step"], row["cause"]): 0 for row in ledger}
    keys: dict[str, set[str]] = {}
    for row in ledger:
        steps[row["step"], row["cause"]] += 1
        keys.setdefault(f"{row['step']} {row['cause'].split()[0]}", set()).add(row["key"])
    rows = [
        (
            "rows in the file, rows imported",
            f"{lake.require('rjdb_released/triples').rows_in}, {n}",
        ),
        (
            "skills and jobs imported as many as the file's lists",
            share(same_lists(raws, triples), n),
        ),
        ("rows whose two job lists differ in the file itself", share(split_titles(raws), n)),
        ("resumes with their four sections", share(2 * n - resumes_without(ledger), 2 * n)),
        (
            "job descriptions with all five",
            share(n - len(keys.get("section job_description", ())), n),
        ),
        (
            "job items in the resume's section as in the file's list",
            share(n - steps.get(EXPERIENCES, 0), n),
        ),
        (
            "skill items in the resume's section as in the file's list",
            share(n - steps.get(SKILLS, 0), n),
        ),
    ]
    rows += presence_rows(triples)
    return pa.Table.from_pylist([{"figure": name, "value": value} for name, value in rows])


def raw_rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def same_lists(raws: list[dict], triples: list[dict]) -> int:
    """Rows whose skills and jobs are as many as in the file's Skills and Experiences-years."""
    return sum(
        len(row["skills"]) == len(raw["Skills"])
        and len(row["experiences"]) == len(raw["Experiences-years"][0][0])
        for row, raw in zip(triples, raws, strict=True)
    )


def split_titles(raws: list[dict]) -> int:
    """Rows where a comma in a title has made two jobs of one in Experiences-years."""
    return sum(len(r["Experiences"]) != len(r["Experiences-years"][0][0]) for r in raws)


EXPERIENCES = ("item_count", "experiences of resume_matched")
SKILLS = ("item_count", "skills of resume_matched")


def resumes_without(ledger: list[dict[str, str]]) -> int:
    found = (r for r in ledger if r["step"] == "section" and r["cause"].startswith("resume"))
    return len({(r["key"], r["cause"].split()[0]) for r in found})


def presence_rows(triples: list[dict]) -> list[tuple[str, str]]:
    """Verbatim presence, removed skills left, and ordinary addresses, as quality/integrity has."""
    table = CONTRACTS["rjdb/presence"].table([r for row in triples for r in rows_of(row)])
    found = {
        (row["document"], row["measure"]): (row["value"], row["n"])
        for row in integrity_rows(table, triples, "released")
    }
    shown = {
        "job descriptions with every skill verbatim": ("job_description", EVERY_SKILL),
        "matched resumes with every skill verbatim": ("resume_matched", EVERY_SKILL),
        "removed skills still in the unmatched resume": (
            "resume_unmatched",
            "removed skills left verbatim, %",
        ),
        "rows with a removed skill left": (
            "resume_unmatched",
            "documents with a removed skill left verbatim, %",
        ),
        "addresses on ordinary domains": ("all", "addresses on ordinary domains, %"),
    }
    counted = {name: found[key] for name, key in shown.items()}
    return [(name, share(round(value * n / 100), n)) for name, (value, n) in counted.items()]


EVERY_SKILL = "documents with every skill verbatim, %"


def share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / max(whole, 1):.1f}%)"
