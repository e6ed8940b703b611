"""Splits by start occupation: titles of one job stay together, and shares are near the asked."""

import csv
import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.graph.clusters import grow_clusters
from hr_pipeline.rjdb.sampling import SamplingSettings, World
from hr_pipeline.rjdb.splits import SharedConcepts, shared_concepts, split_keys, split_of
from hr_pipeline.text.phrases import tokens
from hr_pipeline.text.titles import title_core
from hr_pipeline_tests.graph.graph_cases import graph_of
from hr_pipeline_tests.graph.worlds import first_names

REAL = os.environ.get("HR_PIPELINE_REAL_DATA", "")
SAME = {
    "java developer": """Java Developer|Sr. Java Developer - Austin, TX|Java Developer II (Contract)
Senior Java Developers|JAVA DEVELOPER|Jr Java Developer @ Cincinnati, OH|Lead Java Developer
Java Developer in Vienna, VA|Java Developer-Redmond, WA|Java Developer: Denver, CO
Full-Time Java Developer|Java Developer - Contract to Hire|Java Developer (VK848) 6+ months
Urgent need of Java Developer with Spring|Walkin for Sr. Java Developer|Java Developer/Senior
Austin, TX - Java Developer|[Remote] Java Developer!!|Contract - Java Developer - Retail client
Java Developer w/ Kafka|Need Java Developer|Mid-Level Java Developer, W2 only|Java Developer Sr.""",
    ".net developer": ".NET Developer|Sr .Net Developer - Full Stack|.NET developers (C2H)",
    "registered nurse": "Registered Nurse|Registered Nurses - ICU, Boston, MA|Registered Nurse III",
    "manager payroll": "Manager, Payroll|Senior Manager - Payroll|Managers: Payroll (temporary)",
    "cook": "Cook|Cook - Chicago|Cook, Las Vegas, NV|Part-time Cook",
}
APART = """Java Developer|Java Architect|JavaScript Developer|Java Tester|.NET Developer
C# Developer|C++ Developer|C Developer|R Developer|Full Stack Developer
Java/J2EE Developer|Front End Developer|PL/SQL Developer|UI/UX Designer|UI Developer
Manager, Payroll|Manager, Software|Director, Payroll|Software Development Engineer
Software Development Engineer in Test|Data Engineer|Data Analyst|Team Lead - Java
Developer - WEB|Developer with Salesforce|Network Administrator"""


@pytest.mark.parametrize("core", SAME)
def test_seniority_place_and_client_do_not_make_another_job(core: str) -> None:
    titles = SAME[core].replace("\n", "|").split("|")
    words = " ".join(sorted(word.lstrip(".") for word in core.split()))
    assert split_keys(titles, [""] * len(titles)) == dict.fromkeys(titles, words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Analyst Programmer", "Programmer Analyst"),
        ("Junior .Net Developer", "Sr. NET Developer"),
        ("Helpdesk/ Desktop Support", "Desktop Support/ Helpdesk"),
        ("Tester Position", "Tester"),
        ("Sr.Android Developer", "Android Developer"),
        ("JR.Net Developer", ".Net Developer"),
    ],
)
def test_the_order_of_words_does_not_make_another_job(one: str, other: str) -> None:
    assert title_core(one) == title_core(other)


def test_the_same_words_in_another_part_of_the_title_are_in_one_split() -> None:
    titles = ["C++ Software Engineer", "Software Engineer - C++", "Senior Software Engineer (C++)"]
    keys = split_keys(titles, [""] * 3)
    assert set(keys.values()) == {"c++ engineer software"}
    apart = split_keys(["Team Lead - Java", "Java Team"], ["", ""])
    assert len(set(apart.values())) == 2, "two words say too little"


def test_different_jobs_have_different_cores() -> None:
    titles = APART.replace("\n", "|").split("|")
    cores = Counter(map(title_core, titles))
    assert [core for core, count in cores.items() if count > 1] == []


@pytest.mark.parametrize("title", ["Senior", "(Contract)", "Lead - Principal", "II", "Associate!"])
def test_a_title_of_nothing_but_level_words_keeps_a_core(title: str) -> None:
    assert title_core(title)


@given(st.text("ab ,-([)]/.!@1IV", max_size=30))
def test_more_spaces_do_not_change_a_core_and_any_word_gives_one(title: str) -> None:
    assert title_core(f"  {title.replace(' ', '   ')} ") == title_core(title)
    assert bool(title_core(title)) == bool(tokens(title))


def test_shares_are_near_the_asked_over_5000_cores() -> None:
    splits = Counter(split_of(1, f"worker{i}", 0.1, 0.05) for i in range(5_000))
    assert splits["test"] / 5_000 == pytest.approx(0.05, abs=0.012)
    assert splits["dev"] / 5_000 == pytest.approx(0.10, abs=0.016)
    assert splits.total() == 5_000


def test_another_seed_splits_otherwise_and_a_share_of_nothing_is_empty() -> None:
    keys = [f"worker{i}" for i in range(400)]
    runs = [[split_of(seed, key, 0.3, 0.3) for key in keys] for seed in (1, 2, 1)]
    assert runs[0] == runs[2] != runs[1]
    assert {split_of(1, key, 0.0, 0.0) for key in keys} == {"train"}


def test_occupations_of_one_soc_broad_group_go_together() -> None:
    codes = [f"15-12{group:01d}{detail}" for group in range(10) for detail in range(1, 9)]
    titles = [f"Title {code}" for code in codes]
    keys = split_keys(titles, codes)
    by_group: dict[str, set[str]] = {}
    for title, code in zip(titles, codes, strict=True):
        by_group.setdefault(code[:6], set()).add(keys[title])
    assert all(len(found) == 1 for found in by_group.values())
    assert len(set().union(*by_group.values())) == 10


LINKS = [
    ("Coder", "occupation", "esco", "uri:1"),
    ("Software Artisan - Boston, MA", "occupation", "esco", "uri:1"),
    ("Software Artisan - Boston, MA", "occupation", "onet", "15-1252.00"),
    ("Programming Wizard", "occupation", "onet", "15-1252.00"),
    ("Baker", "occupation", "soc", "15-0000"),
    ("Coder", "occupation", "soc", "15-0000"),
    ("Kubernetes", "skill", "esco", "uri:2"),
]


def concepts() -> SharedConcepts:
    names = ("entity", "kind", "scheme", "uri")
    return shared_concepts(pa.Table.from_pylist([dict(zip(names, r, strict=True)) for r in LINKS]))


def test_titles_that_share_a_concept_go_together_through_any_number_of_steps() -> None:
    titles = ["Coder", "Software Artisan - Boston, MA", "Sr. Software Artisan", "Baker"]
    titles += ["Programming Wizard"]
    keys = split_keys(titles, [""] * 5, concepts())
    assert len({keys[title] for title in titles if title != "Baker"}) == 1
    assert keys["Baker"] == "baker", "a major group puts nothing together"
    assert len(set(split_keys(titles, [""] * 5).values())) == 4


def test_a_concept_as_wide_as_a_major_group_puts_nothing_together() -> None:
    titles = [f"Worker{i}" for i in range(30)]
    wide = SharedConcepts({title: frozenset({"uri:1"}) for title in titles})
    narrow = SharedConcepts({title: frozenset({"uri:1"}) for title in titles[:20]})
    codes = [""] * 30
    assert len(set(split_keys(titles, codes, wide).values())) == 30
    assert len(set(split_keys(titles, codes, narrow).values())) == 11


def test_group_keys_do_not_depend_on_the_order_of_titles() -> None:
    titles = ["Coder", "Software Artisan - Boston, MA", "Baker", "Programming Wizard"]
    codes = ["", "", "35-3011", ""]
    there = split_keys(titles, codes, concepts())
    back = split_keys(titles[::-1], codes[::-1], concepts())
    assert there == back and set(there) == set(titles)


def test_concepts_of_titles_and_of_skills_are_kept_apart() -> None:
    found = concepts()
    assert found.of_skill == {"Kubernetes": frozenset({"uri:2"})}
    assert found.of_title["Software Artisan - Boston, MA"] == {"uri:1", "15-1252.00"}
    assert "Baker" not in found.of_title


def test_an_advertised_title_goes_with_the_general_occupation_it_names() -> None:
    jobs = [f"{kind} Operator" for kind in ("Crane", "Press", "Radio", "Pump", "Loom", "Kiln")]
    ads = [(f"Senior {job} - Boston, MA", ["x"]) for job in jobs]
    listed = [(f"5{i}-{i}011", f"{job}s", ["x"]) for i, job in enumerate(jobs)]
    graph = graph_of(ads, listed)
    settings = SamplingSettings(1, 1, 1)
    here = World(graph, grow_clusters(graph, 0, 1), first_names(), [], settings, 4)
    splits = dict(zip(graph.titles, here.splits, strict=True))
    assert all(splits[f"Senior {job} - Boston, MA"] == splits[f"{job}s"] for job in jobs)
    assert len(set(splits.values())) > 1


@pytest.mark.real
@pytest.mark.skipif(not REAL, reason="HR_PIPELINE_REAL_DATA names no folder of input files")
def test_cores_of_real_titles_merge_some_and_name_a_job() -> None:
    path = Path(REAL) / "dice" / "dice_com-job_us_sample.csv"
    with path.open(encoding="utf-8", newline="") as file:
        titles = sorted({" ".join(row["jobtitle"].split()) for row in csv.DictReader(file)})
    cores = Counter(map(title_core, titles))
    assert 0.45 < len(cores) / len(titles) < 0.75
    assert cores["developer java"] > 50
    assert max(cores.values()) < 0.03 * len(titles)
    assert "" not in cores
    bare = sum(n for core, n in cores.items() if core in ("developer", "manager", "consultant"))
    assert bare < 0.01 * len(titles)
