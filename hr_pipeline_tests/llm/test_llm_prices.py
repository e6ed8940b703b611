"""Prices: ours, the user's before ours, and files that are no prices."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.bill import Price
from hr_pipeline.llm.prices import VARIABLE, load_prices

OWN = "as_of: 2030-01-02\nmodels:\n  gpt-4o: {prompt: 1, completion: 2, batch_share: 0.25}\n"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def file(folder: Path, text: str) -> str:
    path = folder / "prices.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_our_prices_are_dated_and_the_batch_lane_costs_half() -> None:
    known = load_prices().of("gpt-4o")
    assert known is not None
    assert known.price == Price(2.5, 10.0)
    assert known.batch_price == Price(1.25, 5.0)
    assert known.as_of == "2026-03-21" and "pricing" in known.source


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("gpt-4o-2024-08-06", 2.5),
        ("gpt-4o-2024-05-13", 5.0),  # listed itself
        ("gpt-4.1-mini-2025-04-14", 0.4),
    ],
)
def test_a_dated_snapshot_has_its_family_s_price_unless_it_is_listed(
    model: str, prompt: float
) -> None:
    known = load_prices().of(model)
    assert known is not None and known.price.prompt == prompt


@pytest.mark.parametrize("model", ["", "gpt-4o-audio", "my-gpt-4o", "gpt-4o-2024", "llama3"])
def test_no_price_is_made_up(model: str) -> None:
    assert load_prices().of(model) is None


def test_the_user_s_prices_stand_before_ours_and_ours_fill_the_gaps(tmp_path: Path) -> None:
    prices = load_prices(file(tmp_path, OWN))
    own, ours = prices.of("gpt-4o"), prices.of("gpt-4.1")
    assert own is not None and ours is not None
    assert (own.price, own.batch_price) == (Price(1, 2), Price(0.25, 0.5))
    assert (own.as_of, own.rpm, own.source) == ("2030-01-02", None, str(tmp_path / "prices.yaml"))
    assert ours.price == Price(2.0, 8.0)


def test_the_variable_names_a_file_and_a_path_stands_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, file(tmp_path, OWN))
    own = load_prices(None).of("gpt-4o")
    assert own is not None and own.price == Price(1, 2)
    (tmp_path / "other").mkdir()
    other = load_prices(file(tmp_path / "other", OWN.replace("prompt: 1", "prompt: 3")))
    known = other.of("gpt-4o")
    assert known is not None and known.price == Price(3, 2)


BAD = {
    "not YAML": "models: {a: [",
    "a list": "- 1",
    "no models": "as_of: 2030-01-02",
    "another field": "models: {}\ncurrency: EUR",
    "half a price": "models: {a: {prompt: 1}}",
    "an unknown field": "models: {a: {prompt: 1, completion: 2, cached: 3}}",
    "a word": "models: {a: {prompt: cheap, completion: 2}}",
    "less than nothing": "models: {a: {prompt: -1, completion: 2}}",
    "true": "models: {a: {prompt: true, completion: 2}}",
    "not a number": "models: {a: {prompt: .nan, completion: 2}}",
    "a share that is a word": "batch_share: half\nmodels: {a: {prompt: 1, completion: 2}}",
    "an impossible date": "as_of: 2030-13-45\nmodels: {}",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_bad_file_is_one_line_that_names_it(text: str, tmp_path: Path) -> None:
    path = file(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_prices(path)
    assert path in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line_that_names_it(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            load_prices(str(path))
    (tmp_path / "latin").write_bytes(b"models: \xff")
    with pytest.raises(InputError, match="not UTF-8"):
        load_prices(str(tmp_path / "latin"))


NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12)
AMOUNTS = st.floats(0, 1e6)


@given(st.dictionaries(NAMES, st.tuples(AMOUNTS, AMOUNTS, st.floats(0, 1)), max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, models: dict[str, tuple[float, float, float]]
) -> None:
    names = ("prompt", "completion", "batch_share")
    held = {name: dict(zip(names, values, strict=True)) for name, values in models.items()}
    path = tmp_path_factory.mktemp("prices") / "p.yaml"
    path.write_text(yaml.safe_dump({"models": held}, allow_unicode=True), encoding="utf-8")
    prices = load_prices(str(path))
    for name, (prompt, completion, share) in models.items():
        known = prices.of(name)
        assert known is not None and known.price == Price(prompt, completion)
        assert known.batch_price == Price(prompt * share, completion * share)
