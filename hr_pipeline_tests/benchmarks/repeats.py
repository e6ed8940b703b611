"""What near-duplicate search and the contamination scan find of what was planted, and how soon:
`python -m hr_pipeline_tests.benchmarks.repeats --lake DIR [--file FILE ...]`.

The lake holds rjdb/triples. Without --file only near-duplicates are planted.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from hr_pipeline.lake.rng import rng
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.overlap.contamination import Scan, Sought, contamination
from hr_pipeline.quality.overlap.records import records, sought_in
from hr_pipeline.rjdb.contexts import DOCUMENTS, context_from_row
from hr_pipeline.rjdb.masking import masked_words
from hr_pipeline.text.duplicates import NEAR, DuplicateIndex, jaccard, shingles

FEWEST = 6  # words of a text of which one may be missing


def triples(lake: Lake, most: int) -> list[dict[str, Any]]:
    rows = (row for batch in lake.batches("rjdb/triples") for row in batch.to_pylist())
    return list(islice(rows, most))


def near_duplicates(rows: list[dict[str, Any]]) -> None:
    """One to three words of each document are taken out; what is still alike must be found."""
    words = [
        one
        for row in rows
        for one in masked_words(
            context_from_row(row), {key: row[key] for key in DOCUMENTS if row[key]}
        ).values()
    ]
    sets, started = [shingles(one) for one in words], time.perf_counter()
    index = DuplicateIndex()
    for number, one in enumerate(sets):
        index.add(str(number), "train", one)
    added = time.perf_counter() - started
    alike = []
    for number, masked in enumerate(words):
        draw, kept = rng(1, "benchmark/near", number), list(masked)
        for _ in range(int(draw.integers(1, 4))):
            del kept[int(draw.integers(len(kept)))]
        edited = shingles(kept)
        if jaccard(edited, sets[number]) >= NEAR:
            alike.append((str(number), edited))
    started = time.perf_counter()
    found = sum(key in {near.key for near in index.near("test", one)} for key, one in alike)
    asked = time.perf_counter() - started
    print(f"near-duplicates: {found:,} of {len(alike):,} found in {len(sets):,} documents")
    print(f"  {1e6 * added / len(sets):.0f} us to add one, {1e6 * asked / len(alike):.0f} to ask")


def edits(draw: Any) -> dict[str, Callable[[str], str]]:
    def without_a_word(text: str) -> str:
        words = text.split()
        del words[int(draw.integers(len(words)))]
        return " ".join(words)

    return {
        "as it is": str,
        "case": str.upper,
        "space": lambda text: re.sub(r"\s+", "  ", text),
        "punctuation": lambda text: re.sub(r"[,.](?=\s|$)", " ;", text) + " -",
        "a word less": without_a_word,
    }


def planted(
    scan: Scan, texts: list[tuple[Sought, str]], rows: list[dict[str, Any]], draw: Any
) -> Iterator[tuple[str, str]]:
    """(edit and length, found or missed) of each text, in a document of its own, in five edits."""
    for name, edit in edits(draw).items():
        for number, (sought, text) in enumerate(texts):
            document = rows[number % len(rows)][list(DOCUMENTS)[number % 2]] + "\n" + edit(text)
            found = any(hit.sought == sought for hit in scan.hits(document))
            length = f"{FEWEST} words and more" if len(sought.words) >= FEWEST else "fewer"
            yield f"{name}, {length}", "found" if found else "missed"


def scanned(file: str, rows: list[dict[str, Any]]) -> None:
    sought, texts = list(sought_in([file])), dict(records(Path(file)))
    scan, draw = Scan(sought), rng(1, "benchmark/contamination", Path(file).name)
    able = [(one, texts[one.text_id]) for one in sought if one.says_something]
    some = [able[i] for i in draw.choice(len(able), max(200, len(able) // 100), replace=False)]
    print(f"{Path(file).name}: {scan.texts:,} texts, {scan.too_short:,} too short to tell")
    counts = Counter(planted(scan, some, rows, draw))
    for name in dict.fromkeys(name for name, _ in counts):
        found, missed = counts[name, "found"], counts[name, "missed"]
        print(f"  {name}: {found:,} of {found + missed:,} ({100 * found / (found + missed):.1f}%)")
    started = time.perf_counter()
    hits = list(contamination(scan, rows))
    took = time.perf_counter() - started
    documents = {(hit["triple_id"], hit["document"]) for hit in hits}
    print(f"  nothing planted: {len(documents):,} of {len(rows) * len(DOCUMENTS):,} documents hit")
    for least in (3, FEWEST, 13, 20):
        telling = [hit for hit in hits if hit["words"] >= least]
        print(f"    by texts of {least} words and more: {len(telling):,} times")
    print(f"  {1e3 * took / len(rows):.1f} ms a triple")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", required=True, type=Path)
    parser.add_argument("--file", action="append", default=[], help="texts of others")
    parser.add_argument("--triples", type=int, default=5_000)
    arguments = parser.parse_args()
    rows = triples(Lake(arguments.lake), arguments.triples)
    near_duplicates(rows)
    for file in arguments.file:
        scanned(file, rows)


if __name__ == "__main__":
    main()
