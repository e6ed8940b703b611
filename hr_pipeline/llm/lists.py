"""Names in replies: lists as JSON, one entry a line or separated by commas, and names in quotes."""

import re

from hr_pipeline.llm.structured import read_field

_MARK = re.compile(r"^\s*(?:[-*•–—]+(?!\w*\*)|\(?\d{1,2}[.)](?!\d))\s*")
_TALK = re.compile(
    r"(?:sure|certainly|of course|here (?:are|is)|skills (?:for|of))\b", re.IGNORECASE
)
_QUOTED = re.compile(r'`([^`\n]+)`|"([^"\n]+)"|“([^”\n]+)”|\*\*([^*\n]+)\*\*')
AROUND = " \t`\"'“”‘’*"  # what may stand around a name
_EXPLANATION = re.compile(r"\s+[-–—]+\s+|\*{0,2}:\*{0,2}\s+")


def quoted(reply: str) -> list[str]:
    """What stands in quotes or in bold, in the order of the reply."""
    return ["".join(groups) for groups in _QUOTED.findall(reply)]


def read_list(reply: str, field: str, n: int = 2) -> list[str]:
    """The entries of a list of about n names, without marks, quotes, explanations and what a model
    says around them; repeats included. Raises ReplyError where JSON cannot be read."""
    held = read_field(reply, field)
    if isinstance(held, list):
        listed = [_bare(_MARK.sub("", entry)) for entry in held if isinstance(entry, str)]
    else:
        listed = _lines(reply, n)
    return [_bare(_EXPLANATION.split(line, maxsplit=1)[0]) for line in listed]


def _lines(text: str, n: int) -> list[str]:
    """The entries of a list in plain text."""
    lines = [_bare(_MARK.sub("", line)) for line in text.splitlines()]
    listed = [line for line in lines if line and not line.endswith(":")]
    if len(listed) > n:
        listed = [line for line in listed if not _TALK.match(line)]
    if len(listed) == 1 and n > 1:
        parts = re.split(r"[,;]", listed[0].split(": ")[-1])
        listed = [_bare(part).removeprefix("and ") for part in parts]
    return listed


def _bare(text: str) -> str:
    """Without quotes and emphasis around it; a full stop goes at the end only (".NET")."""
    return text.strip(" *`\"'").rstrip(" .*`\"'")
