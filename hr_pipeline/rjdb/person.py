"""Reads who a resume belongs to: the name and the e-mail addresses."""

import re
import unicodedata

from hr_pipeline.rjdb.items import BULLET

_ADDRESS = re.compile(r"[\w.+'%-]+@[\w-]+(?:\.[\w-]+)*")
_FULL = re.compile(r"^(?:full\s+|candidate\s+)?name\s*(?:[:\-\u2013]|\bis\b)\s*(?P<name>.+)", re.I)
_PARTS = {
    part: re.compile(rf"^{words}\s*[:\-\u2013]\s*(?P<name>.+)", re.I)
    for part, words in (
        ("first", r"(?:first|given)\s+name"),
        ("last", r"(?:(?:last|family)\s+name|surname)"),
    )
}


def emails(document: str) -> list[str]:
    """Every e-mail address in a text, in order and as written."""
    if "@" not in document:
        return []
    lines = (line for line in document.splitlines() if "@" in line)
    return [address for line in lines for address in _ADDRESS.findall(line)]


def as_in_address(name: str) -> str:
    """A name as e-mail addresses hold it: small ASCII letters without blanks ("Zoë" -> "zoe")."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())


def full_name(personal_information: str) -> str | None:
    """The person's name: labelled, as first and last name, or a bare first line; else None."""
    lines = [_name_line(line) for line in personal_information.splitlines()]
    given = {
        part: found["name"]
        for part, p in _PARTS.items()
        for line in lines
        if (found := p.match(line))
    }
    if "first" in given:
        return _clean_name(f"{_clean_name(given['first'])} {given.get('last', '')}")
    for line in lines:
        if found := _FULL.match(line):
            return _clean_name(found["name"])
    first = next((line for line in lines if line), "")
    if "@" in first or ":" in first or len(first) > 60 or not first:
        return None
    return _clean_name(first)


def _name_line(line: str) -> str:
    bullet = BULLET.match(line)
    text = line[bullet.end() :] if bullet else line
    return " ".join(text.replace("*", "").replace("_", " ").replace("#", "").split())


def _clean_name(text: str) -> str | None:
    """Without what follows a name on its line (an address, another label)."""
    text = re.split(r"\s*(?:[,;|(]|\s[-\u2013]\s|\be-?mail\b|\b(?:tel|phone)\b)", text, flags=re.I)[
        0
    ]
    return " ".join(text.split()).strip(" .") or None
