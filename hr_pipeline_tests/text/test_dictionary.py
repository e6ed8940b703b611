"""Many phrases at once: the same occurrences as one by one."""

from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.text.dictionary import Dictionary
from hr_pipeline.text.phrases import Matcher, longest, phrase, stream

WORDS = st.sampled_from(["sql", "server", "java", "ee", "c++", ".net", ",", "\n", "\x00", "é"])
PHRASES = st.sets(
    st.lists(st.sampled_from(["sql", "server", "java", "ee", "c++", ".net"]), max_size=3).map(tuple)
)


@given(st.lists(WORDS, max_size=20), PHRASES)
def test_same_occurrences_as_the_matcher(words: list[str], phrases: set[tuple[str, ...]]) -> None:
    found = longest(Dictionary(phrases).hits(words))
    assert found == Matcher(phrases).occurrences(words)


@given(st.lists(WORDS, max_size=20), PHRASES)
def test_hits_are_all_places_of_all_phrases(
    words: list[str], phrases: set[tuple[str, ...]]
) -> None:
    everywhere = {
        (start, start + len(item), item)
        for item in phrases - {()}
        for start in range(len(words))
        if tuple(words[start : start + len(item)]) == item
    }
    hits = Dictionary(phrases).hits(words)
    assert set(hits) == everywhere
    assert len(hits) == len(everywhere)


def test_words_are_whole_and_breaks_separate() -> None:
    dictionary = Dictionary([phrase("SQL"), phrase("SQL Server"), phrase("C"), phrase(".NET")])
    assert dictionary.hits(stream("MySQL, ASP.NET and C++")) == []
    assert longest(dictionary.hits(stream("SQL, Server. .NET"))) == [
        (0, 1, ("sql",)),
        (4, 5, (".net",)),
    ]
    assert "server" in dictionary
    assert "mysql" not in dictionary
    assert Dictionary([]).hits(["sql"]) == []
