"""Titles as occupations: the nearest, the order of equals, one call a title, the ledger."""

import json
from collections.abc import Collection
from typing import Any

import numpy as np
import pytest

from hr_pipeline.embedding.models import Embedder, open_embedder
from hr_pipeline.jaqa.titles.choose import (
    Title,
    choose_titles,
    distinct_titles,
    faults_in_titles,
    find_candidates,
)
from hr_pipeline.jaqa.titles.nearest import (
    Candidates,
    likeness_of_descriptions,
    nearest_occupations,
    with_ties_broken,
)
from hr_pipeline.jaqa.titles.occupations import occupations_of
from hr_pipeline.jaqa.titles.questions import TitleQuestion
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.llm.engine import Engine
from hr_pipeline_tests.graph.teachers import Moody
from hr_pipeline_tests.jaqa.occupation_cases import JOBS, esco, occupations, uri

OCCUPATIONS = occupations()
TITLES = ["Baker wanted", "Store Manager", "C++ programmer", "Chief astronomer", "store  keeper"]


class Doubled:
    """Two embedders at once, as "A+B" gives them."""

    name = "doubled"

    def pair(self, queries: list[str], corpus: list[str]) -> Any:
        return open_embedder("lexical+lexical").pair(queries, corpus)


@pytest.mark.parametrize("embedder", [open_embedder(), Doubled()], ids=lambda e: e.name)
def test_the_score_is_the_mean_of_the_best_label_and_of_all_labels(embedder: Embedder) -> None:
    """Recounted one pair at a time from the vectors of all texts."""
    found = list(nearest_occupations(embedder, TITLES, OCCUPATIONS, 3))
    queries, labels = open_embedder().pair(TITLES, OCCUPATIONS.labels)
    queries, labels = queries.toarray(), labels.toarray()
    for title, candidates in zip(queries, found, strict=True):
        scores = []
        for place in range(len(OCCUPATIONS)):
            own = labels[OCCUPATIONS.labels_of(place)]
            centre = own.sum(axis=0) / np.linalg.norm(own.sum(axis=0))
            scores.append(((own @ title).max() + centre @ title) / 2)
        best = sorted(range(len(scores)), key=lambda place: (-round(scores[place], 5), place))[:3]
        assert list(candidates.places) == best
        assert candidates.scores == pytest.approx([scores[place] for place in best], abs=2e-5)
        for place, label in zip(candidates.places, candidates.labels, strict=True):
            own = OCCUPATIONS.labels_of(place)
            assert label in range(own.start, own.stop)
            assert (labels[own] @ title).max() == pytest.approx(labels[label] @ title, abs=2e-5)


def test_many_titles_are_compared_as_one_is() -> None:
    """Five titles come again and again, on both sides of a block's end."""
    found = list(nearest_occupations(open_embedder(), TITLES * 120, OCCUPATIONS, 4))
    assert len(found) == 600
    assert all(found[number] == found[number % 5] for number in range(600))
    assert len(set(found)) == 5


def test_more_candidates_than_occupations_and_no_titles() -> None:
    found = list(nearest_occupations(open_embedder(), ["baker"], OCCUPATIONS, 30))
    assert sorted(found[0].places) == list(range(len(JOBS)))
    assert not list(nearest_occupations(open_embedder(), [], OCCUPATIONS, 30))


def test_the_order_of_esco_rows_decides_nothing() -> None:
    turned = occupations_of(esco().slice(0).take(np.arange(len(JOBS))[::-1]))
    assert turned.uris == OCCUPATIONS.uris
    assert turned.labels == OCCUPATIONS.labels


def test_without_esco_the_line_says_what_to_put_where() -> None:
    with pytest.raises(InputError, match=r"sources/esco_occupations.*occupations_en\.csv"):
        occupations_of(esco(()))


# -- ties -----------------------------------------------------------------------------------


def candidates_of(*told: tuple[int, float, str]) -> Candidates:
    """(place, score, nearest label) of each, best first."""
    labels = [
        OCCUPATIONS.labels_of(place).start
        + OCCUPATIONS.labels[OCCUPATIONS.labels_of(place)].index(label)
        for place, _, label in told
    ]
    return Candidates(tuple(t[0] for t in told), tuple(t[1] for t in told), tuple(labels))


STORE = candidates_of(
    (1, 0.9, "store manager"), (0, 0.8, "baker"), (2, 0.7, "store manager"), (3, 0.6, "programmer")
)


def test_what_shares_its_label_is_ordered_by_the_description() -> None:
    warehouse = "You count the goods of our warehouse and keep the stock."
    shop = "You run our shop and serve customers."
    found = dict.fromkeys(("p1", "p2", "p3"), STORE)
    near = likeness_of_descriptions(found, [("p2", shop), ("p1", warehouse)], OCCUPATIONS)
    assert near["p1"][2] > near["p1"][1] and near["p2"][1] > near["p2"][2]
    assert set(near) == {"p1", "p2"}
    assert set(near["p1"]) == {1, 2}, "only what shares a label is compared"
    assert with_ties_broken(STORE, OCCUPATIONS, {1: 0.1, 2: 0.5}).places == (2, 0, 1, 3)
    assert with_ties_broken(STORE, OCCUPATIONS, {1: 0.5, 2: 0.5}).places == (1, 0, 2, 3)


def test_scores_and_labels_go_with_their_occupation() -> None:
    turned = with_ties_broken(STORE, OCCUPATIONS, {1: 0.0, 2: 0.9})
    assert turned.scores == (0.7, 0.8, 0.9, 0.6)
    assert [OCCUPATIONS.labels[label] for label in turned.labels] == [
        *("store manager", "baker", "store manager", "programmer")
    ]


def test_likeness_where_nothing_is_described() -> None:
    bare = occupations_of(esco(tuple((job[0], job[1], "", job[3]) for job in JOBS)))
    assert likeness_of_descriptions({"p1": STORE}, [("p1", "goods")], bare) == {}
    unknown = likeness_of_descriptions({"p1": STORE}, [("p1", "xyzzy")], OCCUPATIONS)
    assert unknown == {"p1": {1: 0.0, 2: 0.0}}


def test_a_description_moves_nothing_that_shares_no_label() -> None:
    alone = candidates_of((1, 0.9, "shop manager"), (2, 0.7, "storekeeper"))
    assert with_ties_broken(alone, OCCUPATIONS, {1: 0.0, 2: 1.0}) == alone


def test_equal_scores_go_to_the_group_of_most_candidates_then_to_the_first_uri() -> None:
    """Group 2512 has the game developer too."""
    programmers = candidates_of(
        (4, 0.5, "programmer"), (3, 0.5, "programmer"), (5, 0.4, "game developer")
    )
    assert with_ties_broken(programmers, OCCUPATIONS, {}).places == (3, 4, 5)
    stores = candidates_of((2, 0.5, "store manager"), (1, 0.5, "store manager"))
    assert with_ties_broken(stores, OCCUPATIONS, {}).places == (1, 2)


# -- titles of postings ---------------------------------------------------------------------


def test_case_and_spaces_make_no_other_title() -> None:
    postings = [
        *(("p3", "JAVA DEVELOPER"), ("p2", "Java Developer"), ("p5", "Java  developer")),
        *(("p4", "Java Developer"), ("p1", "Java Developer II"), ("p6", "C++ Developer")),
    ]
    assert distinct_titles(postings) == [
        *(Title("C++ Developer", 1, "p6"), Title("Java Developer", 4, "p2")),
        Title("Java Developer II", 1, "p1"),
    ]
    assert distinct_titles(reversed(postings)) == distinct_titles(postings)


def test_only_the_descriptions_of_ties_are_read() -> None:
    asked: list[str] = []

    def descriptions(ids: Collection[str]) -> list[tuple[str, str]]:
        asked.extend(ids)
        return [("p2", "Count the goods of the warehouse, keep the stock of goods.")]

    titles = [Title("bread baker", 1, "p1"), Title("Store manager", 1, "p2")]
    found = find_candidates(titles, OCCUPATIONS, open_embedder(), 2, descriptions)
    assert asked == ["p2"]
    assert [OCCUPATIONS.shown[found[1].places[0]]] == ["stock keeper"]
    without = find_candidates(titles, OCCUPATIONS, open_embedder(), 2, lambda ids: ())
    assert (
        without[1].places[0]
        == max(zip(without[1].scores, without[1].places, strict=True), key=lambda pair: pair[0])[1]
    ), "without a description the score stands"


def choose(teacher: Moody, titles: list[Title]) -> tuple[list[dict[str, Any]], Ledger, Engine]:
    found = find_candidates(titles, OCCUPATIONS, open_embedder(), 3, lambda ids: ())
    ledger = Ledger()
    with Engine(teacher, None, max_reasks=2) as engine:
        rows = list(choose_titles(titles, found, OCCUPATIONS, engine, "lexical", ledger))
    return rows, ledger, engine


def test_the_teacher_chooses_and_strangers_go_to_the_ledger() -> None:
    def instead(task: str, question: TitleQuestion) -> str | None:
        if question.title == "Baker":
            return json.dumps({"result": "miller"})
        return json.dumps({"result": question.candidates[1]})

    titles = [Title("Baker", 2, "p1"), Title("Programmer", 1, "p2")]
    rows, ledger, engine = choose(Moody(instead), titles)
    assert engine.counts["choose_title/calls"] == 4, "the stranger is asked for three times"
    assert [row[:3] for row in ledger.rows] == [("row", "Baker", "no_usable_reply")]
    assert "miller" in ledger.rows[0][3] and "miller" in ledger.rows[0][4]
    (row,) = rows
    assert row["esco_uri"] == row["candidate_uris"][1]
    assert row["esco_label"] == row["candidates"][1]
    assert row["isco_group"] == JOBS[int(row["esco_uri"][-4:])][3]
    assert (row["title"], row["n_postings"], row["embedder"]) == ("Programmer", 1, "lexical")
    assert row["prompt_hash"] and len(row["request_ids"]) == 1
    CONTRACTS["jaqa/titles"].table(rows)


def test_faults_are_told() -> None:
    titles = [Title("Store manager", 1, "p1"), Title("programmer", 3, "p2")]
    rows, _, _ = choose(Moody(lambda task, question: "1"), titles)
    known = {uri(number) for number in range(len(JOBS))}
    assert not faults_in_titles(rows, known)
    wrong = rows[0] | {"esco_uri": uri(9)}
    assert set(faults_in_titles([wrong], known)) == {
        *("chosen outside the candidates", "occupations that ESCO does not have")
    }
    turned = rows[0] | {"scores": [0.1, 0.2, 0.3], "matched": ["a", "b", "c"]}
    assert set(faults_in_titles([turned], known)) == {"scores out of order"}
    twice = rows[0] | {"candidate_uris": [rows[0]["esco_uri"]] * 3}
    assert set(faults_in_titles([twice], known)) == {"an occupation twice among the candidates"}
    assert faults_in_titles(rows, known - {rows[0]["esco_uri"]})
