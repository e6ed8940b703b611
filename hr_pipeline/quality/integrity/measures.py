"""Whether labels can be trusted: what the documents of a corpus hold of their plans (METHOD 4)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.rjdb.contexts import DOCUMENTS
from hr_pipeline.rjdb.gate import LENGTH_TOLERANCE
from hr_pipeline.rjdb.statistics import TeacherWork, of_document

ALL = "all"
Row = dict[str, Any]

# Columns of triples that integrity reads beside their presence.
TRIPLE_COLUMNS = (
    *("cluster_id", "first_name", "gender"),
    *("request_ids", "lost_request_ids", "reasks", "replaced"),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a document; `must_be` is the goal, where there is one."""

    name: str
    value: float | None
    n: int
    must_be: float | None = None

    def row(self, corpus: str, document: str) -> Row:
        """A row of quality/integrity. What was counted on nothing neither passes nor fails."""
        judged = self.must_be is not None and self.value is not None
        return {
            "corpus": corpus,
            "document": document,
            "measure": self.name,
            "value": self.value,
            "n": self.n,
            "goal": f"{self.must_be:g}" if self.must_be is not None else None,
            "passed": self.value == self.must_be if judged else None,
        }


def integrity_rows(
    presence: pa.Table,
    triples: Iterable[Mapping[str, Any]],
    corpus: str,
    genders: Mapping[str, str] | None = None,
) -> list[Row]:
    """Rows of quality/integrity for one corpus.

    `presence` has the columns of rjdb/presence, `triples` those of `TRIPLE_COLUMNS`. `genders` says
    the gender of a first name where the triples do not say whose it is.
    """
    rows: list[Row] = []
    for document in (*DOCUMENTS, ALL):
        found = presence if document == ALL else of_document(presence, document)
        if found.num_rows:
            rows += [measure.row(corpus, document) for measure in _document(found)]
    lengths = list(_lengths(presence))
    rows += [measure.row(corpus, "resume_swapped") for measure in lengths]
    return rows + [measure.row(corpus, ALL) for measure in _triples(triples, genders or {})]


def _document(presence: pa.Table) -> Iterator[Measure]:
    """What the documents hold of planned and removed skills, of spans, and others' addresses."""
    count = {
        name: presence[name].to_numpy()
        for name in presence.column_names
        if pa.types.is_integer(presence.schema.field(name).type)
    }
    planned, removed = count["planned"], count["removed"]
    for kind, column, goal in (("verbatim", "verbatim", None), ("normalised", "found", 100)):
        there = count[column]
        yield _share(f"skills there {kind}, %", there.sum(), planned.sum(), goal)
        whole = f"documents with every skill {kind}, %"
        yield _share(whole, (there == planned).sum(), len(planned), goal)
    if removed.any():
        for kind, column, goal in (("verbatim", "left_verbatim", None), ("normalised", "left", 0)):
            left = count[column]
            yield _share(f"removed skills left {kind}, %", left.sum(), removed.sum(), goal)
            some = f"documents with a removed skill left {kind}, %"
            yield _share(some, (left > 0)[removed > 0].sum(), (removed > 0).sum(), goal)
    yield Measure("span errors", float(count["span_errors"].sum()), int(count["spans"].sum()), 0)
    off, addresses = count["addresses_off"].sum(), count["addresses"].sum()
    yield Measure("addresses on ordinary domains", float(off), int(addresses), 0)
    yield _share("addresses on ordinary domains, %", off, addresses, 0)


def _share(name: str, part: int, whole: int, must_be: float | None) -> Measure:
    value = round(100 * int(part) / int(whole), 5) if whole else None
    return Measure(name, value, int(whole), must_be)


def _lengths(presence: pa.Table) -> Iterator[Measure]:
    """Swapped resumes that length alone tells from the matched one of their triple."""
    matched, swapped = (_words(presence, f"resume_{kind}") for kind in ("matched", "swapped"))
    pairs = np.array([(words, matched[triple]) for triple, words in swapped.items()])
    if len(pairs):
        apart = abs(pairs[:, 0] - pairs[:, 1]) > LENGTH_TOLERANCE * pairs[:, 1]
        name = f"more than {LENGTH_TOLERANCE:.0%} from the matched resume's words"
        yield Measure(name, float(apart.sum()), len(pairs), 0)


def _words(presence: pa.Table, document: str) -> dict[str, int]:
    found = of_document(presence, document)
    return dict(zip(found["triple_id"].to_pylist(), found["words"].to_pylist(), strict=True))


def _triples(triples: Iterable[Mapping[str, Any]], genders: Mapping[str, str]) -> Iterator[Measure]:
    """Balance of genders, and how often the teacher was asked again."""
    clusters: dict[str | None, Counter[str]] = defaultdict(Counter)
    work = TeacherWork()
    for row in triples:
        gender = row["gender"] or genders.get(row["first_name"] or "")
        if gender:
            clusters[row["cluster_id"]][gender] += 1
        work.add(row)
    whole = sum(clusters.values(), Counter[str]())
    apart = abs(whole["female"] - whole["male"])
    yield Measure("women and men apart", float(apart), whole.total())
    known = [counts for cluster, counts in clusters.items() if cluster is not None]
    if known:
        unbalanced = sum(abs(counts["female"] - counts["male"]) > 1 for counts in known)
        name = "clusters with women and men more than one apart"
        yield Measure(name, float(unbalanced), len(known), 0)
    if work.replies:
        name, per_thousand = work.figures()[0]
        yield Measure(name, per_thousand, work.replies)


def missed_goals(rows: Iterable[Mapping[str, Any]], corpus: str = "ours") -> list[str]:
    """What a corpus fails at, in words: "resume_unmatched: span errors: 3, not 0"."""
    return [
        f"{row['document']}: {row['measure']}: {row['value']:g}, not {row['goal']}"
        for row in rows
        if row["corpus"] == corpus and row["passed"] is False
    ]
