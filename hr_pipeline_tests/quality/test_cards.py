"""The cards say what the run says, under the right licence, and nothing without evidence."""

import json
import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.lineage import lineage
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.prices import load_prices
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Reply, Request
from hr_pipeline.quality.cards.cards import cards
from hr_pipeline.quality.cards.datasheet import datasheet
from hr_pipeline.quality.cards.facts import Fact, Paid, Source
from hr_pipeline.quality.cards.left_out import traces_of_dice
from hr_pipeline.quality.cards.paid import paid_for
from hr_pipeline.quality.cards.readme import Publisher, front_matter, readme, size_category
from hr_pipeline.quality.cards.wanted import CONFIGS, DATASETS, FIGURES
from hr_pipeline.sources.licences import BY_FORM, licence_of, release_licence
from hr_pipeline_tests.quality.release_lake import (
    NOBODY,
    facts_of,
    one_row,
    write,
    write_cards,
    write_release_lake,
)


@pytest.fixture(scope="module")
def without_dice(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("no_dice") / "lake"
    return write_release_lake(root, "--without", "dice")


@pytest.fixture
def lake(made: Lake, tmp_path: Path) -> Lake:
    """A copy that a test may change."""
    return Lake(shutil.copytree(made.root, tmp_path / "lake"))


def published(form: str) -> Source:
    return Source(form, form, "0" * 64, licence_of(form, ""))


# -- what is said --------------------------------------------------------------------------


def test_facts_are_those_of_the_run(made: Lake) -> None:
    facts = facts_of(made)
    triples = made.require("rjdb/triples")
    assert (facts.version.value, facts.triples) == (triples.version, 32)
    assert (facts.seed.value, facts.teacher.value) == (1, "template")
    assert facts.prompts.value.items() >= triples.recipe.prompts.items()
    needs = {source.need for source in facts.sources.value}
    assert needs >= {"dice", "names", "occupations"}
    assert facts.config("matching").rows == {"train": 24, "dev": 4, "test": 4}
    assert facts.contexts.value["train"] == 24 and facts.left_out.value == ()
    assert facts.lost.value["graph/edges"] == made.require("graph/edges").lost_by_cause
    assert facts.figures["integrity"].evidence == (
        f"quality/integrity@{made.require('quality/integrity').version}",
    )


def test_every_word_of_the_readme_that_a_machine_reads_is_there(made: Lake) -> None:
    _, head, body = readme(facts_of(made), NOBODY).split("---\n", 2)
    read = yaml.safe_load(head)
    assert read["license"] == "apache-2.0" and read["language"] == ["en"]
    assert read["size_categories"] == ["n<1K"]
    assert {"synthetic", "not-a-benchmark"} <= set(read["tags"])
    assert [config["config_name"] for config in read["configs"]] == list(CONFIGS)
    assert read["configs"][0]["data_files"][2] == {
        "split": "test",
        "path": "data/matching/template-test-*.parquet",
    }
    assert body.index("not a benchmark") < body.index("## What is in it")
    for wanted in FIGURES:
        assert f"| {wanted.columns[0]} | {wanted.columns[1]} |" in body, wanted.name
    for dataset in (*DATASETS, "graph/edges", "sources/postings"):
        assert f"{dataset}@{made.require(dataset).version}" in body


def test_every_answer_of_the_datasheet_says_where_it_comes_from(made: Lake) -> None:
    sheet = datasheet(facts_of(made), NOBODY)
    groups = [line for line in sheet.splitlines() if line.startswith("## ")]
    assert len(groups) == 7
    answers = [part.partition("\n\n")[0] for part in sheet.split("\n\n**")[1:]]
    assert len(answers) > 25
    assert not [answer for answer in answers if not answer.rstrip().endswith("]_")]
    assert "_[]_" not in sheet and "not a benchmark" in sheet


def test_a_model_is_named_with_its_price_and_the_terms_to_check(made: Lake, tmp_path: Path) -> None:
    facts = facts_of(made)
    modelled = replace(
        facts,
        notice=Fact("", ("x",)),
        teacher=Fact("gpt-4o", ("x",)),
        paid=Fact(paid_for_two_calls(tmp_path / "r.sqlite"), ("recording",)),
    )
    text = readme(modelled, Publisher("Some lab", "https://example.org/rjdb", "a@example.org"))
    assert "check them before publishing" in text and "not a benchmark" not in text
    assert "$15.50 at most, for 2 calls, 3,000,000 + 800,000 tokens" in text
    assert "--teacher openai --model gpt-4o" in text
    assert "data/matching/test-*.parquet" in text
    assert "Published by Some lab. Questions: a@example.org." in text


def paid_for_two_calls(where: Path) -> Paid:
    with closing(Recording(where)) as recording:
        for sample, tokens in enumerate(((1_000_000, 300_000), (2_000_000, 500_000))):
            request = Request("gpt-4o", (("user", "x"),), sample=sample)
            recording.put(request.key(), "write_triple", request, Reply("x", *tokens))
    return paid_for(where, "gpt-4o", load_prices())


# -- licences ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forms", "licence"),
    [
        (("dice", "oews", "forenames_by_country"), "cc-by-sa-4.0"),
        (("oews", "forenames_by_country"), "cc0-1.0"),
        (("onet", "forenames_by_country"), "cc-by-4.0"),
        (("oews", "somebodys_own"), "other"),
    ],
)
def test_the_licence_follows_from_the_sources(
    made: Lake, forms: tuple[str, ...], licence: str
) -> None:
    sources = tuple(map(published, forms))
    settled = release_licence((source.need, source.licence) for source in sources)
    facts = replace(facts_of(made), sources=Fact(sources, ("x",)), licence=Fact(settled, ("x",)))
    assert front_matter(facts)["license"] == licence
    text = readme(facts, NOBODY)
    for source in sources:
        assert source.licence.attribution in text
    assert ("No Dice advertisement took part" in text) == ("dice" not in forms)
    assert ("--without dice" in text) == ("dice" not in forms)


def test_without_dice_nothing_of_it_is_left(without_dice: Lake) -> None:
    texts = "".join(write_cards(without_dice).values())
    builds = [without_dice.require(name) for name in DATASETS]
    assert without_dice.require("rjdb/triples").rows == 32
    made_from = lineage(without_dice, builds)
    assert not [name for name in made_from.files if "dice" in name]
    assert not traces_of_dice(without_dice, made_from, without_dice.require("quality/cards"))
    assert BY_FORM["dice"].attribution not in texts
    assert "CC-BY-SA" not in texts


@pytest.mark.real
def test_published_files_without_dice(tmp_path: Path) -> None:
    folder = os.environ.get("HR_PIPELINE_REAL_DATA")
    if not folder:
        pytest.skip("HR_PIPELINE_REAL_DATA is not set")
    lake = write_release_lake(tmp_path / "lake", "--without", "dice", raw=Path(folder))
    texts = "".join(write_cards(lake).values())
    made_from = lineage(lake, [lake.require(name) for name in DATASETS])
    assert not traces_of_dice(lake, made_from, lake.require("quality/cards"))
    assert "CC-BY-SA" not in texts and "PromptCloud" not in texts
    assert "U.S. Bureau of Labor Statistics" in texts


def test_traces_of_dice_are_found(lake: Lake) -> None:
    write_cards(lake)
    contract = CONTRACTS["quality/cards"]
    row = {"name": "README.md", "media_type": "x", "content": BY_FORM["dice"].attribution}
    build = write(lake, contract, [row], {})
    made_from = lineage(lake, [lake.require("rjdb/triples")])
    assert traces_of_dice(lake, made_from, build) == [
        "file dice: dice",
        "rows of sources/postings",
        "edges of graph/edges",
        "attribution in README.md",
    ]


def test_the_release_of_a_taxonomy_is_told_and_is_no_file(lake: Lake) -> None:
    for name in ("sources/postings", "sources/occupations", "sources/first_names"):
        build = lake.require(name)
        told = {"esco_skills: esco_skills": "e" * 64, "esco_skills: release": "v1.1.1"}
        build.recipe.inputs.update(told)
        lake.write(name, [lake.table(name)], build.recipe)
    facts = facts_of(lake)
    (esco,) = (source for source in facts.sources.value if source.need == "esco_skills")
    assert (esco.sha256, esco.kind) == ("e" * 64, "esco_skills, release v1.1.1")
    assert facts.licence.value.name == "CC-BY-4.0"
    assert "ESCO classification of the European Commission" in readme(facts, NOBODY)


# -- evidence ------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", FIGURES, ids=lambda wanted: wanted.name)
def test_a_figure_without_rows_fails_and_says_where_it_should_come_from(
    lake: Lake, wanted: object
) -> None:
    name, dataset = wanted.name, wanted.dataset  # type: ignore[attr-defined]
    write(lake, CONTRACTS[dataset], [], {})
    with pytest.raises(InputError, match=f"card field {name}: .* build {dataset}"):
        facts_of(lake)


def test_figures_of_another_corpus_are_no_evidence(lake: Lake) -> None:
    contract = CONTRACTS["quality/integrity"]
    write(lake, contract, [one_row(contract, 7) | {"corpus": "released"}], {})
    with pytest.raises(InputError, match="card field integrity"):
        facts_of(lake)


@pytest.mark.parametrize(
    ("field", "changes"),
    [("teacher", {"teacher": None}), ("writing", {"settings": {}})],
)
def test_a_recipe_that_does_not_tell_fails(
    lake: Lake, field: str, changes: dict[str, object]
) -> None:
    triples = lake.require("rjdb/triples")
    recipe = replace(triples.recipe, **changes)  # type: ignore[arg-type]
    lake.write("rjdb/triples", [lake.table("rjdb/triples")], recipe, notice=triples.notice)
    with pytest.raises(InputError, match=f"card field {field}: .* rjdb/triples"):
        facts_of(lake)


def test_a_set_without_rows_is_left_out_with_its_figures(lake: Lake) -> None:
    triples = lake.require("rjdb/triples").version
    for name in ("ladder", "ties"):
        write(lake, CONTRACTS[f"rjdb/{name}"], [], {"rjdb/triples": triples})
    facts = facts_of(lake)
    assert facts.left_out.value == ("ladder", "ties")
    assert "ladder" not in facts.figures and "shortcuts" in facts.figures
    texts = write_cards(lake)
    assert "left out: ladder, ties" in texts["README.md"]
    assert "ties" not in [one["@id"] for one in json.loads(texts["croissant.json"])["recordSet"]]


def test_what_a_model_cost_has_no_evidence_without_its_recording(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="card field paid: .* recording"):
        paid_for(tmp_path / "none.sqlite", "gpt-4o", load_prices())
    assert paid_for(tmp_path / "none.sqlite", "template", load_prices()).dollars == 0


def test_a_model_without_a_known_price_is_said_to_have_none(tmp_path: Path) -> None:
    Recording(tmp_path / "r.sqlite").close()
    assert paid_for(tmp_path / "r.sqlite", "somebodys-model", load_prices()).dollars is None


def test_size_categories_are_those_of_the_hub() -> None:
    sizes = {0: "n<1K", 999: "n<1K", 1_000: "1K<n<10K", 60_000: "10K<n<100K"}
    sizes |= {400_000: "100K<n<1M", 1_000_000: "1M<n<10M"}
    assert {rows: size_category(rows) for rows in sizes} == sizes


def test_equal_builds_have_equal_cards(made: Lake, tmp_path: Path) -> None:
    again = write_release_lake(tmp_path / "again")
    assert cards(again, facts_of(again), NOBODY) == cards(made, facts_of(made), NOBODY)
