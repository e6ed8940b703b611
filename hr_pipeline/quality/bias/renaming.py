"""Puts another first name into a resume, and changes nothing else.

The family name stays: twins differ in one thing. With names of one origin and family names of
another, some twins look unusual; what is measured is what the first name alone does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.person import as_in_address, emails, full_name

AS_IS, CAPITALS = "as is", "capitals"
IN_ADDRESS, INITIAL = "in an address", "initial"
CAPITAL = ", capital"  # after one of the last two: "Angela.Hernandez@", "AHernandez@"


@dataclass(frozen=True, slots=True)
class NamedResume:
    """A resume cut where the first name stands: `forms[i]` says how it stands after `pieces[i]`."""

    pieces: tuple[str, ...]
    forms: tuple[str, ...]

    def under(self, first_name: str) -> str:
        """The resume of a person of this first name."""
        letters = as_in_address(first_name) or "contact"
        written = {
            AS_IS: first_name,
            CAPITALS: first_name.upper(),
            IN_ADDRESS: letters,
            INITIAL: letters[0],
            IN_ADDRESS + CAPITAL: letters.capitalize(),
            INITIAL + CAPITAL: letters[0].upper(),
        }
        filled = (f"{p}{written[f]}" for p, f in zip(self.pieces, self.forms, strict=False))
        return "".join(filled) + self.pieces[-1]


def find_name(resume: str, first_name: str, texts: Iterable[str] = ()) -> NamedResume | None:
    """Every place where the person's first name stands; None where it stands nowhere as a word.

    It is looked for as a whole word ("Angela", "ANGELA"), and as name or initial in e-mail
    addresses. Where it is also a word of `texts` (the job description and the plan: "Will", the
    skill "Ruby"), only the personal information and places before the family name count.
    """
    personal = sections(resume, "resume").get("personal_information", "")
    name = full_name(personal) or ""
    known = name.casefold().startswith(first_name.casefold())
    family = name[len(first_name) :].strip() if known else ""
    word = _as_word(first_name)
    guarded = any(word.search(text) for text in texts)
    own_lines = {line.strip() for line in personal.splitlines() if line.strip()}
    addresses = _in_addresses(resume, first_name, family)
    places = [(start, end, form) for _, _, start, end, form in addresses if form]
    for found in word.finditer(resume):
        inside = any(a <= found.start() < b for a, b, *_ in addresses)
        if not inside and not (guarded and not _of_person(resume, found.end(), family, own_lines)):
            form = CAPITALS if found[0] == first_name.upper() != first_name else AS_IS
            places.append((*found.span(), form))
    if not any(form in (AS_IS, CAPITALS) for *_, form in places):
        return None
    return _cut(resume, sorted(places))


def _cut(resume: str, places: list[tuple[int, int, str]]) -> NamedResume:
    pieces, after = [], 0
    for start, end, _ in places:
        pieces.append(resume[after:start])
        after = end
    return NamedResume((*pieces, resume[after:]), tuple(form for *_, form in places))


@lru_cache(maxsize=4096)
def _as_word(first_name: str) -> re.Pattern[str]:
    forms = {re.escape(first_name), re.escape(first_name.upper())}
    return re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(forms))})(?![\w-])")


def _of_person(resume: str, end: int, family: str, own_lines: set[str]) -> bool:
    """Whether a word that ends here is the person's name, and not the same word of another use."""
    if family and resume[end:].lstrip(" ").casefold().startswith(family.casefold()):
        return True
    start = resume.rfind("\n", 0, end) + 1
    stop = resume.find("\n", end)
    line = resume[start : stop if stop >= 0 else len(resume)].strip()
    return any(line.endswith(own) for own in own_lines)  # a head may stand before it


def _in_addresses(
    resume: str, first_name: str, family: str
) -> list[tuple[int, int, int, int, str]]:
    """Address from, to, the name's place in it from, to, and its form ("" where it is not)."""
    found, after = [], 0
    for address in emails(resume):
        begin = resume.index(address, after)
        after = begin + len(address)
        place = _in_local_part(address.split("@")[0].lower(), first_name, family)
        start, end, form = place or (0, 0, "")
        if address[start:end][:1].isupper():
            form += CAPITAL
        found.append((begin, after, begin + start, begin + end, form))
    return found


def _in_local_part(local: str, first_name: str, family: str) -> tuple[int, int, str] | None:
    """Where the name or its initial stands in what comes before the @ (small letters)."""
    first, last = as_in_address(first_name), as_in_address(family)
    if not first:
        return None
    if found := re.search(rf"(?:^|(?<=[._-])){first}|{first}(?=\d*$)", local):
        return (*found.span(), IN_ADDRESS)
    initial = rf"^{first[0]}(?=[._-]?{last})|(?<={last}){first[0]}(?=\d*$)"
    parted = rf"(?<={last}[._-]){first[0]}(?=\d*$)"
    if last and (found := re.search(f"{initial}|{parted}", local)):
        return (*found.span(), INITIAL)
    return None
