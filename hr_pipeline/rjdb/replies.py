"""Reads a teacher's reply: which lines belong to which document.

Replies drift: marker lines come as Markdown heads, in bold or brackets, inside code fences, with
chatter around, or the whole as JSON. Only `split_reply` raises, with a reason written for the model
that is asked again.
"""

import json
import re
import unicodedata

from hr_pipeline.llm.task import ReplyError
from hr_pipeline.rjdb.contexts import DOCUMENTS, documents_of

_MARKER_HINTS = ("match", "job", "swap", "jd", "end")
_FENCE = re.compile(r"^\s*(```|~~~)\s*\w*\s*$")
_NEGATED = re.compile(r"\b(?:un|non|not|mis|no)[\s_-]*(?=match)", re.I)
_FILLER = frozenset(
    re.findall(
        r"\w+",
        "a the of for here is are follows below now and this that document doc part section "
        "version text candidate one two three four first second third fourth i ii iii iv s",
    )
)
_CLOSING = re.compile(
    r"\s*\W*(?:let me know|i hope|hope (?:this|that|these)|please (?:let|note|feel)|feel free|"
    r"these (?:are|documents|four|three)|all (?:four|three|of the) |if you (?:need|would|want)|"
    r"would you like|this completes|note\b\W|is there anything|end of )",
    re.I,
)


def split_reply(reply: str, swapped: bool = True) -> dict[str, str]:
    """The documents of one teacher reply by key, as in `documents_of`.

    The prompt asks for lines like `=== MATCHED RESUME ===`; Markdown heads, bold or bracketed
    lines, other word orders, code fences, chatter around and a JSON object are read as well. Of two
    documents with one head the longer counts. Raises ReplyError if a document is missing.
    """
    wanted = documents_of(swapped)
    parts = _marked_parts(reply)
    if not all(parts.get(key) for key in wanted):
        parts = _json_parts(reply) or parts
    missing = [DOCUMENTS[key].marker for key in wanted if not parts.get(key)]
    if missing:
        heads = ", ".join(f"=== {DOCUMENTS[key].marker} ===" for key in wanted)
        raise ReplyError(
            f"The reply has no document headed {' and none headed '.join(map(repr, missing))}. "
            f"Write all {len(wanted)} documents, each in full under a line of its own: {heads}."
        )
    return {key: parts[key] for key in wanted}


def _marked_parts(reply: str) -> dict[str, str]:
    """Documents by marker lines; an end marker or closing chatter ends the last one."""
    parts: dict[str, str] = {}
    key, body = "", list[str]()
    for line in [*_unfenced(reply), "=== END ==="]:
        found = marker(line) if len(line) < 90 and line else None
        if found is None or found == key:  # a head said twice, or a section of the same name
            if found is None or "".join(body).strip():
                body.append(line)
            continue
        text = _trim(body)
        if key and len(text) > len(parts.get(key, "")):
            parts[key] = text
        key, body = found, []
    return parts


def _unfenced(reply: str) -> list[str]:
    """Lines without code fences; where one fence holds everything, only what is in it."""
    lines = reply.splitlines()
    if "```" not in reply and "~~~" not in reply:
        return lines
    fences = [i for i, line in enumerate(lines) if _FENCE.match(line)]
    if len(fences) == 2 and not any(map(marker, lines[: fences[0]] + lines[fences[1] :])):
        return lines[fences[0] + 1 : fences[1]]
    return [line for line in lines if not _FENCE.match(line)]


def marker(line: str) -> str | None:
    """The document that this line heads, "" for the end of one, None for any other line."""
    if line == "=== END ===":
        return ""
    lower = line.lower()
    if not any([hint in lower for hint in _MARKER_HINTS]) or lower.lstrip()[:2] in ("- ", "* "):
        return None
    plain = _NEGATED.sub("un", unicodedata.normalize("NFC", line).replace("é", "e")).lower()
    words = re.findall(r"[a-z]+", plain)
    decorated = line.strip()[:1] in "=#*[<_{" and len(words) <= 7
    rest = frozenset(words) - _FILLER
    if "end" in rest and decorated and rest <= _ENDED:
        return ""
    if rest in ({"job", "description"}, {"jd"}, {"job", "posting"}, {"job", "ad"}):
        return "job_description"
    kinds = {word for word in rest if word in _KINDS}
    papers = rest & {"resume", "cv", "curriculum", "vitae"}
    extra = len(rest) - len(kinds) - len(papers)
    if len(kinds) != 1 or (extra and not (decorated and papers)):
        return None
    return _KINDS[kinds.pop()] if papers or decorated else None


_ENDED = frozenset(
    ["end", "reply", "response", "output", "documents", "resume", "resumes", "job", "description"]
)
_KINDS = {
    word: f"resume_{kind}"
    for kind, words in {
        "matched": "matched matching match",
        "unmatched": "unmatched unmatching unmatch mismatched",
        "swapped": "swapped swap",
    }.items()
    for word in words.split()
}


def _trim(body: list[str]) -> str:
    """The document without rules and closing chatter at its end."""
    while body and (not body[-1].strip(" \t-=_*#`>") or _CLOSING.match(body[-1])):
        body = body[:-1]
    return "\n".join(body).strip("\n").rstrip()


def _json_parts(reply: str) -> dict[str, str]:
    """Documents of a reply that is one JSON object, be they texts or objects of sections."""
    start, end = reply.find("{"), reply.rfind("}")
    try:
        loaded = json.loads(reply[start : end + 1], strict=False) if end > start >= 0 else None
    except (ValueError, RecursionError):
        return {}
    if isinstance(loaded, dict) and len(loaded) == 1:
        loaded = next(iter(loaded.values()))
    parts: dict[str, str] = {}
    for name, value in loaded.items() if isinstance(loaded, dict) else ():
        key = marker("# " + re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", str(name)))
        if key:
            parts[key] = _rendered(value)
    return parts


def _rendered(value: object) -> str:
    if isinstance(value, dict):
        return "\n\n".join(
            f"## {str(k).replace('_', ' ')}\n{_rendered(v)}" for k, v in value.items()
        )
    return "\n".join(f"- {v}" for v in value) if isinstance(value, list) else str(value).strip()
