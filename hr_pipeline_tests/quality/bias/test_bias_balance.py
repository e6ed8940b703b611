"""Counts by gender and group, and a teacher that writes otherwise for women."""

import numpy as np
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.quality.bias.associations import (
    cramers_v,
    holm,
    p_of_means,
    p_of_words,
    standardised_difference,
)
from hr_pipeline.quality.bias.balance import balance
from hr_pipeline.quality.bias.people import people

GENDERS, GROUPS = ("female", "male"), ("north", "south")
CHEERFUL, LONG = "kind to everybody", "with three months of travelling between"


def triples(number: int = 240, **changes: object) -> list[dict]:
    """Rows in four clusters, genders and groups in turn, the documents of varied length."""
    rows = []
    for i in range(number):
        turn = i // 4
        first = f"{'FM'[turn % 2]}a{'xyz'[i % 3]}"
        words = " ".join(["steady"] * (5 + i * 7 % 11))
        resume = (
            f"## Personal Information\nName: {first} Lee{i % 5}\n\n## Education\n- Diploma\n\n"
            f"## Skills\n- SQL\n\n## Experience\n1. Clerk (2011 - 2013): {words}"
        )
        rows.append(
            {
                "cluster_id": f"c{i % 4}",
                "category": ("tech", "healthcare")[i * 5 % 7 % 2],
                "split": "train",
                "first_name": first,
                "gender": GENDERS[turn % 2],
                "name_group": GROUPS[turn // 2 % 2],
                "skills": ["SQL"] * (1 + i * 3 % 5),
                "experiences": [{"title": "Clerk", "years": 2, "start": 2011, "end": 2013}],
                "removed_skills": ["SQL"],
                "shortened": {"title": "Clerk", "years_before": 2, "years_after": i * 3 % 2},
                "job_description": "Clerk",
                "resume_matched": resume,
                "resume_unmatched": resume,
                "resume_swapped": None,
            }
            | changes
        )
    return rows


def missed(rows: list[dict]) -> set[tuple[str, str]]:
    return {(row["attribute"], row["measure"]) for row in rows if row["passed"] is False}


def value(rows: list[dict], attribute: str, group: str, measure: str) -> float:
    wanted = (attribute, group, measure)
    (found,) = [r for r in rows if (r["attribute"], r["group"], r["measure"]) == wanted]
    return found["value"]


def test_a_fair_corpus_misses_no_goal() -> None:
    rows = balance("ours", people(triples()))
    assert missed(rows) == set()
    contract = CONTRACTS["quality/balance"]
    table = contract.conform(contract.table(rows), contract.schema())
    contract.require_unique([contract.key_hashes(table)])
    assert value(rows, "gender", "female", "share") == 0.5
    assert value(rows, "gender x name_group", "male, south", "count") == 60
    assert value(rows, "gender", "all", "clusters out of balance") == 0
    assert value(rows, "first_name", "all", "distinct names") == 6
    assert value(rows, "first_name", "female, north", "distinct names") == 3
    assert value(rows, "last_name", "all", "distinct names") == 5
    assert value(rows, "last_name", "all", "share of the most frequent") == 0.2


def test_a_teacher_that_writes_more_for_women_shows() -> None:
    rows = triples()
    for row in rows:
        if row["gender"] == "female":
            row["resume_matched"] += f" {CHEERFUL}"
        if row["name_group"] == "south":
            row["resume_matched"] += f" {LONG}"
    found = balance("ours", people(rows))
    assert ("gender", "p of words of resume matched") in missed(found)
    assert ("name_group", "p of words of experience") in missed(found)
    assert ("gender", "p of words of resume unmatched") not in missed(found)
    assert ("gender", "words that hang on it") in missed(found)
    assert value(found, "gender", "female", "share of resumes with 'kind'") == 1
    assert value(found, "gender", "male", "share of resumes with 'kind'") == 0
    d = value(found, "gender", "female", "d of words of resume matched")
    (row,) = [
        r
        for r in found
        if r["measure"] == "d of words of resume matched" and r["group"] == "female"
    ]
    assert 0.3 < row["ci_low"] < d < row["ci_high"] < 1.5


def test_jobs_by_gender_show() -> None:
    rows = triples()
    for row in rows:
        row["category"] = {"female": "healthcare", "male": "tech"}[row["gender"]]
    found = balance("ours", people(rows))
    assert missed(found) == {("gender", "p of category")}
    assert value(found, "gender", "all", "Cramér's V with category") == 1


def test_a_cluster_of_one_gender_shows() -> None:
    rows = triples()
    for row in rows:
        if row["cluster_id"] == "c2":
            row["gender"] = "female"
    found = balance("ours", people(rows))
    assert value(found, "gender", "all", "clusters out of balance") == 1


def test_people_of_whom_nothing_is_known_are_counted() -> None:
    unknown = dict.fromkeys(("gender", "name_group", "split", "category", "shortened"))
    rows = balance("released", people(triples(**unknown)))
    assert value(rows, "gender", "unknown", "share") == 1
    assert value(rows, "first_name", "all", "distinct names") == 6
    assert not [row for row in rows if row["goal"]]


def test_a_corpus_without_triples_has_no_associations() -> None:
    rows = balance("ours", people([]))
    assert {row["measure"] for row in rows} == {"unknown"}


def test_the_name_itself_is_no_difference_of_length() -> None:
    rows = triples()
    for row in rows:
        if row["gender"] == "female":
            row["resume_matched"] = row["resume_matched"].replace("Name: F", "Name: Ann F")
            row["first_name"] = "Ann " + row["first_name"]
    assert missed(balance("ours", people(rows))) == set()


# -- tests of association --------------------------------------------------------------------


def test_difference_in_standard_deviations() -> None:
    values, inside = np.array([1.0, 2.0, 3.0, 3.0, 4.0, 5.0]), np.arange(6) < 3
    found = standardised_difference(values, inside)
    assert found is not None and found.d == pytest.approx(-2)
    assert found.low < -2 < found.high
    assert standardised_difference(np.ones(6), inside) is None


def test_p_of_means_is_that_of_the_analysis_of_variance() -> None:
    from scipy.stats import f_oneway

    draw = np.random.default_rng(3)
    values, groups = draw.normal(size=60), np.arange(60) % 3
    sides = [values[groups == g] for g in range(3)]
    assert p_of_means(values, groups) == pytest.approx(f_oneway(*sides).pvalue)
    assert p_of_means(groups.astype(float), groups) == 0
    assert p_of_means(np.ones(60), groups) == 1
    assert p_of_means(values, np.zeros(60, int)) is None


def test_tables_and_words_agree_with_scipy() -> None:
    from scipy.stats import chi2_contingency

    counts = np.array([[12, 30, 18], [25, 21, 9]])
    expected = chi2_contingency(counts, correction=False)
    found = cramers_v(counts)
    assert found is not None and found[1] == pytest.approx(expected.pvalue)
    assert found[0] == pytest.approx(np.sqrt(expected.statistic / counts.sum()))
    documents = counts.sum(axis=0)
    assert p_of_words(counts[:1], documents)[0] == pytest.approx(expected.pvalue)
    assert cramers_v(counts[:1]) is None
    assert p_of_words(documents[None, :], documents)[0] == 1  # a word that all resumes have


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]).tolist() == []
