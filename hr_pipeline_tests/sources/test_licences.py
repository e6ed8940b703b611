"""Every form has its licence, and the strictest one decides what a release is passed on under."""

import pytest

from hr_pipeline.lake.store import file_sha256
from hr_pipeline.sources.api_lists import API_FORMS
from hr_pipeline.sources.forms import FORMS
from hr_pipeline.sources.licences import (
    BY_FORM,
    OWN,
    SAMPLES,
    UNSTATED,
    Demand,
    licence_of,
    release_licence,
)
from hr_pipeline_tests.conftest import SAMPLE


@pytest.mark.parametrize("form", sorted({form.name for form in FORMS}))
def test_every_form_that_is_used_has_a_licence(form: str) -> None:
    licence = BY_FORM[form]
    assert licence.name and licence.publisher and licence.url.startswith("https://")
    assert licence.attribution.endswith(".")


def test_no_licence_is_kept_for_a_form_that_is_not_there() -> None:
    assert set(BY_FORM) <= {form.name for form in (*FORMS, *API_FORMS)}


def test_sample_files_are_known_by_their_content() -> None:
    held = {file_sha256(path) for path in SAMPLE.iterdir()}
    assert held == SAMPLES
    assert licence_of("dice", min(SAMPLES)) is OWN
    assert licence_of("dice", "0" * 64).name == "CC-BY-SA-4.0"


@pytest.mark.parametrize(
    ("forms", "name", "hub"),
    [
        (("oews", "forenames_by_country"), "CC0-1.0", "cc0-1.0"),
        (("oews", "nyc_births"), "CC-BY-4.0", "cc-by-4.0"),
        (("onet", "forenames_by_country"), "CC-BY-4.0", "cc-by-4.0"),
        (("esco_skills", "oews"), "CC-BY-4.0", "cc-by-4.0"),
        (("dice", "onet", "forenames_by_country"), "CC-BY-SA-4.0", "cc-by-sa-4.0"),
    ],
)
def test_the_strictest_source_decides(forms: tuple[str, ...], name: str, hub: str) -> None:
    settled = release_licence((form, licence_of(form, "")) for form in forms)
    assert (settled.name, settled.hub) == (name, hub)
    assert "creativecommons.org" in settled.url


def test_share_alike_is_said_with_the_source_that_asks_for_it() -> None:
    settled = release_licence((form, licence_of(form, "")) for form in ("oews", "dice"))
    assert "dice (CC-BY-SA-4.0)" in settled.reason and "share-alike" in settled.reason
    assert "oews" not in settled.reason


def test_own_samples_stay_under_the_projects_licence() -> None:
    settled = release_licence([("dice", OWN), ("names", OWN), ("occupations", OWN)])
    assert (settled.name, settled.hub) == ("Apache-2.0", "apache-2.0")


def test_nothing_is_guessed_for_a_form_without_a_licence() -> None:
    assert licence_of("somebodys_own", "") is UNSTATED
    both = [("own", UNSTATED), ("dice", licence_of("dice", ""))]
    settled = release_licence(both)
    assert (settled.name, settled.hub, settled.url) == ("not settled", "other", "")
    assert "own" in settled.reason and "ask its publisher" in settled.reason
    assert "CC-BY-SA-4.0" in settled.reason
    assert "share-alike" not in release_licence(both[:1]).reason
    assert UNSTATED.demand == max(Demand)


def test_the_page_of_cards_names_every_licence() -> None:
    page = (SAMPLE.parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")
    for form, licence in BY_FORM.items():
        asks = licence.demand.name.lower().replace("_", " ")
        row = f"| `{form}` | [{licence.name}]({licence.url}) | {licence.publisher} | {asks} |"
        assert row in page, f"docs/cards.md must hold: {row}"
