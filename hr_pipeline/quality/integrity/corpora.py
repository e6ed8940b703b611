"""The imported release made comparable: its presence, categories and genders, in memory."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from hr_pipeline.graph.categories import categorise
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.quality.integrity.statistics import Corpus
from hr_pipeline.rjdb.statistics import TeacherWork, TripleCounts, counted, triple_statistics


def released_corpus(
    rows: Iterable[Mapping[str, Any]], coded_titles: list[tuple[str, str]]
) -> Corpus:
    """Counted as ours are, in one pass over rows of rjdb_released/triples.

    The release names no category: each start occupation gets one from the (code, title) pairs by
    the rule that the graph's own titles go by.
    """
    counts, titles = TripleCounts(), dict[str, str]()

    def noted() -> Iterable[Mapping[str, Any]]:
        for row in rows:
            titles[row["triple_id"]] = row["occupation"]
            yield row

    found = counted(noted(), counts, TeacherWork())
    contract = CONTRACTS["rjdb/presence"]
    presence = pa.concat_tables([contract.schema().empty_table(), *contract.tables(found)])
    known = sorted(set(titles.values()))
    found_categories = categorise(known, [""] * len(known), coded_titles)
    of_title = dict(zip(known, found_categories, strict=True))
    categories = {triple: of_title[title] for triple, title in titles.items()}
    return Corpus(triple_statistics(presence, counts), presence, categories)


def genders_by_name(first_names: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The gender of each first name that the list (sources/first_names) has under one only."""
    genders: dict[str, set[str]] = {}
    for row in first_names:
        genders.setdefault(row["first_name"], set()).add(row["gender"])
    return {name: found.pop() for name, found in genders.items() if len(found) == 1}
