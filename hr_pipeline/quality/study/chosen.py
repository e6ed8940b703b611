"""Which documents annotators see: generated job descriptions and the advertisements nearest to them
(RJDB paper, section 2.3 and Table 2)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from hr_pipeline.embedding.models import LEXICAL, open_embedder
from hr_pipeline.embedding.nearest import nearest_once
from hr_pipeline.lake.picked import drawn, rows_among
from hr_pipeline.lake.rng import rng, short_hash

GENERATED, ADVERTISED = "generated", "Dice"
Batches = Callable[[str, list[str]], Iterable[pa.RecordBatch]]


@dataclass(frozen=True)
class Document:
    """One document of the study. `item_id` is all that annotators learn of it; `similarity` is that
    of the titles of an advertisement and its generated counterpart."""

    item_id: str
    kind: str
    source_id: str
    title: str
    text: str
    written_by: str
    similarity: float | None = None


@dataclass(frozen=True)
class Chosen:
    """`without_text`: advertisements that have no description; `without_ad`: generated documents
    that were left out, for no advertisement was left for them."""

    documents: list[Document]
    without_text: int
    without_ad: int


def choose_documents(
    batches: Batches, documents: int, seed: int, embedding: str = LEXICAL
) -> Chosen:
    """As many generated job descriptions, drawn by their ids, and for each the advertisement with
    the nearest title; none is used twice. `batches` reads columns of a dataset."""
    written = _drawn(batches, documents, seed)
    titles, ids, without_text = [], [], 0
    for batch in batches("sources/postings", ["posting_id", "title", "description"]):
        for row in batch.to_pylist():
            if (row["description"] or "").strip():
                ids.append(row["posting_id"])
                titles.append(row["title"])
            else:
                without_text += 1
    occupations = [row["occupation"] for row in written]
    pairs = nearest_once(open_embedder(embedding), occupations, titles)
    texts = _descriptions(batches, [ids[ad] for _, ad, _ in pairs])
    found: list[Document] = []
    for row_at, ad, similarity in pairs:
        row, posting = written[row_at], ids[ad]
        source, own = row["triple_id"], (row["occupation"], plain(row["job_description"]))
        found.append(
            Document(_item_id(seed, source), GENERATED, source, *own, row["teacher"], similarity)
        )
        ad_text = (titles[ad], plain(texts[posting]))
        found.append(
            Document(_item_id(seed, posting), ADVERTISED, posting, *ad_text, "", similarity)
        )
    return Chosen(found, without_text, len(written) - len(pairs))


def _drawn(batches: Batches, documents: int, seed: int) -> list[dict[str, Any]]:
    columns = ["triple_id", "occupation", "teacher", "job_description"]
    ids = (
        key
        for batch in batches("rjdb/triples", columns[:1])
        for key in batch.column("triple_id").to_pylist()
    )
    wanted = drawn(ids, documents, seed, "study")
    rows = rows_among(batches("rjdb/triples", columns), "triple_id", wanted)
    return sorted(rows, key=lambda row: wanted.index(row["triple_id"]))


def _descriptions(batches: Batches, ids: list[str]) -> dict[str, str]:
    rows = rows_among(batches("sources/postings", ["posting_id", "description"]), "posting_id", ids)
    return {row["posting_id"]: row["description"] for row in rows}


def _item_id(seed: int, source_id: str) -> str:
    """Says nothing of where the document is from, and no spreadsheet takes it for a number."""
    return f"doc-{short_hash(seed, 'study item', source_id, length=10)}"


_MARKS = re.compile(r"^[ \t]*#{1,6}[ \t]+|\*\*|__", re.M)


def plain(text: str) -> str:
    """A document of either kind without what would give its kind away at a glance: Markdown's
    marks, kinds of line ends, rows of blank lines."""
    lines = _MARKS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def in_order_for(documents: list[Document], annotator: int, seed: int) -> list[Document]:
    """The documents as this annotator gets them: shuffled, each annotator in another order."""
    order = rng(seed, "study order", annotator).permutation(len(documents))
    return [documents[at] for at in order]
