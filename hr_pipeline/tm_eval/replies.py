"""Yes or no as models say it; whatever is neither is not guessed at."""

import re

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_THOUGHTS_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_THOUGHTS_START = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_BOTH = re.compile(r"\byes\W{0,3}\s*(?:or|/|\|)\s*\W{0,3}no\b", re.IGNORECASE)
_FIELD = re.compile(
    r"[\"'“”](?:result|answer|label)[\"'“”]\s*:\s*[\"'“”]?(yes|no|true|false)\b", re.IGNORECASE
)
_NAMED = re.compile(
    r"\b(?:answer|result|conclusion|verdict)\b(?:\s+is)?[\s:*\"'`({\[]{1,6}(?:\\boxed\{)?(yes|no)\b"
    r"(?![^\S\n]+\w)",
    re.IGNORECASE,
)
_ALONE = re.compile(r"^[^\w\n]*(?:\\?boxed\W*)?(yes|no)[^\w\n]*$", re.IGNORECASE | re.MULTILINE)
_FIRST = re.compile(
    r"\A\W*(?:(yes)\b|(no)\b(?=\s*(?:[^\w\s]|\n|\Z)|\s+(?:the|this|it|they|he|she|i|as|based|"
    r"because|since|given)\b))",
    re.IGNORECASE,
)
_LAST = re.compile(r"\b(yes|no)\W*\Z", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.,;:!?\n]")
_DENIED = re.compile(r"\b(?:not|cannot|never|neither|nor|\w+n['\u2019]t)\b", re.IGNORECASE)
_YES = frozenset({"yes", "true"})


def said_in(reply: str) -> bool | None:
    """True for Yes, False for No, None for neither or both.

    What a reasoning model thinks before its answer does not count. An answer in JSON, under its own
    name ("Answer: Yes") or alone on a line decides; else the first and the last word of the reply
    do, but for a last word that is denied ("I would not say yes"). Where these disagree the reply
    says neither.
    """
    text = _answer_part(reply)
    for pattern in (_FIELD, _NAMED, _ALONE):
        if found := {word.lower() in _YES for word in pattern.findall(text)}:
            return found.pop() if len(found) == 1 else None
    ends = filter(None, (_FIRST.search(text), _last(text)))
    said = {next(filter(None, end.groups())).lower() in _YES for end in ends}
    return said.pop() if len(said) == 1 else None


def _last(text: str) -> re.Match[str] | None:
    found = _LAST.search(text)
    if found is None or _DENIED.search(_CLAUSE_END.split(text[: found.start()])[-1]):
        return None
    return found


def _answer_part(reply: str) -> str:
    """The reply without thoughts and without an echo of "Yes or No". Some models' thoughts come
    without the tag that opens them, and some do not end: then there is no answer."""
    text = _THOUGHTS.sub("\n", reply)
    text = _THOUGHTS_END.split(text)[-1]
    text = _THOUGHTS_START.split(text)[0]
    return _BOTH.sub(" ", text.replace("_", " "))
