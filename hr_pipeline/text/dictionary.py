"""Very many phrases looked for at once, as when a whole taxonomy is looked for in advertisements.

`phrases.Matcher` compares every phrase that starts with the word at hand, which is quickest for the
few that a document is expected to hold, and it knows masks and loose phrases. With a hundred
thousand phrases, thousands start with "manage": here an Aho-Corasick automaton passes over a text
once, whatever their number. Both find the same occurrences.
"""

from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick

from hr_pipeline.text.phrases import Phrase

_UNKNOWN = "\x00"
_FIRST_LETTER = 0x10000  # beyond it a million characters are free of surrogates
MOST_WORDS = 0x110000 - _FIRST_LETTER


class Dictionary:
    """Finds phrases, given by their tokens, in lists of tokens.

    Each word of the phrases is one character, any other word (a break too) the character NUL: the
    automaton then sees a text whose characters are words, and no match begins inside one.
    """

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.phrases = tuple(sorted({item for item in phrases if item}))
        words = sorted({word for item in self.phrases for word in item})
        if len(words) > MOST_WORDS:
            raise ValueError(f"{len(words):,} words; a dictionary holds {MOST_WORDS:,}")
        self._letters = {word: chr(_FIRST_LETTER + i) for i, word in enumerate(words)}
        patterns = ["".join(map(self._letters.__getitem__, item)) for item in self.phrases]
        self._automaton = AhoCorasick(patterns, store_patterns=False)

    def __contains__(self, word: str) -> bool:
        """Whether a word stands in any of the phrases."""
        return word in self._letters

    def hits(self, words: Sequence[str]) -> list[tuple[int, int, Phrase]]:
        """Every occurrence as (start, end, phrase), also inside longer ones, by end, then start;
        `phrases.longest` leaves those that lie in no other."""
        letter = self._letters.get
        text = "".join([letter(word, _UNKNOWN) for word in words])
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return [(start, end, self.phrases[number]) for number, start, end in found]
