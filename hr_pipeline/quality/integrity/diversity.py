"""How much documents repeat themselves and one another, so that a repetitive teacher shows.

All corpora are measured on samples of one size, drawn by key: these figures change with the number
of documents and words that they are taken over.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.embedding.matrix import cosines
from hr_pipeline.embedding.models import LEXICAL, open_embedder
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.picked import drawn, rows_among
from hr_pipeline.rjdb.contexts import DOCUMENTS

Row = dict[str, Any]
Figures = dict[str, tuple[float, int]]  # measure -> value, n

WORDS_PER_BLOCK = 10_000  # of which distinct-n is the share
SENTENCE_WORDS = 5  # shorter ones are heads and items of lists
OPENING_WORDS = 3
PLOTTED = ("distinct-2", "self-similarity", "sentences that stand more than once, %")
_WORD = re.compile(r"[^\W_]+(?:['+#.-][^\W_]+|[+#]+)*")
_END = re.compile(r"(?<=[.!?])\s+|\n")


def sampled_texts(
    read: Mapping[str, Callable[[list[str]], Iterable[pa.RecordBatch]]], size: int, seed: int
) -> dict[str, dict[str, list[str]]]:
    """Corpus -> document -> texts of the same triples for each document, in the rows' order.

    `read` gives a corpus's batches of some columns; memory holds a batch and the samples. All
    samples are as large as the smallest corpus allows, at most `size` triples.
    """
    ids = {
        corpus: [name for batch in batches(["triple_id"]) for name in batch[0].to_pylist()]
        for corpus, batches in read.items()
    }
    if size < 1:
        raise InputError("sample is 1 or more", f"settings sample={size}")
    size = min([size, *map(len, ids.values())])
    found: dict[str, dict[str, list[str]]] = {}
    for corpus, batches in read.items():
        sample = drawn(ids[corpus], size, seed, "diversity")
        rows = list(rows_among(batches(["triple_id", *DOCUMENTS]), "triple_id", sample))
        found[corpus] = {
            document: [row[document] for row in rows if row[document] is not None]
            for document in DOCUMENTS
        }
    return found


def diversity_rows(
    corpora: Mapping[str, Mapping[str, Sequence[str]]], embedding: str = LEXICAL
) -> list[Row]:
    """Rows of quality/diversity. `corpora`: corpus -> document -> the sampled texts.

    Distinct-n is taken over blocks of as many words as every corpus has, at most 10,000.
    """
    documents = dict.fromkeys(chain.from_iterable(corpora.values()))
    rows: list[Row] = []
    for document in documents:
        written = {c: list(filter(_WORD.search, t.get(document, ()))) for c, t in corpora.items()}
        some = {corpus: texts for corpus, texts in written.items() if texts}
        if not some:
            continue
        words = {
            corpus: [_WORD.findall(t.lower()) for t in texts] for corpus, texts in some.items()
        }
        block = min([WORDS_PER_BLOCK, *(sum(map(len, lists)) for lists in words.values())])
        vectors = _vectors(some, LEXICAL)
        meaning = vectors if embedding == LEXICAL else _vectors(some, embedding)
        for corpus, texts in some.items():
            figures = (
                distinct(words[corpus], block)
                | sentence_figures(texts)
                | similarity(vectors[corpus])
                | spread(meaning[corpus])
            )
            rows += [
                {"corpus": corpus, "document": document, "measure": name, "value": value, "n": n}
                for name, (value, n) in figures.items()
            ]
    return sorted(rows, key=lambda row: row["corpus"])


def _vectors(texts: Mapping[str, list[str]], model: str) -> dict[str, Any]:
    """Unit vectors of each corpus; all are embedded at once, for lexical weights come from them."""
    _, vectors = open_embedder(model).pair([], [text for some in texts.values() for text in some])
    ends = np.cumsum([len(some) for some in texts.values()])
    starts = [0, *ends[:-1]]
    return {
        corpus: vectors[start:end] for corpus, start, end in zip(texts, starts, ends, strict=True)
    }


def distinct(documents: Sequence[Sequence[str]], block: int) -> Figures:
    """Distinct-1, -2 and -3: different n-grams by all n-grams of a block of words, averaged over
    the whole blocks that the documents fill one after the other. n-grams end with a document."""
    figures: Figures = {}
    for n in (1, 2, 3):
        shares = []
        for part in _blocks(documents, block):
            grams = [gram for words in part for gram in _grams(words, n)]
            shares.append(len(set(grams)) / max(len(grams), 1))
        figures[f"distinct-{n}"] = (round(float(np.mean(shares)), 5), block * len(shares))
    return figures


def _grams(words: Sequence[str], n: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[i:] for i in range(n)), strict=False)


def _blocks(documents: Sequence[Sequence[str]], block: int) -> Iterator[list[Sequence[str]]]:
    """Parts of exactly `block` words (1 or more); what is left over at the end is not used."""
    part: list[Sequence[str]] = []
    room = block
    for words in documents:
        while len(words) >= room:
            yield [*part, words[:room]]
            words, part, room = words[room:], [], block
        if words:
            part.append(words)
            room -= len(words)


def sentences(text: str) -> list[list[str]]:
    """The sentences and lines of five words or more, as lower-case words; a digit is a 0."""
    found = (_WORD.findall(re.sub(r"\d", "0", part.lower())) for part in _END.split(text))
    return [words for words in found if len(words) >= SENTENCE_WORDS]


def sentence_figures(texts: Iterable[str]) -> Figures:
    """Sentences that stand more than once, and those that begin like most others do, in %."""
    all_of_them = [tuple(words) for text in texts for words in sentences(text)]
    total = len(all_of_them)
    times = Counter(all_of_them)
    repeated = sum(count for count in times.values() if count > 1)
    openings = Counter(words[:OPENING_WORDS] for words in all_of_them)
    commonest = max(openings.values(), default=0)
    return {
        "sentences that stand more than once, %": (_percent(repeated, total), total),
        "sentences with the commonest opening, %": (_percent(commonest, total), total),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / max(whole, 1), 5)


def similarity(vectors: Any) -> Figures:
    """Mean cosine of two different documents; their vectors have length 1."""
    n = vectors.shape[0]
    total = np.asarray(vectors.sum(axis=0), dtype=np.float64).ravel()
    own = float(n)  # each with itself
    mean = (float(total @ total) - own) / max(n * (n - 1), 1)
    return {"self-similarity": (round(mean, 5), n)}


def spread(vectors: Any) -> Figures:
    """Mean distance to the centroid, and the effective number of documents (Vendi score)."""
    n = vectors.shape[0]
    kernel = np.asarray(cosines(vectors, vectors), np.float64)
    to_centroid = np.diag(kernel) - 2 * kernel.mean(axis=0) + kernel.mean()
    shares = np.linalg.eigvalsh(kernel / n)
    shares = shares[shares > 1e-12]
    vendi = float(np.exp(-(shares * np.log(shares)).sum()))
    distance = float(np.sqrt(np.clip(to_centroid, 0, None)).mean())
    return {
        "distance to the centroid": (round(distance, 5), n),
        "effective number of documents": (round(vendi, 5), n),
    }
