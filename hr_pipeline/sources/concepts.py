"""Labels of ESCO, O*NET and SOC as one table: what titles and skills are linked to.

Columns out: scheme, release, kind, uri, label, preferred, source. ESCO writes its other labels into
one cell, a line each; O*NET and SOC give a row per label, with the code's own title beside it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.forms import ONET_CODE, OPTIONAL_NEEDS
from hr_pipeline.sources.recognise import Found, Inputs
from hr_pipeline.sources.source_table import SourceTable, squeeze
from hr_pipeline.sources.tabular import TextTable

RELEASE = re.compile(r"(?<!\d)\d+[._]\d+(?:[._]\d+)?(?!\d)")
URI = {
    "esco": re.compile(r"https?://\S+"),
    "onet": re.compile(r"\d\d-\d{4}\.\d\d"),
    "soc": re.compile(r"\d\d-\d{4}"),
}
SHOWN_OF_SHA = 12


@dataclass(frozen=True)
class Label:
    """One label as a file gives it; `row` counts from 1."""

    row: int
    uri: str
    text: str
    preferred: bool


@dataclass(frozen=True)
class Taxonomy:
    """What the files of one need hold; `release` where the form itself tells it."""

    scheme: str
    kind: str
    labels: Callable[[TextTable], Iterator[Label]]
    release: str = ""


def read_concepts(inputs: Inputs) -> SourceTable:
    """One row per concept and label (letter case aside), a main label first; all files together.

    Ledger, step "row": malformed_code, empty_label, repeated_label.
    """
    ledger, rows, counted = Ledger(), dict[tuple[str, str, str, str], dict[str, object]](), 0
    for need in OPTIONAL_NEEDS:
        if need not in inputs.found:
            continue
        found, of = inputs[need], TAXONOMIES[need]
        shared = {
            "scheme": of.scheme,
            "release": release_of(need, found),
            "kind": of.kind,
            "source": found.best.form.name,
        }
        for label in of.labels(found.read()):
            counted += 1
            key = (of.scheme, of.kind, label.uri, label.text.casefold())
            cause = _fault(label, of.scheme) or ("repeated_label" if key in rows else "")
            if cause:
                ledger.add("row", f"{need} row {label.row}", cause, label.uri, label.text)
            else:
                own = {"uri": label.uri, "label": label.text, "preferred": label.preferred}
                rows[key] = shared | own
    ordered = [rows[key] for key in sorted(rows)]
    return SourceTable(CONTRACTS["sources/concepts"].table(ordered), ledger, counted)


def release_of(need: str, found: Found) -> str:
    """ "sample" for a file of the sample; else the release that the form, the file's name or its
    folder's tells ("2018", "1.1.1"); else the start of the file's SHA-256."""
    path = found.best.path
    if path.parent.name.casefold() == "sample":
        return "sample"
    told = RELEASE.search(path.stem) or RELEASE.search(path.parent.name)
    named = told.group().replace("_", ".") if told else ""
    return TAXONOMIES[need].release or named or found.sha256[:SHOWN_OF_SHA]


def _fault(label: Label, scheme: str) -> str:
    if not URI[scheme].fullmatch(label.uri):
        return "malformed_code"
    return "" if label.text else "empty_label"


def _esco(raw: TextTable) -> Iterator[Label]:
    cells = zip(*map(raw.column, ("conceptUri", "preferredLabel", "altLabels")), strict=True)
    for number, (uri, preferred, others) in enumerate(cells, start=1):
        yield Label(number, uri.strip(), squeeze(preferred), True)
        for other in filter(None, map(squeeze, others.splitlines())):
            yield Label(number, uri.strip(), other, False)


def _coded(code: str, title: str, *others: str) -> Callable[[TextTable], Iterator[Label]]:
    """Labels of a table that gives a code, its own title, and one other name per row."""

    def labels(raw: TextTable) -> Iterator[Label]:
        codes, titles = raw.column(code), raw.column(title)
        seen: set[tuple[str, str]] = set()
        names = zip(*(raw.column(other) for other in others), strict=True)
        for number, (uri, own, told) in enumerate(zip(codes, titles, names, strict=True), start=1):
            head = squeeze(uri), squeeze(own)
            if head[1] and head not in seen:
                seen.add(head)
                yield Label(number, *head, preferred=True)
            for place, name in enumerate(map(squeeze, told)):
                if not place or name not in ("", "n/a"):
                    yield Label(number, head[0], name, preferred=False)

    return labels


_ALTERNATE = _coded(ONET_CODE, "Title", "Alternate Title", "Short Title")
_REPORTED = _coded(ONET_CODE, "Title", "Reported Job Title")
_DIRECT = _coded("2018 SOC Code", "2018 SOC Title", "2018 SOC Direct Match Title")
TAXONOMIES: Mapping[str, Taxonomy] = {
    "esco_occupations": Taxonomy("esco", "occupation", _esco),
    "esco_skills": Taxonomy("esco", "skill", _esco),
    "onet_alternate_titles": Taxonomy("onet", "occupation", _ALTERNATE),
    "onet_reported_titles": Taxonomy("onet", "occupation", _REPORTED),
    "soc_direct_match_titles": Taxonomy("soc", "occupation", _DIRECT, "2018"),
}  # by the need whose file holds it
