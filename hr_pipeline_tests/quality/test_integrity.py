"""Label integrity and the paper's places, counted by hand on a few triples."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.quality.integrity.corpora import genders_by_name, released_corpus
from hr_pipeline.quality.integrity.measures import integrity_rows, missed_goals
from hr_pipeline.quality.integrity.statistics import Corpus, statistics_rows
from hr_pipeline.rjdb.released import read_released
from hr_pipeline.rjdb.statistics import TripleCounts, triple_statistics

Row = dict[str, Any]
TRIPLE = {
    "cluster_id": "c1",
    "first_name": "Ana",
    "gender": "female",
    "request_ids": ["a"],
    "lost_request_ids": [],
    "reasks": 0,
    "replaced": 0,
}
COUNTS = {
    **{"words": 100, "planned": 4, "verbatim": 4, "found": 4},
    **{"removed": 0, "left_verbatim": 0, "left": 0},
    **{"addresses": 1, "addresses_off": 0, "spans": 2, "span_errors": 0},
}


def presence(*rows: Row) -> pa.Table:
    """A table of rjdb/presence: what a row does not say is as it should be."""
    return CONTRACTS["rjdb/presence"].table(
        [{"triple_id": "t1", "split": "train"} | COUNTS | row for row in rows]
    )


def measured(
    table: pa.Table, triples: list[Row] | None = None, **more: Any
) -> dict[tuple[str, str], Row]:
    rows = integrity_rows(table, [TRIPLE] if triples is None else triples, "ours", **more)
    contract = CONTRACTS["quality/integrity"]
    contract.require_unique([contract.key_hashes(contract.table(rows))])
    return {(row["document"], row["measure"]): row for row in rows}


def figures(found: Mapping[tuple[str, str], Row], document: str) -> dict[str, tuple[float, int]]:
    return {m: (row["value"], row["n"]) for (d, m), row in found.items() if d == document}


def test_shares_are_of_skills_and_of_documents() -> None:
    table = presence(
        {"document": "resume_matched"},
        {"document": "resume_matched", "triple_id": "t2", "planned": 6, "verbatim": 5, "found": 4},
        {"document": "job_description", "addresses": 0, "spans": 0},
    )
    assert figures(measured(table), "resume_matched") == {
        "skills there verbatim, %": (90.0, 10),
        "documents with every skill verbatim, %": (50.0, 2),
        "skills there normalised, %": (80.0, 10),
        "documents with every skill normalised, %": (50.0, 2),
        "span errors": (0.0, 4),
        "addresses on ordinary domains": (0.0, 2),
        "addresses on ordinary domains, %": (0.0, 2),
    }
    assert measured(table)["all", "skills there normalised, %"]["value"] == round(1200 / 14, 5)
    share = measured(table)["job_description", "addresses on ordinary domains, %"]
    assert (share["value"], share["n"], share["passed"]) == (None, 0, None)


def test_removed_skills_count_where_some_were_removed() -> None:
    table = presence(
        {"document": "resume_unmatched", "removed": 3, "left_verbatim": 2, "left": 1},
        {"document": "resume_unmatched", "triple_id": "t2", "removed": 1},
        {"document": "resume_unmatched", "triple_id": "t3"},
    )
    found = figures(measured(table), "resume_unmatched")
    assert found["removed skills left verbatim, %"] == (50.0, 4)
    assert found["removed skills left normalised, %"] == (25.0, 4)
    assert found["documents with a removed skill left normalised, %"] == (50.0, 2)


GOOD = {"document": "resume_matched"}


@pytest.mark.parametrize(
    ("spoilt", "measure"),
    [
        ({"found": 3}, "skills there normalised, %"),
        ({"removed": 1, "left": 1}, "removed skills left normalised, %"),
        ({"span_errors": 1}, "span errors"),
        ({"addresses_off": 1}, "addresses on ordinary domains"),
    ],
)
def test_a_goal_that_is_missed_is_named(spoilt: Row, measure: str) -> None:
    assert missed_goals(measured(presence(GOOD)).values()) == []
    missed = missed_goals(measured(presence(GOOD | spoilt)).values())
    assert any(line.startswith(f"resume_matched: {measure}: ") for line in missed)
    assert missed_goals(measured(presence(GOOD | spoilt)).values(), "released") == []


def test_verbatim_spelling_is_told_and_is_no_goal() -> None:
    found = measured(presence(GOOD | {"verbatim": 0}))
    assert found["resume_matched", "skills there verbatim, %"]["goal"] is None
    assert missed_goals(found.values()) == []


def test_a_swapped_resume_of_another_length_is_counted() -> None:
    both = [
        {"document": f"resume_{kind}", "triple_id": name, "words": words}
        for name, matched, swapped in (("t1", 100, 105), ("t2", 100, 106), ("t3", 200, 189))
        for kind, words in (("matched", matched), ("swapped", swapped))
    ]
    row = measured(presence(*both))[
        "resume_swapped", "more than 5% from the matched resume's words"
    ]
    assert (row["value"], row["n"], row["passed"]) == (2.0, 3, False)


def test_genders_are_balanced_in_every_cluster() -> None:
    def triples(*counts: tuple[str, int, int]) -> list[Row]:
        return [
            TRIPLE | {"cluster_id": cluster, "gender": gender}
            for cluster, women, men in counts
            for gender in ["female"] * women + ["male"] * men
        ]

    apart = ("all", "clusters with women and men more than one apart")
    good = measured(presence(GOOD), triples(("c1", 2, 3), ("c2", 1, 0)))
    bad = measured(presence(GOOD), triples(("c1", 2, 4), ("c2", 4, 2)))
    assert (good[apart]["value"], good[apart]["n"], good[apart]["passed"]) == (0, 2, True)
    assert (bad[apart]["value"], bad[apart]["passed"]) == (2, False)
    assert bad["all", "women and men apart"]["value"] == 0


def test_a_release_without_genders_is_counted_by_first_names() -> None:
    unsaid = {"cluster_id": None, "gender": None, "reasks": None, "replaced": None}
    names = ("Ana", "Bo", "Kim", None, "Ana")
    triples = [TRIPLE | unsaid | {"first_name": name} for name in names]
    listed = [
        {"first_name": name, "gender": gender}
        for name, gender in (("Ana", "female"), ("Bo", "male"), ("Kim", "male"), ("Kim", "female"))
    ]
    found = figures(measured(presence(GOOD), triples, genders=genders_by_name(listed)), "all")
    assert found["women and men apart"] == (1.0, 3)
    assert not [name for name in found if "clusters" in name or "re-asks" in name]


def test_reasks_are_of_replies() -> None:
    triples = [TRIPLE | {"request_ids": ["a", "b"], "lost_request_ids": ["c", "d"], "reasks": 1}]
    row = measured(presence(GOOD), triples)["all", "re-asks per 1,000 replies"]
    assert (row["value"], row["n"]) == (250.0, 4)


# -- the paper's tables and figures ---------------------------------------------------------


def corpus(categories: Mapping[str, str]) -> Corpus:
    """A triple for each category: 4 skills, resumes of 100 words, job descriptions of 200."""
    rows = [
        {"document": document, "triple_id": name, "words": words}
        for name in categories
        for document, words in (("job_description", 200), ("resume_matched", 100))
    ]
    rows += [
        {"document": "resume_unmatched", "triple_id": name, "words": 60} for name in categories
    ]
    table = presence(*rows)
    counts = TripleCounts()
    for _ in categories:
        counts.add(
            {"skills": "abcd", "experiences": "ab", "removed_skills": "a", "category": "tech"}
        )
    return Corpus(triple_statistics(table, counts), table, categories)


GRAPH = pa.table(
    {
        "statistic": ["occupations", "clusters"],
        "ours": [9.0, 3.0],
        "paper": [8275.0, 404.0],
        "source": ["RJDB Table 1", "RJDB section 2.1"],
    }
)


def places(ours: Corpus, released: Corpus | None = None) -> dict[tuple[str, str], Row]:
    rows = statistics_rows(GRAPH, ours, released)
    contract = CONTRACTS["quality/statistics"]
    contract.require_unique([contract.key_hashes(contract.table(rows))])
    return {(row["place"], row["item"]): row for row in rows}


def test_places_hold_ours_the_releases_and_the_papers_figure() -> None:
    ours = corpus({"t1": "tech", "t2": "healthcare", "t3": "tech"})
    found = places(ours, corpus({"r1": "healthcare"}))

    def figure(place: str, item: str) -> tuple[Any, ...]:
        return tuple(found[place, item][name] for name in ("ours", "released", "paper", "unit"))

    assert figure("Table 1", "occupations") == (9, None, 8275, "number")
    assert ("Table 1", "clusters") not in found
    assert figure("Table 3", "triples") == (3, 1, 52000, "number")
    assert figure("Table 3", "job description: mean words") == (200, 200, 181.1, "words")
    assert figure("Table 4", "skills per triple") == (4, 4, 6.43, "skills")
    assert figure("Figure 3", "tech") == (round(200 / 3, 5), 0, None, "% of triples")
    assert figure("Figure 4", "healthcare: words of a resume") == (80, 80, None, "words")
    assert figure("Figure 4", "tech: skills") == (4, None, None, "skills")
    assert figure("Figure 4", "administrative: skills")[0] is None


def test_the_tables_are_whole_without_a_release() -> None:
    found = places(corpus({"t1": "tech"}))
    assert {place for place, _ in found} == {
        "Table 1",
        "Table 3",
        "Table 4",
        "Figure 3",
        "Figure 4",
    }
    assert {row["released"] for row in found.values()} == {None}
    assert len([1 for place, _ in found if place == "Figure 3"]) == 5


def test_what_all_plots_draw() -> None:
    from matplotlib.figure import Figure

    from hr_pipeline.quality.integrity import plots

    rows = list(places(corpus({"t1": "tech"}), corpus({"r1": "healthcare"})).values())
    draws = plots.figures(CONTRACTS["quality/statistics"].table(rows))
    drawn = [Figure().subplots() for _ in draws]
    for draw, axes in zip(draws, drawn, strict=True):
        draw(axes)
    assert [axes.get_title() for axes in drawn] == ["Table 3", "Figure 3", *["Figure 4"] * 3]
    heights = [bar.get_height() for bar in drawn[1].patches]
    assert heights[:5] == [0, 0, 0, 0, 100] and heights[5:] == [0, 100, 0, 0, 0]


# -- the published file ---------------------------------------------------------------------


@pytest.mark.real
def test_the_published_rows_show_what_is_known_of_them() -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    rows, _ = read_released(Path(folder) / "rjdb" / "test_part_a.jsonl")
    official = [("15-1252", "Software Developers"), ("29-1141", "Registered Nurses")]
    released = released_corpus(rows, official)
    found = {
        (row["document"], row["measure"]): row["value"]
        for row in integrity_rows(released.presence, rows, "released")
    }
    known = {
        ("job_description", "skills there verbatim, %"): 88.7,
        ("resume_matched", "skills there verbatim, %"): 81.7,
        ("job_description", "documents with every skill verbatim, %"): 60.6,
        ("resume_matched", "documents with every skill verbatim, %"): 53.0,
        ("resume_unmatched", "removed skills left verbatim, %"): 12.8,
        ("resume_unmatched", "documents with a removed skill left verbatim, %"): 20.7,
        ("all", "addresses on ordinary domains, %"): 69,
    }  # of all 1,000 rows; the file has half of them
    assert {key: found[key] for key in known} == pytest.approx(known, abs=2)
    nurses = [row["triple_id"] for row in rows if "Nurse" in row["occupation"]]
    assert nurses and {released.categories[name] for name in nurses} == {"healthcare"}
