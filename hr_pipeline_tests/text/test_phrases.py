"""Normalised tokens and longest matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.text.phrases import (
    Matcher,
    fold_plural,
    located,
    phrase,
    stream,
    tokens,
)

WORDS = st.lists(st.sampled_from("ab c d sql server java ee".split()), max_size=12)  # noqa: SIM905
PHRASES = st.sets(
    st.lists(st.sampled_from(["ab", "sql", "server", "java", "ee"]), min_size=1, max_size=3).map(
        tuple
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++, C#/.NET and Node.js.", ["c++", "c#", ".net", "and", "node.js"]),
        ("Bachelor\u2019s API's", ["bachelor", "api"]),
        ("front-end Front End", ["front", "end", "front", "end"]),
        ("Libraries boxes caches", ["library", "box", "cach"]),
        ("etc...java ASP.NET!", ["etc", "java", "asp.net"]),
        ("\uff2a\uff41\uff56\uff41 \ufb01ne", ["java", "fine"]),
        ("++ -- ...", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("box", "boxes"),
        ("cache", "caches"),
        ("cookie", "Cookies"),
        ("API", "APIs"),
        ("map", "maps"),
    ],
)
def test_plural_and_singular_are_one(one: str, other: str) -> None:
    assert phrase(one) == phrase(other)


@given(st.text(st.characters(max_codepoint=126), max_size=60))
def test_tokens_are_stable(text: str) -> None:
    once = tokens(text)
    assert tokens(" ".join(once)) == once
    assert tokens(text.upper()) == once


@given(st.text())
def test_any_text_gives_tokens_and_the_stream_has_the_same(text: str) -> None:
    assert [word for word in stream(text) if word not in (",", "\n")] == tokens(text)
    assert all(tokens(text))


@given(st.text(st.characters(categories=["Ll"]), min_size=1))
def test_folding_twice_is_folding_once(word: str) -> None:
    assert fold_plural(fold_plural(word)) == fold_plural(word)


def test_longest_match_wins() -> None:
    words = tokens("Java EE and SQL Server")
    assert Matcher([("java",), ("java", "ee"), ("sql",)]).found(words) == {("java", "ee"), ("sql",)}
    assert Matcher([("java",)]).found(words) == {("java",)}
    assert Matcher([("java",), ("server",)], [("sql", "server")]).found(words) == {("java",)}


def test_a_mask_of_equal_length_hides_only_where_asked() -> None:
    matcher = Matcher([phrase("business analyst")], [phrase("Business Analyst")])
    words = tokens("a Business Analyst")
    assert matcher.found(words) == set()
    assert matcher.found(words, hide_equal=False) == {("business", "analyst")}


def test_no_phrase_runs_across_list_items() -> None:
    matcher = Matcher([("sql", "server"), ("sql",)], [("analyst", "tier", "2")])
    assert matcher.found(stream("- SQL\n- Server")) == {("sql",)}
    assert matcher.found(stream("SQL, Server")) == {("sql",)}
    assert matcher.occurrences(stream("Analyst, Tier 2")) == [(0, 4, ("analyst", "tier", "2"))]
    assert matcher.occurrences(stream("Analyst\nTier 2")) == []


@given(WORDS, PHRASES, PHRASES)
def test_found_are_those_with_an_occurrence_in_no_longer_one(
    words: list[str], phrases: set[tuple[str, ...]], masks: set[tuple[str, ...]]
) -> None:
    spans = {
        (start, start + len(item), item)
        for item in phrases | masks
        for start in range(len(words))
        if tuple(words[start : start + len(item)]) == item
    }
    free = {
        item
        for start, end, item in spans
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e, _ in spans)
    }
    assert Matcher(phrases, masks).found(words) == (free & phrases) - masks


PIECES = [*"aeS1 .,+#'\n-", "\u2019", "\u2013", "e\u0301", "\ufb01", "\uff2a", "\xdf", "\xbd"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_located_tokens_are_those_of_the_stream(text: str) -> None:
    found = located(text)
    assert [word for word, _, _ in found] == stream(text)
    for word, start, end in found:
        assert word in (stream(text[start:end]) or [word])
    assert [start for _, start, _ in found] == sorted(start for _, start, _ in found)


def test_located_tokens_cover_marks_and_apostrophes() -> None:
    text = "caf\u0065\u0301s, API\u2019s"
    assert [text[start:end] for _, start, end in located(text)] == [
        "caf\u0065\u0301s",
        ",",
        "API\u2019s",
    ]
