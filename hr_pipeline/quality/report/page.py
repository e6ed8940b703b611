"""The page of the report: tables and plots in one HTML file that needs nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

PASS, FAIL = "holds", "fails"
MOST_ROWS = 30  # of a table that is shown at once


@dataclass(frozen=True)
class Table:
    """A table of the page. Cells are words, numbers, None or a verdict (True, False)."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def is_long(self) -> bool:
        """Whether it is folded until somebody opens it."""
        return len(self.rows) > MOST_ROWS

    def heads(self) -> list[tuple[str, str]]:
        """Columns with the style of their cells: heads stand over numbers as over words."""
        styles = [{kind(cell) for cell in cells} for cells in zip(*self.rows, strict=True)]
        numbers = ["number" if style == {"number"} else "word" for style in styles]
        return list(zip(self.columns, numbers, strict=True))


@dataclass(frozen=True)
class Plot:
    """A picture as a data URI, with the words that say it to those who cannot see it."""

    alt: str
    source: str


@dataclass(frozen=True)
class Section:
    """One part of the page; `key` is its anchor, `lead` says what is to be seen in it."""

    key: str
    title: str
    lead: str
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()


@dataclass(frozen=True)
class Claim:
    """Something that must hold, and whether it does."""

    what: str
    found: str
    goal: str
    holds: bool
    section: str


@dataclass(frozen=True)
class Page:
    """The whole report. `notice` stands on top, e.g. that the data are no benchmark."""

    title: str
    notice: str
    facts: Mapping[str, str]
    claims: Sequence[Claim]
    sections: Sequence[Section] = field(default_factory=tuple)

    def held(self) -> list[tuple[Section, int, int]]:
        """Of every section with goals: how many hold, of how many."""
        of_section = {
            s.key: [c.holds for c in self.claims if c.section == s.key] for s in self.sections
        }
        return [
            (s, sum(of_section[s.key]), len(of_section[s.key]))
            for s in self.sections
            if of_section[s.key]
        ]

    def broken(self) -> list[Claim]:
        return [claim for claim in self.claims if not claim.holds]

    def html(self) -> str:
        """The file: styles and pictures are inside, every word from the data is escaped."""
        from jinja2 import Environment, StrictUndefined

        environment = Environment(
            autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
        )
        environment.filters |= {"shown": shown, "kind": kind}
        room = files("hr_pipeline.quality.report")
        template = environment.from_string((room / "page.html.j2").read_text(encoding="utf-8"))
        style = (room / "page.css").read_text(encoding="utf-8")
        return template.render(page=self, style=style)


def shown(value: Any) -> str:
    """A cell as people read it: numbers with three or four digits, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return PASS if value else FAIL
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value.is_integer():
            return f"{value:,.0f}"
        return f"{value:.3f}" if abs(value) < 1 else f"{value:,.2f}"
    return str(value)


def kind(value: Any) -> str:
    """The style of a cell."""
    if isinstance(value, bool):
        return "pass" if value else "fail"
    numeric = value is None or isinstance(value, int | float) or _NUMBER.fullmatch(value)
    return "number" if numeric else "word"


_NUMBER = re.compile(r"-?[\d.,]+%?(?: to -?[\d.,]+%?)?")  # one, or an interval
