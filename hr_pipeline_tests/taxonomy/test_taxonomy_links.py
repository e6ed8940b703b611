"""Links: exact names are sure, strangers are not linked, codes decide first, coverage adds up."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.taxonomy.concepts import Concepts, bare, concepts_of, name_of
from hr_pipeline.taxonomy.groups import MAJOR_GROUPS, GroupFinder, coded_titles, probability_of
from hr_pipeline.taxonomy.links import coverage, faults_of_links, find_links, link_names
from hr_pipeline.taxonomy.signals import SIGNALS, Index
from hr_pipeline.taxonomy.sureness import SURENESS

HOME = "https://example.org/"
TITLES = {
    "o1": ("bridge engineer", "bridge designer", "designer of bridges"),
    "o2": ("dairy farmer", "milk producer", "cattle farmer"),
    "o3": ("piano tuner", "tuner of pianos", "piano technician"),
    "o4": ("tram driver", "streetcar driver", "driver of trams"),
    "o5": ("concert organiser", "music manager", "piano technician"),
}
SKILLS = {"s1": ("SharePoint", "Microsoft SharePoint"), "s2": ("weld steel", "steel welding")}
CODES = {
    "17-2051.00": ("Civil Engineers", "Bridge Engineer", "Bridge Inspector (BI)"),
    "53-4041.00": ("Subway and Streetcar Operators", "Tram Driver", "Light Rail Operator"),
    "45-2093.00": ("Farmworkers", "Dairy Hand", "Cattle Hand"),
}


def labels(
    scheme: str, kind: str, named: Mapping[str, tuple[str, ...]], home: str
) -> list[dict[str, Any]]:
    shared = {"scheme": scheme, "kind": kind, "release": "1", "source": "test"}
    return [
        {**shared, "uri": home + uri, "label": label, "preferred": place == 0}
        for uri, known in named.items()
        for place, label in enumerate(known)
    ]


def concepts() -> pa.Table:
    rows = labels("esco", "occupation", TITLES, HOME) + labels("esco", "skill", SKILLS, HOME)
    return CONTRACTS["sources/concepts"].table(rows + labels("onet", "occupation", CODES, ""))


def occupations(*titles: str, **codes: str) -> pa.Table:
    of = {"title": list(titles), "code": [codes.get(t.split()[0]) for t in titles]}
    return pa.table({"title": of["title"], "code": pa.array(of["code"], pa.string())})


def official(*pairs: tuple[str, str]) -> pa.Table:
    return pa.table({"code": [code for code, _ in pairs], "title": [title for _, title in pairs]})


OFFICIAL = official(("17-2051", "Civil Engineers"), ("45-2093", "Farmworkers"), ("53-4041", "Cars"))


def esco(kind: str) -> Concepts:
    known = concepts_of(concepts(), "esco", kind)
    assert known is not None
    return known


def test_concepts_know_their_labels_and_which_is_the_main_one() -> None:
    known = esco("occupation")
    assert known.shown == [names[0] for names in TITLES.values()]
    assert known.by_form["bridge designer"] == {0} and known.by_main_form["tram driver"] == 3
    assert known.by_form["piano technician"] == {2, 4}, "a label of two concepts names neither"
    assert concepts_of(concepts(), "soc", "occupation") is None


def test_names_are_compared_without_seniority_place_and_spacing() -> None:
    title = name_of("Sr. Bridge Engineer - Austin, TX", "occupation")
    assert (title.text, title.core) == ("bridge engineer", "bridge engineer")
    assert name_of("Share Point", "skill").core == name_of("SharePoint", "skill").core
    assert bare("Chief Executive Officer (CEO)") == "Chief Executive Officer"
    assert name_of("Engineer (Bridges)", "occupation").form == "engineer bridge"


def test_signals_of_a_main_label_of_another_label_and_of_a_stranger() -> None:
    found = Index(esco("occupation")).signals(
        ["Bridge Engineer", "Bridge designers", "Senior bridge designer, Reno, NV", "qqq", "piano"]
    )
    values = [dict(zip(SIGNALS, row, strict=True)) for row in found.values.tolist()]
    assert found.concept[:4].tolist() == [0, 0, 0, -1] and found.concept[4] in (2, 4)
    assert [v["main_label"] for v in values] == [1, 0, 0, 0, 0]
    assert [v["only_label"] for v in values] == [1, 1, 0, 0, 0]
    assert [v["only_core"] for v in values[:3]] == [1, 1, 1]
    assert values[0]["cosine"] == pytest.approx(1, abs=1e-4) and values[0]["known"] == 1
    assert values[4]["wider"] > 0 and not any(values[3].values())


def test_signals_of_a_name_do_not_depend_on_the_others() -> None:
    index, names = Index(esco("occupation")), ["milk farmer", "tuner", "driver", "music", "bridge"]
    alone = [index.signals([name]) for name in names]
    together = index.signals(names * 80)
    assert np.array_equal(together.values[:5], np.concatenate([one.values for one in alone]))
    assert together.label[:5].tolist() == [one.label[0] for one in alone]


def test_equal_fits_go_to_the_first_concept() -> None:
    found = Index(esco("occupation")).signals(["piano technician"])
    values = dict(zip(SIGNALS, found.values[0].tolist(), strict=True))
    assert values["only_label"] == 0 and values["wider"] > 0


def test_own_codes_decide_before_names_do() -> None:
    known = concepts_of(concepts(), "onet", "occupation")
    assert known is not None
    rows = list(link_names(["Tram Driver", "Nobody knows"], known, ["17-2051", "45-2093.00"]))
    assert [(r["uri"], r["method"], r["score"]) for r in rows] == [
        ("17-2051.00", "own code", 1.0),
        ("45-2093.00", "own code", 1.0),
    ]
    assert not list(link_names(["Nobody knows"], known, ["99-9999"])), "a code that O*NET lacks"


def test_links_of_a_graph() -> None:
    jobs = occupations(
        "Sr. Tram Driver - Boston, MA", "Zookeeper", "Civil Engineers", Civil="17-2051"
    )
    skills = pa.table({"name": ["SharePoint", "juggling"]})
    rows = list(find_links(jobs, skills, concepts(), OFFICIAL))
    assert CONTRACTS["taxonomy/links"].table(rows).num_rows == len(rows)
    found = {(r["entity"], r["scheme"]): (r["uri"], r["method"]) for r in rows}
    assert found["Civil Engineers", "onet"] == ("17-2051.00", "own code")
    assert found["Civil Engineers", "soc"] == ("17-0000", "own code")
    assert found["Sr. Tram Driver - Boston, MA", "soc"] == ("53-0000", "classifier")
    assert found["SharePoint", "esco"] == (HOME + "s1", "preferred label")
    assert ("juggling", "esco") not in found and ("Zookeeper", "esco") not in found
    assert not faults_of_links(rows)
    assert all(0 <= row["score"] <= 1 for row in rows)


def test_without_taxonomies_the_major_group_is_all_that_is_known() -> None:
    nothing = CONTRACTS["sources/concepts"].table([])
    rows = list(
        find_links(occupations("Cars driver"), pa.table({"name": ["x"]}), nothing, OFFICIAL)
    )
    assert [(r["scheme"], r["uri"]) for r in rows] == [("soc", "53-0000")]
    kept = coverage(rows, 1, 1)
    assert [(r["method"], r["linked"], r["goal"]) for r in kept] == [
        ("all", 1, 0.95),
        ("classifier", 1, None),
    ]


def test_coverage_counts_each_entity_once_and_a_failed_goal_is_seen() -> None:
    row = {"kind": "occupation", "scheme": "soc", "method": "own code"}
    figures = {(r["scheme"], r["method"]): r for r in coverage([row, row, row], 4, 0)}
    assert figures["soc", "all"]["share"] == 0.75 < figures["soc", "all"]["goal"]
    assert figures["soc", "own code"]["linked"] == 3
    assert [r["linked"] for r in coverage([], 4, 0)] == [0], "nothing linked is a row, not silence"


def test_faults_of_links_are_found() -> None:
    least = SURENESS["esco", "skill"].threshold
    good = {"entity": "a", "kind": "skill", "scheme": "esco", "release": "1", "score": least}
    assert not faults_of_links([good])
    assert faults_of_links([good, good]) == Counter({"two links of one entity": 1})
    assert faults_of_links([good | {"release": ""}]) == Counter({"no release": 1})
    assert faults_of_links([good | {"score": least - 0.01}]) == Counter({"not sure": 1})


def test_every_sureness_weighs_every_signal() -> None:
    assert all(len(judge.weights) == len(SIGNALS) for judge in SURENESS.values())
    assert all(0.5 < judge.threshold < 1 for judge in SURENESS.values())


# -- major groups -------------------------------------------------------------------------------


def test_groups_are_learnt_from_all_known_titles() -> None:
    finder = GroupFinder(coded_titles(concepts(), OFFICIAL))
    found, leads = finder.find(["Light rail operators", "cattle hand", "Bridge inspector, Ohio"])
    assert found == ["53", "45", "17"] and (leads > 0).all()
    assert set(found) <= set(MAJOR_GROUPS)
    scores = probability_of(np.array([0.0, 1.0, 3.0]))
    assert (np.diff(scores) > 0).all() and (scores < 1).all()


def test_groups_of_two_of_one_and_of_nothing() -> None:
    two = GroupFinder([("11-1011", "Chief Executives"), ("29-1141", "Registered Nurses")])
    assert two.find(["Nurse, registered", "Chief executive"])[0] == ["29", "11"]
    assert GroupFinder([("11-1011", "Chief")]).find(["Nurse", "Cook"])[0] == ["11", "11"]
    assert GroupFinder([]).find(["Nurse"])[0] == [""]
    assert two.find([])[0] == []
