"""From the measured datasets to the sections of the report.

Every function takes rows by dataset and gives a section, or None where nothing was measured. Ours,
the imported release and the paper stand side by side wherever there is more than one of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hr_pipeline.lake.builds import Build
from hr_pipeline.quality.report import plots
from hr_pipeline.quality.report.page import Claim, Section, Table

Row = Mapping[str, Any]
Measured = Mapping[str, Sequence[Row]]  # dataset -> rows; what was not measured has none

CORPORA = ("ours", "released")
# Dataset -> (section, columns that name one of its claims).
_CLAIMS = {
    "quality/integrity": ("integrity", ("corpus", "document", "measure")),
    "quality/overlap": ("splits", ("split", "measure")),
    "quality/shortcuts": ("shortcuts", ("corpus", "negative_kind", "setting", "rule")),
    "quality/balance": ("bias", ("corpus", "attribute", "measure")),
}


def claims(measured: Measured) -> list[Claim]:
    """Everything that must hold of our triples, with what was found."""
    found = []
    for dataset, (section, naming) in _CLAIMS.items():
        for row in measured[dataset]:
            if row["passed"] is None or row.get("corpus", "ours") != "ours":
                continue
            name = ", ".join(str(row[c]) for c in naming if row[c] not in ("ours", "all"))
            value = row["accuracy"] if dataset == "quality/shortcuts" else row["value"]
            found.append(Claim(name, _number(value), row["goal"] or "", row["passed"], section))
    found += _judge_claims(measured["quality/judges"])
    for row in measured["taxonomy/coverage"]:
        if row["goal"] is not None:
            what = f"{row['kind']}s linked to {row['scheme']}"
            goal = f"{row['goal']:.0%} or more"
            holds = row["share"] >= row["goal"]
            found.append(Claim(what, f"{row['share']:.1%}", goal, holds, "taxonomy"))
    return found


def _judge_claims(rows: Sequence[Row]) -> list[Claim]:
    """One for each criterion: the corruption of our documents that the judge tells worst."""
    from hr_pipeline.quality.judges.worth import LEAST_AUC

    ours = [r for r in rows if r["corpus"] == "ours" and r["measure"].startswith("AUC,")]
    made = []
    for criterion in sorted({row["criterion"] for row in ours}):
        worst = min((r for r in ours if r["criterion"] == criterion), key=lambda r: r["value"])
        what = f"{criterion} judged by {worst['judge']}, lowest {worst['measure']}"
        holds, goal = worst["value"] >= LEAST_AUC, f"{LEAST_AUC} or more"
        made.append(Claim(what, _number(worst["value"]), goal, holds, "judges"))
    return made


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"


def sections(measured: Measured, builds: Mapping[str, Build]) -> list[Section]:
    """All sections that have something to show, in reading order."""
    made = [make(measured) for make in _SECTIONS]
    return [section for section in made if section] + [_lineage(builds)]


def beside(rows: Iterable[Row], naming: Sequence[str], what: str = "value") -> list[list[Any]]:
    """One line per thing named by the columns `naming`: ours, the release's."""
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        lines.setdefault(tuple(row[c] for c in naming), {})[row["corpus"]] = row[what]
    return [[*name, *(values.get(c) for c in CORPORA)] for name, values in lines.items()]


def _integrity(measured: Measured) -> Section | None:
    rows = measured["quality/integrity"]
    goals = {(r["document"], r["measure"]): r["goal"] for r in rows if r["corpus"] == "ours"}
    lines = [[*line, goals.get((line[0], line[1]))] for line in beside(rows, _DOCUMENT_MEASURE)]
    return _section(
        "integrity",
        "Label integrity",
        "Whether what was planned stands in the documents and what was taken out does not, counted "
        "again in the stored texts. A label is worth what these figures are worth.",
        [Table("Presence and leaks", (*_DOCUMENT_MEASURE, *CORPORA, "goal"), lines)],
        plots.integrity(rows),
    )


_DOCUMENT_MEASURE = ("document", "measure")


def _statistics(measured: Measured) -> Section | None:
    rows = measured["quality/statistics"]
    columns = ("item", "ours", "released", "paper", "unit")
    places = list(dict.fromkeys(row["place"] for row in rows))
    tables = [
        Table(place, columns, [[r[c] for c in columns] for r in rows if r["place"] == place])
        for place in places
    ]
    return _section(
        "statistics",
        "Beside the paper",
        "The tables and figures of the RJDB paper: from our data, from the imported release, and "
        "as published.",
        tables,
        plots.statistics(rows),
    )


def _diversity(measured: Measured) -> Section | None:
    rows = measured["quality/diversity"]
    lines = beside(rows, _DOCUMENT_MEASURE)
    return _section(
        "diversity",
        "Diversity",
        "How much the documents repeat themselves and one another: a teacher that says the same "
        "thing again shows here.",
        [Table("Repetition and spread", (*_DOCUMENT_MEASURE, *CORPORA), lines)],
        plots.diversity(rows),
    )


def _splits(measured: Measured) -> Section | None:
    columns = ("split", "measure", "value", "n", "goal", "passed")
    overlap = Table("Shared with train", columns, _lines(measured["quality/overlap"], columns))
    hits = measured["quality/contamination"]
    named = ("file", "text_id", "triple_id", "document", "split", "similarity", "excerpt")
    caption = f"Documents that stand in the files named by the user: {len(hits):,}"
    tables = [overlap]
    if hits:
        tables.append(Table(caption + " (the first 20)", named, _lines(hits[:20], named)))
    return _section(
        "splits",
        "Splits",
        "What the held-out splits share with train: start occupations and near-duplicates must not "
        "be shared; skills and past jobs may be, and how many are is said.",
        tables,
    )


def _shortcuts(measured: Measured) -> Section | None:
    rows = measured["quality/shortcuts"]
    naming = ("negative_kind", "setting", "rule")
    accuracy, auc = (beside(rows, naming, what) for what in ("accuracy", "auc"))
    ours = {tuple(r[c] for c in naming): r for r in rows if r["corpus"] == "ours"}
    lines = []
    for line, area in zip(accuracy, auc, strict=True):
        row = ours.get(tuple(line[:3]), {})
        interval = _interval(row, percent=True)
        shares = [_percent(value) for value in line[3:]]
        floor = "floor" if row.get("floor") else ""
        lines.append([*line[:3], shares[0], interval, shares[1], *area[3:], floor, row.get("goal")])
    columns = (*naming, "ours", "95%", "released", "AUC, ours", "AUC, released", "floor", "goal")
    return _section(
        "shortcuts",
        "Shortcuts",
        "How far rules come that do not read. The best of them is the floor: a model's score says "
        "something only by how far it is above it. 50% is a coin.",
        [Table("Accuracy of rules", columns, lines)],
        plots.shortcuts(rows),
    )


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _interval(row: Row, percent: bool = False) -> str:
    low, high = row.get("ci_low"), row.get("ci_high")
    form = ".1%" if percent else ".3f"
    return "" if low is None or high is None else f"{low:{form}} to {high:{form}}"


def _ladder(measured: Measured) -> Section | None:
    rows = measured["quality/ladder"]
    columns = ("rule", "gap", "measure", "value", "n")
    lines = [[r["rule"], "all" if r["gap"] < 0 else r["gap"], *(r[c] for c in columns[2:])]
             for r in rows]  # fmt: skip
    return _section(
        "ladder",
        "Gaps and ties",
        "Scores should fall as more skills are missing, and neither of two equal resumes should be "
        "preferred.",
        [Table("Rules on the ladder and on ties", columns, lines)],
        plots.ladder(rows),
    )


def _judges(measured: Measured) -> Section | None:
    rows = measured["quality/judges"]
    naming = ("document", "criterion", "measure", "writing_mode", "teacher", "judge")
    lines = [[r["corpus"], *(r[c] for c in naming), r["value"], _interval(r), r["n"]] for r in rows]
    return _section(
        "judges",
        "Judges",
        "Consistency and factuality from 1 to 5, by writing mode and teacher, and how well the "
        "judge tells a document from its corrupted twin. What the template judge says is a "
        "measure of the wiring, not of writing.",
        [Table("Judgements", ("corpus", *naming, "value", "95%", "n"), lines)],
        plots.judges(rows),
    )


def _bias(measured: Measured) -> Section | None:
    balance, audit = measured["quality/balance"], measured["quality/bias"]
    naming = ("attribute", "group", "measure")
    columns = ("matcher", "names", *naming, "value", "95%", "n", "left out")
    lines = [
        [r["matcher"], r["names"], *(r[c] for c in naming), r["value"], _interval(r), r["n"]]
        + ["yes" if r["left_out"] else ""]
        for r in audit
    ]
    return _section(
        "bias",
        "Balance and bias",
        "Who was generated, and what matchers make of a name: names are swapped in otherwise equal "
        "resumes. An impact ratio under 0.8 is what auditors ask about.",
        [
            Table("Balance", (*naming, *CORPORA), beside(balance, naming)),
            Table("Counterfactual audit", columns, lines),
        ],
        plots.bias(balance, audit),
    )


def _taxonomy(measured: Measured) -> Section | None:
    columns = ("kind", "scheme", "method", "linked", "entities", "share", "goal")
    rows = _lines(measured["taxonomy/coverage"], columns)
    rows = [[*row[:-2], *map(_percent, row[-2:])] for row in rows]
    return _section(
        "taxonomy",
        "Taxonomy",
        "Occupations and skills of the graph that are linked to ESCO, O*NET and SOC.",
        [Table("Coverage", columns, rows)],
    )


def _lineage(builds: Mapping[str, Build]) -> Section:
    columns = ("dataset", "version", "rows", "lost", "seed", "teacher", "made from")
    lines = [
        [name, b.version, b.rows, b.rows_lost, b.recipe.seed, b.recipe.teacher]
        + [", ".join(f"{key} {version[:8]}" for key, version in sorted(b.recipe.inputs.items()))]
        for name, b in sorted(builds.items())
    ]
    lead = "The snapshots that this page was made from; their names are hashes of their content."
    return Section("lineage", "Lineage", lead, [Table("Snapshots", columns, lines)])


def _lines(rows: Iterable[Row], columns: Sequence[str]) -> list[list[Any]]:
    return [[row[c] for c in columns] for row in rows]


def _section(
    key: str, title: str, lead: str, tables: Sequence[Table], pictures: Sequence[Any] = ()
) -> Section | None:
    filled = [table for table in tables if table.rows]
    return Section(key, title, lead, filled, pictures) if filled else None


_SECTIONS: tuple[Callable[[Measured], Section | None], ...] = (
    *(_integrity, _statistics, _splits, _shortcuts, _ladder),
    *(_judges, _diversity, _bias, _taxonomy),
)
