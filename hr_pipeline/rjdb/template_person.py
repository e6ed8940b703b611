"""Who a resume of the template teacher belongs to: the same in every reply about one context."""

from dataclasses import dataclass

from hr_pipeline.lake.rng import digest
from hr_pipeline.rjdb.contexts import Context
from hr_pipeline.rjdb.person import as_in_address
from hr_pipeline.rjdb.template_phrases import of_category, spun, word_stock

_EMAILS = ("{f}.{l}", "{f}{l}", "{f}_{l}", "{i}.{l}", "{i}{l}", "{l}.{f}", "{f}.{l}{n}", "{f}-{l}")
_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Person:
    """`personal` is one more fact or empty; `spin` is where the stocks of phrases begin."""

    name: str
    email: str
    personal: str
    education: tuple[str, ...]
    spin: int


def person_of(context: Context, forbidden: frozenset[str]) -> Person:
    """Family name, address and education, drawn from the context's id."""
    words, draw = word_stock(), digest("rjdb/template/person", context.context_id)
    family = words.names[(draw[0] << 8 | draw[1]) % len(words.names)]
    first = as_in_address(context.first_name) or "contact"
    parts = {"f": first, "i": first[0], "l": as_in_address(family), "n": 1 + draw[2] % 98}
    email = _EMAILS[draw[3] % len(_EMAILS)].format(**parts)
    degree = spun(of_category("education", context.category), draw[4], forbidden) or "Diploma"
    place = spun(words.flat["institutions"], draw[5], forbidden)
    year = context.experiences[-1].start - draw[6] % 3
    shapes = ("{d}, {p}", "{d}, {p} ({y})", "{d}, {p}, {y}", "{d} - {p}", "{p}: {d}", "{d} ({y})")
    shape = shapes[draw[7] % len(shapes)] if place else "{d} ({y})"
    lines = [shape.format(d=degree, p=place, y=year)]
    if draw[8] < 140:
        lines.append(spun(words.flat["education_more"], draw[9], forbidden))
    personal = spun(words.flat["personal"], draw[10], forbidden) if draw[11] < 120 else ""
    return Person(
        f"{context.first_name} {family}",
        f"{email}@{_DOMAINS[draw[12] % 3]}",
        personal,
        tuple(line for line in lines if line),
        draw[13],
    )
