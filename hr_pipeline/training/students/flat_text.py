"""Texts on one line, and prompts that are cut so that each of their parts keeps its share.

T5's tokenizer knows no line break: what stands on lines of its own would run together, in documents
as in answers. So a line ends in a bar, a paragraph in two, and a document of a prompt in three; a
bar of the text itself becomes a slash.
"""

import re
from collections.abc import Callable, Sequence

LINE, PARAGRAPH, DOCUMENT = " | ", " || ", " ||| "
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_BARS = re.compile(r" ?\|[ |]*")


def flat(text: str) -> str:
    """The text on one line, with the bounds of its lines and paragraphs as bars; runs of blanks
    become one."""
    paragraphs = _BLANK_LINES.split("\n".join(text.replace("|", "/").splitlines()))
    kept = (LINE.join(_lines(paragraph)) for paragraph in paragraphs)
    return PARAGRAPH.join(filter(None, kept))


def unflat(text: str) -> str:
    """The text on lines again; whatever the bars look like, nothing is raised."""
    return _BARS.sub(_breaks, text).strip()


def joined(*documents: str) -> str:
    """A prompt of several documents, each flat, empty ones left out."""
    return DOCUMENT.join(filter(None, map(flat, documents)))


def cut(prompt: str, room: int, tokens: Callable[[str], list[int]]) -> list[int]:
    """The tokens of a prompt that has more than there is room for, at most `room`.

    Every document keeps an equal share of the room, less where it is short, and within a document
    so does every paragraph: a long one loses its end. `tokens` tells the tokens of a text, without
    any mark.
    """
    documents = [
        [tokens(paragraph) for paragraph in _pieces(document, PARAGRAPH)]
        for document in _pieces(prompt, DOCUMENT)
    ]
    sizes = [sum(map(len, paragraphs)) for paragraphs in documents]
    kept = []
    for paragraphs, share in zip(documents, shares(sizes, room), strict=True):
        for paragraph, part in zip(paragraphs, shares([*map(len, paragraphs)], share), strict=True):
            kept += paragraph[:part]
    return kept


def shares(sizes: Sequence[int], room: int) -> list[int]:
    """How much of each size fits into the room: as much of each, but no more than there is of it.
    What cannot be divided goes to the larger ones."""
    given = [0] * len(sizes)
    ascending = sorted(range(len(sizes)), key=lambda place: sizes[place])
    for done, place in enumerate(ascending):
        given[place] = min(sizes[place], max(room, 0) // (len(sizes) - done))
        room -= given[place]
    return given


def _pieces(text: str, bound: str) -> list[str]:
    """Cut before each bound, which stays."""
    first, *rest = text.split(bound)
    return [first, *(bound + piece for piece in rest)]


def _lines(paragraph: str) -> list[str]:
    return [line for line in (" ".join(line.split()) for line in paragraph.split("\n")) if line]


def _breaks(bars: re.Match[str]) -> str:
    return "\n\n" if bars[0].count("|") > 1 else "\n"
